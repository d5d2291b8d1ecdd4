/* Polynomial node: y = s(sum_i w_i prod_j x_j^(e_ij)) over all monomials of total degree at most D.
 * SPEC 1.2; Andronic and Constantinides, "PolyLUT: Learning Piecewise Polynomials for Ultra-Low
 * Latency FPGA LUT-based Inference", ICFPT 2023.
 *
 * Parameters weights (M, m) ~ N(0, 0.1^2), M = C(n + D, D); buffer exponent_matrix (M, n), which is
 * read, not assumed. At a corner x^e = x, so a monomial is 1 where all its inputs are: a table is the
 * sum over subsets of its weights. */
#include "polynomial.h"

#include "base/simd.h"
#include "base/vmath.h"
#include "node_types.h"

#include <math.h>
#include <string.h>

struct options {
    long degree;
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

static unsigned degree_of(const struct node_desc *desc)
{
    const struct options *own = desc->options;

    return (unsigned)own->degree;
}

static size_t terms_of(const struct node_desc *desc)
{
    return desc->tensors[0].shape[0];
}

static const float *exponents_of(const struct node_desc *desc, const float *params)
{
    return params + desc->tensors[1].offset;
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    size_t terms = polynomial_terms(desc->num_inputs, degree_of(desc));

    if (terms > POLYNOMIAL_MAX_TERMS)
        return err_set(err, ERR_ARG,
                       "node_config.degree: degree %u of %u inputs has %zu monomials, more than %d",
                       degree_of(desc), desc->num_inputs, terms, POLYNOMIAL_MAX_TERMS);
    node_add_tensor(desc, "weights", terms, desc->num_outputs, true);
    node_add_tensor(desc, "exponent_matrix", terms, desc->num_inputs, false);
    return ERR_OK;
}

static enum err_status check(const struct node_desc *desc, const float *params, struct err *err)
{
    const float *exponents = exponents_of(desc, params);
    float most = (float)degree_of(desc);

    for (size_t i = 0; i < terms_of(desc); i++) {
        float sum = 0;

        for (unsigned j = 0; j < desc->num_inputs; j++) {
            float e = exponents[i * desc->num_inputs + j];

            if (!(e >= 0 && e <= most) || e != floorf(e))
                return err_set(
                    err, ERR_FORMAT,
                    "polylut node: exponent_matrix[%zu][%u] is %g, not a whole number up "
                    "to the degree %g",
                    i, j, (double)e, (double)most);
            sum += e;
        }
        if (sum > most)
            return err_set(err, ERR_FORMAT,
                           "polylut node: row %zu of exponent_matrix has degree %g, above %g", i,
                           (double)sum, (double)most);
    }
    return ERR_OK;
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->num_trainable; i++)
        params[i] = (float)(0.1 * rng_normal(rng));
    polynomial_exponents(desc->num_inputs, degree_of(desc), params + desc->tensors[1].offset);
}

/* 2 c x_0 - c: the terms x_0 and 1. */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    unsigned m = desc->num_outputs;
    const float *row = params + desc->tensors[1].offset;

    polynomial_exponents(desc->num_inputs, degree_of(desc), params + desc->tensors[1].offset);
    for (size_t i = 0; i < terms_of(desc); i++, row += desc->num_inputs) {
        float degree = 0;

        for (unsigned j = 0; j < desc->num_inputs; j++)
            degree += row[j];
        for (unsigned o = 0; o < m; o++)
            params[i * m + o] = (float)(degree == 0                  ? -clarity
                                        : degree == 1 && row[0] == 1 ? 2 * clarity
                                                                     : noise * rng_normal(rng));
    }
}

/* The inputs that a monomial has, as a table address. */
static size_t support(const struct node_desc *desc, const float *row)
{
    size_t inputs = 0;

    for (unsigned j = 0; j < desc->num_inputs; j++)
        inputs |= (size_t)(row[j] > 0) << j;
    return inputs;
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    const float *row = exponents_of(desc, params);
    size_t size = desc->table_size;

    memset(table, 0, size * desc->num_outputs * sizeof *table);
    for (size_t i = 0; i < terms_of(desc); i++, row += desc->num_inputs) {
        for (unsigned o = 0; o < desc->num_outputs; o++)
            table[o * size + support(desc, row)] += params[i * desc->num_outputs + o];
    }
    for (unsigned o = 0; o < desc->num_outputs; o++)
        polynomial_sum_subsets(desc->num_inputs, table + o * size);
    vmath_sigmoid(table, 1.0F, table, size * desc->num_outputs);
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float grad[1 << NODE_MAX_INPUTS];
    size_t size = desc->table_size;

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *row = exponents_of(desc, params);

        vmath_sigmoid_gradient(table + o * size, grad_table + o * size, 1.0F, grad, size);
        polynomial_sum_supersets(desc->num_inputs, grad);
        for (size_t i = 0; i < terms_of(desc); i++, row += desc->num_inputs)
            grad_params[i * desc->num_outputs + o] += grad[support(desc, row)];
    }
}

static void compile(const struct node_desc *desc, const float *params, struct polynomial *p)
{
    polynomial_compile(p, desc->num_inputs, degree_of(desc), terms_of(desc),
                       exponents_of(desc, params));
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    struct polynomial p;

    (void)table;
    (void)noise;
    compile(desc, params, &p);
    polynomial_forward(&p, params, desc->num_outputs, in, out, count);
    for (unsigned o = 0; o < desc->num_outputs; o++)
        vmath_sigmoid(out[o], 1.0F, out[o], count);
}

/* Rows of the gradient of z. */
struct rows {
    float values[NODE_MAX_OUTPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *row[NODE_MAX_OUTPUTS];
};

static void gradient_of_sum(const struct node_desc *desc, const float *params,
                            const struct polynomial *p, const float *const *in,
                            const float *const *grad_out, struct rows *rows, size_t count)
{
    for (unsigned o = 0; o < desc->num_outputs; o++)
        rows->row[o] = rows->values[o];
    polynomial_forward(p, params, desc->num_outputs, in, rows->row, count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        vmath_sigmoid(rows->row[o], 1.0F, rows->row[o], count);
        vmath_sigmoid_gradient(rows->row[o], grad_out[o], 1.0F, rows->row[o], count);
    }
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    struct polynomial p;
    struct rows grad;

    (void)table;
    (void)noise;
    compile(desc, params, &p);
    gradient_of_sum(desc, params, &p, in, grad_out, &grad, count);
    polynomial_backward_inputs(&p, params, desc->num_outputs, in, (const float *const *)grad.row,
                               grad_in, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    struct polynomial p;
    struct rows grad;

    (void)table;
    (void)grad_table;
    (void)noise;
    compile(desc, params, &p);
    gradient_of_sum(desc, params, &p, in, grad_out, &grad, count);
    polynomial_backward_weights(&p, desc->num_outputs, in, (const float *const *)grad.row,
                                grad_params, count);
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    const float *row = exponents_of(desc, params);
    double z = 0;

    for (size_t i = 0; i < terms_of(desc); i++, row += desc->num_inputs) {
        unsigned j = 0;

        while (j < desc->num_inputs && (row[j] == 0 || (address >> j & 1)))
            j++;
        if (j == desc->num_inputs) z += (double)params[i * desc->num_outputs + output];
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
