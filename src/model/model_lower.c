/* Exact lowering of a frozen model to a netlist: every node's hard table by its own mathematics. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Signals of the layers so far: signal i of layer l is LUT first[l] + i. */
static enum err_status sizes_of(const struct model *model, struct netlist_sizes *sizes,
                                struct err *err)
{
    const struct encoder *encoder = model->encoder;
    uint64_t luts = 0;

    for (size_t l = 0; l < model->num_layers; l++) {
        const struct node_desc *desc = &model->layers[l]->desc;

        if (desc->num_inputs > NETLIST_MAX_FAN_IN)
            return err_set(err, ERR_ARG,
                           "layer %zu has %u inputs a node: hardware LUTs have at most %d", l,
                           desc->num_inputs, NETLIST_MAX_FAN_IN);
        luts += model->layers[l]->num_outputs;
    }
    if (luts + encoder->num_bits > UINT32_MAX / 8)
        return err_set(err, ERR_ARG, "%llu LUTs are more than a netlist can number",
                       (unsigned long long)luts);
    *sizes = (struct netlist_sizes){
        .num_features = (uint32_t)encoder->num_features,
        .code_bits = encoder->code_bits,
        .num_steps = (uint32_t)encoder->num_bits,
        .num_toggles = encoder->toggle_start[encoder->num_bits],
        .num_luts = (uint32_t)luts,
        .num_classes = (uint32_t)model->num_classes,
        .num_group = (uint32_t)model->layers[model->num_layers - 1]->num_outputs,
    };
    return ERR_OK;
}

static void lower_encoder(const struct encoder *encoder, struct netlist *net)
{
    for (uint32_t b = 0; b < net->num_steps; b++) {
        net->step_feature[b] = b / (uint32_t)encoder->bits_per_feature;
        net->step_initial[b] = encoder->initial[b];
    }
    memcpy(net->toggle_start, encoder->toggle_start,
           (encoder->num_bits + 1) * sizeof *net->toggle_start);
    memcpy(net->toggles, encoder->toggles,
           net->toggle_start[net->num_steps] * sizeof *net->toggles);
}

/* `below` is the signal number of the layer's input 0, `first` its first LUT. */
static void lower_layer(const struct layer *layer, struct netlist *net, size_t index,
                        uint32_t below, uint32_t first)
{
    unsigned n = layer->desc.num_inputs, m = layer->desc.num_outputs;

    for (uint32_t i = 0; i < layer->num_outputs; i++) {
        uint32_t lut = first + i, instance = i / m;

        net->fan_in_count[lut] = (uint8_t)n;
        for (unsigned j = 0; j < n; j++)
            net->fan_in[lut * NETLIST_MAX_FAN_IN + j] = below + layer->wiring[instance * n + j];
        node_hard_table(&layer->desc, layer_params(layer, instance / layer->positions), i % m,
                        &net->table[lut]);
        net->origin[lut] = (struct netlist_origin){.lut = i, .layer = (uint16_t)index};
    }
}

static void lower_head(const struct model *model, struct netlist *net)
{
    uint32_t outputs = (uint32_t)model->layers[model->num_layers - 1]->num_outputs;
    uint32_t group = outputs / net->num_classes;

    for (uint32_t i = 0; i < outputs; i++)
        net->group[i] = netlist_lut_signal(net, net->num_luts - outputs + i);
    for (uint32_t c = 0; c <= net->num_classes; c++)
        net->group_start[c] = c * group;
}

/* One line of printable facts for file headers. */
static void describe(const struct model *model, struct netlist *net)
{
    const struct config *config = model->config;
    struct text line = {0};

    text_add(&line, "encoder=%s bits=%ld feature_wise=%s input_bits=%ld nodes=",
             config->encoder_config.name, config->encoder_config.num_bits,
             config->encoder_config.feature_wise ? "true" : "false", config->input_bits);
    for (size_t l = 0; l < config->num_layers; l++)
        text_add(&line, "%s%s", l > 0 ? "," : "", config->node_type[l]);
    text_add(&line, " fan_in=");
    for (size_t l = 0; l < config->num_layers; l++)
        text_add(&line, "%s%ld", l > 0 ? "," : "", config->node_input_dim[l]);
    text_add(&line, " widths=");
    for (size_t l = 0; l < config->num_layers; l++)
        text_add(&line, "%s%ld", l > 0 ? "," : "", config->layer_widths[l]);
    text_add(&line, " classes=%ld wiring_seed=%ld", config->num_classes, config->wiring_seed);
    snprintf(net->name, sizeof net->name, "%s", config->name);
    snprintf(net->model_hash, sizeof net->model_hash, "%s",
             model->model_hash[0] != '\0' ? model->model_hash : model->structural_hash);
    snprintf(net->config_line, sizeof net->config_line, "%s", line.data != NULL ? line.data : "");
    text_free(&line);
}

enum err_status model_lower(const struct model *model, struct netlist **out, struct err *err)
{
    struct netlist_sizes sizes;
    struct netlist *net = NULL;
    uint32_t below = 0, first = 0;
    enum err_status status;

    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: train it first",
                       model->config->name);
    status = sizes_of(model, &sizes, err);
    if (status == ERR_OK) status = netlist_create(&net, &sizes, err);
    if (status != ERR_OK) return status;
    lower_encoder(model->encoder, net);
    for (size_t l = 0; l < model->num_layers; l++) {
        lower_layer(model->layers[l], net, l, below, first);
        below = netlist_lut_signal(net, first);
        first += (uint32_t)model->layers[l]->num_outputs;
    }
    net->num_layers = (uint32_t)model->num_layers;
    net->pipeline = (struct netlist_pipeline){
        .encoder = (unsigned)model->config->hardware.pipeline.encoder,
        .layers = (unsigned)model->config->hardware.pipeline.layers,
        .popcount = (unsigned)model->config->hardware.pipeline.popcount,
        .argmax = (unsigned)model->config->hardware.pipeline.argmax,
    };
    lower_head(model, net);
    describe(model, net);
    status = netlist_check(net, err);
    if (status == ERR_OK)
        *out = net;
    else
        netlist_free(net);
    return status;
}
