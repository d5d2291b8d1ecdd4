#include "trainer.h"

#include "base/simd.h"
#include "base/slab.h"
#include "division.h"
#include "prune.h"

#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double trainer_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void trainer_tell(const struct trainer *t, bool warning, const char *format, ...)
{
    char message[500];
    va_list arguments;

    if (t->options->tell == NULL) return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    t->options->tell(warning, message, t->options->user);
}

/* The parts of division.h; without a validation part the training split stands in for it. */
static enum err_status split_data(struct trainer *t, const struct dataset *dataset, struct err *err)
{
    struct division division;
    enum err_status status = division_create(&division, t->config, dataset, err);

    if (status != ERR_OK) return status;
    t->order = division.order;
    t->num_train = division.num_train;
    t->validation = dataset->train;
    if (division.num_validation == 0) return ERR_OK;
    t->own_validation = true;
    return division_copy(&t->validation, dataset, &division, division.num_train,
                         division.num_validation, err);
}

static enum err_status allocate_tiles(struct trainer *t, struct err *err)
{
    size_t layers = t->model->num_layers;
    enum err_status status = ERR_OK;

    t->tiles = calloc(t->num_tiles, sizeof *t->tiles);
    t->counts = calloc(t->num_tiles, sizeof *t->counts);
    t->sums = calloc(t->num_tiles, sizeof *t->sums);
    t->losses = calloc(t->batch_size, sizeof *t->losses);
    t->layer_tiles = calloc(layers, sizeof *t->layer_tiles);
    t->shares = calloc(layers + 1, sizeof *t->shares);
    if (t->tiles == NULL || t->counts == NULL || t->sums == NULL || t->losses == NULL ||
        t->layer_tiles == NULL || t->shares == NULL)
        return err_nomem(err, "training tiles");
    for (size_t i = 0; status == ERR_OK && i < t->num_tiles; i++)
        status = tile_create(&t->tiles[i], t->model, TILE_BACKWARD, err);
    for (size_t l = 0; status == ERR_OK && l < layers; l++) {
        t->layer_tiles[l] = calloc(t->num_tiles, sizeof **t->layer_tiles);
        if (t->layer_tiles[l] == NULL) return err_nomem(err, "training tiles");
        for (size_t i = 0; i < t->num_tiles; i++)
            t->layer_tiles[l][i] = t->tiles[i].layers[l];
    }
    return status;
}

static enum err_status allocate_params(struct trainer *t, struct err *err)
{
    size_t params = 0, table = 0, nodes = 0;

    t->offset = calloc(t->model->num_layers, sizeof *t->offset);
    t->scratch = calloc((size_t)t->threads, sizeof *t->scratch);
    t->first_node = calloc(t->model->num_layers, sizeof *t->first_node);
    if (t->offset == NULL || t->scratch == NULL || t->first_node == NULL)
        return err_nomem(err, "the optimizer");
    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t entries = layer->desc.num_outputs * layer->desc.table_size, own;

        t->offset[l] = t->num_params;
        t->num_params += layer->width * (layer->desc.num_params + layer_num_weights(layer));
        if (layer->selection != NULL) t->num_params++; /* its tau, kept with the best weights */
        t->num_tables += layer->width * layer->desc.num_outputs;
        t->first_node[l] = nodes;
        nodes += layer->width;
        own = layer->desc.num_params + layer_num_weights(layer);
        if (own > params) params = own;
        if (entries > table) table = entries;
    }
    t->scratch_table = (table + 15) / 16 * 16;
    t->best = malloc(t->num_params * sizeof *t->best);
    t->figures = calloc(nodes, sizeof *t->figures);
    if (t->best == NULL || t->figures == NULL) return err_nomem(err, "the best weights");
    for (unsigned k = 0; k < t->optimizer->slots; k++) {
        t->state[k] = slab_create(t->num_params * sizeof *t->state[k]);
        if (t->state[k] == NULL) return err_nomem(err, "the optimizer");
    }
    for (int i = 0; i < t->threads; i++) {
        size_t bytes = (t->scratch_table + params + 15) / 16 * 16 * sizeof **t->scratch;

        t->scratch[i] = aligned_alloc(SIMD_ALIGN, bytes);
        if (t->scratch[i] == NULL) return err_nomem(err, "gradients");
    }
    return ERR_OK;
}

/* Room for all gradients, when their common length matters. */
static enum err_status allocate_gradients(struct trainer *t, struct err *err)
{
    if (t->config->training.clip_norm <= 0) return ERR_OK;
    t->gradients = calloc(t->num_params, sizeof *t->gradients);
    return t->gradients == NULL ? err_nomem(err, "the gradients that training.clip_norm keeps")
                                : ERR_OK;
}

static enum err_status set_up_regularizers(struct trainer *t, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t l = 0; l < t->model->num_layers; l++)
        t->has_penalty = t->has_penalty || t->model->layers[l]->desc.type->penalty != NULL;
    t->num_regularizers = t->config->runtime.num_regularizers;
    for (size_t r = 0; status == ERR_OK && r < t->num_regularizers; r++) {
        status = regularizer_read(&t->regularizers[r], t->config, r, err);
        t->regularizers[r].seed =
            rng_mix((uint64_t)t->config->training.seed, STREAM_REGULARIZER, r);
    }
    return status;
}

static enum err_status set_up_loss(struct trainer *t, struct err *err)
{
    size_t classes = t->model->num_classes;

    t->loss =
        (struct loss){.num_classes = classes, .smoothing = t->config->training.label_smoothing};
    if (strcmp(t->config->training.class_weights, "balanced") != 0) return ERR_OK;
    t->class_weights = calloc(classes, sizeof *t->class_weights);
    if (t->class_weights == NULL) return err_nomem(err, "class weights");
    loss_balance(t->data->labels, t->order, t->num_train, classes, t->class_weights);
    t->loss.weights = t->class_weights;
    return ERR_OK;
}

static enum err_status freeze(struct trainer *t, struct err *err)
{
    const struct config_list *freeze = &t->config->training.freeze;

    t->frozen = calloc(t->model->num_layers, sizeof *t->frozen);
    if (t->frozen == NULL) return err_nomem(err, "frozen layers");
    for (size_t i = 0; i < freeze->count; i++) {
        if ((size_t)freeze->items[i] >= t->model->num_layers)
            return config_complain(t->config, "training.freeze", err,
                                   "there is no layer %ld: the model has layers 0 to %zu",
                                   freeze->items[i], t->model->num_layers - 1);
        t->frozen[freeze->items[i]] = true;
    }
    while (t->first_trained < t->model->num_layers && t->frozen[t->first_trained])
        t->first_trained++;
    if (t->first_trained < t->model->num_layers) return ERR_OK;
    return config_complain(t->config, "training.freeze", err,
                           "all %zu layers are frozen: nothing is left to train",
                           t->model->num_layers);
}

/* A fingerprint of the training split: resuming on other data would not be the same run. */
static uint64_t data_key(const struct dataset_split *split, size_t features)
{
    size_t bytes = split->count * features * sizeof *split->codes;
    const char *codes = (const char *)split->codes;
    uint64_t key = rng_mix(split->count, features, 0), word;

    for (size_t i = 0; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, codes + i, sizeof word);
        key = rng_mix(key, word, 1);
    }
    for (size_t i = bytes / sizeof word * sizeof word; i < bytes; i++)
        key = rng_mix(key, (uint8_t)codes[i], 2);
    for (size_t i = 0; i < split->count; i++)
        key = rng_mix(key, split->labels[i], 3);
    return key;
}

static enum err_status set_up_place(struct trainer *t, size_t features, struct err *err)
{
    size_t epochs = (size_t)t->config->training.epochs;

    t->started = t->last_checkpoint = trainer_now();
    t->history = calloc(epochs > 0 ? epochs : 1, sizeof *t->history);
    if (t->history == NULL) return err_nomem(err, "the training's history");
    if (t->options->checkpoint != NULL) t->data_key = data_key(t->data, features);
    return ERR_OK;
}

static enum err_status set_up_augmentation(struct trainer *t, const struct dataset *dataset,
                                           struct err *err)
{
    size_t tile = LAYER_TILE * dataset->num_features;
    enum err_status status = augment_create(&t->augment, t->config, dataset, err);

    if (status != ERR_OK || !t->augment.enabled) return status;
    t->augmented = calloc((size_t)t->threads, sizeof *t->augmented);
    for (int i = 0; t->augmented != NULL && i < t->threads; i++) {
        t->augmented[i] = malloc(tile * sizeof **t->augmented);
        if (t->augmented[i] == NULL) return err_nomem(err, "augmented samples");
    }
    return t->augmented == NULL ? err_nomem(err, "augmented samples") : ERR_OK;
}

/* Learned wires begin soft; those of frozen layers are as good as chosen. */
static void set_up_wires(const struct trainer *t)
{
    for (size_t l = 0; l < t->model->num_layers; l++) {
        struct layer *layer = t->model->layers[l];

        if (layer->selection == NULL) continue;
        layer->selection->next_tau =
            t->frozen[l] ? t->config->training.tau_end : t->config->training.tau_start;
        layer->selection->tau = layer->selection->next_tau;
        layer_prepare(layer);
    }
}

static void set_up_stabilization(struct trainer *t)
{
    const char *name = t->config->runtime.grad_stabilization;

    t->stabilization = strcmp(name, "layerwise") == 0   ? STABILIZE_LAYERWISE
                       : strcmp(name, "batchwise") == 0 ? STABILIZE_BATCHWISE
                                                        : STABILIZE_NONE;
    t->stabilize = (struct stabilize_options){
        .target_variance = t->config->runtime.grad_target_variance,
        .subtract_mean = t->config->runtime.grad_subtract_mean,
    };
}

/* Options that make no sense together, where they would be used. */
static enum err_status check_options(const struct trainer *t, struct err *err)
{
    const struct config *config = t->config;
    bool learns = false;

    for (size_t l = 0; l < t->model->num_layers; l++)
        learns = learns || t->model->layers[l]->selection != NULL;
    if (learns && config->training.tau_end > config->training.tau_start)
        return config_complain(config, "training.tau_start", err,
                               "is %g, below training.tau_end %g: learned wires harden as it falls",
                               config->training.tau_start, config->training.tau_end);
    if (strcmp(config->training.optimizer, "sgd") == 0 && config->training.nesterov &&
        config->training.momentum <= 0)
        return config_complain(config, "training.nesterov", err,
                               "looks ahead by the momentum, but training.momentum is 0");
    return ERR_OK;
}

enum err_status trainer_create(struct trainer *t, struct model *model,
                               const struct dataset *dataset, const struct train_options *options,
                               struct train_result *result, struct err *err)
{
    const struct config *config = model->config;
    enum err_status status;

    *t = (struct trainer){
        .model = model,
        .config = config,
        .options = options,
        .result = result,
        .optimizer = optimizer_find(config->training.optimizer),
        .threads = options->threads > 0 ? (int)options->threads : omp_get_max_threads(),
        .data = &dataset->train,
        .batch_size = (size_t)config->training.batch_size,
    };
    rng_seed(&t->order_rng, (uint64_t)config->training.seed, STREAM_ORDER);
    if (t->optimizer == NULL)
        return config_complain(config, "training.optimizer", err, "unknown optimizer '%s'",
                               config->training.optimizer);
    set_up_stabilization(t);
    status = check_options(t, err);
    if (status == ERR_OK) status = set_up_regularizers(t, err);
    if (status == ERR_OK) status = schedule_check(config, err);
    if (status == ERR_OK) status = prune_check(config, err);
    if (status == ERR_OK) status = freeze(t, err);
    if (status == ERR_OK) set_up_wires(t);
    if (status == ERR_OK) status = set_up_augmentation(t, dataset, err);
    if (status == ERR_OK) status = split_data(t, dataset, err);
    if (status == ERR_OK) status = set_up_loss(t, err);
    if (status == ERR_OK) status = set_up_place(t, dataset->num_features, err);
    if (status == ERR_OK && t->batch_size > t->num_train) t->batch_size = t->num_train;
    if (status == ERR_OK) {
        t->num_tiles = (t->batch_size + LAYER_TILE - 1) / LAYER_TILE;
        t->steps_per_epoch = (t->num_train + t->batch_size - 1) / t->batch_size;
        status = allocate_tiles(t, err);
    }
    if (status == ERR_OK) status = allocate_params(t, err);
    if (status == ERR_OK) status = allocate_gradients(t, err);
    return status;
}

void trainer_free(struct trainer *t)
{
    for (size_t i = 0; t->tiles != NULL && i < t->num_tiles; i++)
        tile_free(&t->tiles[i]);
    for (size_t l = 0; t->layer_tiles != NULL && l < t->model->num_layers; l++)
        free(t->layer_tiles[l]);
    for (int i = 0; t->scratch != NULL && i < t->threads; i++)
        free(t->scratch[i]);
    for (unsigned k = 0; k < OPTIMIZER_MAX_SLOTS; k++)
        free(t->state[k]);
    if (t->own_validation) dataset_split_free(&t->validation);
    for (int i = 0; t->augmented != NULL && i < t->threads; i++)
        free(t->augmented[i]);
    free(t->history);
    free(t->frozen);
    free(t->class_weights);
    free(t->gradients);
    free(t->figures);
    free(t->first_node);
    free(t->tiles);
    free(t->layer_tiles);
    free(t->shares);
    free(t->scratch);
    free(t->augmented);
    free(t->counts);
    free(t->sums);
    free(t->losses);
    free(t->offset);
    free(t->best);
    free(t->order);
}
