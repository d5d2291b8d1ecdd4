#include "tile.h"

#include "base/simd.h"
#include "base/slab.h"
#include "group_sum.h"

#include <stdlib.h>
#include <string.h>

/* --- memory: one slab a tile. Blocks that a layer reads have one row more: the constant 0. --- */

struct layout {
    uint8_t *base;
    size_t size;
};

static void *take_bytes(struct layout *layout, size_t bytes)
{
    void *block = layout->base == NULL ? NULL : layout->base + layout->size;

    layout->size += (bytes + SIMD_ALIGN - 1) / SIMD_ALIGN * SIMD_ALIGN;
    return block;
}

static void *take(struct layout *layout, size_t rows, size_t element)
{
    return take_bytes(layout, rows * LAYER_TILE * element);
}

static void lay_out(struct tile *tile, const struct model *model, int backward,
                    struct layout *layout)
{
    tile->words = take_bytes(layout, (model->encoder->num_bits + 1) * sizeof *tile->words);
    tile->logits = take(layout, model->num_classes, sizeof *tile->logits);
    tile->grad_logits = take(layout, backward ? model->num_classes : 0, sizeof *tile->logits);
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        struct layer_tile *t = &tile->layers[l];
        bool top = l + 1 == model->num_layers, noisy = backward && layer->desc.noisy;

        t->out = take(layout, layer->num_outputs + 1, sizeof *t->out);
        if (layer_keeps_mixtures(layer))
            t->mapped = take(layout, layer->selection->slots, sizeof *t->mapped);
        if (layer_mixes(layer) && layer->desc.type->lookup)
            t->mapped_half = take_bytes(layout, layer->selection->slots * sizeof *t->mapped_half);
        if (backward && !top)
            t->grad_out = take(layout, layer->num_outputs + 1, sizeof *t->grad_out);
        t->grad_group = top ? layer->num_outputs / model->num_classes : 1;
        if (top) t->grad_out = tile->grad_logits;
        if (l == 0 && (noisy || layer_uses_reals(layer)))
            tile->reals = take(layout, layer->num_inputs + 1, sizeof *tile->reals);
        if (l == 0 && !noisy) t->in_words = tile->words;
        if (l == 0 && noisy) t->in_half = tile->words;
        if (l > 0 && layer_uses_half(layer)) {
            tile->half[l - 1] = take_bytes(layout, (layer->num_inputs + 1) * sizeof **tile->half);
            t->in_half = tile->half[l - 1];
        }
        if (noisy) t->noise = &tile->noise[l];
        t->in = l == 0 ? tile->reals : tile->layers[l - 1].out;
    }
}

enum err_status tile_create(struct tile *tile, const struct model *model, int backward,
                            struct err *err)
{
    struct layout layout = {0};

    memset(tile, 0, sizeof *tile);
    tile->layers = calloc(model->num_layers, sizeof *tile->layers);
    tile->noise = calloc(model->num_layers, sizeof *tile->noise);
    tile->half = calloc(model->num_layers, sizeof *tile->half);
    if (tile->layers == NULL || tile->noise == NULL || tile->half == NULL) {
        tile_free(tile);
        return err_nomem(err, "a tile");
    }
    lay_out(tile, model, backward, &layout);
    tile->slab = slab_create(layout.size);
    if (tile->slab == NULL) {
        tile_free(tile);
        return err_nomem(err, "a tile");
    }
    layout = (struct layout){.base = tile->slab};
    lay_out(tile, model, backward, &layout);
    return ERR_OK;
}

void tile_free(struct tile *tile)
{
    free(tile->layers);
    free(tile->noise);
    free(tile->half);
    free(tile->slab);
    memset(tile, 0, sizeof *tile);
}

/* --- input --- */

void tile_load(struct tile *tile, const struct model *model, const uint16_t *codes,
               const uint32_t *order, size_t first, size_t samples)
{
    size_t features = model->encoder->num_features;
    const uint16_t *rows[LAYER_TILE];

    tile->samples = samples;
    tile->count = (samples + 15) / 16 * 16;
    tile->id = first;
    for (size_t s = 0; s < tile->count; s++) { /* columns past the end repeat the last sample */
        size_t sample = s < samples ? s : samples - 1;

        rows[s] = codes + (order != NULL ? order[sample] : first + sample) * features;
    }
    encoder_encode(model->encoder, rows, tile->count, tile->words);
}

/* --- noise --- */

enum purpose { DRAW_FLIP = 1, DRAW_DROP, DRAW_COIN, DRAW_SAMPLE, DRAW_NODE };

/* A row of 32-bit draws, the same for the same (purpose, layer, signal, sample number). */
static void draw_row(const struct tile *tile, const struct tile_noise *noise, enum purpose purpose,
                     size_t layer, size_t signal, uint32_t *draws)
{
    rng_fill(rng_mix(noise->seed, ((uint64_t)purpose << 32) | layer, signal), (uint32_t)tile->id,
             draws, LAYER_TILE);
}

/* A draw below this happens with probability p. */
static uint32_t threshold(double p)
{
    return p >= 1 ? UINT32_MAX : (uint32_t)(p * 0x1p32);
}

void tile_flip_bits(const struct tile *tile, const struct tile_noise *noise, size_t layer,
                    uint64_t *words, size_t signals)
{
    if (noise == NULL || noise->flip <= 0) return;
    for (size_t i = 0; i < signals; i++) {
        uint32_t draws[LAYER_TILE];

        draw_row(tile, noise, DRAW_FLIP, layer, i, draws);
        words[i] ^= words_below(draws, threshold(noise->flip));
    }
}

/* 1 where the draw is below x in [0, 1]. */
SIMD_CLONES static void to_bits(float *x, const uint32_t *draws)
{
    for (size_t s = 0; s < LAYER_TILE; s++)
        x[s] = (float)(draws[s] >> 8) * 0x1p-24F < x[s] ? 1.0F : 0.0F;
}

static void drop_row(const struct tile *tile, const struct tile_noise *noise, size_t l,
                     size_t signal, float *x)
{
    uint32_t draws[LAYER_TILE], coins[LAYER_TILE], below = threshold(noise->dropout);

    draw_row(tile, noise, DRAW_DROP, l, signal, draws);
    draw_row(tile, noise, DRAW_COIN, l, signal, coins);
    for (size_t s = 0; s < LAYER_TILE; s++)
        if (draws[s] < below) x[s] = (float)(coins[s] >> 31);
}

/* Samples, drops and flips on the outputs of hidden layer l, which are the inputs of layer l + 1. */
static void disturb(struct tile *tile, const struct model *model, const struct tile_noise *noise,
                    size_t l)
{
    if (noise == NULL) return;
    for (size_t i = 0; i < model->layers[l]->num_outputs; i++) {
        float *x = tile->layers[l].out + i * LAYER_TILE;
        uint32_t draws[LAYER_TILE], below = threshold(noise->flip);

        if (noise->sample) {
            draw_row(tile, noise, DRAW_SAMPLE, l, i, draws);
            to_bits(x, draws);
        }
        if (noise->dropout > 0) drop_row(tile, noise, l, i, x);
        if (noise->flip <= 0) continue;
        draw_row(tile, noise, DRAW_FLIP, l + 1, i, draws);
        for (size_t s = 0; s < LAYER_TILE; s++)
            if (draws[s] < below) x[s] = 1.0F - x[s];
    }
}

/* --- passes --- */

static void class_sums(struct tile *tile, const struct model *model)
{
    size_t top = model->num_layers - 1;

    group_sum_forward(tile->layers[top].out, model->layers[top]->num_outputs, model->num_classes,
                      model->tau, tile->logits, tile->count);
}

static struct layer_noise node_noise(const struct tile *tile, const struct tile_noise *noise,
                                     size_t l)
{
    if (noise == NULL) return (struct layer_noise){.on = false};
    return (struct layer_noise){.on = true,
                                .key = rng_mix(noise->seed, DRAW_NODE, l),
                                .step = noise->step,
                                .first = (uint32_t)tile->id};
}

void tile_forward(struct tile *tile, const struct model *model, const struct tile_noise *noise)
{
    tile_flip_bits(tile, noise, 0, tile->words, model->encoder->num_bits);
    if (tile->reals != NULL) words_to_reals(tile->words, model->encoder->num_bits, tile->reals);
    for (size_t l = 0; l < model->num_layers; l++) {
        tile->noise[l] = node_noise(tile, noise, l);
        layer_forward(model->layers[l], &tile->layers[l], tile->count);
        if (l + 1 < model->num_layers) disturb(tile, model, noise, l);
        if (tile->half[l] != NULL)
            words_of_reals(tile->layers[l].out, model->layers[l]->num_outputs, tile->half[l]);
    }
    class_sums(tile, model);
}

/* Draws the bits of layer l from the soft values at its bit inputs. */
static void sample_layer(struct tile *tile, const struct model *model,
                         const struct tile_noise *noise, size_t l, const uint64_t *in,
                         uint64_t *out)
{
    const struct layer *layer = model->layers[l];
    uint16_t address[LAYER_TILE];
    uint32_t draws[LAYER_TILE];

    for (size_t i = 0; i < layer->num_outputs; i++) {
        const float *table = layer->table + layer_table_of(layer, i) * layer->desc.table_size;

        if (i % layer->desc.num_outputs == 0)
            layer_address_instance(layer, i / layer->desc.num_outputs, in, address);
        draw_row(tile, noise, DRAW_SAMPLE, l, i, draws);
        out[i] = 0;
        for (size_t s = 0; s < tile->count; s++) {
            bool one = (float)(draws[s] >> 8) * 0x1p-24F < table[address[s]];

            out[i] |= (uint64_t)one << s;
        }
    }
}

void tile_sample(struct tile *tile, const struct model *model, const struct tile_noise *noise,
                 uint64_t *scratch)
{
    size_t half = 0, top = model->num_layers - 1;
    const uint64_t *in = tile->words;

    for (size_t l = 0; l < model->num_layers; l++)
        half = model->layers[l]->num_outputs > half ? model->layers[l]->num_outputs : half;
    tile_flip_bits(tile, noise, 0, tile->words, model->encoder->num_bits);
    for (size_t l = 0; l < model->num_layers; l++) {
        uint64_t *out = scratch + (l % 2) * (half + 1);
        size_t signals = model->layers[l]->num_outputs;

        sample_layer(tile, model, noise, l, in, out);
        out[signals] = 0; /* the constant */
        if (l + 1 < model->num_layers) tile_flip_bits(tile, noise, l + 1, out, signals);
        in = out;
    }
    words_to_reals(in, model->layers[top]->num_outputs, tile->layers[top].out);
    class_sums(tile, model);
}

void tile_backward_layer(struct tile *tile, const struct model *model, size_t layer,
                         const struct tile_noise *noise)
{
    struct layer_tile *below = &tile->layers[layer - 1];
    size_t signals = model->layers[layer - 1]->num_outputs;

    memset(below->grad_out, 0, signals * LAYER_TILE * sizeof *below->grad_out);
    layer_backward_inputs(model->layers[layer], &tile->layers[layer], below->grad_out, tile->count);
    if (noise == NULL || noise->dropout <= 0) return;
    for (size_t i = 0; i < signals; i++) {
        uint32_t draws[LAYER_TILE], below_p = threshold(noise->dropout);

        draw_row(tile, noise, DRAW_DROP, layer - 1, i, draws);
        for (size_t s = 0; s < LAYER_TILE; s++)
            if (draws[s] < below_p) below->grad_out[i * LAYER_TILE + s] = 0.0F;
    }
}
