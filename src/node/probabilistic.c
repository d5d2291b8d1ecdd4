/* Probabilistic node: the table entry is a probability s(raw / T), the output the multilinear
 * extension of the table. SPEC 1.6. Parameters raw_weights (2^n, m) ~ N(0, 1). The relaxation of
 * Petersen et al., "Deep Differentiable Logic Gate Networks", NeurIPS 2022, section 3.1, taken from gates of
 * two inputs to tables of n. */
#include "base/vmath.h"
#include "multilinear.h"
#include "node_types.h"

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)err;
    node_add_tensor(desc, "raw_weights", desc->table_size, desc->num_outputs, true);
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->num_params; i++)
        params[i] = (float)rng_normal(rng);
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    for (size_t a = 0; a < desc->table_size; a++) {
        for (unsigned o = 0; o < desc->num_outputs; o++) {
            double value = a & 1 ? clarity : -clarity;

            params[a * desc->num_outputs + o] = (float)(value + noise * rng_normal(rng));
        }
    }
}

static float inverse_temperature(const struct node_desc *desc)
{
    return (float)(1.0 / (desc->temperature > 1e-6 ? desc->temperature : 1e-6));
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    if (desc->num_outputs == 1) {
        vmath_sigmoid(params, inverse_temperature(desc), table, desc->table_size);
        return;
    }
    for (size_t a = 0; a < desc->table_size; a++) { /* (2^n, m) to [m][2^n] */
        for (unsigned o = 0; o < desc->num_outputs; o++)
            table[o * desc->table_size + a] = params[a * desc->num_outputs + o];
    }
    vmath_sigmoid(table, inverse_temperature(desc), table, desc->table_size * desc->num_outputs);
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float scale = inverse_temperature(desc);

    (void)params;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *p = table + o * desc->table_size, *g = grad_table + o * desc->table_size;

        for (size_t a = 0; a < desc->table_size; a++)
            grad_params[a * desc->num_outputs + o] += g[a] * scale * p[a] * (1.0F - p[a]);
    }
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    (void)params;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++)
        multilinear_forward(desc->num_inputs, table + o * desc->table_size, in, out[o], count);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    (void)params;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++)
        multilinear_backward_inputs(desc->num_inputs, table + o * desc->table_size, in, grad_out[o],
                                    grad_in, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    (void)params;
    (void)table;
    (void)noise;
    (void)grad_params;
    for (unsigned o = 0; o < desc->num_outputs; o++)
        multilinear_backward_table(desc->num_inputs, in, grad_out[o],
                                   grad_table + o * desc->table_size, count);
}

/* s(raw / T) >= 0.5 is raw >= 0 for every T > 0. */
static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double raw = (double)params[address * desc->num_outputs + output];

    if (margin != NULL) *margin = raw;
    return raw >= 0.0;
}

const struct node_type node_probabilistic = {
    .name = "probabilistic",
    .meaning = "table of probabilities, multilinear in the inputs",
    .describe = describe,
    .init = init,
    .init_residual = init_residual,
    .tabulate = tabulate,
    .tabulate_backward = tabulate_backward,
    .forward = forward,
    .backward_inputs = backward_inputs,
    .backward_params = backward_params,
    .hard_bit = hard_bit,
};
