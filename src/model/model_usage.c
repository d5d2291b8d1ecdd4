#include "model_usage.h"

#include <stdlib.h>
#include <string.h>

/* Marks what the marked outputs of a layer read; below [num_inputs + 1], the last is the constant 0. */
static void mark_below(const struct layer *layer, const bool *outputs, bool *below)
{
    size_t n = layer->desc.num_inputs, m = layer->desc.num_outputs;

    memset(below, 0, layer->num_inputs + 1);
    for (size_t i = 0; i < layer->instances; i++) {
        bool live = false;

        for (size_t o = 0; o < m; o++)
            live = live || outputs[i * m + o];
        for (size_t j = 0; live && j < n; j++)
            below[layer->wiring[i * n + j]] = true;
    }
}

/* Outputs that nothing reads, though pruning has not removed their LUTs. */
static size_t count_dead(const struct layer *layer, const bool *read)
{
    size_t found = 0;

    for (size_t o = 0; o < layer->num_outputs; o++)
        found += !read[o] && !layer_is_removed(layer, o / layer->desc.num_outputs);
    return found;
}

static size_t count_false(const bool *marks, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += !marks[i];
    return found;
}

static bool is_constant(const uint64_t *table, size_t entries)
{
    size_t words = (entries + 63) / 64, ones = 0;

    for (size_t w = 0; w < words; w++)
        ones += (size_t)__builtin_popcountll(table[w]);
    return ones == 0 || ones == entries;
}

static enum err_status count_constants(struct model_usage_layer *usage, const struct layer *layer,
                                       struct err *err)
{
    size_t words = (layer->desc.table_size + 63) / 64;
    uint64_t *tables;

    usage->tables = layer->width * layer->desc.num_outputs;
    tables = calloc(usage->tables * words, sizeof *tables);
    if (tables == NULL) return err_nomem(err, "hard tables");
    layer_hard_tables(layer, tables);
    for (size_t i = 0; i < usage->tables; i++)
        usage->constant += is_constant(tables + i * words, layer->desc.table_size);
    free(tables);
    return ERR_OK;
}

static void count_features(struct model_usage *usage, const struct model *model, const bool *bits)
{
    size_t each;

    usage->features = (size_t)model->config->input_size;
    usage->bits = model->layers[0]->num_inputs;
    usage->unread_bits = count_false(bits, usage->bits);
    each = usage->bits / usage->features;
    for (size_t f = 0; f < usage->features; f++)
        usage->unread_features += count_false(bits + f * each, each) == each;
}

enum err_status model_usage_measure(struct model_usage *out, const struct model *model,
                                    struct err *err)
{
    size_t widest = 0;
    bool *marks[2];
    enum err_status status = ERR_OK;

    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];

        if (layer->num_outputs > widest) widest = layer->num_outputs;
        if (layer->num_inputs > widest) widest = layer->num_inputs;
    }
    out->num_layers = model->num_layers;
    out->layers = calloc(model->num_layers, sizeof *out->layers);
    marks[0] = malloc(widest + 1);
    marks[1] = malloc(widest + 1);
    if (out->layers == NULL || marks[0] == NULL || marks[1] == NULL) {
        status = err_nomem(err, "the use of a model");
    } else {
        memset(marks[0], 1, widest + 1);
        for (size_t l = model->num_layers; status == ERR_OK && l-- > 0;) {
            const struct layer *layer = model->layers[l];
            bool *read = marks[(model->num_layers - 1 - l) % 2];
            bool *below = marks[(model->num_layers - l) % 2];

            out->layers[l].luts = layer->num_outputs;
            out->layers[l].unread = count_dead(layer, read);
            mark_below(layer, read, below);
            if (l == 0) count_features(out, model, below);
            status = count_constants(&out->layers[l], layer, err);
        }
    }
    free(marks[0]);
    free(marks[1]);
    return status;
}

void model_usage_free(struct model_usage *usage)
{
    free(usage->layers);
    *usage = (struct model_usage){0};
}
