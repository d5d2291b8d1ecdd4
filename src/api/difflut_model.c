#include "api.h"
#include "base/file.h"
#include "base/text.h"
#include "config/config.h"
#include "train/init.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err_status wrap(struct difflut_model **out, struct model *model, bool started,
                            enum err_status status, struct err *err)
{
    struct difflut_model *wrapped = NULL;

    if (status == ERR_OK) {
        wrapped = calloc(1, sizeof *wrapped);
        if (wrapped == NULL) status = err_nomem(err, "a model");
    }
    if (status != ERR_OK) {
        model_free(model);
        return status;
    }
    wrapped->model = model;
    wrapped->started = started;
    *out = wrapped;
    return ERR_OK;
}

/* --- making --- */

static enum err_status override(struct config *config, const char *const *overrides, size_t count,
                                struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; status == ERR_OK && i < count; i++)
        status = config_set(config, overrides[i], err);
    return status;
}

/* A model of the configuration: with weights when it asks for pretrained ones. */
static enum err_status make(struct difflut *lut, struct config *config, struct difflut_model **out,
                            struct err *err)
{
    struct model *model = NULL;
    char *yaml = NULL, *weights = NULL;
    enum err_status status;

    config->own_nodes = &lut->registry;
    if (config->pretrained) {
        status =
            model_find(config->pretrained_name[0] != '\0' ? config->pretrained_name : config->name,
                       &yaml, &weights, err);
        if (status == ERR_OK) status = model_load(&model, config, weights, err);
    } else {
        status = model_create(&model, config, err);
        if (status == ERR_OK) status = init_apply(model, err);
    }
    free(yaml);
    free(weights);
    return wrap(out, model, config->pretrained, status, err);
}

enum difflut_status difflut_model_create(struct difflut *lut, const char *yaml_path,
                                         const char *const *overrides, size_t num_overrides,
                                         struct difflut_model **out, struct difflut_error *err)
{
    struct config *config = NULL;
    enum err_status status = config_read(&config, yaml_path, api_err(err));

    if (status == ERR_OK) status = override(config, overrides, num_overrides, api_err(err));
    if (status == ERR_OK) status = make(lut, config, out, api_err(err));
    config_free(config);
    return api_status(status);
}

enum difflut_status difflut_model_parse(struct difflut *lut, const char *yaml, const char *name,
                                        struct difflut_model **out, struct difflut_error *err)
{
    struct config *config = NULL;
    enum err_status status = config_parse(&config, yaml, strlen(yaml), name, api_err(err));

    if (status == ERR_OK) status = make(lut, config, out, api_err(err));
    config_free(config);
    return api_status(status);
}

enum difflut_status difflut_model_open(struct difflut *lut, const char *name,
                                       const char *const *overrides, size_t num_overrides,
                                       struct difflut_model **out, struct difflut_error *err)
{
    struct model *model = NULL;
    enum err_status status =
        model_open_own(&model, name, overrides, num_overrides, &lut->registry, api_err(err));

    return api_status(wrap(out, model, true, status, api_err(err)));
}

void difflut_model_free(struct difflut_model *model)
{
    if (model == NULL) return;
    model_free(model->model);
    free(model);
}

enum difflut_status difflut_model_set(struct difflut_model *model, const char *assignment,
                                      struct difflut_error *err)
{
    return api_status(model_set(model->model, assignment, api_err(err)));
}

void difflut_model_set_threads(struct difflut_model *model, unsigned threads)
{
    model->threads = threads;
}

/* --- what it is --- */

static const char *dataset_name(const struct config *config)
{
    const char *slash = strrchr(config->dataset.train, '/');

    if (config->dataset.name[0] != '\0') return config->dataset.name;
    return slash != NULL ? slash + 1 : config->dataset.train;
}

/* A number of the `results:` block; NaN when it is not there. */
static double result_of(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->results.count; i++) {
        const struct config_pair *pair = &config->results.items[i];
        char *end = NULL;
        double number = strtod(pair->value, &end);

        if (strcmp(pair->key, key) == 0 && end != pair->value && *end == '\0') return number;
    }
    return NAN;
}

static size_t num_trained(const struct layer *layer)
{
    return layer->width * (layer->desc.num_trainable + layer_num_weights(layer));
}

void difflut_model_info(const struct difflut_model *wrapped, struct difflut_model_info *info)
{
    const struct model *model = wrapped->model;
    const struct config *config = model->config;

    *info = (struct difflut_model_info){
        .num_features = (size_t)config->input_size,
        .code_bits = (unsigned)config->input_bits,
        .num_bits = (size_t)config->input_size * (size_t)config->encoder_config.num_bits,
        .num_classes = model->num_classes,
        .num_layers = model->num_layers,
        .tau = model->tau,
        .fitted = model->encoder != NULL,
        .accuracy_hard = result_of(config, "accuracy_hard"),
        .accuracy_soft = result_of(config, "accuracy_soft"),
    };
    for (size_t l = 0; l < model->num_layers; l++) {
        info->num_luts += model->layers[l]->num_outputs;
        info->num_parameters += num_trained(model->layers[l]);
    }
    snprintf(info->name, sizeof info->name, "%s", config->name);
    snprintf(info->model_type, sizeof info->model_type, "%s", config->model_type);
    snprintf(info->dataset, sizeof info->dataset, "%.63s", dataset_name(config));
    snprintf(info->encoder, sizeof info->encoder, "%s", config->encoder_config.name);
    snprintf(info->structural_hash, sizeof info->structural_hash, "%s", model->structural_hash);
    snprintf(info->model_hash, sizeof info->model_hash, "%s", model->model_hash);
}

enum difflut_status difflut_model_layer(const struct difflut_model *model, size_t index,
                                        struct difflut_layer_info *info, struct difflut_error *err)
{
    const struct layer *layer;

    if (index >= model->model->num_layers)
        return api_status(err_set(api_err(err), ERR_ARG,
                                  "model %s has layers 0 to %zu: there is no layer %zu",
                                  model->model->config->name, model->model->num_layers - 1, index));
    layer = model->model->layers[index];
    *info = (struct difflut_layer_info){
        .num_inputs = layer->desc.num_inputs,
        .num_outputs = layer->desc.num_outputs,
        .num_nodes = layer->width,
        .num_places = layer->positions,
        .learned_wires = layer->selection != NULL,
        .num_parameters = num_trained(layer),
    };
    snprintf(info->node_type, sizeof info->node_type, "%s", layer->desc.type->name);
    return DIFFLUT_OK;
}

struct difflut_mode difflut_model_mode(const struct difflut_model *model)
{
    const char *name = model->model->config->runtime.eval_mode;

    return (struct difflut_mode){.pass = strcmp(name, "expectation") == 0 ? DIFFLUT_SOFT
                                         : strcmp(name, "sampling") == 0  ? DIFFLUT_SAMPLED
                                                                          : DIFFLUT_HARD,
                                 .seed = 1};
}

/* --- files --- */

enum difflut_status difflut_model_yaml(const struct difflut_model *model, char **yaml,
                                       struct difflut_error *err)
{
    struct text text = {0};
    enum err_status status;

    config_write(model->model->config, &text);
    status = text_status(&text, "the configuration", api_err(err));
    if (status == ERR_OK)
        *yaml = text.data;
    else
        text_free(&text);
    return api_status(status);
}

enum difflut_status difflut_model_save(struct difflut_model *model, const char *folder,
                                       struct difflut_error *err)
{
    return api_status(model_save(model->model, folder, NULL, api_err(err)));
}

enum difflut_status difflut_model_load_weights(struct difflut_model *model, const char *path,
                                               struct difflut_error *err)
{
    struct model *loaded = NULL;
    enum err_status status = model_load(&loaded, model->model->config, path, api_err(err));

    if (status != ERR_OK) return api_status(status);
    model_free(model->model);
    model->model = loaded;
    model->started = true;
    return DIFFLUT_OK;
}

enum difflut_status difflut_pretrained(struct difflut *lut, struct difflut_model_info **out,
                                       size_t *count, struct difflut_error *err)
{
    char **names = NULL;
    size_t found = 0;
    enum err_status status = model_list(&names, &found, api_err(err));
    struct difflut_model_info *list = NULL;

    if (status == ERR_OK) {
        list = calloc(found > 0 ? found : 1, sizeof *list);
        if (list == NULL) status = err_nomem(api_err(err), "the list of models");
    }
    for (size_t i = 0; i < found; i++) {
        struct difflut_model *model = NULL;

        if (status == ERR_OK)
            status = (enum err_status)difflut_model_open(lut, names[i], NULL, 0, &model, err);
        if (status == ERR_OK) difflut_model_info(model, &list[i]);
        difflut_model_free(model);
        free(names[i]);
    }
    free(names);
    if (status == ERR_OK) {
        *out = list;
        *count = found;
    } else {
        free(list);
    }
    return api_status(status);
}
