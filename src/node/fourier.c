/* Fourier node: y = clamp(b + sum_q A_q cos(2 pi <f_q, x> + phi_q), 0, 1) with the amplitudes shared
 * out, A_q = a_q / (sum |a| + 1e-8) * max_amplitude. SPEC 1.8.
 *
 * Parameters amplitudes (Q, m) ~ U[0, 0.1), phases (Q, m) ~ U[-pi, pi), bias (m) = 0.5; buffer
 * frequencies (Q, n), each component 0 or 0.5, so that a frequency is a set of inputs: all 2^n of them
 * (input 0 is the most significant bit of the row's number) or at most 32 drawn ones. At corners
 * 2 pi <f_q, a> is pi times a number of bits, and the table a Walsh transform.
 *
 * In training the original has the cosines between the corners too, and its clamp stops every gradient.
 * Hardware only ever sees corners: the next layer then learns from values that it never gets, and hard
 * accuracy stays tens of points behind the soft one. Ours is the table's multilinear extension between
 * corners, divides by the sizes of the amplitudes (a signed sum passes through zero), and lets the
 * clamp pass what leads back inside.
 *
 * The hardware's bit is y > 0.5, computed before the clamp. Source: the original
 * library's node, without a paper; at corners its basis is that of O'Donnell, "Analysis of Boolean
 * Functions", 2014, chapter 1. */
#include "base/simd.h"
#include "base/vmath.h"
#include "multilinear.h"
#include "node_types.h"
#include "phasor.h"
#include "walsh.h"

#include <math.h>
#include <string.h>

enum { MAX_DRAWN = 32 };

static const double pi = 3.14159265358979323846;

struct options {
    bool use_all_frequencies;
    double max_amplitude, amplitude_penalty;
    config_name interpolation;
};

static const struct config_option options[] = {
    {.name = "use_all_frequencies",
     .type = CONFIG_BOOL,
     .offset = offsetof(struct options, use_all_frequencies),
     .low = 0,
     .high = 1,
     .default_text = "false",
     .meaning = "all 2^n sets of inputs as frequencies; false: at most 32 drawn ones"},
    {.name = "max_amplitude",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct options, max_amplitude),
     .low = 0,
     .high = 1e6,
     .default_text = "0",
     .meaning = "what the amplitudes of an output add up to; 0.5 keeps the sum inside 0..1; 0: 4, "
                "upstream 1"},
    {.name = "amplitude_penalty",
     .type = CONFIG_DOUBLE,
     .offset = offsetof(struct options, amplitude_penalty),
     .low = -1,
     .high = 1e6,
     .default_text = "-1",
     .meaning = "weight of the sum of absolute amplitudes in the loss; -1: 0, upstream 0.01"},
    {.name = "interpolation",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, interpolation),
     .choices = "default|multilinear|cosine",
     .default_text = "default",
     .meaning = "training pass between the corners of the inputs: multilinear in the table, or the "
                "cosines; default: multilinear, upstream cosine"},
};

static size_t frequencies_of(const struct node_desc *desc)
{
    return desc->tensors[0].shape[0];
}

static const float *phases_of(const struct node_desc *desc, const float *params)
{
    return params + desc->tensors[1].offset;
}

static const float *bias_of(const struct node_desc *desc, const float *params)
{
    return params + desc->tensors[2].offset;
}

static size_t buffer_of(const struct node_desc *desc)
{
    return desc->tensors[3].offset;
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    struct options *own = desc->options;
    size_t count = desc->table_size;

    (void)err;
    if (!own->use_all_frequencies && count > MAX_DRAWN) count = MAX_DRAWN;
    if (own->max_amplitude == 0) own->max_amplitude = desc->upstream ? 1 : 4;
    if (own->amplitude_penalty < 0) own->amplitude_penalty = desc->upstream ? 0.01 : 0;
    node_add_tensor(desc, "amplitudes", count, desc->num_outputs, true);
    node_add_tensor(desc, "phases", count, desc->num_outputs, true);
    node_add_tensor(desc, "bias", desc->num_outputs, 0, true);
    node_add_tensor(desc, "frequencies", count, desc->num_inputs, false);
    return ERR_OK;
}

static enum err_status check(const struct node_desc *desc, const float *params, struct err *err)
{
    const float *f = params + buffer_of(desc);

    for (size_t i = 0; i < frequencies_of(desc) * desc->num_inputs; i++) {
        if (f[i] != 0.0F && f[i] != 0.5F)
            return err_set(err, ERR_FORMAT,
                           "fourier node: frequencies[%zu][%zu] is %g, not 0 or 0.5",
                           i / desc->num_inputs, i % desc->num_inputs, (double)f[i]);
    }
    return ERR_OK;
}

/* --- start --- */

static void set_frequency(const struct node_desc *desc, float *params, size_t q, size_t inputs)
{
    float *row = params + buffer_of(desc) + q * desc->num_inputs;

    for (unsigned j = 0; j < desc->num_inputs; j++)
        row[j] = inputs >> j & 1 ? 0.5F : 0.0F;
}

static void init_frequencies(const struct node_desc *desc, float *params, struct rng *rng)
{
    const struct options *own = desc->options;

    for (size_t q = 0; q < frequencies_of(desc); q++) {
        size_t inputs = own->use_all_frequencies ? 0 : (size_t)rng_below(rng, desc->table_size);

        for (unsigned j = 0; own->use_all_frequencies && j < desc->num_inputs; j++)
            inputs |= (q >> (desc->num_inputs - 1 - j) & 1) << j;
        set_frequency(desc, params, q, inputs);
    }
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    size_t count = frequencies_of(desc) * desc->num_outputs;

    for (size_t i = 0; i < count; i++)
        params[i] = 0.1F * rng_float(rng);
    for (size_t i = 0; i < count; i++)
        params[count + i] = (float)(pi * (2 * rng_double(rng) - 1));
    for (size_t o = 0; o < desc->num_outputs; o++)
        params[2 * count + o] = 0.5F;
    init_frequencies(desc, params, rng);
}

/* y = 0.5 +- (s(c) - 0.5) by -cos(pi x_0); what is left of the amplitude goes to the constant
 * frequency at a phase where it adds nothing, and keeps the clamp away. */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    const struct options *own = desc->options;
    size_t q = frequencies_of(desc), m = desc->num_outputs;
    size_t first = own->use_all_frequencies ? q / 2 : 1; /* the frequency of input 0 alone */
    double share = fmin(1.0, (1 / (1 + exp(-clarity)) - 0.5) / own->max_amplitude);

    init(desc, params, rng);
    set_frequency(desc, params, 0, 0);
    set_frequency(desc, params, first, 1);
    for (size_t i = 0; i < q * m; i++) {
        bool constant = i / m == 0, pass = i / m == first;

        params[i] = (float)(constant ? 0.1 * (1 - share)
                            : pass   ? 0.1 * share
                                     : fabs(0.1 * noise * rng_normal(rng)));
        if (constant || pass) params[q * m + i] = (float)(constant ? pi / 2 : pi);
    }
}

/* --- coefficients --- */

/* A_q e^(i phi_q) of every frequency, for one output. */
struct coefficients {
    float real[1 << NODE_MAX_INPUTS], imaginary[1 << NODE_MAX_INPUTS];
    float sine[1 << NODE_MAX_INPUTS], cosine[1 << NODE_MAX_INPUTS]; /* of the phases */
    float factor; /* max_amplitude / (sum a + 1e-8) */
};

/* What an amplitude adds to the sum that all are divided by: its size, so that the sum cannot pass
 * through zero; in the original itself. */
static float share_of(const struct node_desc *desc, float amplitude)
{
    return desc->upstream ? amplitude : fabsf(amplitude);
}

static void coefficients_of(const struct node_desc *desc, const float *params, unsigned output,
                            struct coefficients *c)
{
    const struct options *own = desc->options;
    size_t count = frequencies_of(desc), m = desc->num_outputs;
    float sum = 0;

    for (size_t q = 0; q < count; q++) {
        c->real[q] = phases_of(desc, params)[q * m + output];
        sum += share_of(desc, params[q * m + output]);
    }
    c->factor = (float)own->max_amplitude / (sum + 1e-8F);
    vmath_sin_cos(c->real, c->sine, c->cosine, count);
    for (size_t q = 0; q < count; q++) {
        float amplitude = params[q * m + output] * c->factor;

        c->real[q] = amplitude * c->cosine[q];
        c->imaginary[q] = amplitude * c->sine[q];
    }
}

static size_t set_of(const struct node_desc *desc, const float *params, size_t q)
{
    const float *row = params + buffer_of(desc) + q * desc->num_inputs;
    size_t inputs = 0;

    for (unsigned j = 0; j < desc->num_inputs; j++)
        inputs |= (size_t)(row[j] != 0.0F) << j;
    return inputs;
}

static void sets_of(const struct node_desc *desc, const float *params, uint16_t *sets)
{
    for (size_t q = 0; q < frequencies_of(desc); q++)
        sets[q] = (uint16_t)set_of(desc, params, q);
}

/* From u_q = d / d Re(A_q e^(i phi_q)) and v_q = d / d Im(...), the gradient of the parameters. */
static void coefficients_backward(const struct node_desc *desc, const float *params,
                                  unsigned output, const struct coefficients *c, const float *u,
                                  const float *v, float *grad_params)
{
    const struct options *own = desc->options;
    size_t count = frequencies_of(desc), m = desc->num_outputs;
    float mean = 0;

    for (size_t q = 0; q < count; q++)
        mean += u[q] * c->real[q] + v[q] * c->imaginary[q];
    mean /= (float)own->max_amplitude;
    for (size_t q = 0; q < count; q++) {
        size_t i = q * m + output;
        float sign = desc->upstream || params[i] >= 0.0F ? 1.0F : -1.0F; /* of share_of() */

        grad_params[i] += c->factor * (u[q] * c->cosine[q] + v[q] * c->sine[q] - sign * mean);
        grad_params[(count + q) * m + output] += v[q] * c->real[q] - u[q] * c->imaginary[q];
    }
}

/* --- table --- */

static float clamp(float y)
{
    return y < 0.0F ? 0.0F : y > 1.0F ? 1.0F : y;
}

/* The gradient of what comes out of the clamp as one of what goes in. A step goes against the gradient:
 * where y is above 1 a positive one leads back to where it counts, below 0 a negative one. Those pass
 * too (the original stops all, and an entry that left 0..1 never returns). */
static float pass(const struct node_desc *desc, float y, float grad, bool inside)
{
    bool back = !desc->upstream && (y > 0.5F ? grad > 0.0F : grad < 0.0F);

    return inside || back ? grad : 0.0F;
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    struct coefficients c;

    memset(table, 0, desc->table_size * desc->num_outputs * sizeof *table);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        float *y = table + o * desc->table_size;

        coefficients_of(desc, params, o, &c);
        for (size_t q = 0; q < frequencies_of(desc); q++)
            y[set_of(desc, params, q)] += c.real[q];
        walsh_transform(desc->num_inputs, y);
        for (size_t a = 0; a < desc->table_size; a++)
            y[a] = clamp(y[a] + bias_of(desc, params)[o]);
    }
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    float spectrum[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    float u[1 << NODE_MAX_INPUTS], v[1 << NODE_MAX_INPUTS];
    struct coefficients c;

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *y = table + o * desc->table_size, *grad = grad_table + o * desc->table_size;

        for (size_t a = 0; a < desc->table_size; a++)
            spectrum[a] = pass(desc, y[a], grad[a], y[a] > 0.0F && y[a] < 1.0F);
        walsh_transform(desc->num_inputs, spectrum);
        for (size_t q = 0; q < frequencies_of(desc); q++) {
            u[q] = spectrum[set_of(desc, params, q)];
            v[q] = 0;
        }
        coefficients_of(desc, params, o, &c);
        coefficients_backward(desc, params, o, &c, u, v, grad_params);
        grad_params[desc->tensors[2].offset + o] += spectrum[0];
    }
}

/* --- real inputs --- */

SIMD_CLONES static void clamp_row(float *y, size_t count)
{
    for (size_t s = 0; s < count; s++)
        y[s] = y[s] < 0.0F ? 0.0F : y[s] > 1.0F ? 1.0F : y[s];
}

/* pass() of a row; y becomes the gradient. */
SIMD_CLONES static void pass_row(const struct node_desc *desc, float *y, const float *grad,
                                 size_t count)
{
    float below = desc->upstream ? 0.0F : 1.0F; /* 1: leading back counts */

    for (size_t s = 0; s < count; s++) {
        float back = (y[s] - 0.5F) * grad[s] * below;

        y[s] = (y[s] >= 0.0F && y[s] <= 1.0F) || back > 0.0F ? grad[s] : 0.0F;
    }
}

static bool is_multilinear(const struct node_desc *desc)
{
    const struct options *own = desc->options;

    if (strcmp(own->interpolation, "default") == 0) return !desc->upstream;
    return strcmp(own->interpolation, "multilinear") == 0;
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    uint16_t sets[1 << NODE_MAX_INPUTS];
    struct coefficients c;
    struct phasor phasor;

    (void)noise;
    if (is_multilinear(desc)) {
        for (unsigned o = 0; o < desc->num_outputs; o++)
            multilinear_forward(desc->num_inputs, table + o * desc->table_size, in, out[o], count);
        return;
    }
    sets_of(desc, params, sets);
    phasor_start(&phasor, desc->num_inputs, in, count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        coefficients_of(desc, params, o, &c);
        phasor_sum(&phasor, sets, c.real, c.imaginary, frequencies_of(desc),
                   bias_of(desc, params)[o], out[o], count);
        clamp_row(out[o], count);
    }
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    float grad[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    uint16_t sets[1 << NODE_MAX_INPUTS];
    struct coefficients c;
    struct phasor phasor;

    (void)noise;
    if (is_multilinear(desc)) {
        for (unsigned o = 0; o < desc->num_outputs; o++)
            multilinear_backward_inputs(desc->num_inputs, table + o * desc->table_size, in,
                                        grad_out[o], grad_in, count);
        return;
    }
    sets_of(desc, params, sets);
    phasor_start(&phasor, desc->num_inputs, in, count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        coefficients_of(desc, params, o, &c);
        phasor_sum(&phasor, sets, c.real, c.imaginary, frequencies_of(desc),
                   bias_of(desc, params)[o], grad, count);
        pass_row(desc, grad, grad_out[o], count);
        phasor_backward_inputs(&phasor, sets, c.real, c.imaginary, frequencies_of(desc), grad,
                               grad_in, count);
    }
}

/* The constant frequency, put behind the others, gives the gradient of the bias. */
static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    float grad[NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float u[(1 << NODE_MAX_INPUTS) + 1], v[(1 << NODE_MAX_INPUTS) + 1];
    uint16_t sets[(1 << NODE_MAX_INPUTS) + 1];
    size_t num_sets = frequencies_of(desc);
    struct coefficients c;
    struct phasor phasor;

    (void)table;
    (void)noise;
    if (is_multilinear(desc)) {
        for (unsigned o = 0; o < desc->num_outputs; o++)
            multilinear_backward_table(desc->num_inputs, in, grad_out[o],
                                       grad_table + o * desc->table_size, count);
        return;
    }
    sets_of(desc, params, sets);
    sets[num_sets] = 0;
    phasor_start(&phasor, desc->num_inputs, in, count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        coefficients_of(desc, params, o, &c);
        phasor_sum(&phasor, sets, c.real, c.imaginary, num_sets, bias_of(desc, params)[o], grad,
                   count);
        pass_row(desc, grad, grad_out[o], count);
        phasor_correlate(&phasor, sets, num_sets + 1, grad, u, v, count);
        coefficients_backward(desc, params, o, &c, u, v, grad_params);
        grad_params[desc->tensors[2].offset + o] += u[num_sets];
    }
}

static double penalty(const struct node_desc *desc, const float *params, float *grad_params)
{
    const struct options *own = desc->options;
    double sum = 0;

    for (size_t i = 0; i < desc->tensors[0].count; i++) {
        sum += fabs((double)params[i]);
        if (grad_params != NULL && params[i] != 0.0F)
            grad_params[i] += copysignf((float)own->amplitude_penalty, params[i]);
    }
    return own->amplitude_penalty * sum;
}

/* --- hard --- */

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    const struct options *own = desc->options;
    size_t m = desc->num_outputs;
    double y = 0, sum = 0;

    for (size_t q = 0; q < frequencies_of(desc); q++) {
        double amplitude = (double)params[q * m + output];
        double term = amplitude * cos((double)phases_of(desc, params)[q * m + output]);

        sum += desc->upstream ? amplitude : fabs(amplitude);
        y += __builtin_parityll(set_of(desc, params, q) & address) ? -term : term;
    }
    y = (double)bias_of(desc, params)[output] + y / (sum + 1e-8) * own->max_amplitude - 0.5;
    if (margin != NULL) *margin = y;
    return y > 0.0;
}

const struct node_type node_fourier = {
    .name = "fourier",
    .meaning = "clamped cosine series of the inputs",
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
    .penalty = penalty,
    .check = check,
    .hard_bit = hard_bit,
};
