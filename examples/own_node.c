/* A node type of your own: written here, trained on drawn digits, emitted as Verilog, and simulated
 * against the C reference. Nothing of the library is touched.
 *
 *   cc own_node.c $(pkg-config --cflags --libs difflut) -lm -o own_node
 *   ./own_node [FOLDER [verilator|icarus]]
 *
 * The node is a threshold function with pair terms. With t_j = 2 x_j - 1 (so -1 or 1 at a corner):
 *
 *   z = b + sum_j w_j t_j + sum_{i<j} v_ij t_i t_j,    y = 1 / (1 + exp(-steepness z))
 *
 * A plain threshold function cannot be an XOR; the pair terms can. It has 1 + n + n (n - 1) / 2
 * parameters where a table has 2^n. */
#include <difflut.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_INPUTS = 12 };

/* --- the node type --- */

static size_t terms(unsigned n)
{
    return 1 + n + (size_t)n * (n - 1) / 2;
}

static size_t num_params(const struct difflut_node *node)
{
    return node->num_inputs < 2 ? 0 : terms(node->num_inputs) * node->num_outputs;
}

static void init(const struct difflut_node *node, float *params, struct difflut_random *random)
{
    for (size_t i = 0; i < node->num_params; i++)
        params[i] = (float)(0.2 * difflut_random_normal(random));
}

/* z of one sample; `slope` (may be NULL) receives d z / d x_j, `part` d z / d parameter. */
static float score(unsigned n, const float *params, const float *t, float *slope, float *part)
{
    const float *w = params + 1, *v = w + n;
    float z = params[0];

    part[0] = 1;
    for (unsigned j = 0; j < n; j++) {
        z += w[j] * t[j];
        part[1 + j] = t[j];
        slope[j] = 2 * w[j]; /* t = 2 x - 1 */
    }
    for (unsigned i = 0, k = 0; i < n; i++) {
        for (unsigned j = i + 1; j < n; j++, k++) {
            z += v[k] * t[i] * t[j];
            part[1 + n + k] = t[i] * t[j];
            slope[i] += 2 * v[k] * t[j];
            slope[j] += 2 * v[k] * t[i];
        }
    }
    return z;
}

static void load(const struct difflut_node *node, const float *const *in, size_t s, float *t)
{
    for (unsigned j = 0; j < node->num_inputs; j++)
        t[j] = 2 * in[j][s] - 1;
}

static float value(const struct difflut_node *node, float z)
{
    return 1 / (1 + expf(-(float)node->options[0] * z));
}

static void forward(const struct difflut_node *node, const float *params, const float *const *in,
                    float *const *out, size_t count)
{
    float t[MAX_INPUTS], slope[MAX_INPUTS], part[1 + MAX_INPUTS * (MAX_INPUTS + 1) / 2];
    unsigned n = node->num_inputs;

    for (size_t s = 0; s < count; s++) {
        load(node, in, s, t);
        for (unsigned o = 0; o < node->num_outputs; o++)
            out[o][s] = value(node, score(n, params + o * terms(n), t, slope, part));
    }
}

static void backward(const struct difflut_node *node, const float *params, const float *const *in,
                     const float *const *grad_out, float *const *grad_in, float *grad_params,
                     size_t count)
{
    float t[MAX_INPUTS], slope[MAX_INPUTS], part[1 + MAX_INPUTS * (MAX_INPUTS + 1) / 2];
    unsigned n = node->num_inputs;

    for (size_t s = 0; s < count; s++) {
        load(node, in, s, t);
        for (unsigned o = 0; o < node->num_outputs; o++) {
            size_t first = o * terms(n);
            float y = value(node, score(n, params + first, t, slope, part));
            float g = grad_out[o][s] * (float)node->options[0] * y * (1 - y);

            for (unsigned j = 0; grad_in != NULL && j < n; j++)
                grad_in[j][s] += g * slope[j];
            for (size_t k = 0; grad_params != NULL && k < terms(n); k++)
                grad_params[first + k] += g * part[k];
        }
    }
}

static const struct difflut_node_option options[] = {
    {.name = "steepness",
     .standard = 2,
     .low = 0.1,
     .high = 100,
     .meaning = "slope of the sigmoid"},
};

static const struct difflut_node_type pair_threshold = {
    .name = "pair_threshold",
    .meaning = "threshold function with pair terms",
    .options = options,
    .num_options = 1,
    .num_params = num_params,
    .init = init,
    .forward = forward,
    .backward = backward,
};

/* --- a model of such nodes --- */

static const char yaml[] = "model_type: feedforward\n"
                           "layer_type: random\n"
                           "node_type: pair_threshold\n"
                           "node_config: {steepness: 2}\n"
                           "encoder_config: {name: thermometer, num_bits: 1}\n"
                           "node_input_dim: 6\n"
                           "layer_widths: [400, 200]\n"
                           "num_classes: 10\n"
                           "input_size: 784\n"
                           "dataset: synthetic_digits\n"
                           "training: {epochs: 4, learning_rate: 0.02, samples: 4000}\n";

static void check(enum difflut_status status, const struct difflut_error *err)
{
    if (status == DIFFLUT_OK) return;
    fprintf(stderr, "own_node: %s\n", err->message);
    exit(status == DIFFLUT_TOOL ? 3 : 1);
}

static void show(const struct difflut_progress *progress, void *user)
{
    (void)user;
    if (progress->epoch_done)
        printf("epoch %zu of %zu: loss %.3f, soft %.1f %%, hard %.1f %%\n", progress->epoch,
               progress->epochs, progress->loss, 100 * progress->accuracy_soft,
               100 * progress->accuracy_hard);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "build/own_node";
    const char *simulator = argc > 2 ? argv[2] : "verilator";
    struct difflut_train_options training = {.progress = show};
    struct difflut *lut = NULL;
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    struct difflut_error err;
    struct difflut_samples test;
    struct difflut_cost cost;
    struct difflut_cosim_result cosim;
    double accuracy;

    check(difflut_create(&lut, &err), &err);
    check(difflut_register_node(lut, &pair_threshold, &err), &err);
    check(difflut_model_parse(lut, yaml, "own_node", &model, &err), &err);
    check(difflut_data_load(model, NULL, DIFFLUT_TRAIN | DIFFLUT_TEST, &data, &err), &err);
    check(difflut_train(model, data, &training, NULL, &err), &err);

    test = difflut_data_split(data, DIFFLUT_TEST);
    check(difflut_accuracy(model, &test, NULL, &accuracy, &err), &err);
    check(difflut_cost(model, &cost, &err), &err);
    printf("hard accuracy %.1f %% of %zu test samples, about %llu LUTs\n", 100 * accuracy,
           test.count, (unsigned long long)cost.luts);

    check(difflut_emit(model, folder, NULL, &err), &err);
    check(difflut_cosim(model, folder, simulator, test.codes, 200, &cosim, &err), &err);
    printf("%s: %zu vectors, %zu mismatches, result after %u cycles\n", cosim.tool, cosim.vectors,
           cosim.mismatches, cosim.latency_cycles);

    difflut_data_free(data);
    difflut_model_free(model);
    difflut_free(lut);
    return 0;
}
