#include "train_step.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static struct tile_noise noise_of(const struct trainer *t)
{
    return (struct tile_noise){
        .sample = strcmp(t->config->training.forward, "sampled") == 0,
        .flip = t->config->runtime.flip_probability,
        .dropout = t->config->runtime.dropout,
        .seed = rng_mix((uint64_t)t->config->training.seed, STREAM_NOISE, t->place.step),
        .step = t->place.step,
    };
}

/* Loads samples order[0..samples) of the batch, augmented where asked for. */
static void load_tile(struct trainer *t, struct tile *tile, const uint32_t *order, size_t first,
                      size_t samples)
{
    size_t features = t->model->encoder->num_features;
    uint64_t seed = rng_mix((uint64_t)t->config->training.seed, STREAM_AUGMENT, t->place.step);
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
static void forward_tile(struct trainer *t, size_t index, size_t batch_first, size_t batch,
                         float scale)
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
    loss_cross_entropy(&t->loss, tile->logits, labels, samples, scale, tile->grad_logits,
                       t->losses + first);
}

/* The gradient that enters layer l from above. */
static float *grad_into(const struct trainer *t, const struct tile *tile, size_t l, size_t *rows)
{
    *rows =
        l + 1 == t->model->num_layers ? t->model->num_classes : t->model->layers[l]->num_outputs;
    return tile->layers[l].grad_out;
}

/* Input gradients of one tile through all layers, each sample by itself. */
static void backward_tile(struct trainer *t, size_t index)
{
    struct tile *tile = &t->tiles[index];
    struct tile_noise noise = noise_of(t);

    for (size_t l = t->model->num_layers; l-- > t->first_trained;) {
        size_t rows;
        float *grad = grad_into(t, tile, l, &rows);

        if (t->stabilization == STABILIZE_BATCHWISE)
            stabilize_columns(grad, rows, tile->samples, &t->stabilize);
        if (l > t->first_trained) tile_backward_layer(tile, t->model, l, &noise);
    }
}

/* The same with a look over the whole batch before each layer. Called by all threads of a team. */
static void backward_layerwise(struct trainer *t, size_t tiles)
{
    struct tile_noise noise = noise_of(t);

    for (size_t l = t->model->num_layers; l-- > t->first_trained;) {
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
            if (l > t->first_trained) tile_backward_layer(&t->tiles[i], t->model, l, &noise);
        }
    }
}

static void add_regularizers(const struct trainer *t, const struct layer *layer, size_t node,
                             float *grad_table, float *grad)
{
    for (size_t r = 0; r < t->num_regularizers; r++) {
        const struct regularizer_use *use = &t->regularizers[r];

        if (use->weight > 0)
            use->rule->gradient(use, &layer->desc, layer_params(layer, node),
                                layer_table(layer, node),
                                (float)(use->weight / (double)t->num_tables), grad_table, grad);
    }
}

/* Gradient of one node: its parameters, then its learned wires. Returned in this thread's scratch. */
static float *node_gradient(const struct trainer *t, size_t l, size_t node, size_t tiles)
{
    const struct layer *layer = t->model->layers[l];
    const struct node_desc *desc = &layer->desc;
    size_t entries = desc->num_outputs * desc->table_size;
    size_t count = desc->num_params + layer_num_weights(layer);
    float *grad_table = t->scratch[omp_get_thread_num()];
    float *grad = grad_table + t->scratch_table;

    memset(grad_table, 0, entries * sizeof *grad_table);
    memset(grad, 0, count * sizeof *grad);
    if (layer_node_is_removed(layer, node)) return grad;
    add_regularizers(t, layer, node, grad_table, grad);
    layer_backward_params(layer, node, t->layer_tiles[l], tiles, t->counts, grad_table, grad);
    if (layer->selection != NULL)
        layer_backward_selection(layer, node, t->layer_tiles[l], tiles, t->counts,
                                 grad + desc->num_params);
    if (t->config->training.clip_value > 0)
        optimizer_clip_value(grad, count, (float)t->config->training.clip_value);
    return grad;
}

/* First of the node's numbers in the optimizer's state. */
static size_t place_of(const struct trainer *t, size_t l, size_t node)
{
    const struct layer *layer = t->model->layers[l];

    return t->offset[l] + node * (layer->desc.num_params + layer_num_weights(layer));
}

static void update_block(const struct trainer *t, const struct optimizer_step *step,
                         const float *grad, float *params, size_t place, size_t count)
{
    float *state[OPTIMIZER_MAX_SLOTS] = {0};

    for (unsigned k = 0; k < t->optimizer->slots; k++)
        state[k] = t->state[k] + place;
    t->optimizer->update(step, grad, params, state, count);
}

/* Update and new table of one node. */
static void update_node(const struct trainer *t, const struct optimizer_step *step, size_t l,
                        size_t node, const float *grad)
{
    const struct layer *layer = t->model->layers[l];
    size_t params = layer->desc.num_params, place = place_of(t, l, node);

    if (layer_node_is_removed(layer, node)) return;
    update_block(t, step, grad, layer_params(layer, node), place, layer->desc.num_trainable);
    if (layer->selection != NULL)
        update_block(t, step, grad + params, layer_weights(layer, node), place + params,
                     layer_num_weights(layer));
    layer_prepare_node(layer, node);
}

/* Each node's gradient and update at once, all of it on one thread. Called by all threads of a team. */
static void update_nodes(struct trainer *t, const struct optimizer_step *step, size_t tiles)
{
    for (size_t l = t->first_trained; l < t->model->num_layers; l++) {
        size_t first, end;

        while (!t->frozen[l] && share_take(&t->shares[l], omp_get_thread_num(), &first, &end)) {
            for (size_t node = first; node < end; node++)
                update_node(t, step, l, node, node_gradient(t, l, node, tiles));
        }
    }
}

/* Square norm of what is trained of a node's gradient. */
static double node_square(const struct layer *layer, const float *grad)
{
    return optimizer_square_norm(grad, layer->desc.num_trainable) +
           optimizer_square_norm(grad + layer->desc.num_params, layer_num_weights(layer));
}

/* Added in the order of the nodes, so that threads do not matter. */
static float clip_factor(const struct trainer *t)
{
    double sum = 0;

    for (size_t l = t->first_trained; l < t->model->num_layers; l++) {
        for (size_t node = 0; !t->frozen[l] && node < t->model->layers[l]->width; node++)
            sum += t->figures[t->first_node[l] + node];
    }
    return optimizer_clip_factor(sqrt(sum), t->config->training.clip_norm);
}

/* All gradients, their common length, then all updates. Called by all threads of a team. */
static void update_nodes_clipped(struct trainer *t, const struct optimizer_step *step, size_t tiles)
{
    for (size_t l = t->first_trained; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t own = layer->desc.num_params + layer_num_weights(layer);

        if (t->frozen[l]) continue;
#pragma omp for schedule(dynamic, 16)
        for (size_t node = 0; node < layer->width; node++) {
            const float *grad = node_gradient(t, l, node, tiles);

            memcpy(t->gradients + place_of(t, l, node), grad, own * sizeof *grad);
            t->figures[t->first_node[l] + node] = node_square(layer, grad);
        }
    }
#pragma omp single
    t->clip_factor = clip_factor(t);
    for (size_t l = t->first_trained; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t own = layer->desc.num_params + layer_num_weights(layer);

        if (t->frozen[l]) continue;
#pragma omp for schedule(dynamic, 16) nowait
        for (size_t node = 0; node < layer->width; node++) {
            float *grad = t->gradients + place_of(t, l, node);

            if (t->clip_factor < 1.0F) optimizer_scale(grad, own, t->clip_factor);
            update_node(t, step, l, node, grad);
        }
    }
}

/* Softmax temperature of learned wires for the tables of the next step: geometric from tau_start to
 * tau_end over the training. */
static void anneal(struct trainer *t)
{
    double total = (double)(t->steps_per_epoch * (size_t)t->config->training.epochs);
    double start = t->config->training.tau_start, end = t->config->training.tau_end;

    for (size_t l = 0; l < t->model->num_layers; l++) {
        struct selection *selection = t->model->layers[l]->selection;

        if (selection == NULL || t->frozen[l]) continue;
        selection->tau = selection->next_tau;
        selection->next_tau = start * pow(end / start, (double)(t->place.step + 1) / total);
    }
}

/* What one node adds to a part of the loss: regulariser `use`, or its own penalty when that is NULL. */
static double figure_of(const struct regularizer_use *use, const struct layer *layer, size_t node)
{
    const struct node_desc *desc = &layer->desc;
    const float *params = layer_params(layer, node);

    if (use != NULL) return use->rule->value(use, desc, params, layer_table(layer, node));
    return desc->type->penalty != NULL ? desc->type->penalty(desc, params, NULL) : 0;
}

/* Sum over all nodes, added in their order. */
static double sum_figures(struct trainer *t, const struct regularizer_use *use)
{
    double sum = 0;

    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        double *figures = t->figures + t->first_node[l];

#pragma omp parallel for num_threads(t->threads)
        for (size_t node = 0; node < layer->width; node++)
            figures[node] = figure_of(use, layer, node);
        for (size_t node = 0; node < layer->width; node++)
            sum += figures[node];
    }
    return sum;
}

size_t train_step_terms(struct trainer *t, struct train_term *terms)
{
    size_t count = 0;

    for (size_t r = 0; r < t->num_regularizers; r++) {
        const struct regularizer_use *use = &t->regularizers[r];

        terms[count++] = (struct train_term){
            .name = use->name, .loss = use->weight * sum_figures(t, use) / (double)t->num_tables};
    }
    if (t->has_penalty) terms[count++] = (struct train_term){"node_penalty", sum_figures(t, NULL)};
    return count;
}

static double batch_weight(const struct trainer *t, size_t first, size_t batch)
{
    double weight = 0;

    if (t->loss.weights == NULL) return (double)batch;
    for (size_t s = 0; s < batch; s++)
        weight += loss_weight(&t->loss, t->data->labels[t->order[first + s]]);
    return weight;
}

/* One step on the samples order[first..first + batch). Returns the summed losses of the batch, added in
 * sample order, and adds the weights of its samples to *weight. */
/* Forward and backward of tile after tile. Called by all threads of a team, which then wait. */
static void run_tiles(struct trainer *t, size_t first, size_t batch, float scale)
{
    struct share *share = &t->shares[t->model->num_layers];
    size_t i, end;

    while (share_take(share, omp_get_thread_num(), &i, &end)) {
        forward_tile(t, i, first, batch, scale);
        if (t->stabilization != STABILIZE_LAYERWISE) backward_tile(t, i);
    }
#pragma omp barrier
}

static void start_shares(struct trainer *t, size_t tiles)
{
    enum { NODES_AT_ONCE = 16 };

    for (size_t l = 0; l < t->model->num_layers; l++)
        share_start(&t->shares[l], t->model->layers[l]->width, NODES_AT_ONCE, t->threads);
    share_start(&t->shares[t->model->num_layers], tiles, 1, t->threads);
}

static double run(struct trainer *t, size_t first, size_t batch, double rate, double *weight)
{
    size_t tiles = (batch + LAYER_TILE - 1) / LAYER_TILE;
    double own_weight = batch_weight(t, first, batch), loss = 0;
    float scale = (float)(1.0 / (own_weight * t->model->tau));
    struct optimizer_step step;

    optimizer_step_at(&step, t->config, rate, t->place.step + 1);
    anneal(t);
    start_shares(t, tiles);
#pragma omp parallel num_threads(t->threads)
    {
        run_tiles(t, first, batch, scale);
        if (t->stabilization == STABILIZE_LAYERWISE) backward_layerwise(t, tiles);
        if (t->config->training.clip_norm > 0)
            update_nodes_clipped(t, &step, tiles);
        else
            update_nodes(t, &step, tiles);
    }
    for (size_t s = 0; s < batch; s++)
        loss += (double)t->losses[s];
    t->place.step++;
    *weight += own_weight;
    return loss;
}

double train_step_next(struct trainer *t, size_t *samples)
{
    size_t first = t->place.batches_done * t->batch_size, left = t->num_train - first;
    double rate = schedule_rate(t->config, &t->plateau, t->place.step, t->steps_per_epoch);

    *samples = left < t->batch_size ? left : t->batch_size;
    t->place.loss += run(t, first, *samples, rate, &t->place.weight);
    t->place.batches_done++;
    return rate;
}
