/* Logic gate node: each output mixes the 16 gates of two of the inputs by a softmax. SPEC 1.9;
 * Petersen et al., "Deep Differentiable Logic Gate Networks", NeurIPS 2022.
 *
 * Parameters weights (m, 16) ~ N(0, 1); buffers indices (m, 2), the two inputs a and b of an output,
 * and truth_tables (16, 4), where gate g has bit c of g at column c = 2 a + b. The mixture of the gates
 * is bilinear in a and b with four corner values, so the kernels work on those. */
#include "base/simd.h"
#include "base/vmath.h"
#include "node_types.h"

#include <math.h>
#include <string.h>

enum { GATES = 16, CORNERS = 4, GATE_A = 12 };

struct options {
    config_name eval_mode;
};

static const struct config_option options[] = {
    {.name = "eval_mode",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, eval_mode),
     .choices = "deterministic|expectation",
     .default_text = "deterministic",
     .meaning = "hardware bit: of the gate with the largest weight, or of the mixture above 0.5"},
};

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    if (desc->num_inputs < 2)
        return err_set(err, ERR_ARG, "a difflogic node needs at least 2 inputs");
    node_add_tensor(desc, "weights", desc->num_outputs, GATES, true);
    node_add_tensor(desc, "indices", desc->num_outputs, 2, false);
    node_add_tensor(desc, "truth_tables", GATES, CORNERS, false);
    return ERR_OK;
}

static const float *indices_of(const struct node_desc *desc, const float *params, unsigned output)
{
    return params + desc->tensors[1].offset + 2 * output;
}

/* Address of column c = 2 a + b of an output, the other inputs 0. */
static size_t corner(const struct node_desc *desc, const float *params, unsigned output, unsigned c)
{
    const float *index = indices_of(desc, params, output);

    return (size_t)(c >> 1) << (unsigned)index[0] | (size_t)(c & 1) << (unsigned)index[1];
}

static unsigned column(const struct node_desc *desc, const float *params, unsigned output,
                       size_t address)
{
    const float *index = indices_of(desc, params, output);

    return (unsigned)((address >> (unsigned)index[0] & 1) << 1 |
                      (address >> (unsigned)index[1] & 1));
}

static enum err_status check(const struct node_desc *desc, const float *params, struct err *err)
{
    const float *truth = params + desc->tensors[2].offset;

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *index = indices_of(desc, params, o);

        for (unsigned k = 0; k < 2; k++) {
            if (!(index[k] >= 0 && index[k] < (float)desc->num_inputs) ||
                index[k] != floorf(index[k]))
                return err_set(err, ERR_FORMAT,
                               "difflogic node: indices[%u][%u] is %g, not an input below %u", o, k,
                               (double)index[k], desc->num_inputs);
        }
        if (index[0] == index[1])
            return err_set(err, ERR_FORMAT,
                           "difflogic node: output %u reads input %g twice, two inputs are needed",
                           o, (double)index[0]);
    }
    for (unsigned i = 0; i < GATES * CORNERS; i++) {
        if (truth[i] != (float)(i / CORNERS >> i % CORNERS & 1))
            return err_set(err, ERR_FORMAT,
                           "difflogic node: truth_tables[%u][%u] is %g, not bit %u of the gate",
                           i / CORNERS, i % CORNERS, (double)truth[i], i % CORNERS);
    }
    return ERR_OK;
}

/* Two distinct inputs an output; `first` is the first of each pair, or -1 to draw it too. */
static void init_buffers(const struct node_desc *desc, float *params, int first, struct rng *rng)
{
    float *index = params + desc->tensors[1].offset, *truth = params + desc->tensors[2].offset;

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        unsigned a = first >= 0 ? (unsigned)first : (unsigned)rng_below(rng, desc->num_inputs);
        unsigned b = (unsigned)rng_below(rng, desc->num_inputs - 1);

        index[2 * o] = (float)a;
        index[2 * o + 1] = (float)(b + (b >= a));
    }
    for (unsigned i = 0; i < GATES * CORNERS; i++)
        truth[i] = (float)(i / CORNERS >> i % CORNERS & 1);
}

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    for (size_t i = 0; i < desc->num_trainable; i++)
        params[i] = (float)rng_normal(rng);
    init_buffers(desc, params, -1, rng);
}

/* The gate "a". Upstream a is any of the inputs; here it is input 0. */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    for (size_t i = 0; i < desc->num_trainable; i++)
        params[i] = (float)(i % GATES == GATE_A ? clarity : noise * rng_normal(rng));
    init_buffers(desc, params, desc->upstream ? -1 : 0, rng);
}

/* Sums of fixed order in sixteen lanes, so that they vectorise. */
enum { LANES = 16 };

/* The lanes of each row added up, to sum[row][0]. */
SIMD_CLONES static void add_lanes(float sum[CORNERS][LANES])
{
    for (unsigned half = LANES / 2; half > 0; half /= 2) {
        for (unsigned k = 0; k < CORNERS; k++) {
            for (unsigned l = 0; l < half; l++)
                sum[k][l] += sum[k][l + half];
        }
    }
}

SIMD_CLONES static void softmax(const float *weights, float *p)
{
    float most = weights[0], sum = 0;

    for (unsigned g = 1; g < GATES; g++)
        most = weights[g] > most ? weights[g] : most;
    for (unsigned g = 0; g < GATES; g++)
        p[g] = weights[g] - most;
    vmath_exp(p, p, GATES);
    for (unsigned g = 0; g < GATES; g++)
        sum += p[g];
    for (unsigned g = 0; g < GATES; g++)
        p[g] /= sum;
}

/* Value of the mixture at column c: the probability of the gates whose bit c is 1. */
static void mixture(const float *p, float value[CORNERS])
{
    for (unsigned c = 0; c < CORNERS; c++) {
        value[c] = 0;
        for (unsigned g = 0; g < GATES; g++) {
            if (g >> c & 1) value[c] += p[g];
        }
    }
}

/* The inputs a and b are bits `a` and `b` of the address. */
SIMD_CLONES static void fill(const float value[CORNERS], unsigned a, unsigned b, float *table,
                             uint32_t size)
{
    const float v0 = value[0], v1 = value[1], v2 = value[2], v3 = value[3];

    for (uint32_t address = 0; address < size; address++) {
        float low = address >> b & 1 ? v1 : v0, high = address >> b & 1 ? v3 : v2;

        table[address] = address >> a & 1 ? high : low;
    }
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *index = indices_of(desc, params, o);
        float p[GATES], value[CORNERS];

        softmax(params + o * GATES, p);
        mixture(p, value);
        fill(value, (unsigned)index[0], (unsigned)index[1], table + o * desc->table_size,
             (uint32_t)desc->table_size);
    }
}

/* Sums of a table's gradient over the addresses of each column; size is a multiple of LANES. */
SIMD_CLONES static void column_sums(const float *restrict grad, unsigned a, unsigned b,
                                    uint32_t size, float sum[restrict CORNERS][LANES])
{
    for (uint32_t first = 0; first < size; first += LANES) {
        for (uint32_t l = 0; l < LANES; l++) {
            uint32_t column = ((first + l) >> a & 1) << 1 | ((first + l) >> b & 1);
            float g = grad[first + l];

            sum[0][l] += column == 0 ? g : 0.0F;
            sum[1][l] += column == 1 ? g : 0.0F;
            sum[2][l] += column == 2 ? g : 0.0F;
            sum[3][l] += column == 3 ? g : 0.0F;
        }
    }
}

/* The same of any table: one with fewer entries is padded with zeros. */
static void column_gradient(const struct node_desc *desc, const float *grad, const float *index,
                            float g[CORNERS])
{
    float lanes[CORNERS][LANES] = {{0}}, padded[LANES] = {0};
    uint32_t size = (uint32_t)desc->table_size;

    if (size < LANES) {
        memcpy(padded, grad, size * sizeof *padded);
        grad = padded;
        size = LANES;
    }
    column_sums(grad, (unsigned)index[0], (unsigned)index[1], size, lanes);
    add_lanes(lanes);
    for (unsigned c = 0; c < CORNERS; c++)
        g[c] = lanes[c][0];
}

SIMD_CLONES static void add_gates(const float *p, const float g[CORNERS], float mean,
                                  float *grad_weights)
{
    const float g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];

    for (uint32_t gate = 0; gate < GATES; gate++) {
        float sum = -mean;

        sum += gate & 1 ? g0 : 0.0F;
        sum += gate & 2 ? g1 : 0.0F;
        sum += gate & 4 ? g2 : 0.0F;
        sum += gate & 8 ? g3 : 0.0F;
        grad_weights[gate] += p[gate] * sum;
    }
}

/* d value[c] / d weights[g] = p[g] (bit c of g - value[c]). */
static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *own = table + o * desc->table_size;
        float p[GATES], g[CORNERS], mean = 0;

        column_gradient(desc, grad_table + o * desc->table_size, indices_of(desc, params, o), g);
        for (unsigned c = 0; c < CORNERS; c++)
            mean += g[c] * own[corner(desc, params, o, c)];
        softmax(params + o * GATES, p);
        add_gates(p, g, mean, grad_params + o * GATES);
    }
}

/* y = base + a slope_a + b slope_b + a b both */
struct bilinear {
    float base, slope_a, slope_b, both;
    unsigned a, b;
};

static struct bilinear bilinear_of(const struct node_desc *desc, const float *params,
                                   const float *table, unsigned output)
{
    const float *own = table + output * desc->table_size, *index = indices_of(desc, params, output);
    float value[CORNERS];

    for (unsigned c = 0; c < CORNERS; c++)
        value[c] = own[corner(desc, params, output, c)];
    return (struct bilinear){.base = value[0],
                             .slope_a = value[2] - value[0],
                             .slope_b = value[1] - value[0],
                             .both = value[3] - value[2] - value[1] + value[0],
                             .a = (unsigned)index[0],
                             .b = (unsigned)index[1]};
}

SIMD_CLONES static void forward_rows(const struct bilinear *form, const float *a, const float *b,
                                     float *out, size_t count)
{
    const struct bilinear f = *form;

    for (size_t s = 0; s < count; s++)
        out[s] = f.base + a[s] * f.slope_a + b[s] * (f.slope_b + a[s] * f.both);
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        struct bilinear form = bilinear_of(desc, params, table, o);

        forward_rows(&form, in[form.a], in[form.b], out[o], count);
    }
}

SIMD_CLONES static void backward_rows(const struct bilinear *form, const float *a, const float *b,
                                      const float *grad, float *grad_a, float *grad_b, size_t count)
{
    const struct bilinear f = *form;

    for (size_t s = 0; s < count; s++)
        grad_a[s] += grad[s] * (f.slope_a + b[s] * f.both);
    for (size_t s = 0; s < count; s++)
        grad_b[s] += grad[s] * (f.slope_b + a[s] * f.both);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        struct bilinear form = bilinear_of(desc, params, table, o);

        backward_rows(&form, in[form.a], in[form.b], grad_out[o], grad_in[form.a], grad_in[form.b],
                      count);
    }
}

/* Sums of g, g a, g b and g a b. */
SIMD_CLONES static void moments(const float *a, const float *b, const float *grad, size_t count,
                                float sum[CORNERS][LANES])
{
    for (size_t first = 0; first < count; first += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            float g = grad[first + l], x = a[first + l], y = b[first + l];

            sum[0][l] += g;
            sum[1][l] += g * y;
            sum[2][l] += g * x;
            sum[3][l] += g * x * y;
        }
    }
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    (void)table;
    (void)grad_params;
    (void)noise;
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        const float *index = indices_of(desc, params, o);
        float *own = grad_table + o * desc->table_size;
        float lanes[CORNERS][LANES] = {{0}}, sum[CORNERS];

        moments(in[(unsigned)index[0]], in[(unsigned)index[1]], grad_out[o], count, lanes);
        add_lanes(lanes);
        for (unsigned k = 0; k < CORNERS; k++)
            sum[k] = lanes[k][0];
        own[corner(desc, params, o, 0)] += sum[0] - sum[1] - sum[2] + sum[3];
        own[corner(desc, params, o, 1)] += sum[1] - sum[3];
        own[corner(desc, params, o, 2)] += sum[2] - sum[3];
        own[corner(desc, params, o, 3)] += sum[3];
    }
}

/* The mixture at column c, minus one half. */
static double expectation(const float *weights, unsigned c)
{
    double most = (double)weights[0], all = 0, one = 0;

    for (unsigned g = 1; g < GATES; g++)
        most = (double)weights[g] > most ? (double)weights[g] : most;
    for (unsigned g = 0; g < GATES; g++) {
        double p = exp((double)weights[g] - most);

        all += p;
        if (g >> c & 1) one += p;
    }
    return one / all - 0.5;
}

/* Bit c of the gate with the largest weight, the lowest one on a tie; the margin is its lead over the
 * best gate that has another bit there. */
static double lead(const float *weights, unsigned c)
{
    unsigned best = 0;
    double other = -INFINITY;

    for (unsigned g = 1; g < GATES; g++)
        best = weights[g] > weights[best] ? g : best;
    for (unsigned g = 0; g < GATES; g++) {
        if ((g >> c & 1) != (best >> c & 1) && (double)weights[g] > other)
            other = (double)weights[g];
    }
    return best >> c & 1 ? (double)weights[best] - other : other - (double)weights[best];
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    const struct options *own = desc->options;
    const float *weights = params + output * GATES;
    unsigned c = column(desc, params, output, address), best = 0;
    double distance;

    if (strcmp(own->eval_mode, "expectation") == 0) {
        distance = expectation(weights, c);
        if (margin != NULL) *margin = distance;
        return distance > 0;
    }
    if (margin != NULL) *margin = lead(weights, c);
    for (unsigned g = 1; g < GATES; g++)
        best = weights[g] > weights[best] ? g : best;
    return best >> c & 1;
}

const struct node_type node_difflogic = {
    .name = "difflogic",
    .meaning = "mixture of the 16 gates of two inputs",
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
