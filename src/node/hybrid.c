/* Hybrid node: forward as a look-up of s(raw) at the thresholded inputs, backward as the probabilistic
 * node. SPEC 1.7. Parameters raw_luts (m, 2^n) ~ N(0, 0.1^2).
 *
 * The input gradient is that of the multilinear form, y(x_j = 1) - y(x_j = 0). The original computes
 * it as sum_a Pr(a|x) (a_j - x_j) table[a] / (x_j (1 - x_j) + 1e-8), which is the same times
 * v / (v + 1e-8), v = x_j (1 - x_j), and so nothing at a bit; compat: upstream does that too. A variant by
 * the original library of Bacellar et al., ICML 2024, whose look-up it keeps (dwn.c). */
#include "base/simd.h"
#include "base/vmath.h"
#include "multilinear.h"
#include "node_types.h"

#include <string.h>

static size_t entries_of(const struct node_desc *desc)
{
    return desc->table_size * desc->num_outputs;
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)err;
    node_add_tensor(desc, "raw_luts", desc->num_outputs, desc->table_size, true);
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < entries_of(desc); i++)
        params[i] = (float)(0.1 * rng_normal(rng));
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    for (size_t i = 0; i < entries_of(desc); i++)
        params[i] = (float)((i & 1 ? clarity : -clarity) + noise * rng_normal(rng));
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    vmath_sigmoid(params, 1.0F, table, entries_of(desc));
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    (void)params;
    for (size_t i = 0; i < entries_of(desc); i++)
        grad_params[i] += grad_table[i] * table[i] * (1.0F - table[i]);
}

SIMD_CLONES static void add_upstream(const float *in, const float *gradient, float *grad_in,
                                     size_t count)
{
    for (size_t s = 0; s < count; s++) {
        float v = in[s] * (1.0F - in[s]);

        grad_in[s] += gradient[s] * (v / (v + 1e-8F));
    }
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    float gradient[NODE_MAX_INPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *rows[NODE_MAX_INPUTS];

    (void)params;
    (void)noise;
    for (unsigned j = 0; j < desc->num_inputs; j++) {
        rows[j] = desc->upstream ? gradient[j] : grad_in[j];
        if (desc->upstream) memset(rows[j], 0, count * sizeof *rows[j]);
    }
    for (unsigned o = 0; o < desc->num_outputs; o++)
        multilinear_backward_inputs(desc->num_inputs, table + o * desc->table_size, in, grad_out[o],
                                    rows, count);
    for (unsigned j = 0; desc->upstream && j < desc->num_inputs; j++)
        add_upstream(in[j], rows[j], grad_in[j], count);
}

/* Pr(a|x) g for every address, not only for the one that was looked up. */
static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    (void)params;
    (void)table;
    (void)grad_params;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++)
        multilinear_backward_table(desc->num_inputs, in, grad_out[o],
                                   grad_table + o * desc->table_size, count);
}

/* s(raw) >= 0.5 is raw >= 0. */
static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double raw = (double)params[output * desc->table_size + address];

    if (margin != NULL) *margin = raw;
    return raw >= 0.0;
}

const struct node_type node_hybrid = {
    .name = "hybrid",
    .meaning = "look-up forward, probabilistic backward",
    .lookup = true,
    .describe = describe,
    .init = init,
    .init_residual = init_residual,
    .tabulate = tabulate,
    .tabulate_backward = tabulate_backward,
    .backward_inputs = backward_inputs,
    .backward_params = backward_params,
    .hard_bit = hard_bit,
};
