/* Polynomial node: y = s(sum_i w_i prod_j x_j^(e_ij)) over all monomials of total degree at most D.
 * SPEC 1.2; Andronic and Constantinides, "PolyLUT: Learning Piecewise Polynomials for Ultra-Low
 * Latency FPGA LUT-based Inference", ICFPT 2023.
 *
 * Parameters weights (M, m) ~ N(0, 0.1^2), M = C(n + D, D); buffer exponent_matrix (M, n), always
 * in the order of polynomial.h (check() refuses another). At a corner x^e = x, so a monomial is 1 where all its inputs are: a table is the
 * sum over subsets of its weights. */
#include "polynomial.h"

#include "base/simd.h"
#include "base/vmath.h"
#include "node_types.h"

#include <string.h>

struct options {
    long degree;
    struct polynomial polynomial; /* describe() */
};

static const struct config_option options[] = {
    {.name = "degree",
     .type = CONFIG_LONG,
     .offset = offsetof(struct options, degree),
     .low = 1,
     .high = POLYNOMIAL_MAX_DEGREE,
     .default_text = "3",
     .meaning = "largest total degree of a monomial"},
};

static const struct polynomial *polynomial_of(const struct node_desc *desc)
{
    const struct options *own = desc->options;

    return &own->polynomial;
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    struct options *own = desc->options;
    unsigned degree = (unsigned)own->degree;
    size_t terms = polynomial_terms(desc->num_inputs, degree);

    if (terms > POLYNOMIAL_MAX_TERMS)
        return err_set(err, ERR_ARG,
                       "node_config.degree %u of %u inputs has %zu monomials, more than %d", degree,
                       desc->num_inputs, terms, POLYNOMIAL_MAX_TERMS);
    polynomial_create(&own->polynomial, desc->num_inputs, degree);
    node_add_tensor(desc, "weights", terms, desc->num_outputs, true);
    node_add_tensor(desc, "exponent_matrix", terms, desc->num_inputs, false);
    return ERR_OK;
}

static enum err_status check(const struct node_desc *desc, const float *params, struct err *err)
{
    const float *row = params + desc->tensors[1].offset;

    for (size_t i = 0; i < polynomial_of(desc)->terms; i++, row += desc->num_inputs) {
        float expected[NODE_MAX_INPUTS];

        polynomial_exponents(polynomial_of(desc), i, expected);
        for (unsigned j = 0; j < desc->num_inputs; j++) {
            if (row[j] != expected[j])
                return err_set(
                    err, ERR_FORMAT,
                    "polylut node: exponent_matrix[%zu][%u] is %g, not %g: another order "
                    "or degree",
                    i, j, (double)row[j], (double)expected[j]);
        }
    }
    return ERR_OK;
}

static void init_buffers(const struct node_desc *desc, float *params)
{
    float *row = params + desc->tensors[1].offset;

    for (size_t i = 0; i < polynomial_of(desc)->terms; i++, row += desc->num_inputs)
        polynomial_exponents(polynomial_of(desc), i, row);
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->num_trainable; i++)
        params[i] = (float)(0.1 * rng_normal(rng));
    init_buffers(desc, params);
}

/* 2 c x_0 - c: the terms x_0 and 1. */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    const struct polynomial *p = polynomial_of(desc);

    for (size_t i = 0; i < desc->num_trainable; i++) {
        size_t term = i / desc->num_outputs;
        bool input_0 = term > 0 && p->parent[term] == 0 && p->input[term] == 0;

        params[i] = (float)(term == 0 ? -clarity : input_0 ? 2 * clarity : noise * rng_normal(rng));
    }
    init_buffers(desc, params);
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    const struct polynomial *p = polynomial_of(desc);
    size_t size = desc->table_size;

    memset(table, 0, size * desc->num_outputs * sizeof *table);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        for (size_t i = 0; i < p->terms; i++)
            table[o * size + p->support[i]] += params[i * desc->num_outputs + o];
        polynomial_sum_subsets(desc->num_inputs, table + o * size);
    }
    vmath_sigmoid(table, 1.0F, table, size * desc->num_outputs);
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    const struct polynomial *p = polynomial_of(desc);
    float grad[1 << NODE_MAX_INPUTS];
    size_t size = desc->table_size;

    (void)params;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        vmath_sigmoid_gradient(table + o * size, grad_table + o * size, 1.0F, grad, size);
        polynomial_sum_supersets(desc->num_inputs, grad);
        for (size_t i = 0; i < p->terms; i++)
            grad_params[i * desc->num_outputs + o] += grad[p->support[i]];
    }
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    (void)table;
    (void)noise;
    polynomial_forward(polynomial_of(desc), params, desc->num_outputs, in, out, count);
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
    struct rows grad;

    (void)table;
    (void)noise;
    gradient_of_sum(desc, params, in, grad_out, &grad, count);
    polynomial_backward_inputs(polynomial_of(desc), params, desc->num_outputs, in,
                               (const float *const *)grad.row, grad_in, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    struct rows grad;

    (void)table;
    (void)grad_table;
    (void)noise;
    gradient_of_sum(desc, params, in, grad_out, &grad, count);
    polynomial_backward_weights(polynomial_of(desc), desc->num_outputs, in,
                                (const float *const *)grad.row, grad_params, count);
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    const struct polynomial *p = polynomial_of(desc);
    double z = 0;

    for (size_t i = 0; i < p->terms; i++) {
        if ((p->support[i] & ~address) == 0) z += (double)params[i * desc->num_outputs + output];
    }
    if (margin != NULL) *margin = z;
    return z >= 0.0;
}

const struct node_type node_polylut = {
    .name = "polylut",
    .meaning = "sigmoid of a polynomial of the inputs",
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
    .check = check,
    .hard_bit = hard_bit,
};
