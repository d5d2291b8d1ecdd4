/* The gradient-stabilised weightless node: a table s(raw), addressed by its thresholded inputs; the
 * input gradient weighs distant entries by 1 / (distance + 1) and both gradients are scaled. SPEC 1.5.
 * Parameters raw_luts (m, 2^n) ~ N(0, 0.1^2); buffer gradient_scale, a constant as in the original
 * (where it is called a parameter but receives no gradient). A variant by the original library of Bacellar
 * et al., "Differentiable Weightless Neural Networks", ICML 2024, section 3.2. */
#include "base/vmath.h"
#include "extended_difference.h"
#include "node_types.h"

struct options {
    double gradient_scale;
    double eigenvalue[NODE_MAX_INPUTS]; /* of 1 / (h + 1), for this n: describe() */
};

static const struct config_option options[] = {
    {.name = "gradient_scale",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct options, gradient_scale),
     .low = 0,
     .high = 1e6,
     .default_text = "1.25",
     .meaning = "factor of both gradients of a node"},
};

static size_t entries_of(const struct node_desc *desc)
{
    return desc->table_size * desc->num_outputs;
}

static float scale_of(const struct node_desc *desc, const float *params)
{
    return params[entries_of(desc)];
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    struct options *own = desc->options;

    (void)err;
    node_add_tensor(desc, "raw_luts", desc->num_outputs, desc->table_size, true);
    node_add_tensor(desc, "gradient_scale", 1, 0, false);
    extended_difference_harmonic(desc->num_inputs, 1.0, own->eigenvalue);
    return ERR_OK;
}

static void init_buffers(const struct node_desc *desc, float *params)
{
    const struct options *own = desc->options;

    params[entries_of(desc)] = (float)own->gradient_scale;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < entries_of(desc); i++)
        params[i] = (float)(0.1 * rng_normal(rng));
    init_buffers(desc, params);
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    for (size_t i = 0; i < entries_of(desc); i++)
        params[i] = (float)((i & 1 ? clarity : -clarity) + noise * rng_normal(rng));
    init_buffers(desc, params);
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    vmath_sigmoid(params, 1.0F, table, entries_of(desc));
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float scale = scale_of(desc, params);

    for (size_t i = 0; i < entries_of(desc); i++)
        grad_params[i] += scale * grad_table[i] * table[i] * (1.0F - table[i]);
}

static void smooth(const struct node_desc *desc, const float *params, const float *table,
                   float *out)
{
    const struct options *own = desc->options;
    double eigenvalue[NODE_MAX_INPUTS];

    for (unsigned i = 0; i < desc->num_inputs; i++)
        eigenvalue[i] = own->eigenvalue[i] * (double)scale_of(desc, params);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        extended_difference(desc->num_inputs, table + o * desc->table_size, eigenvalue,
                            out + o * desc->table_size);
}

/* s(raw) >= 0.5 is raw >= 0. */
static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double raw = (double)params[output * desc->table_size + address];

    if (margin != NULL) *margin = raw;
    return raw >= 0.0;
}

const struct node_type node_dwn_stable = {
    .name = "dwn_stable",
    .meaning = "table of probabilities, thresholded inputs, stabilised extended finite differences",
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
