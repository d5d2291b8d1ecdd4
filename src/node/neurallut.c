/* Neural node: a small network inside a LUT, y = s(network(x)). SPEC 1.3; Andronic and Constantinides,
 * "NeuraLUT: Hiding Neural Network Density in Boolean Synthesizable Functions", FPL 2024.
 *
 * `depth` linear layers n -> h -> ... -> m with an activation behind all but the last; where
 * skip_interval divides a layer's number (not 0), a linear function of the raw inputs is added in front
 * of its activation. Parameters layers.I.weight (out, in), layers.I.bias, skip_layers.I.weight and
 * .bias, each U(+-1 / sqrt(in)).
 *
 * The training pass draws from the binary concrete distribution: y = s((z + L) / tau) with logistic
 * noise L, optionally rounded with the gradient of the unrounded value (straight through). Evaluation
 * has neither noise nor tau. */
#include "base/simd.h"
#include "base/vmath.h"
#include "dense.h"
#include "node_types.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 8, MAX_WIDTH = 64 };

/* One linear layer, and where its parameters are. */
struct stage {
    struct dense shape, skip_shape;
    size_t weight, bias, skip_weight, skip_bias;
    bool skip;
};

struct options {
    long hidden_width, depth, skip_interval;
    config_name activation;
    bool noise, ste;
    double tau_start, tau_min, tau_decay_iters, grad_factor;
    bool sigmoid; /* the activation: describe() */
    float leak;   /* else this much of what is negative passes */
    struct stage stages[MAX_DEPTH];
};

#define OPTION(kind, field) .type = CONFIG_##kind, .offset = offsetof(struct options, field)

static const struct config_option options[] = {
    {.name = "hidden_width",
     OPTION(LONG, hidden_width),
     .low = 1,
     .high = MAX_WIDTH,
     .default_text = "8",
     .meaning = "units of a hidden layer"},
    {.name = "depth",
     OPTION(LONG, depth),
     .low = 1,
     .high = MAX_DEPTH,
     .default_text = "2",
     .meaning = "linear layers"},
    {.name = "skip_interval",
     OPTION(LONG, skip_interval),
     .low = 0,
     .high = MAX_DEPTH,
     .default_text = "2",
     .meaning = "every so many layers the raw inputs are added; 0: never"},
    {.name = "activation",
     OPTION(CHOICE, activation),
     .choices = "relu|leakyrelu|sigmoid",
     .default_text = "relu",
     .meaning = "function behind a hidden layer"},
    {.name = "noise",
     OPTION(BOOL, noise),
     .low = 0,
     .high = 1,
     .default_text = "true",
     .meaning = "train with logistic noise, tau, ste and grad_factor; false: on the sigmoid alone"},
    {.name = "tau_start",
     OPTION(DOUBLE, tau_start),
     .low = 1e-6,
     .high = 1e6,
     .default_text = "1.0",
     .meaning = "temperature of the training pass at the first step"},
    {.name = "tau_decay_iters",
     OPTION(DOUBLE, tau_decay_iters),
     .low = 0,
     .high = 1e12,
     .default_text = "0",
     .meaning = "steps in which the temperature falls to a tenth; 0: it stays"},
    {.name = "tau_min",
     OPTION(DOUBLE, tau_min),
     .low = 1e-6,
     .high = 1e6,
     .default_text = "0.0001",
     .meaning = "temperature below which it does not fall"},
    {.name = "ste",
     OPTION(BOOL, ste),
     .low = 0,
     .high = 1,
     .default_text = "false",
     .meaning = "round the output in the training pass, with the gradient of the unrounded one"},
    {.name = "grad_factor",
     OPTION(DOUBLE, grad_factor),
     .low = -1e6,
     .high = 1e6,
     .default_text = "1.0",
     .meaning = "factor of all gradients of a node"},
};

static const struct options *options_of(const struct node_desc *desc)
{
    return desc->options;
}

static size_t depth_of(const struct node_desc *desc)
{
    return (size_t)options_of(desc)->depth;
}

/* --- shape --- */

/* Adds what.I.weight and what.I.bias and says where they are. */
static struct dense add_linear(struct node_desc *desc, const char *what, size_t i, size_t outputs,
                               size_t inputs, size_t *weight, size_t *bias)
{
    char name[64];

    *weight = desc->num_params;
    snprintf(name, sizeof name, "%s.%zu.weight", what, i);
    node_add_tensor(desc, name, outputs, inputs, true);
    *bias = desc->num_params;
    snprintf(name, sizeof name, "%s.%zu.bias", what, i);
    node_add_tensor(desc, name, outputs, 0, true);
    return (struct dense){outputs, inputs, inputs, 1};
}

static enum err_status describe(struct node_desc *desc, struct err *err)
{
    struct options *own = desc->options;
    size_t depth = depth_of(desc), hidden = (size_t)own->hidden_width;
    size_t interval = (size_t)own->skip_interval;

    (void)err;
    desc->noisy = own->noise;
    own->sigmoid = strcmp(own->activation, "sigmoid") == 0;
    own->leak = strcmp(own->activation, "leakyrelu") == 0 ? 0.01F : 0.0F;
    for (size_t i = 0; i < depth; i++) {
        struct stage *stage = &own->stages[i];
        size_t outputs = i + 1 < depth ? hidden : desc->num_outputs;

        stage->shape = add_linear(desc, "layers", i, outputs, i > 0 ? hidden : desc->num_inputs,
                                  &stage->weight, &stage->bias);
        stage->skip = i > 0 && interval > 0 && i % interval == 0;
    }
    for (size_t i = 0; i < depth; i++) {
        struct stage *stage = &own->stages[i];

        if (stage->skip)
            stage->skip_shape =
                add_linear(desc, "skip_layers", i, stage->shape.outputs, desc->num_inputs,
                           &stage->skip_weight, &stage->skip_bias);
    }
    return ERR_OK;
}

/* --- start --- */

static void init(const struct node_desc *desc, float *params, struct rng *rng)
{
    double bound = 1;

    for (size_t t = 0; t < desc->num_tensors; t++) {
        const struct node_tensor *tensor = &desc->tensors[t];

        if (tensor->rank == 2) bound = 1 / sqrt((double)tensor->shape[1]); /* its bias follows */
        for (size_t i = 0; i < tensor->count; i++)
            params[tensor->offset + i] = (float)(bound * (2 * rng_double(rng) - 1));
    }
}

/* Unit 0 of each layer carries input 0. Behind a sigmoid it is s(+-c), which the next layer stretches
 * to +-c again; the other activations pass 0 and 1 as they are. Upstream ignores initialisers. */
static void init_residual(const struct node_desc *desc, float *params, struct rng *rng,
                          double clarity, double noise)
{
    const struct options *own = desc->options;
    double swing = tanh(clarity / 2); /* s(c) - s(-c) */

    if (desc->upstream) {
        init(desc, params, rng);
        return;
    }
    for (size_t i = 0; i < desc->num_params; i++)
        params[i] = (float)(noise * rng_normal(rng));
    for (size_t i = 0; i < depth_of(desc); i++) {
        const struct stage *stage = &own->stages[i];
        bool last = i + 1 == depth_of(desc);
        double gain = own->sigmoid && i > 0 && swing > 0 ? 1 / swing : 1;

        for (size_t o = 0; o < (last ? stage->shape.outputs : 1); o++) {
            params[stage->weight + o * stage->shape.out_stride] =
                (float)(last || own->sigmoid ? 2 * clarity * gain : 1);
            params[stage->bias + o] = (float)(last || own->sigmoid ? -clarity * gain : 0);
            if (stage->skip) params[stage->skip_bias + o] = 0;
        }
    }
}

/* --- network --- */

/* Outputs of all layers, behind their activations; those of the last are the logits. */
struct activations {
    float values[MAX_DEPTH][MAX_WIDTH][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *row[MAX_DEPTH][MAX_WIDTH];
};

SIMD_CLONES static void rectify(float *row, float slope, size_t count)
{
    for (size_t s = 0; s < count; s++)
        row[s] = row[s] > 0.0F ? row[s] : slope * row[s];
}

/* grad *= slope where the unit was off. */
SIMD_CLONES static void rectify_gradient(const float *row, float slope, float *grad, size_t count)
{
    for (size_t s = 0; s < count; s++)
        grad[s] = row[s] > 0.0F ? grad[s] : slope * grad[s];
}

static void run(const struct node_desc *desc, const float *params, const float *const *in,
                struct activations *a, size_t count)
{
    const struct options *own = desc->options;

    for (size_t i = 0; i < depth_of(desc); i++) {
        const struct stage *stage = &own->stages[i];
        float bias[MAX_WIDTH];

        for (size_t o = 0; o < stage->shape.outputs; o++) {
            a->row[i][o] = a->values[i][o];
            bias[o] = params[stage->bias + o] + (stage->skip ? params[stage->skip_bias + o] : 0.0F);
        }
        dense_forward(&stage->shape, params + stage->weight, bias,
                      i > 0 ? (const float *const *)a->row[i - 1] : in, a->row[i], count);
        if (stage->skip)
            dense_forward(&stage->skip_shape, params + stage->skip_weight, NULL, in, a->row[i],
                          count);
        for (size_t o = 0; i + 1 < depth_of(desc) && o < stage->shape.outputs; o++) {
            if (own->sigmoid)
                vmath_sigmoid(a->row[i][o], 1.0F, a->row[i][o], count);
            else
                rectify(a->row[i][o], own->leak, count);
        }
    }
}

/* Rows of gradients, of one layer's sums. */
struct gradients {
    float values[MAX_WIDTH][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    float *row[MAX_WIDTH];
};

static void clear(struct gradients *g, size_t rows, size_t count)
{
    for (size_t o = 0; o < rows; o++) {
        g->row[o] = g->values[o];
        memset(g->row[o], 0, count * sizeof *g->row[o]);
    }
}

/* From the gradient of layer i's sums that of the layer below. */
static void step_down(const struct node_desc *desc, const float *params,
                      const struct activations *a, size_t i, const struct gradients *g,
                      struct gradients *below, size_t count)
{
    const struct options *own = desc->options;
    const struct stage *stage = &own->stages[i];

    clear(below, stage->shape.inputs, count);
    dense_backward_inputs(&stage->shape, params + stage->weight, (const float *const *)g->row,
                          below->row, count);
    for (size_t o = 0; o < stage->shape.inputs; o++) {
        float *row = below->row[o];

        if (own->sigmoid)
            vmath_sigmoid_gradient(a->row[i - 1][o], row, 1.0F, row, count);
        else
            rectify_gradient(a->row[i - 1][o], own->leak, row, count);
    }
}

/* top holds the gradient of the logits and is used up; grad_in or grad_params may be NULL. */
static void run_backward(const struct node_desc *desc, const float *params, const float *const *in,
                         const struct activations *a, struct gradients *top, float *const *grad_in,
                         float *grad_params, size_t count)
{
    const struct options *own = desc->options;
    struct gradients spare, *g = top, *next = &spare;

    for (size_t i = depth_of(desc); i-- > 0;) {
        const struct stage *stage = &own->stages[i];
        const float *const *grad = (const float *const *)g->row;
        const float *const *below = i > 0 ? (const float *const *)a->row[i - 1] : in;

        if (grad_params != NULL)
            dense_backward_params(&stage->shape, below, grad, grad_params + stage->weight,
                                  grad_params + stage->bias, count);
        if (grad_params != NULL && stage->skip)
            dense_backward_params(&stage->skip_shape, in, grad, grad_params + stage->skip_weight,
                                  grad_params + stage->skip_bias, count);
        if (grad_in != NULL && stage->skip)
            dense_backward_inputs(&stage->skip_shape, params + stage->skip_weight, grad, grad_in,
                                  count);
        if (i == 0 && grad_in != NULL)
            dense_backward_inputs(&stage->shape, params + stage->weight, grad, grad_in, count);
        if (i > 0) {
            step_down(desc, params, a, i, g, next, count);
            g = next;
            next = next == &spare ? top : &spare;
        }
    }
}

/* --- corners --- */

/* Bit j of addresses first, first + 1, ... */
SIMD_CLONES static void bit_row(uint32_t first, unsigned j, float *row, uint32_t count)
{
    for (uint32_t s = 0; s < count; s++)
        row[s] = (float)(int32_t)((first + s) >> j & 1);
}

/* Rows of the inputs at addresses first, first + 1, ...; returns how many rows' columns are used, a
 * multiple of 16: beyond a small table they repeat it. */
static size_t corner_rows(const struct node_desc *desc, size_t first, struct gradients *rows)
{
    size_t count = desc->table_size < 16                 ? 16
                   : desc->table_size < NODE_MAX_SAMPLES ? desc->table_size
                                                         : NODE_MAX_SAMPLES;

    for (unsigned j = 0; j < desc->num_inputs; j++) {
        rows->row[j] = rows->values[j];
        bit_row((uint32_t)first, j, rows->row[j], (uint32_t)count);
    }
    return count;
}

static size_t used_of(const struct node_desc *desc, size_t count)
{
    return desc->table_size < count ? desc->table_size : count;
}

static void tabulate(const struct node_desc *desc, const float *params, float *table)
{
    size_t depth = depth_of(desc);
    struct activations a;
    struct gradients in;

    for (size_t first = 0; first < desc->table_size; first += NODE_MAX_SAMPLES) {
        size_t count = corner_rows(desc, first, &in);

        run(desc, params, (const float *const *)in.row, &a, count);
        for (unsigned o = 0; o < desc->num_outputs; o++)
            vmath_sigmoid(a.row[depth - 1][o], 1.0F, table + o * desc->table_size + first,
                          used_of(desc, count));
    }
}

static bool all_zero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] != 0.0F) return false;
    }
    return true;
}

static void tabulate_backward(const struct node_desc *desc, const float *params, const float *table,
                              const float *grad_table, float *grad_params)
{
    struct activations a;
    struct gradients in, g;

    /* So after a training pass with noise, which uses no table. */
    if (all_zero(grad_table, desc->num_outputs * desc->table_size)) return;
    for (size_t first = 0; first < desc->table_size; first += NODE_MAX_SAMPLES) {
        size_t count = corner_rows(desc, first, &in);

        run(desc, params, (const float *const *)in.row, &a, count);
        clear(&g, desc->num_outputs, count);
        for (unsigned o = 0; o < desc->num_outputs; o++) {
            size_t entry = o * desc->table_size + first;

            vmath_sigmoid_gradient(table + entry, grad_table + entry, 1.0F, g.row[o],
                                   used_of(desc, count));
        }
        run_backward(desc, params, (const float *const *)in.row, &a, &g, NULL, grad_params, count);
    }
}

/* --- real inputs --- */

static float inverse_tau(const struct options *own, uint64_t step)
{
    double tau = own->tau_start;

    if (own->tau_decay_iters > 0) tau *= pow(10.0, -(double)step / own->tau_decay_iters);
    return (float)(1 / (tau > own->tau_min ? tau : own->tau_min));
}

SIMD_CLONES static void add_row(const float *row, float *sum, size_t count)
{
    for (size_t s = 0; s < count; s++)
        sum[s] += row[s];
}

SIMD_CLONES static void round_row(float *row, size_t count)
{
    for (size_t s = 0; s < count; s++)
        row[s] = row[s] > 0.5F ? 1.0F : 0.0F;
}

/* y from logits, in place. */
static void squash(const struct node_desc *desc, const struct node_noise *noise, float *const *row,
                   size_t count)
{
    float scale = noise == NULL ? 1.0F : inverse_tau(options_of(desc), noise->step);

    for (unsigned o = 0; o < desc->num_outputs; o++) {
        if (noise != NULL) add_row(noise->logistic[o], row[o], count);
        vmath_sigmoid(row[o], scale, row[o], count);
    }
}

static void forward(const struct node_desc *desc, const float *params, const float *table,
                    const float *const *in, float *const *out, const struct node_noise *noise,
                    size_t count)
{
    size_t depth = depth_of(desc);
    struct activations a;

    (void)table;
    run(desc, params, in, &a, count);
    squash(desc, noise, a.row[depth - 1], count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        if (noise != NULL && options_of(desc)->ste) round_row(a.row[depth - 1][o], count);
        memcpy(out[o], a.row[depth - 1][o], count * sizeof *out[o]);
    }
}

static void backward(const struct node_desc *desc, const float *params, const float *const *in,
                     const float *const *grad_out, const struct node_noise *noise,
                     float *const *grad_in, float *grad_params, size_t count)
{
    const struct options *own = desc->options;
    float scale = 1;
    struct activations a;
    struct gradients g;

    if (noise != NULL) scale = (float)own->grad_factor * inverse_tau(own, noise->step);
    run(desc, params, in, &a, count);
    squash(desc, noise, a.row[depth_of(desc) - 1], count);
    for (unsigned o = 0; o < desc->num_outputs; o++) {
        g.row[o] = g.values[o];
        vmath_sigmoid_gradient(a.row[depth_of(desc) - 1][o], grad_out[o], scale, g.row[o], count);
    }
    run_backward(desc, params, in, &a, &g, grad_in, grad_params, count);
}

static void backward_inputs(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out,
                            float *const *grad_in, const struct node_noise *noise, size_t count)
{
    (void)table;
    backward(desc, params, in, grad_out, noise, grad_in, NULL, count);
}

static void backward_params(const struct node_desc *desc, const float *params, const float *table,
                            const float *const *in, const float *const *grad_out, float *grad_table,
                            float *grad_params, const struct node_noise *noise, size_t count)
{
    (void)table;
    (void)grad_table;
    backward(desc, params, in, grad_out, noise, NULL, grad_params, count);
}

/* --- hard --- */

static double activate(const struct options *own, double z)
{
    if (own->sigmoid) return 1 / (1 + exp(-z));
    return z > 0 ? z : (double)own->leak * z;
}

/* One linear function of `in`, in double. */
static double linear(const struct dense *shape, const float *params, size_t weight, size_t bias,
                     size_t o, const double *in)
{
    double z = (double)params[bias + o];

    for (size_t i = 0; i < shape->inputs; i++)
        z += (double)params[weight + o * shape->out_stride + i * shape->in_stride] * in[i];
    return z;
}

static bool hard_bit(const struct node_desc *desc, const float *params, unsigned output,
                     uint32_t address, double *margin)
{
    const struct options *own = desc->options;
    double x[NODE_MAX_INPUTS], value[2][MAX_WIDTH] = {{0}};
    const double *below = x;

    for (unsigned j = 0; j < desc->num_inputs; j++)
        x[j] = address >> j & 1;
    for (size_t i = 0; i < depth_of(desc); i++) {
        const struct stage *stage = &own->stages[i];
        double *above = value[i % 2];

        for (size_t o = 0; o < stage->shape.outputs; o++) {
            double z = linear(&stage->shape, params, stage->weight, stage->bias, o, below);

            if (stage->skip)
                z += linear(&stage->skip_shape, params, stage->skip_weight, stage->skip_bias, o, x);
            above[o] = i + 1 < depth_of(desc) ? activate(own, z) : z;
        }
        below = above;
    }
    if (margin != NULL) *margin = below[output];
    return below[output] >= 0.0;
}

const struct node_type node_neurallut = {
    .name = "neurallut",
    .meaning = "small neural network in each LUT",
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
