/* Linear node: y = s(x W + b). SPEC 1.1. Parameters weights (n, m) ~ N(0, 0.1^2), bias (m) = 0. Its
 * tables are threshold functions: the neuron that Umuroglu et al., "LogicNets: Co-Designed Neural
 * Networks and Circuits for Extreme-Throughput Applications", FPL 2020, put into a LUT. */
#include "base/simd.h"
#include "base/vmath.h"
#include "dense.h"
#include "node_types.h"

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)err;
    node_add_tensor(desc, "weights", desc->num_inputs, desc->num_outputs, true);
    node_add_tensor(desc, "bias", desc->num_outputs, 0, true);
    return ERR_OK;
}

static float weight(const struct node_desc *desc, const float *params, unsigned j, unsigned o)
{
    return params[j * desc->num_outputs + o];
}

static const float *bias_of(const struct node_desc *desc, const float *params)
{
    return params + desc->num_inputs * desc->num_outputs;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    size_t weights = desc->num_inputs * desc->num_outputs;

    for (size_t i = 0; i < desc->num_params; i++)
        params[i] = i < weights ? (float)(0.1 * rng_normal(rng)) : 0.0F;
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    unsigned m = desc->num_outputs;

    for (size_t i = 0; i < desc->num_inputs * m; i++)
        params[i] = (float)(i < m ? 2 * clarity : noise * rng_normal(rng));
    for (size_t o = 0; o < m; o++)
        params[desc->num_inputs * m + o] = (float)-clarity;
}

/* z at every corner: input j doubles the table. */
static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        float *z = table + o * desc->table_size;

        z[0] = bias_of(desc, params)[o];
        for (unsigned j = 0; j < desc->num_inputs; j++) {
            size_t bit = (size_t)1 << j;

            for (size_t a = 0; a < bit; a++)
                z[a + bit] = z[a] + weight(desc, params, j, o);
        }
        vmath_sigmoid(z, 1.0F, z, desc->table_size);
    }
}

/* Folds one input at a time: the upper half's sum is the gradient of its weight. */
static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float g[1 << NODE_MAX_INPUTS];

    (void)params;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *p = table + o * desc->table_size, *grad = grad_table + o * desc->table_size;

        for (size_t a = 0; a < desc->table_size; a++)
            g[a] = grad[a] * p[a] * (1.0F - p[a]);
        for (unsigned j = desc->num_inputs; j-- > 0;) {
            size_t bit = (size_t)1 << j;

            for (size_t a = 0; a < bit; a++) {
                grad_params[j * desc->num_outputs + o] += g[a + bit];
                g[a] += g[a + bit];
            }
        }
        grad_params[desc->num_inputs * desc->num_outputs + o] += g[0];
    }
}

static struct dense shape_of(const struct node_desc *desc)
{
    return (struct dense){desc->num_outputs, desc->num_inputs, 1, desc->num_outputs};
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    struct dense shape = shape_of(desc);

    (void)table;
    (void)noise;
    dense_forward(&shape, params, bias_of(desc, params), in, out, count);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        vmath_sigmoid(out[o], 1.0F, out[o], count);
}

/* Rows of the gradient of z. */
struct rows {
    float values[NODE_MAX_OUTPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *row[NODE_MAX_OUTPUTS];
};

static void gradient_of_sum(const struct node_desc *desc, const float *params,
                            const float *const *in, const float *const *grad_out, struct rows *rows,
                            size_t count)
{
    for (unsigned o = 0; o < desc->num_outputs; o++)
        rows->row[o] = rows->values[o];
    forward(desc, params, NULL, in, rows->row, NULL, count);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        vmath_sigmoid_gradient(rows->row[o], grad_out[o], 1.0F, rows->row[o], count);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    struct dense shape = shape_of(desc);
    struct rows grad;

    (void)table;
    (void)noise;
    gradient_of_sum(desc, params, in, grad_out, &grad, count);
    dense_backward_inputs(&shape, params, (const float *const *)grad.row, grad_in, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    struct dense shape = shape_of(desc);
    struct rows grad;

    (void)table;
    (void)grad_table;
    (void)noise;
    gradient_of_sum(desc, params, in, grad_out, &grad, count);
    dense_backward_params(&shape, in, (const float *const *)grad.row, grad_params,
                          grad_params + desc->num_inputs * desc->num_outputs, count);
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double z = (double)bias_of(desc, params)[output];

    for (unsigned j = 0; j < desc->num_inputs; j++) {
        if (address >> j & 1) z += (double)weight(desc, params, j, output);
    }
    if (margin != NULL) *margin = z;
    return z >= 0.0;
}

const struct node_type node_linear_lut = {
    .name = "linear_lut",
    .meaning = "sigmoid of a weighted sum",
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
