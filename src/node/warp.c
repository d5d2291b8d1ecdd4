/* Walsh node: y = s(l / T), l = sum over subsets S of c_S prod_{j in S} (2 x_j - 1). SPEC 1.10.
 * Parameters coefficients (2^n, m) ~ N(0, 0.1^2), bit j of a subset's number standing for input j. The form is
 * that of Gerlach et al., "WARP-LUTs: Walsh-Assisted Relaxation for Probabilistic Look-Up Tables", 2025;
 * the sign and order of the basis are the original library's.
 *
 * l is affine in every input, so it is the multilinear extension of its values at the corners, and
 * those are the Walsh transform of the coefficients read backwards. */
#include "base/simd.h"
#include "base/vmath.h"
#include "multilinear.h"
#include "node_types.h"
#include "walsh.h"

#include <string.h>

struct options {
    config_name eval_mode;
};

static const struct config_option options[] = {
    {.name = "eval_mode",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, eval_mode),
     .choices = "threshold|sign",
     .default_text = "threshold",
     .meaning = "kept for compatibility; both give the bit l > 0"},
};

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)err;
    node_add_tensor(desc, "coefficients", desc->table_size, desc->num_outputs, true);
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->num_params; i++)
        params[i] = (float)(0.1 * rng_normal(rng));
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    unsigned m = desc->num_outputs;

    for (size_t i = 0; i < desc->num_params; i++)
        params[i] = (float)(i / m == 0 ? 0 : i / m == 1 ? clarity : noise * rng_normal(rng));
}

static float inverse_temperature(const struct node_desc *desc)
{
    return (float)(1.0 / (desc->temperature > 1e-6 ? desc->temperature : 1e-6));
}

/* l at every corner. (-1)^(bits of S outside a) is the transform's sign at the opposite corner. */
static void logits(const struct node_desc *desc, const float *params, unsigned output, float *l)
{
    float spectrum[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));

    for (size_t i = 0; i < desc->table_size; i++)
        spectrum[i] = params[i * desc->num_outputs + output];
    walsh_transform(desc->num_inputs, spectrum);
    for (size_t a = 0; a < desc->table_size; a++)
        l[a] = spectrum[desc->table_size - 1 - a];
}

/* The transpose of logits(): grad_params += . */
static void logits_backward(const struct node_desc *desc, const float *grad, unsigned output,
                            float *grad_params)
{
    float spectrum[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));

    for (size_t a = 0; a < desc->table_size; a++)
        spectrum[desc->table_size - 1 - a] = grad[a];
    walsh_transform(desc->num_inputs, spectrum);
    for (size_t i = 0; i < desc->table_size; i++)
        grad_params[i * desc->num_outputs + output] += spectrum[i];
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    for (unsigned o = 0; o < desc->num_outputs; o++)
        logits(desc, params, o, table + o * desc->table_size);
    vmath_sigmoid(table, inverse_temperature(desc), table, desc->table_size * desc->num_outputs);
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float grad[1 << NODE_MAX_INPUTS];

    (void)params;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        vmath_sigmoid_gradient(table + o * desc->table_size, grad_table + o * desc->table_size,
                               inverse_temperature(desc), grad, desc->table_size);
        logits_backward(desc, grad, o, grad_params);
    }
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    float l[1 << NODE_MAX_INPUTS];

    (void)table;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        logits(desc, params, o, l);
        multilinear_forward(desc->num_inputs, l, in, out[o], count);
        vmath_sigmoid(out[o], inverse_temperature(desc), out[o], count);
    }
}

/* Row of the gradient of l from that of the output. */
static void gradient_of_logit(const struct node_desc *desc, const float *l, const float *const *in,
                              const float *grad_out, float *grad, size_t count)
{
    multilinear_forward(desc->num_inputs, l, in, grad, count);
    vmath_sigmoid(grad, inverse_temperature(desc), grad, count);
    vmath_sigmoid_gradient(grad, grad_out, inverse_temperature(desc), grad, count);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    float l[1 << NODE_MAX_INPUTS];
    float grad[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));

    (void)table;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        logits(desc, params, o, l);
        gradient_of_logit(desc, l, in, grad_out[o], grad, count);
        multilinear_backward_inputs(desc->num_inputs, l, in, grad, grad_in, count);
    }
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    float l[1 << NODE_MAX_INPUTS];
    float grad[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));

    (void)table;
    (void)grad_table;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        logits(desc, params, o, l);
        gradient_of_logit(desc, l, in, grad_out[o], grad, count);
        memset(l, 0, desc->table_size * sizeof *l);
        multilinear_backward_table(desc->num_inputs, in, grad, l, count);
        logits_backward(desc, l, o, grad_params);
    }
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    double l = 0;

    for (uint32_t subset = 0; subset < desc->table_size; subset++) {
        double c = (double)params[subset * desc->num_outputs + output];

        l += __builtin_parity(subset & ~address) ? -c : c;
    }
    if (margin != NULL) *margin = l;
    return l > 0.0;
}

const struct node_type node_warp = {
    .name = "warp",
    .meaning = "sigmoid of a Walsh series of the inputs",
    .options = options,
    .num_options = sizeof options / sizeof options[0],
    .options_size = sizeof(struct options),
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
