#include "cli/cli_model.h"

#include "base/file.h"
#include "hdl/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cli_model_is_folder(const char *path)
{
    char *manifest = file_join(path, "manifest.json");
    bool found = manifest != NULL && file_exists(manifest);

    free(manifest);
    return found;
}

/* The emitted folder's copy of its model: model/<name>.yaml, listed and hashed in the manifest. */
static enum err_status find_copy(const char *folder, char **config_path, char **weights_path,
                                 struct err *err)
{
    struct manifest *manifest = NULL;
    char name[128];
    char *path = NULL;
    enum err_status status = manifest_read(&manifest, folder, err);

    if (status == ERR_OK) {
        snprintf(name, sizeof name, "model/%s.yaml", manifest->name);
        path = file_join(folder, name);
        if (path == NULL) status = err_nomem(err, "a path");
    }
    if (status == ERR_OK && !file_exists(path))
        status = err_set(err, ERR_IO, "%s: the folder has no copy of its model (%s)", folder, name);
    if (status == ERR_OK) status = model_find(path, config_path, weights_path, err);
    free(path);
    manifest_free(manifest);
    return status;
}

enum err_status cli_model_find(const char *name, char **config_path, char **weights_path,
                               struct err *err)
{
    if (cli_model_is_folder(name)) return find_copy(name, config_path, weights_path, err);
    return model_find(name, config_path, weights_path, err);
}

enum err_status cli_model_open(struct model **out, const char *name, const struct cli_list *set,
                               struct err *err)
{
    char *config_path = NULL;
    char *weights_path = NULL;
    enum err_status status = cli_model_find(name, &config_path, &weights_path, err);

    if (status == ERR_OK)
        status = model_open(out, config_path, set != NULL ? set->items : NULL,
                            set != NULL ? set->count : 0, err);
    free(config_path);
    free(weights_path);
    return status;
}

enum err_status cli_model_dataset(struct dataset **out, const struct model *model,
                                  const char *data_dir, unsigned splits, struct err *err)
{
    struct dataset_request request = {.spec = &model->config->dataset,
                                      .data_dir = data_dir,
                                      .bits = (unsigned)model->config->input_bits,
                                      .map = model->map,
                                      .splits = splits};
    struct dataset *dataset = NULL;
    enum err_status status = dataset_load(&dataset, &request, err);

    if (status == ERR_OK && dataset->num_features != (size_t)model->config->input_size)
        status = err_set(err, ERR_ARG, "data set %s has %zu features; the model reads %ld",
                         dataset->name, dataset->num_features, model->config->input_size);
    if (status == ERR_OK && dataset->num_classes > model->num_classes)
        status = err_set(err, ERR_ARG, "data set %s has %zu classes; the model knows %zu",
                         dataset->name, dataset->num_classes, model->num_classes);
    if (status == ERR_OK)
        *out = dataset;
    else
        dataset_free(dataset);
    return status;
}

enum err_status cli_model_cost(const struct model *model, struct netlist_cost *cost,
                               struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model, &net, err);

    if (status == ERR_OK)
        status = netlist_optimize_with(net, netlist_passes_for(model->config->hardware.target),
                                       NULL, err);
    if (status == ERR_OK) status = netlist_cost(net, cost, err);
    netlist_free(net);
    return status;
}

const char *cli_model_dataset_name(const struct config *config)
{
    const char *slash = strrchr(config->dataset.train, '/');

    if (config->dataset.name[0] != '\0') return config->dataset.name;
    return slash != NULL ? slash + 1 : config->dataset.train;
}

static struct config_pair *find_result(struct config_pairs *results, const char *key)
{
    for (size_t i = 0; i < results->count; i++) {
        if (strcmp(results->items[i].key, key) == 0) return &results->items[i];
    }
    return NULL;
}

bool cli_model_result(const struct config *config, const char *key, double *value)
{
    for (size_t i = 0; i < config->results.count; i++) {
        const struct config_pair *pair = &config->results.items[i];
        char *end = NULL;
        double number = strtod(pair->value, &end);

        if (strcmp(pair->key, key) == 0 && end != pair->value && *end == '\0') {
            *value = number;
            return true;
        }
    }
    return false;
}

enum err_status cli_model_set_result(struct config *config, const char *key, struct err *err,
                                     const char *format, ...)
{
    struct config_pair *pair = find_result(&config->results, key);
    va_list arguments;

    if (pair == NULL) {
        if (config->results.count == CONFIG_MAX_PAIRS)
            return err_set(err, ERR_ARG, "results: more than %d entries", CONFIG_MAX_PAIRS);
        pair = &config->results.items[config->results.count++];
        memset(pair, 0, sizeof *pair);
        snprintf(pair->key, sizeof pair->key, "%s", key);
    }
    va_start(arguments, format);
    vsnprintf(pair->value, sizeof pair->value, format, arguments);
    va_end(arguments);
    return ERR_OK;
}
