/* One node as a layer runs it: for the tests and the benchmark of node types. */
#ifndef DIFFLUT_TESTS_SINGLE_NODE_H
#define DIFFLUT_TESTS_SINGLE_NODE_H

#include "base/simd.h"
#include "node/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct single_node_shape {
    const char *type;
    unsigned inputs, outputs;
    bool upstream;
    double temperature;  /* 0: 1.0 */
    const char *options; /* "key: value, key: value" of node_config, or NULL */
};

struct single_node {
    struct config *config;
    struct node_desc desc;
    size_t count;                   /* samples, a multiple of 16 */
    float *slab;                    /* all of: */
    float *params, *table, *smooth; /* smooth is NULL where the type has none */
    float *in[NODE_MAX_INPUTS], *grad_in[NODE_MAX_INPUTS];
    float *out[NODE_MAX_OUTPUTS], *grad_out[NODE_MAX_OUTPUTS];
    float *grad_table, *grad_params;
    const struct node_noise *noise; /* NULL unless the caller sets it */
};

static inline enum err_status
single_node_config(struct config **config, const struct single_node_shape *shape, struct err *err)
{
    char text[2048];
    int size = snprintf(text, sizeof text,
                        "model_type: feedforward\nlayer_type: random\nnode_type: %s\n"
                        "encoder_config: {name: thermometer, num_bits: 1}\n"
                        "node_input_dim: %u\nlayer_widths: [2]\nnum_classes: 2\ninput_size: 16\n"
                        "dataset: digits\n%sruntime: {temperature: %.9g}\n"
                        "node_config: {output_dim: %u%s%s}\n",
                        shape->type, shape->inputs, shape->upstream ? "compat: upstream\n" : "",
                        shape->temperature > 0 ? shape->temperature : 1.0, shape->outputs,
                        shape->options != NULL && shape->options[0] != '\0' ? ", " : "",
                        shape->options != NULL ? shape->options : "");

    return config_parse(config, text, (size_t)size, "node.yaml", err);
}

static inline float *single_node_take(float **base, size_t *used, size_t floats)
{
    float *block = *base == NULL ? NULL : *base + *used;

    *used += (floats + 15) / 16 * 16;
    return block;
}

static inline void single_node_lay_out(struct single_node *node, float *base, size_t *used)
{
    const struct node_desc *desc = &node->desc;
    size_t table = desc->num_outputs * desc->table_size;

    node->params = single_node_take(&base, used, desc->num_params);
    node->grad_params = single_node_take(&base, used, desc->num_params);
    node->table = single_node_take(&base, used, table);
    node->grad_table = single_node_take(&base, used, table);
    node->smooth = NULL;
    if (desc->type->smooth != NULL) node->smooth = single_node_take(&base, used, table);
    for (unsigned j = 0; j < desc->num_inputs; j++) {
        node->in[j] = single_node_take(&base, used, node->count);
        node->grad_in[j] = single_node_take(&base, used, node->count);
    }
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        node->out[o] = single_node_take(&base, used, node->count);
        node->grad_out[o] = single_node_take(&base, used, node->count);
    }
}

/* All zero but for the description; the caller frees. */
static inline enum err_status single_node_create(struct single_node *node,
                                                 const struct single_node_shape *shape,
                                                 size_t count, struct err *err)
{
    size_t used = 0;
    enum err_status status;

    *node = (struct single_node){.count = count};
    status = single_node_config(&node->config, shape, err);
    if (status == ERR_OK) status = node_describe(&node->desc, node->config, 0, err);
    if (status != ERR_OK) {
        config_free(node->config);
        node->config = NULL;
        return status;
    }
    single_node_lay_out(node, NULL, &used);
    node->slab = aligned_alloc(SIMD_ALIGN, used * sizeof *node->slab);
    if (node->slab == NULL) return err_nomem(err, "a node");
    memset(node->slab, 0, used * sizeof *node->slab);
    used = 0;
    single_node_lay_out(node, node->slab, &used);
    return ERR_OK;
}

static inline void single_node_free(struct single_node *node)
{
    if (node->config != NULL) node_desc_free(&node->desc);
    config_free(node->config);
    free(node->slab);
}

static inline void single_node_tabulate(struct single_node *node)
{
    const struct node_type *type = node->desc.type;

    type->tabulate(&node->desc, node->params, node->table);
    if (node->smooth != NULL) type->smooth(&node->desc, node->params, node->table, node->smooth);
}

static inline size_t single_node_address(const struct single_node *node, size_t s)
{
    size_t address = 0;

    for (unsigned j = 0; j < node->desc.num_inputs; j++)
        address |= (size_t)(node->in[j][s] >= 0.5F) << j;
    return address;
}

/* The training forward pass, from in to out; the table must be up to date. */
static inline void single_node_forward(struct single_node *node)
{
    const struct node_desc *desc = &node->desc;

    if (!desc->type->lookup) {
        desc->type->forward(desc, node->params, node->table, (const float *const *)node->in,
                            node->out, node->noise, node->count);
        return;
    }
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        for (size_t s = 0; s < node->count; s++)
            node->out[o][s] = node->table[o * desc->table_size + single_node_address(node, s)];
    }
}

/* Adds grad_out, through the node, to grad_in. */
static inline void single_node_backward_inputs(struct single_node *node)
{
    const struct node_desc *desc = &node->desc;

    if (node->smooth == NULL) {
        desc->type->backward_inputs(desc, node->params, node->table, (const float *const *)node->in,
                                    (const float *const *)node->grad_out, node->grad_in,
                                    node->noise, node->count);
        return;
    }
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        for (unsigned j = 0; j < desc->num_inputs; j++) {
            const float *smooth = node->smooth + o * desc->table_size;
            size_t bit = (size_t)1 << j;

            for (size_t s = 0; s < node->count; s++) {
                size_t a = single_node_address(node, s);

                node->grad_in[j][s] += node->grad_out[o][s] * (smooth[a | bit] - smooth[a & ~bit]);
            }
        }
    }
}

/* Adds to grad_table or grad_params what the samples contribute. `look_up`: as a first layer with bit
 * inputs does it, or a look-up type without its own gradient. */
static inline void single_node_backward_samples(struct single_node *node, bool look_up)
{
    const struct node_desc *desc = &node->desc;

    if (!look_up && desc->type->backward_params != NULL) {
        desc->type->backward_params(desc, node->params, node->table, (const float *const *)node->in,
                                    (const float *const *)node->grad_out, node->grad_table,
                                    node->grad_params, node->noise, node->count);
        return;
    }
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        for (size_t s = 0; s < node->count; s++)
            node->grad_table[o * desc->table_size + single_node_address(node, s)] +=
                node->grad_out[o][s];
    }
}

/* The gradient of the parameters, from zero. */
static inline void single_node_backward_params(struct single_node *node, bool look_up)
{
    const struct node_desc *desc = &node->desc;

    memset(node->grad_table, 0, desc->num_outputs * desc->table_size * sizeof *node->grad_table);
    memset(node->grad_params, 0, desc->num_params * sizeof *node->grad_params);
    single_node_backward_samples(node, look_up);
    desc->type->tabulate_backward(desc, node->params, node->table, node->grad_table,
                                  node->grad_params);
}

static inline void single_node_clear_grad_in(struct single_node *node)
{
    for (unsigned j = 0; j < node->desc.num_inputs; j++)
        memset(node->grad_in[j], 0, node->count * sizeof *node->grad_in[j]);
}

#endif
