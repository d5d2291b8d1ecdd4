/* Exact lowering of a frozen model to a netlist: every node's hard table by its own mathematics. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most LUTs of one node output: 64 cofactors of six inputs and a tree of 4-to-1 multiplexers. */
enum { MAX_INPUTS = NODE_MAX_INPUTS, MAX_WORDS = 1 << (MAX_INPUTS - NETLIST_MAX_FAN_IN) };

/* LUTs of a node output with n inputs: 2^(n - 6) cofactors, then multiplexers four at a time. */
static uint64_t luts_of_node(unsigned n)
{
    uint64_t leaves = n <= NETLIST_MAX_FAN_IN ? 1 : (uint64_t)1 << (n - NETLIST_MAX_FAN_IN);
    uint64_t luts = leaves;

    for (; leaves > 1; leaves = (leaves + 3) / 4)
        luts += (leaves + 3) / 4;
    return luts;
}

static enum err_status sizes_of(const struct model *model, struct netlist_sizes *sizes,
                                struct err *err)
{
    const struct encoder *encoder = model->encoder;
    uint64_t luts = 0;

    for (size_t l = 0; l < model->num_layers; l++)
        luts += model->layers[l]->num_outputs * luts_of_node(model->layers[l]->desc.num_inputs);
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

/* A netlist being filled: LUTs are appended. */
struct lowering {
    struct netlist *net;
    uint32_t next;     /* LUT to write */
    uint32_t *signals; /* signal of each output of the layer below; the encoder's at first */
    uint32_t num_below;
};

static uint32_t append_lut(struct lowering *low, unsigned inputs, const uint32_t *fan_in,
                           uint64_t table, struct netlist_origin origin)
{
    struct netlist *net = low->net;

    net->fan_in_count[low->next] = (uint8_t)inputs;
    for (unsigned j = 0; j < inputs; j++)
        net->fan_in[(size_t)low->next * NETLIST_MAX_FAN_IN + j] = fan_in[j];
    net->table[low->next] = table;
    net->origin[low->next] = origin;
    return netlist_lut_signal(net, low->next++);
}

/* 4-to-1 multiplexer: data are address bits 0..3, selects bits 4 and 5; 2-to-1: data 0, 1, select 2. */
static const uint64_t MUX4 = UINT64_C(0xff00f0f0ccccaaaa), MUX2 = UINT64_C(0xca);

/* Shannon: a node of n > 6 inputs is 2^(n-6) LUTs of inputs 0..5, chosen by inputs 6 and up, two at a
 * time. Equal cofactors are shared later by the duplicates pass. */
static uint32_t lower_wide(struct lowering *low, unsigned n, const uint32_t *fan_in,
                           const uint64_t *words, struct netlist_origin origin)
{
    uint32_t level[MAX_WORDS];
    unsigned count = 1U << (n - NETLIST_MAX_FAN_IN), select = NETLIST_MAX_FAN_IN;

    for (unsigned i = 0; i < count; i++, origin.part++)
        level[i] = append_lut(low, NETLIST_MAX_FAN_IN, fan_in, words[i], origin);
    while (count > 1) {
        unsigned ways = count >= 4 ? 4 : 2, bits = ways / 2;

        for (unsigned i = 0; i < count / ways; i++, origin.part++) {
            uint32_t wires[NETLIST_MAX_FAN_IN];

            for (unsigned k = 0; k < ways; k++)
                wires[k] = level[ways * i + k];
            for (unsigned k = 0; k < bits; k++)
                wires[ways + k] = fan_in[select + k];
            level[i] = append_lut(low, ways + bits, wires, ways == 4 ? MUX4 : MUX2, origin);
        }
        count /= ways;
        select += bits;
    }
    return level[0];
}

/* Removes slots that read the constant 0 (convolution's padding): keeps the half of the table where
 * that input is 0. Returns the inputs left. */
static unsigned drop_constants(unsigned n, const uint32_t *wires, uint32_t constant, uint32_t *kept,
                               uint64_t *words)
{
    uint64_t full[MAX_WORDS];
    unsigned left = 0, slot[MAX_INPUTS];

    for (unsigned j = 0; j < n; j++) {
        if (wires[j] == constant) continue;
        slot[left] = j;
        kept[left++] = wires[j];
    }
    if (left == n) return n;
    memcpy(full, words, sizeof full);
    memset(words, 0, sizeof full);
    for (uint32_t a = 0; a < 1U << left; a++) {
        uint32_t address = 0;

        for (unsigned j = 0; j < left; j++)
            address |= (a >> j & 1U) << slot[j];
        if (full[address / 64] >> (address % 64) & 1) words[a / 64] |= UINT64_C(1) << (a % 64);
    }
    return left;
}

static void lower_layer(struct lowering *low, const struct layer *layer, size_t index,
                        uint32_t *outputs)
{
    unsigned n = layer->desc.num_inputs, m = layer->desc.num_outputs;

    for (uint32_t i = 0; i < layer->num_outputs; i++) {
        uint32_t instance = i / m, kept[MAX_INPUTS], fan_in[MAX_INPUTS] = {0};
        struct netlist_origin origin = {.lut = i, .layer = (uint16_t)index};
        uint64_t words[MAX_WORDS] = {0};
        unsigned left;

        layer_hard_table(layer, layer_table_of(layer, i), words);
        left = drop_constants(n, layer->wiring + (size_t)instance * n, low->num_below, kept, words);
        for (unsigned j = 0; j < left; j++)
            fan_in[j] = low->signals[kept[j]];
        outputs[i] = left > NETLIST_MAX_FAN_IN ? lower_wide(low, left, fan_in, words, origin)
                                               : append_lut(low, left, fan_in, words[0], origin);
    }
}

/* All layers; on return low->signals are the outputs of the last. */
static enum err_status lower_layers(struct lowering *low, const struct model *model,
                                    struct err *err)
{
    low->num_below = (uint32_t)model->encoder->num_bits;
    low->signals = malloc(low->num_below * sizeof *low->signals);
    if (low->signals == NULL) return err_nomem(err, "lowering");
    for (uint32_t b = 0; b < low->num_below; b++)
        low->signals[b] = b;
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        uint32_t *outputs = malloc(layer->num_outputs * sizeof *outputs);

        if (outputs == NULL) return err_nomem(err, "lowering");
        lower_layer(low, layer, l, outputs);
        free(low->signals);
        low->signals = outputs;
        low->num_below = (uint32_t)layer->num_outputs;
    }
    low->net->num_luts = low->next; /* fewer than planned where constants were dropped */
    return ERR_OK;
}

static void lower_head(const struct lowering *low)
{
    struct netlist *net = low->net;
    uint32_t group = low->num_below / net->num_classes;

    memcpy(net->group, low->signals, low->num_below * sizeof *net->group);
    for (uint32_t c = 0; c <= net->num_classes; c++)
        net->group_start[c] = c * group;
}

static void set_pipeline(struct netlist *net, const struct config *config)
{
    net->pipeline = (struct netlist_pipeline){
        .encoder = (unsigned)config->hardware.pipeline.encoder,
        .layers = (unsigned)config->hardware.pipeline.layers,
        .popcount = (unsigned)config->hardware.pipeline.popcount,
        .argmax = (unsigned)config->hardware.pipeline.argmax,
        .depth = (unsigned)config->hardware.pipeline.depth,
    };
}

/* One line of printable facts for file headers. */
static enum err_status describe(const struct model *model, struct netlist *net, struct err *err)
{
    const struct config *config = model->config;
    struct text line = {0};
    enum err_status status;

    text_add(&line, "%sencoder=%s bits=%ld feature_wise=%s input_bits=%ld nodes=",
             model_is_edited(model) ? "dont_care=data " : "", config->encoder_config.name,
             config->encoder_config.num_bits,
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
    status = text_status(&line, "the netlist's description", err);
    if (status == ERR_OK) snprintf(net->config_line, sizeof net->config_line, "%s", line.data);
    text_free(&line);
    return status;
}

enum err_status model_lower(const struct model *model, struct netlist **out, struct err *err)
{
    struct netlist_sizes sizes;
    struct lowering low = {0};
    enum err_status status;

    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: train it first",
                       model->config->name);
    status = sizes_of(model, &sizes, err);
    if (status == ERR_OK) status = netlist_create(&low.net, &sizes, err);
    if (status != ERR_OK) return status;
    lower_encoder(model->encoder, low.net);
    low.net->num_layers = (uint32_t)model->num_layers;
    status = lower_layers(&low, model, err);
    if (status == ERR_OK) {
        lower_head(&low);
        set_pipeline(low.net, model->config);
        status = describe(model, low.net, err);
        if (status == ERR_OK) status = netlist_place_registers(low.net, err);
        if (status == ERR_OK) status = netlist_check(low.net, err);
    }
    free(low.signals);
    if (status == ERR_OK)
        *out = low.net;
    else
        netlist_free(low.net);
    return status;
}
