#include "cli/cli_reference.h"

#include <stdlib.h>
#include <string.h>

static enum err_status copy_encoder(struct prove_reference *r, const struct encoder *encoder,
                                    struct err *err)
{
    size_t toggles = encoder->toggle_start[encoder->num_bits];

    r->num_features = (uint32_t)encoder->num_features;
    r->num_bits = (uint32_t)encoder->num_bits;
    r->code_bits = encoder->code_bits;
    r->step_feature = malloc(r->num_bits * sizeof *r->step_feature);
    r->step_initial = malloc(r->num_bits);
    r->toggle_start = malloc(((size_t)r->num_bits + 1) * sizeof *r->toggle_start);
    r->toggles = malloc((toggles + 1) * sizeof *r->toggles);
    if (r->step_feature == NULL || r->step_initial == NULL || r->toggle_start == NULL ||
        r->toggles == NULL)
        return err_nomem(err, "the model's functions");
    for (uint32_t b = 0; b < r->num_bits; b++)
        r->step_feature[b] = b / (uint32_t)encoder->bits_per_feature;
    memcpy(r->step_initial, encoder->initial, r->num_bits);
    memcpy(r->toggle_start, encoder->toggle_start,
           ((size_t)r->num_bits + 1) * sizeof *r->toggle_start);
    if (toggles > 0) memcpy(r->toggles, encoder->toggles, toggles * sizeof *r->toggles);
    return ERR_OK;
}

static enum err_status copy_layer(struct prove_layer *to, const struct layer *layer,
                                  struct err *err)
{
    size_t m = layer->desc.num_outputs, n = layer->desc.num_inputs;

    to->inputs = layer->desc.num_inputs;
    to->count = (uint32_t)layer->num_outputs;
    to->words = (layer->desc.table_size + 63) / 64;
    to->wires = malloc(to->count * n * sizeof *to->wires);
    to->tables = calloc(to->count * to->words, sizeof *to->tables);
    if (to->wires == NULL || to->tables == NULL) return err_nomem(err, "the model's functions");
    for (uint32_t i = 0; i < to->count; i++) {
        memcpy(to->wires + i * n, layer->wiring + i / m * n, n * sizeof *to->wires);
        layer_hard_table(layer, layer_table_of(layer, i), to->tables + i * to->words);
    }
    return ERR_OK;
}

enum err_status cli_reference_make(struct prove_reference **out, const struct model *model,
                                   struct err *err)
{
    struct prove_reference *r;
    enum err_status status;

    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: train it first",
                       model->config->name);
    r = calloc(1, sizeof *r);
    if (r == NULL) return err_nomem(err, "the model's functions");
    status = copy_encoder(r, model->encoder, err);
    r->layers = calloc(model->num_layers, sizeof *r->layers);
    r->num_layers = model->num_layers;
    if (r->layers == NULL) status = err_nomem(err, "the model's functions");
    for (size_t l = 0; l < model->num_layers && status == ERR_OK; l++)
        status = copy_layer(&r->layers[l], model->layers[l], err);
    r->num_classes = (uint32_t)model->num_classes;
    r->group = (uint32_t)(model->layers[model->num_layers - 1]->num_outputs / model->num_classes);
    if (status == ERR_OK)
        *out = r;
    else
        prove_reference_free(r);
    return status;
}
