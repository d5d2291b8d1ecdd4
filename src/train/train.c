#include "train.h"

#include "augment.h"
#include "base/simd.h"
#include "init.h"
#include "layer/stabilize.h"
#include "loss.h"
#include "model/tile.h"
#include "optimizer.h"
#include "regularizer.h"
#include "schedule.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Streams of the training seed. */
enum { STREAM_SPLIT = 1, STREAM_ORDER, STREAM_NOISE, STREAM_AUGMENT };

enum stabilization { STABILIZE_NONE, STABILIZE_LAYERWISE, STABILIZE_BATCHWISE };

struct trainer {
    struct model *model;
    const struct config *config;
    const struct train_options *options;
    const struct optimizer *optimizer;
    int threads;

    const struct dataset_split *data;
    uint32_t *order; /* [num_train] sample numbers of the training part, shuffled every epoch */
    size_t num_train;
    struct dataset_split validation; /* own copy; the training part itself when it would be empty */
    bool own_validation;
    struct rng order_rng;

    struct augment augment;
    uint16_t **augmented; /* [threads][LAYER_TILE][num_features] */
    enum stabilization stabilization;
    struct stabilize_options stabilize;
    struct stabilize_sums *sums; /* [num_tiles] */

    size_t batch_size, num_tiles, steps_per_epoch;
    struct tile *tiles;                /* [num_tiles] of one batch */
    struct layer_tile **layer_tiles;   /* [num_layers][num_tiles], gathered for the node phase */
    size_t *counts;                    /* [num_tiles] */
    float *losses;                     /* [batch_size] */
    float *state[OPTIMIZER_MAX_SLOTS]; /* all parameters, layer after layer */
    size_t *offset;                    /* [num_layers] first parameter of a layer */
    size_t num_params, num_entries;    /* of the model: parameters, soft table entries */
    float *best;                       /* parameters of the best epoch */
    float **scratch;                   /* [threads] gradient buffers of one node */
    size_t scratch_table;              /* floats before the parameter gradient */
    uint64_t step;
    double step_seconds; /* spent in training steps */
    uint64_t step_samples;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- setting up --- */

/* Splits the training split: a seeded draw of `validation` of it, the rest is trained on. */
static enum err_status split_data(struct trainer *t, const struct dataset *dataset, struct err *err)
{
    size_t features = dataset->num_features, all = dataset->train.count, kept;
    struct rng rng;

    if (t->config->training.samples > 0 && (size_t)t->config->training.samples < all)
        all = (size_t)t->config->training.samples;
    if (all == 0)
        return err_set(err, ERR_ARG, "data set %s has no training samples", dataset->name);
    t->order = malloc(dataset->train.count * sizeof *t->order);
    if (t->order == NULL) return err_nomem(err, "the sample order");
    for (size_t i = 0; i < dataset->train.count; i++)
        t->order[i] = (uint32_t)i;
    rng_seed(&rng, (uint64_t)t->config->training.seed, STREAM_SPLIT);
    rng_shuffle(&rng, t->order, dataset->train.count);
    kept = (size_t)(t->config->training.validation * (double)all);
    t->num_train = all - kept;
    t->validation = dataset->train;
    if (kept == 0) return ERR_OK;
    t->own_validation = true;
    t->validation = (struct dataset_split){
        .count = kept,
        .codes = malloc(kept * features * sizeof *t->validation.codes),
        .labels = malloc(kept * sizeof *t->validation.labels),
    };
    if (t->validation.codes == NULL || t->validation.labels == NULL)
        return err_nomem(err, "the validation part");
    for (size_t i = 0; i < kept; i++) {
        size_t from = t->order[t->num_train + i];

        memcpy(t->validation.codes + i * features, dataset->train.codes + from * features,
               features * sizeof *t->validation.codes);
        t->validation.labels[i] = dataset->train.labels[from];
    }
    return ERR_OK;
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
    if (t->tiles == NULL || t->counts == NULL || t->sums == NULL || t->losses == NULL ||
        t->layer_tiles == NULL)
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
    size_t params = 0, table = 0;

    t->offset = calloc(t->model->num_layers, sizeof *t->offset);
    t->scratch = calloc((size_t)t->threads, sizeof *t->scratch);
    if (t->offset == NULL || t->scratch == NULL) return err_nomem(err, "the optimizer");
    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t entries = layer->desc.num_outputs * layer->desc.table_size;

        t->offset[l] = t->num_params;
        t->num_params += layer->width * (layer->desc.num_params + layer_num_weights(layer));
        t->num_entries += layer->width * entries;
        if (layer->desc.num_params > params) params = layer->desc.num_params;
        if (layer_num_weights(layer) > params) params = layer_num_weights(layer);
        if (entries > table) table = entries;
    }
    t->scratch_table = (table + 15) / 16 * 16;
    t->best = malloc(t->num_params * sizeof *t->best);
    if (t->best == NULL) return err_nomem(err, "the best weights");
    for (unsigned k = 0; k < t->optimizer->slots; k++) {
        t->state[k] = calloc(t->num_params, sizeof *t->state[k]);
        if (t->state[k] == NULL) return err_nomem(err, "the optimizer");
    }
    for (int i = 0; i < t->threads; i++) {
        size_t bytes = (t->scratch_table + params + 15) / 16 * 16 * sizeof **t->scratch;

        t->scratch[i] = aligned_alloc(SIMD_ALIGN, bytes);
        if (t->scratch[i] == NULL) return err_nomem(err, "gradients");
    }
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

static enum err_status set_up(struct trainer *t, struct model *model, const struct dataset *dataset,
                              const struct train_options *options, struct err *err)
{
    const struct config *config = model->config;
    enum err_status status;

    *t = (struct trainer){
        .model = model,
        .config = config,
        .options = options,
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
    status = regularizer_check(config, err);
    if (status == ERR_OK) status = set_up_augmentation(t, dataset, err);
    if (status == ERR_OK) status = split_data(t, dataset, err);
    if (status == ERR_OK && t->batch_size > t->num_train) t->batch_size = t->num_train;
    if (status == ERR_OK) {
        t->num_tiles = (t->batch_size + LAYER_TILE - 1) / LAYER_TILE;
        t->steps_per_epoch = (t->num_train + t->batch_size - 1) / t->batch_size;
        status = allocate_tiles(t, err);
    }
    if (status == ERR_OK) status = allocate_params(t, err);
    return status;
}

static void tear_down(struct trainer *t)
{
    for (size_t i = 0; t->tiles != NULL && i < t->num_tiles; i++)
        tile_free(&t->tiles[i]);
    for (size_t l = 0; t->layer_tiles != NULL && l < t->model->num_layers; l++)
        free(t->layer_tiles[l]);
    for (int i = 0; t->scratch != NULL && i < t->threads; i++)
        free(t->scratch[i]);
    for (unsigned k = 0; k < OPTIMIZER_MAX_SLOTS; k++)
        free(t->state[k]);
    if (t->own_validation) {
        free(t->validation.codes);
        free(t->validation.labels);
    }
    free(t->tiles);
    free(t->layer_tiles);
    free(t->scratch);
    free(t->augmented);
    free(t->counts);
    free(t->sums);
    free(t->losses);
    free(t->offset);
    free(t->best);
    free(t->order);
}

/* --- one step --- */

static struct tile_noise noise_of(const struct trainer *t)
{
    return (struct tile_noise){
        .sample = strcmp(t->config->training.forward, "sampled") == 0,
        .flip = t->config->runtime.flip_probability,
        .dropout = t->config->runtime.dropout,
        .seed = rng_mix((uint64_t)t->config->training.seed, STREAM_NOISE, t->step),
        .step = t->step,
    };
}

/* Loads samples order[0..samples) of the batch, augmented where asked for. */
static void load_tile(struct trainer *t, struct tile *tile, const uint32_t *order, size_t first,
                      size_t samples)
{
    size_t features = t->model->encoder->num_features;
    uint64_t seed = rng_mix((uint64_t)t->config->training.seed, STREAM_AUGMENT, t->step);
    uint16_t *images;

    if (!t->augment.enabled) {
        tile_load(tile, t->model, t->data->codes, order, first, samples);
        return;
    }
    images = t->augmented[omp_get_thread_num()];
    for (size_t s = 0; s < samples; s++)
        augment_sample(&t->augment, seed, first + s, t->data->codes + order[s] * features,
                       images + s * features);
    tile_load(tile, t->model, images, NULL, 0, samples);
    tile->id = first;
}

/* Forward pass and loss of one tile: all of it on one thread. */
static void forward_tile(struct trainer *t, size_t index, size_t batch_first, size_t batch)
{
    struct tile *tile = &t->tiles[index];
    struct tile_noise noise = noise_of(t);
    size_t first = index * LAYER_TILE;
    size_t samples = batch - first < LAYER_TILE ? batch - first : LAYER_TILE;
    const uint32_t *order = t->order + batch_first + first;
    uint16_t labels[LAYER_TILE];

    for (size_t s = 0; s < samples; s++)
        labels[s] = t->data->labels[order[s]];
    load_tile(t, tile, order, first, samples);
    t->counts[index] = tile->count;
    tile_forward(tile, t->model, &noise);
    loss_cross_entropy(tile->logits, labels, t->model->num_classes, samples,
                       (float)(1.0 / ((double)batch * t->model->tau)), tile->grad_logits,
                       t->losses + first);
}

/* The gradient that enters layer l from above. */
static float *grad_into(const struct trainer *t, const struct tile *tile, size_t l, size_t *rows)
{
    *rows =
        l + 1 == t->model->num_layers ? t->model->num_classes : t->model->layers[l]->num_outputs;
    return tile->layers[l].grad_out;
}

/* Layer 0 has nothing below it, but its learned wires need the gradient of what they read. */
static bool passes_down(const struct trainer *t, size_t l)
{
    return l > 0 || t->model->layers[0]->selection != NULL;
}

/* Input gradients of one tile through all layers, each sample by itself. */
static void backward_tile(struct trainer *t, size_t index)
{
    struct tile *tile = &t->tiles[index];
    struct tile_noise noise = noise_of(t);

    for (size_t l = t->model->num_layers; l-- > 0;) {
        size_t rows;
        float *grad = grad_into(t, tile, l, &rows);

        if (t->stabilization == STABILIZE_BATCHWISE)
            stabilize_columns(grad, rows, tile->samples, &t->stabilize);
        if (passes_down(t, l)) tile_backward_layer(tile, t->model, l, &noise);
    }
}

/* The same with a look over the whole batch before each layer. Called by all threads of a team. */
static void backward_layerwise(struct trainer *t, size_t tiles)
{
    struct tile_noise noise = noise_of(t);

    for (size_t l = t->model->num_layers; l-- > 0;) {
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < tiles; i++) {
            size_t rows;
            const float *grad = grad_into(t, &t->tiles[i], l, &rows);

            t->sums[i] = (struct stabilize_sums){0};
            stabilize_measure(grad, rows, t->tiles[i].samples, &t->sums[i]);
        }
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < tiles; i++) {
            struct stabilize_sums all = {0};
            size_t rows;
            float *grad = grad_into(t, &t->tiles[i], l, &rows);

            for (size_t k = 0; k < tiles; k++) {
                all.sum += t->sums[k].sum;
                all.square += t->sums[k].square;
                all.count += t->sums[k].count;
            }
            stabilize_apply(grad, rows, t->tiles[i].samples, &all, &t->stabilize);
            if (passes_down(t, l)) tile_backward_layer(&t->tiles[i], t->model, l, &noise);
        }
    }
}

static void add_regularizers(const struct trainer *t, const float *table, size_t entries,
                             float *grad)
{
    for (size_t r = 0; r < t->config->runtime.num_regularizers; r++) {
        const struct config_regularizer *wanted = &t->config->runtime.regularizers[r];

        if (wanted->weight != 0)
            regularizer_find(wanted->name)
                ->gradient(table, (float)(wanted->weight / (double)t->num_entries), grad, entries);
    }
}

/* Gradient and update of a node's learned wires; their optimizer state starts at `first`. */
static void update_wires(struct trainer *t, const struct optimizer_step *step, size_t l,
                         size_t node, size_t tiles, size_t first, float *grad)
{
    const struct layer *layer = t->model->layers[l];
    size_t candidates = layer->selection->candidates, n = layer->desc.num_inputs;
    float *state[OPTIMIZER_MAX_SLOTS] = {0};

    memset(grad, 0, layer_num_weights(layer) * sizeof *grad);
    for (size_t j = 0; j < n; j++)
        layer_backward_selection(layer, node * n + j, t->layer_tiles[l], tiles,
                                 grad + j * candidates);
    for (unsigned k = 0; k < t->optimizer->slots; k++)
        state[k] = t->state[k] + first;
    t->optimizer->update(step, grad, layer_weights(layer, node), state, layer_num_weights(layer));
}

/* Gradient, update and new table of one node: all of it on one thread. */
static void update_node(struct trainer *t, const struct optimizer_step *step, size_t l, size_t node,
                        size_t tiles)
{
    const struct layer *layer = t->model->layers[l];
    const struct node_desc *desc = &layer->desc;
    size_t entries = desc->num_outputs * desc->table_size;
    size_t first = t->offset[l] + node * (desc->num_params + layer_num_weights(layer));
    float *grad_table = t->scratch[omp_get_thread_num()];
    float *grad = grad_table + t->scratch_table;
    float *state[OPTIMIZER_MAX_SLOTS] = {0};

    memset(grad_table, 0, entries * sizeof *grad_table);
    memset(grad, 0, desc->num_params * sizeof *grad);
    add_regularizers(t, layer_table(layer, node), entries, grad_table);
    layer_backward_params(layer, node, t->layer_tiles[l], tiles, t->counts, grad_table, grad);
    for (unsigned k = 0; k < t->optimizer->slots; k++)
        state[k] = t->state[k] + first;
    t->optimizer->update(step, grad, layer_params(layer, node), state, desc->num_trainable);
    if (layer->selection != NULL)
        update_wires(t, step, l, node, tiles, first + desc->num_params, grad);
    layer_prepare_node(layer, node);
}

/* Softmax temperature of learned wires for the tables of the next step: geometric from tau_start to
 * tau_end over the training. */
static void anneal(struct trainer *t)
{
    double total = (double)(t->steps_per_epoch * (size_t)t->config->training.epochs);
    double start = t->config->training.tau_start, end = t->config->training.tau_end;

    for (size_t l = 0; l < t->model->num_layers; l++) {
        struct selection *selection = t->model->layers[l]->selection;

        if (selection == NULL) continue;
        selection->tau = selection->next_tau;
        selection->next_tau = start * pow(end / start, (double)(t->step + 1) / total);
    }
}

/* Returns the summed loss of the batch, added in sample order. */
static double run_step(struct trainer *t, size_t batch_first, size_t batch, double rate)
{
    size_t tiles = (batch + LAYER_TILE - 1) / LAYER_TILE;
    struct optimizer_step step;
    double loss = 0;

    optimizer_step_at(&step, t->config, rate, t->step + 1);
    anneal(t);
#pragma omp parallel num_threads(t->threads)
    {
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < tiles; i++) {
            forward_tile(t, i, batch_first, batch);
            if (t->stabilization != STABILIZE_LAYERWISE) backward_tile(t, i);
        }
        if (t->stabilization == STABILIZE_LAYERWISE) backward_layerwise(t, tiles);
        for (size_t l = 0; l < t->model->num_layers; l++) {
#pragma omp for schedule(dynamic, 16) nowait
            for (size_t node = 0; node < t->model->layers[l]->width; node++)
                update_node(t, &step, l, node, tiles);
        }
    }
    for (size_t s = 0; s < batch; s++)
        loss += (double)t->losses[s];
    t->step++;
    return loss;
}

/* --- epochs --- */

static double regularizer_loss(const struct trainer *t)
{
    double loss = 0;

    for (size_t r = 0; r < t->config->runtime.num_regularizers; r++) {
        const struct config_regularizer *wanted = &t->config->runtime.regularizers[r];
        double sum = 0;

        for (size_t l = 0; l < t->model->num_layers; l++) {
            const struct layer *layer = t->model->layers[l];

            sum += regularizer_find(wanted->name)
                       ->value(layer->table,
                               layer->width * layer->desc.num_outputs * layer->desc.table_size);
        }
        loss += wanted->weight * sum / (double)t->num_entries;
    }
    return loss;
}

static void report(const struct trainer *t, struct train_progress *progress, double started)
{
    double done =
        (double)t->step / (double)(t->steps_per_epoch * (size_t)t->config->training.epochs);

    progress->seconds = now() - started;
    progress->seconds_left = done > 0 ? progress->seconds * (1 - done) / done : 0;
    progress->samples_per_second =
        t->step_seconds > 0 ? (double)t->step_samples / t->step_seconds : 0;
    if (t->options->progress != NULL) t->options->progress(progress, t->options->user);
}

static enum err_status run_epoch(struct trainer *t, struct train_progress *progress, double started,
                                 struct err *err)
{
    double loss = 0;

    rng_shuffle(&t->order_rng, t->order, t->num_train);
    progress->epoch_done = false;
    progress->loss_regularizers = regularizer_loss(t);
    for (size_t b = 0; b < t->steps_per_epoch; b++) {
        size_t first = b * t->batch_size;
        size_t batch = t->num_train - first < t->batch_size ? t->num_train - first : t->batch_size;
        double begin = now();

        progress->learning_rate = schedule_rate(t->config, t->step, t->steps_per_epoch);
        loss += run_step(t, first, batch, progress->learning_rate);
        t->step_seconds += now() - begin;
        t->step_samples += batch;
        progress->batch = b + 1;
        progress->loss = loss / (double)(first + batch);
        if (!isfinite(progress->loss))
            return err_set(err, ERR_DIFF,
                           "the loss is not finite after batch %zu of epoch %zu: lower "
                           "training.learning_rate (now %g) or raise runtime.tau",
                           b + 1, progress->epoch, progress->learning_rate);
        report(t, progress, started);
    }
    return ERR_OK;
}

static void copy_block(float *best, float *own, size_t count, bool keep)
{
    memcpy(keep ? best : own, keep ? own : best, count * sizeof *own);
}

/* Copies all parameters to the best ones (keep) or back. */
static void copy_params(const struct trainer *t, bool keep)
{
    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t own = layer->width * layer->desc.num_params;

        copy_block(t->best + t->offset[l], layer->params, own, keep);
        if (layer->selection != NULL)
            copy_block(t->best + t->offset[l] + own, layer->selection->weights,
                       layer->width * layer_num_weights(layer), keep);
        if (!keep) layer_prepare(layer);
    }
}

/* Best is the highest hard accuracy, then the highest soft one, then the earliest. */
static enum err_status judge_epoch(struct trainer *t, struct train_progress *progress,
                                   struct train_result *result, struct err *err)
{
    struct model_mode soft = {.name = "expectation", .threads = (unsigned)t->threads};
    struct model_mode hard = {.name = "deterministic", .threads = (unsigned)t->threads};
    enum err_status status =
        model_accuracy(t->model, &t->validation, &soft, &progress->accuracy_soft, NULL, err);

    if (status == ERR_OK)
        status =
            model_accuracy(t->model, &t->validation, &hard, &progress->accuracy_hard, NULL, err);
    progress->epoch_done = true;
    progress->best = result->best_epoch == 0 || progress->accuracy_hard > result->accuracy_hard ||
                     (progress->accuracy_hard >= result->accuracy_hard &&
                      progress->accuracy_soft > result->accuracy_soft);
    if (status != ERR_OK || !progress->best) return status;
    result->best_epoch = progress->epoch;
    result->accuracy_hard = progress->accuracy_hard;
    result->accuracy_soft = progress->accuracy_soft;
    copy_params(t, true);
    return ERR_OK;
}

static enum err_status run_epochs(struct trainer *t, struct train_result *result, struct err *err)
{
    struct train_progress progress = {.epochs = (size_t)t->config->training.epochs,
                                      .batches = t->steps_per_epoch};
    double started = now();
    enum err_status status = ERR_OK;

    copy_params(t, true);
    for (size_t e = 1; status == ERR_OK && e <= progress.epochs; e++) {
        progress.epoch = e;
        status = run_epoch(t, &progress, started, err);
        if (status == ERR_OK) status = judge_epoch(t, &progress, result, err);
        if (status == ERR_OK) report(t, &progress, started);
    }
    copy_params(t, false);
    result->epochs = progress.epochs;
    result->samples_per_second =
        t->step_seconds > 0 ? (double)t->step_samples / t->step_seconds : 0;
    result->seconds = now() - started;
    return status;
}

enum err_status train_run(struct model *model, const struct dataset *dataset,
                          const struct train_options *options, struct train_result *result,
                          struct err *err)
{
    struct trainer trainer;
    enum err_status status;

    memset(result, 0, sizeof *result);
    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "the encoder of model %s is not fitted", model->config->name);
    status = init_apply(model, err);
    if (status == ERR_OK) {
        status = set_up(&trainer, model, dataset, options, err);
        if (status == ERR_OK) status = run_epochs(&trainer, result, err);
        tear_down(&trainer);
    }
    return status;
}
