/* Differentiable weightless node: a real table addressed by its thresholded inputs, with extended
 * finite differences for the input gradient. SPEC 1.4; Bacellar et al., "Differentiable Weightless
 * Neural Networks", ICML 2024. Parameters luts (m, 2^n) ~ U[0, 1); buffers alpha, beta. */
#include "extended_difference.h"
#include "node_types.h"

#include <math.h>
#include <string.h>

struct options {
    double alpha, beta;
};

static const struct config_option options[] = {
    {.name = "alpha",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct options, alpha),
     .low = 0,
     .high = 1e6,
     .default_text = "0",
     .meaning = "factor of the input gradient; 0: 0.5 * 0.75^(n - 1)"},
    {.name = "beta",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct options, beta),
     .low = 0,
     .high = 1,
     .default_text = "0.3333333333333333",
     .meaning = "weight of a table entry per bit of distance in the input gradient"},
};

/* Parameter block: luts, then the two buffers of the original library. */
static float alpha_of(const struct node_desc *desc, const float *params)
{
    return params[desc->table_size * desc->num_outputs];
}

static float beta_of(const struct node_desc *desc, const float *params)
{
    return params[desc->table_size * desc->num_outputs + 1];
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)err;
    node_add_tensor(desc, "luts", desc->num_outputs, desc->table_size, true);
    node_add_tensor(desc, "alpha", 1, 0, false);
    node_add_tensor(desc, "beta", 1, 0, false);
    return ERR_OK;
}

static void init_buffers(const struct node_desc *desc, float *params)
{
    const struct options *own = desc->options;
    size_t entries = desc->table_size * desc->num_outputs;

    params[entries] =
        (float)(own->alpha > 0 ? own->alpha : 0.5 * pow(0.75, desc->num_inputs - 1.0));
    params[entries + 1] = (float)own->beta;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->table_size * desc->num_outputs; i++)
        params[i] = rng_float(rng);
    init_buffers(desc, params);
}

/* 1 and 0, the ends of this table's range; upstream writes +-clarity into it (SPEC 5, 15). */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    double one = desc->upstream ? clarity : 1.0, zero = desc->upstream ? -clarity : 0.0;

    for (size_t i = 0; i < desc->table_size * desc->num_outputs; i++)
        params[i] = (float)((i & 1 ? one : zero) + noise * rng_normal(rng));
    init_buffers(desc, params);
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    memcpy(table, params, desc->table_size * desc->num_outputs * sizeof *table);
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    (void)params;
    (void)table;
    for (size_t i = 0; i < desc->table_size * desc->num_outputs; i++)
        grad_params[i] += grad_table[i];
}

static void smooth(const struct node_desc *desc, const float *params, const float *table,
                   float *out)
{
    double eigenvalue[NODE_MAX_INPUTS];

    extended_difference_geometric(desc->num_inputs, (double)alpha_of(desc, params),
                                  (double)beta_of(desc, params), eigenvalue);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        extended_difference(desc->num_inputs, table + o * desc->table_size, eigenvalue,
                            out + o * desc->table_size);
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double value = (double)params[output * desc->table_size + address] - 0.5;

    if (margin != NULL) *margin = value;
    return value >= 0.0;
}

const struct node_type node_dwn = {
    .name = "dwn",
    .meaning = "real table, thresholded inputs, extended finite differences",
    .lookup = true,
    .options = options,
    .num_options = sizeof options / sizeof options[0],
    .options_size = sizeof(struct options),
    .describe = describe,
    .init = init,
    .init_residual = init_residual,
    .tabulate = tabulate,
    .tabulate_backward = tabulate_backward,
    .smooth = smooth,
    .hard_bit = hard_bit,
};
