#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum err_status copy_config(struct config **out, const struct config *config,
                                   struct err *err)
{
    *out = malloc(sizeof **out);
    if (*out == NULL) return err_nomem(err, "a configuration");
    memcpy(*out, config, sizeof **out);
    return ERR_OK;
}

/* One generator a node, so that a node's start does not depend on its neighbours. */
static void init_layer(struct layer *layer, uint64_t seed, size_t index)
{
    for (size_t node = 0; node < layer->width; node++) {
        struct rng rng;

        rng_seed(&rng, rng_mix(seed, index, node), 0);
        layer->desc.type->init(&layer->desc, layer_params(layer, node), &rng);
    }
    layer_prepare(layer);
}

static enum err_status create_layers(struct model *model, struct err *err)
{
    const struct config *config = model->config;
    struct layer_shape shape = {(size_t)config->input_size, 1, 1,
                                (size_t)config->encoder_config.num_bits};
    struct layer_list list = {0};
    enum err_status status = ERR_OK;

    for (size_t l = 0; status == ERR_OK && l < config->num_layers; l++)
        status = layer_append(&list, &shape, config, l, err);
    model->layers = list.items;
    model->num_layers = list.count;
    if (status != ERR_OK) return status;
    if (list.items[0]->selection == NULL) layer_drop_smooth(list.items[0]); /* bits lead nowhere */
    for (size_t l = 0; l < list.count; l++)
        init_layer(list.items[l], (uint64_t)config->training.seed, l);
    if (layer_signals(&shape) % model->num_classes != 0)
        return config_complain(config, "layer_widths", err,
                               "the last layer has %zu outputs, which %zu classes do not divide: "
                               "hardware groups must be equal",
                               layer_signals(&shape), model->num_classes);
    return ERR_OK;
}

static bool has_convolution(const struct config *config)
{
    for (size_t l = 0; l < config->num_layers; l++)
        if (strcmp(config->layer_type[l], "convolutional") == 0) return true;
    return false;
}

static enum err_status check_type(const struct config *config, struct err *err)
{
    static const char *const known[] = {"feedforward", "convnet"};

    if (strcmp(config->model_type, "convnet") == 0 && !has_convolution(config))
        return config_complain(config, "model_type", err,
                               "a convnet begins with convolutional entries of layer_type; "
                               "without them it is a feedforward model");

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(config->model_type, known[i]) == 0) return ERR_OK;
    }
    return config_complain_name(config, "model_type", config->model_type, known,
                                sizeof known / sizeof known[0], err);
}

/* runtime.tau, or half the root of a group's size (SPEC 4). */
static void choose_tau(struct model *model)
{
    size_t outputs = model->layers[model->num_layers - 1]->num_outputs;

    model->tau = model->config->runtime.tau;
    if (model->tau <= 0) model->tau = sqrt((double)outputs / (double)model->num_classes) / 2;
}

enum err_status model_create(struct model **out, const struct config *config, struct err *err)
{
    struct model *model = calloc(1, sizeof *model);
    enum err_status status;

    if (model == NULL) return err_nomem(err, "a model");
    model->num_classes = (size_t)config->num_classes;
    status = copy_config(&model->config, config, err);
    if (status == ERR_OK) status = check_type(config, err);
    if (status == ERR_OK) status = encoder_check(config, err);
    if (status == ERR_OK) status = config_structural_hash(config, model->structural_hash, err);
    if (status == ERR_OK) status = create_layers(model, err);
    if (status != ERR_OK) {
        model_free(model);
        return status;
    }
    choose_tau(model);
    *out = model;
    return ERR_OK;
}

enum err_status model_set(struct model *model, const char *assignment, struct err *err)
{
    struct config *config = model->config;
    double temperature = config->runtime.temperature, tau = config->runtime.tau;
    enum err_status status = config_set(config, assignment, err);

    if (status != ERR_OK) return status;
    if (config->runtime.tau < tau || config->runtime.tau > tau) choose_tau(model);
    if (config->runtime.temperature < temperature || config->runtime.temperature > temperature) {
        for (size_t l = 0; l < model->num_layers; l++) {
            model->layers[l]->desc.temperature = config->runtime.temperature;
            layer_prepare(model->layers[l]);
        }
    }
    return ERR_OK;
}

static bool states(const struct config *config, const char *option)
{
    for (size_t i = 0; i < config->layer_config.count; i++)
        if (strcmp(config->layer_config.items[i].key, option) == 0) return true;
    return false;
}

/* A data set's own image, or one that the configuration states: columns of a table may be pixels, but
 * only their owner knows. */
static enum err_status check_image(const struct config *config, const struct dataset *dataset,
                                   struct err *err)
{
    if (dataset->height > 1 || !has_convolution(config) ||
        (states(config, "height") && states(config, "width")))
        return ERR_OK;
    return config_complain(config, "layer_type", err,
                           "convolution needs image data, but data set %s is a table of %zu "
                           "columns; if they are pixels, layer_config must have height and width",
                           dataset->name, dataset->num_features);
}

enum err_status model_fit_encoder(struct model *model, const struct dataset *dataset,
                                  struct err *err)
{
    const struct config *config = model->config;
    struct encoder *encoder = NULL;
    struct code_map *map = NULL;
    enum err_status status;

    if (dataset->num_features != (size_t)config->input_size)
        return config_complain(config, "input_size", err,
                               "is %ld, but data set %s has %zu features", config->input_size,
                               dataset->name, dataset->num_features);
    if (dataset->num_classes > model->num_classes)
        return config_complain(config, "num_classes", err,
                               "is %ld, but data set %s has %zu classes", config->num_classes,
                               dataset->name, dataset->num_classes);
    status = check_image(config, dataset, err);
    if (status == ERR_OK) status = code_map_copy(&map, dataset->map, err);
    if (status == ERR_OK)
        status = encoder_fit(&encoder, config, dataset->train.codes, dataset->train.count, err);
    if (status != ERR_OK) {
        code_map_free(map);
        return status;
    }
    code_map_free(model->map);
    encoder_free(model->encoder);
    model->map = map;
    model->encoder = encoder;
    return ERR_OK;
}

void model_free(struct model *model)
{
    if (model == NULL) return;
    layer_list_free(&(struct layer_list){model->layers, model->num_layers});
    encoder_free(model->encoder);
    code_map_free(model->map);
    config_free(model->config);
    free(model);
}

static uint64_t near_threshold(const struct layer *layer)
{
    const struct node_desc *desc = &layer->desc;
    size_t outputs = layer->width * desc->num_outputs;
    uint64_t found = 0;

    for (size_t i = 0; i < outputs * desc->table_size; i++) {
        size_t output = i / desc->table_size;
        double margin;

        desc->type->hard_bit(desc, layer_params(layer, output / desc->num_outputs),
                             (unsigned)(output % desc->num_outputs),
                             (uint32_t)(i % desc->table_size), &margin);
        found += fabs(margin) < 1e-6;
    }
    return found;
}

void model_near_threshold(const struct model *model, uint64_t *entries)
{
    for (size_t l = 0; l < model->num_layers; l++)
        entries[l] = near_threshold(model->layers[l]);
}
