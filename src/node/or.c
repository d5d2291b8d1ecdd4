/* OR of all inputs: fixed, nothing to train; the pooling node of convolutions (SPEC 3.4). Soft value
 * 1 - prod_j (1 - x_j), the probability that at least one of independent bits is set. */
#include "node_types.h"

#include <string.h>

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    (void)desc;
    (void)err;
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    (void)desc;
    (void)params;
    (void)rng;
}

static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    (void)desc;
    (void)params;
    (void)rng;
    (void)clarity;
    (void)noise;
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    (void)params;
    for (size_t a = 0; a < desc->table_size; a++)
        table[a] = a > 0 ? 1.0F : 0.0F;
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    (void)desc;
    (void)params;
    (void)table;
    (void)grad_table;
    (void)grad_params;
}

/* prod_j (1 - x_j) over all inputs but `skip`. */
static float none_set(const float *const *in, unsigned inputs, unsigned skip, size_t s)
{
    float product = 1.0F;

    for (unsigned j = 0; j < inputs; j++) {
        if (j != skip) product *= 1.0F - in[j][s];
    }
    return product;
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    (void)params;
    (void)table;
    (void)noise;
    for (size_t s = 0; s < count; s++)
        out[0][s] = 1.0F - none_set(in, desc->num_inputs, desc->num_inputs, s);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    (void)params;
    (void)table;
    (void)noise;
    for (unsigned j = 0; j < desc->num_inputs; j++) {
        for (size_t s = 0; s < count; s++)
            grad_in[j][s] += grad_out[0][s] * none_set(in, desc->num_inputs, j, s);
    }
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    (void)desc;
    (void)params;
    (void)table;
    (void)in;
    (void)grad_out;
    (void)grad_table;
    (void)grad_params;
    (void)noise;
    (void)count;
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    (void)desc;
    (void)params;
    (void)output;
    if (margin != NULL) *margin = address > 0 ? 0.5 : -0.5;
    return address > 0;
}

const struct node_type node_or = {
    .name = "or",
    .meaning = "OR of the inputs, fixed",
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
