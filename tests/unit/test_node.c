/* Node types: the original library's numbers (tests/golden/nodes, residual_init), central differences,
 * corners, hard bits and the kernels they rest on. */
#include "base/rng.h"
#include "layer/layer.h"
#include "model/safetensors.h"
#include "node/extended_difference.h"
#include "node/multilinear.h"
#include "node/walsh.h"
#include "single_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>

static struct err err;

static void expect_ok(enum err_status status)
{
    if (status != ERR_OK) fail_msg("%s", err.message);
}

static bool near(double found, double expected, double relative, double absolute)
{
    return fabs(found - expected) <= absolute + relative * fabs(expected);
}

/* --- golden files --- */

enum { GOLDEN_SAMPLES = 16 };

struct golden {
    struct safetensors *file;
    const char *name;
    struct single_node node;
    char options[512];
    unsigned inputs, outputs;
};

static const struct safetensors_tensor *tensor_of(const struct golden *golden, const char *name)
{
    const struct safetensors_tensor *tensor = safetensors_find(golden->file, name);

    if (tensor == NULL) fail_msg("%s: no tensor %s", golden->name, name);
    return tensor;
}

static const float *floats_of(const struct golden *golden, const char *name, size_t count)
{
    const struct safetensors_tensor *tensor = tensor_of(golden, name);

    if (tensor->type != SAFETENSORS_F32 || tensor->count != count)
        fail_msg("%s: tensor %s has %zu elements, not %zu floats", golden->name, name,
                 tensor->count, count);
    return tensor->data;
}

static const char *metadata(const struct golden *golden, const char *key)
{
    const char *value = safetensors_metadata(golden->file, key);

    if (value == NULL) fail_msg("%s: no metadata %s", golden->name, key);
    return value;
}

/* The original's constructor arguments as our options; temperature is a runtime option here. */
static void read_options(struct golden *golden, double *temperature)
{
    json_t *params = json_loads(metadata(golden, "params"), 0, NULL), *value;
    const char *key;
    size_t used = 0;

    assert_non_null(params);
    json_object_foreach(params, key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY);

        if (strcmp(key, "temperature") == 0)
            *temperature = json_number_value(value);
        else
            used += (size_t)snprintf(golden->options + used, sizeof golden->options - used,
                                     "%s%s: %s", used > 0 ? ", " : "", key,
                                     json_is_string(value) ? json_string_value(value) : text);
        free(text);
    }
    json_decref(params);
}

static void load_params(struct golden *golden)
{
    struct node_desc *desc = &golden->node.desc;

    for (size_t t = 0; t < desc->num_tensors; t++) {
        const struct node_tensor *tensor = &desc->tensors[t];
        float *own = golden->node.params + tensor->offset;
        char name[64];

        snprintf(name, sizeof name, "state.%s", tensor->name);
        if (tensor_of(golden, name)->type == SAFETENSORS_I64) {
            const int64_t *wide = tensor_of(golden, name)->data;

            assert_int_equal(tensor_of(golden, name)->count, tensor->count);
            for (size_t i = 0; i < tensor->count; i++)
                own[i] = (float)wide[i];
        } else {
            memcpy(own, floats_of(golden, name, tensor->count), tensor->count * sizeof *own);
        }
    }
    expect_ok(node_check_params(desc, golden->node.params, &err));
}

static void golden_open(struct golden *golden, const char *folder, const char *name)
{
    char path[512];

    *golden = (struct golden){.name = name};
    snprintf(path, sizeof path, "tests/golden/%s/%s", folder, name);
    expect_ok(safetensors_read(&golden->file, path, &err));
    golden->inputs = (unsigned)atoi(metadata(golden, "input_dim"));
}

static void golden_close(struct golden *golden)
{
    single_node_free(&golden->node);
    safetensors_free(golden->file);
}

/* rows[j][s] of a row-major (samples, columns) tensor. */
static void transpose(float *const *rows, const float *values, size_t columns, size_t samples)
{
    for (size_t j = 0; j < columns; j++) {
        for (size_t s = 0; s < samples; s++)
            rows[j][s] = values[s * columns + j];
    }
}

static void compare(const struct golden *golden, const char *what, float found, float expected,
                    size_t index)
{
    if (!near((double)found, (double)expected, 1e-5, 1e-6))
        fail_msg("%s: %s[%zu] is %.9g, expected %.9g", golden->name, what, index, (double)found,
                 (double)expected);
}

static void compare_rows(const struct golden *golden, const char *what, float *const *rows,
                         size_t columns)
{
    const float *expected = floats_of(golden, what, columns * GOLDEN_SAMPLES);

    for (size_t i = 0; i < columns * GOLDEN_SAMPLES; i++)
        compare(golden, what, rows[i % columns][i / columns], expected[i], i);
}

static void compare_grad_params(const struct golden *golden)
{
    const struct node_desc *desc = &golden->node.desc;

    for (size_t t = 0; t < desc->num_tensors; t++) {
        const struct node_tensor *tensor = &desc->tensors[t];
        const float *expected;
        char name[64];

        snprintf(name, sizeof name, "grad.%s", tensor->name);
        if (!tensor->trainable) {
            assert_null(safetensors_find(golden->file, name));
            continue;
        }
        expected = floats_of(golden, name, tensor->count);
        for (size_t i = 0; i < tensor->count; i++)
            compare(golden, name, golden->node.grad_params[tensor->offset + i], expected[i], i);
    }
}

/* y_eval of the original at every corner: a bit, except where it stays real (SPEC 1.8, 1.9). */
static void compare_eval(const struct golden *golden)
{
    const struct node_desc *desc = &golden->node.desc;
    const float *expected = floats_of(golden, "y_eval", desc->table_size * desc->num_outputs);

    for (size_t a = 0; a < desc->table_size; a++) {
        for (unsigned o = 0; o < desc->num_outputs; o++) {
            float y = expected[a * desc->num_outputs + o];
            double margin;
            bool bit = desc->type->hard_bit(desc, golden->node.params, o, (uint32_t)a, &margin);
            bool soft = strcmp(desc->type->name, "fourier") == 0 ||
                        (strcmp(desc->type->name, "difflogic") == 0 && y != 0.0F && y != 1.0F);

            if (soft) compare(golden, "y_eval", golden->node.table[o * desc->table_size + a], y, a);
            if (fabs(margin) < 1e-6) continue;
            if (bit != (y > 0.5F))
                fail_msg("%s: output %u at address %zu is %d, expected %.9g", golden->name, o, a,
                         bit, (double)y);
        }
    }
}

/* The uniform numbers the original drew, as logistic noise. */
static void load_noise(struct golden *golden, float rows[][GOLDEN_SAMPLES], const float **row_list,
                       struct node_noise *noise)
{
    const float *u;

    if (!golden->node.desc.noisy) return;
    u = floats_of(golden, "noise_u", golden->outputs * GOLDEN_SAMPLES);
    for (unsigned o = 0; o < golden->outputs; o++) {
        row_list[o] = rows[o];
        for (size_t s = 0; s < GOLDEN_SAMPLES; s++) {
            double p = (double)u[s * golden->outputs + o];

            rows[o][s] = (float)(log(p) - log1p(-p));
        }
    }
    *noise = (struct node_noise){.logistic = row_list};
    golden->node.noise = noise;
}

static void check_golden_node(const char *name)
{
    static float rows[NODE_MAX_OUTPUTS][GOLDEN_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    const float *row_list[NODE_MAX_OUTPUTS];
    struct single_node_shape shape = {.upstream = true};
    struct node_noise noise;
    struct golden golden;

    golden_open(&golden, "nodes", name);
    golden.outputs = (unsigned)atoi(metadata(&golden, "output_dim"));
    read_options(&golden, &shape.temperature);
    shape.type = metadata(&golden, "node_type");
    shape.inputs = golden.inputs;
    shape.outputs = golden.outputs;
    shape.options = golden.options;
    expect_ok(single_node_create(&golden.node, &shape, GOLDEN_SAMPLES, &err));
    load_params(&golden);
    load_noise(&golden, rows, row_list, &noise);
    transpose(golden.node.in, floats_of(&golden, "x", golden.inputs * GOLDEN_SAMPLES),
              golden.inputs, GOLDEN_SAMPLES);
    transpose(golden.node.grad_out, floats_of(&golden, "grad_y", golden.outputs * GOLDEN_SAMPLES),
              golden.outputs, GOLDEN_SAMPLES);
    single_node_tabulate(&golden.node);
    single_node_forward(&golden.node);
    single_node_backward_inputs(&golden.node);
    single_node_backward_params(&golden.node, false);
    compare_rows(&golden, "y_train", golden.node.out, golden.outputs);
    compare_rows(&golden, "grad_x", golden.node.grad_in, golden.inputs);
    compare_grad_params(&golden);
    compare_eval(&golden);
    golden_close(&golden);
}

/* The original's start, but for what it draws: then our start must be a legal one. */
static void check_golden_residual(const char *name)
{
    struct single_node_shape shape = {.upstream = true, .outputs = 1};
    struct golden golden;
    struct rng rng;

    golden_open(&golden, "residual_init", name);
    golden.outputs = 1;
    shape.type = metadata(&golden, "node_type");
    shape.inputs = golden.inputs;
    expect_ok(single_node_create(&golden.node, &shape, GOLDEN_SAMPLES, &err));
    rng_seed(&rng, 1, 0);
    golden.node.desc.type->init_residual(&golden.node.desc, golden.node.params, &rng,
                                         atof(metadata(&golden, "logit_clarity")),
                                         atof(metadata(&golden, "noise_factor")));
    expect_ok(node_check_params(&golden.node.desc, golden.node.params, &err));
    for (size_t t = 0; t < golden.node.desc.num_tensors; t++) {
        const struct node_tensor *tensor = &golden.node.desc.tensors[t];
        const float *expected;
        char key[64];

        if (strcmp(tensor->name, "indices") == 0) continue; /* drawn */
        if (strcmp(shape.type, "neurallut") == 0) continue; /* the original ignores init_fn there */
        snprintf(key, sizeof key, "state.%s", tensor->name);
        expected = floats_of(&golden, key, tensor->count);
        for (size_t i = 0; i < tensor->count; i++)
            compare(&golden, key, golden.node.params[tensor->offset + i], expected[i], i);
    }
    load_params(&golden);
    single_node_tabulate(&golden.node);
    compare_eval(&golden);
    golden_close(&golden);
}

static int is_golden(const struct dirent *entry)
{
    return strstr(entry->d_name, ".safetensors") != NULL;
}

static size_t for_each_golden(const char *folder, void (*check)(const char *name))
{
    struct dirent **entries;
    char path[256];
    int count;

    snprintf(path, sizeof path, "tests/golden/%s", folder);
    count = scandir(path, &entries, is_golden, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        check(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return (size_t)count;
}

static void test_golden_nodes(void **state)
{
    size_t cases = for_each_golden("nodes", check_golden_node);

    (void)state;
    printf("# golden: %zu nodes\n", cases);
    assert_int_equal(cases, 168);
}

static void test_golden_residual(void **state)
{
    size_t cases = for_each_golden("residual_init", check_golden_residual);

    (void)state;
    printf("# golden: %zu residual starts\n", cases);
    assert_int_equal(cases, 27);
}

/* --- random nodes --- */

/* Options under which a gradient is the derivative of the forward pass, without kinks. */
struct smooth_type {
    const char *type, *options;
};
static const struct smooth_type smooth_types[] = {
    {"linear_lut", NULL},
    {"polylut", NULL},
    {"polylut", "degree: 1"},
    {"neurallut", "activation: sigmoid, depth: 3, hidden_width: 5, skip_interval: 1, noise: false"},
    {"neurallut", "activation: sigmoid, tau_start: 0.7, tau_decay_iters: 100, tau_min: 0.01"},
    {"dwn", NULL},
    {"dwn_stable", "gradient_scale: 1"},
    {"probabilistic", NULL},
    {"hybrid", NULL},
    {"fourier", "use_all_frequencies: true, max_amplitude: 0.4"},
    {"fourier", "max_amplitude: 0.4"},
    {"fourier", "interpolation: cosine, use_all_frequencies: true, max_amplitude: 0.4"},
    {"fourier", "interpolation: cosine, max_amplitude: 0.4"},
    {"difflogic", NULL},
    {"warp", NULL},
};
enum { NUM_SMOOTH = sizeof smooth_types / sizeof smooth_types[0] };

enum inputs { REAL_INPUTS, BIT_INPUTS, CORNERS };

/* A node of the type with its own start, stretched so that outputs differ, and random inputs and
 * gradients. False where the type has no such shape. */
static bool random_node(struct single_node *node, const struct smooth_type *type, unsigned n,
                        unsigned m, enum inputs inputs, size_t count, struct rng *rng)
{
    struct single_node_shape shape = {.type = type->type,
                                      .inputs = n,
                                      .outputs = m,
                                      .temperature = 0.8,
                                      .options = type->options};

    if (strcmp(type->type, "difflogic") == 0 && n == 1) return false;
    expect_ok(single_node_create(node, &shape, count, &err));
    node->desc.type->init(&node->desc, node->params, rng);
    expect_ok(node_check_params(&node->desc, node->params, &err));
    for (size_t i = 0; i < node->desc.tensors[0].count; i++)
        node->params[i] *= strcmp(type->type, "fourier") == 0 ? 30.0F
                           : strcmp(type->type, "dwn") == 0   ? 1.0F
                                                              : 3.0F;
    for (size_t i = 0; strcmp(type->type, "fourier") == 0 && i < node->desc.tensors[0].count; i++)
        node->params[i] += 0.1F; /* the size of an amplitude has a kink at 0 */
    for (size_t s = 0; s < count; s++) {
        for (unsigned j = 0; j < n; j++)
            node->in[j][s] = inputs == REAL_INPUTS  ? rng_float(rng)
                             : inputs == BIT_INPUTS ? (float)(rng_next(rng) >> 63)
                                                    : (float)(s >> j & 1);
        for (unsigned o = 0; o < m; o++)
            node->grad_out[o][s] = rng_float(rng) - 0.5F;
    }
    return true;
}

/* Rows of noise for a node that wants it. */
struct drawn_noise {
    float values[NODE_MAX_OUTPUTS][NODE_MAX_SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    const float *row[NODE_MAX_OUTPUTS];
    struct node_noise noise;
};

static void draw_noise(struct single_node *node, struct drawn_noise *noise, struct rng *rng)
{
    if (!node->desc.noisy) return;
    for (unsigned o = 0; o < node->desc.num_outputs; o++) {
        noise->row[o] = noise->values[o];
        for (size_t s = 0; s < node->count; s++)
            noise->values[o][s] = (float)rng_normal(rng);
    }
    noise->noise = (struct node_noise){.step = 20, .logistic = noise->row};
    node->noise = &noise->noise;
}

/* --- central differences --- */

static double loss(struct single_node *node)
{
    double sum = 0;

    single_node_tabulate(node);
    single_node_forward(node);
    for (unsigned o = 0; o < node->desc.num_outputs; o++) {
        for (size_t s = 0; s < node->count; s++)
            sum += (double)node->grad_out[o][s] * (double)node->out[o][s];
    }
    return sum;
}

static double quotient(struct single_node *node, float *place, float step)
{
    const float kept = *place;
    double up, down;

    *place = kept + step;
    up = loss(node);
    *place = kept - step;
    down = loss(node);
    *place = kept;
    return (up - down) / (2 * (double)step);
}

/* Two steps, extrapolated: what remains is of fourth order. */
static double difference(struct single_node *node, float *place)
{
    return (4 * quotient(node, place, 0x1p-6F) - quotient(node, place, 0x1p-5F)) / 3;
}

static void check_derivative(const struct smooth_type *type, const struct single_node *node,
                             const char *what, size_t index, double found, double expected)
{
    if (!near(found, expected, 1e-3, 3e-4))
        fail_msg("%s (%s) n = %u m = %u: gradient of %s %zu is %g, the difference says %g",
                 type->type, type->options != NULL ? type->options : "defaults",
                 node->desc.num_inputs, node->desc.num_outputs, what, index, found, expected);
}

/* Look-up types have no derivative by their inputs; by their parameters they have one at bits. */
static void check_differences(const struct smooth_type *type, unsigned n, unsigned m,
                              struct rng *rng)
{
    bool lookup = node_find(NULL, type->type)->lookup;
    struct drawn_noise noise;
    struct single_node node;

    if (!random_node(&node, type, n, m, lookup ? BIT_INPUTS : REAL_INPUTS, 16, rng)) return;
    draw_noise(&node, &noise, rng);
    single_node_tabulate(&node);
    single_node_backward_params(&node, false);
    for (size_t k = 0; k < 60 && k < node.desc.num_trainable; k++) {
        size_t i = node.desc.num_trainable <= 60 ? k : rng_below(rng, node.desc.num_trainable);

        check_derivative(type, &node, "parameter", i, (double)node.grad_params[i],
                         difference(&node, &node.params[i]));
    }
    for (size_t i = node.desc.num_trainable; i < node.desc.num_params; i++)
        assert_true(node.grad_params[i] == 0.0F);
    single_node_tabulate(&node);
    if (!lookup) single_node_backward_inputs(&node);
    for (size_t k = 0; !lookup && k < (n <= 6 ? 16 * n : 20); k++) {
        size_t j = k % n, s = k / n;

        check_derivative(type, &node, "input", j, (double)node.grad_in[j][s],
                         difference(&node, &node.in[j][s]));
    }
    single_node_free(&node);
}

static void test_central_differences(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 11, 0);
    printf("# seed 11\n");
    for (size_t t = 0; t < NUM_SMOOTH; t++) {
        for (unsigned n = 1; n <= 6; n++) {
            for (unsigned m = 1; m <= 3; m++)
                check_differences(&smooth_types[t], n, m, &rng);
        }
        check_differences(&smooth_types[t], 8, 1, &rng);
        check_differences(&smooth_types[t], 12, 2, &rng);
        check_differences(&smooth_types[t], 4, NODE_MAX_OUTPUTS, &rng);
    }
}

/* The planted fault: a gradient that is wrong must be noticed. */
static void test_difference_notices(void **state)
{
    static const struct smooth_type type = {"probabilistic", NULL};
    struct single_node node;
    struct rng rng;
    size_t largest = 0;
    double right;

    (void)state;
    rng_seed(&rng, 12, 0);
    assert_true(random_node(&node, &type, 3, 1, REAL_INPUTS, 16, &rng));
    for (size_t s = 0; s < 16; s++)
        node.grad_out[0][s] = 1;
    single_node_tabulate(&node);
    single_node_backward_params(&node, false);
    for (size_t i = 1; i < node.desc.num_trainable; i++)
        largest = fabsf(node.grad_params[i]) > fabsf(node.grad_params[largest]) ? i : largest;
    right = difference(&node, &node.params[largest]);
    assert_true(near((double)node.grad_params[largest], right, 1e-3, 3e-4));
    assert_false(near((double)node.grad_params[largest] * 1.02, right, 1e-3, 3e-4));
    single_node_free(&node);
}

/* The fixed OR of pooling: its product at real inputs, with the derivative of each, and the bits at corners. */
static void check_or(unsigned n, struct rng *rng)
{
    enum { SAMPLES = 16 };
    struct node_desc desc;
    float rows[3][NODE_MAX_INPUTS][SAMPLES] = {{{0}}}, result[SAMPLES];
    float *in[NODE_MAX_INPUTS], *grad_in[NODE_MAX_INPUTS], *out[1] = {result};
    const float *grad_out[1] = {rows[2][0]};

    node_describe_or(&desc, n);
    for (unsigned j = 0; j < n; j++) {
        in[j] = rows[0][j];
        grad_in[j] = rows[1][j];
        for (size_t s = 0; s < SAMPLES; s++)
            in[j][s] = s < SAMPLES / 2 ? rng_float(rng) : (float)rng_below(rng, 2);
    }
    for (size_t s = 0; s < SAMPLES; s++)
        rows[2][0][s] = 1.0F + (float)s;
    desc.type->forward(&desc, NULL, NULL, (const float *const *)in, out, NULL, SAMPLES);
    desc.type->backward_inputs(&desc, NULL, NULL, (const float *const *)in, grad_out, grad_in, NULL,
                               SAMPLES);
    for (size_t s = 0; s < SAMPLES; s++) {
        double none = 1;

        for (unsigned j = 0; j < n; j++) {
            double others = 1;

            none *= 1 - (double)in[j][s];
            for (unsigned k = 0; k < n; k++)
                others *= k == j ? 1 : 1 - (double)in[k][s];
            assert_true(near((double)grad_in[j][s], (1 + (double)s) * others, 1e-5, 1e-6));
        }
        assert_true(near((double)result[s], 1 - none, 1e-5, 1e-6));
    }
    node_desc_free(&desc);
}

static void test_or(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 13, 0);
    printf("# seed 13\n");
    for (unsigned n = 1; n <= 9; n++)
        check_or(n, &rng);
}

/* --- corners --- */

static size_t corner_samples(unsigned n)
{
    return n < 4 ? 16 : n > 6 ? NODE_MAX_SAMPLES : (size_t)1 << n;
}

/* At corners the forward pass is the table, and the look-up's gradient that of the parameters. */
static void check_corners(const struct smooth_type *type, unsigned n, unsigned m, struct rng *rng)
{
    size_t size = (size_t)1 << n;
    struct single_node node;
    float *grad;

    if (!random_node(&node, type, n, m, n > 6 ? BIT_INPUTS : CORNERS, corner_samples(n), rng))
        return;
    single_node_tabulate(&node);
    single_node_forward(&node); /* without noise */
    for (unsigned o = 0; o < m; o++) {
        for (size_t s = 0; s < node.count; s++) {
            double table = (double)node.table[o * size + single_node_address(&node, s)];

            if (!near((double)node.out[o][s], table, 1e-5, 1e-6))
                fail_msg("%s n = %u m = %u: forward gives %g where the table has %g", type->type, n,
                         m, (double)node.out[o][s], table);
        }
    }
    grad = malloc(node.desc.num_params * sizeof *grad);
    assert_non_null(grad);
    single_node_backward_params(&node, true);
    memcpy(grad, node.grad_params, node.desc.num_params * sizeof *grad);
    single_node_backward_params(&node, false);
    for (size_t i = 0; i < node.desc.num_params; i++) {
        if (!near((double)grad[i], (double)node.grad_params[i], 1e-4, 2e-5))
            fail_msg("%s n = %u m = %u: parameter %zu has gradient %g by look-up, %g by the node",
                     type->type, n, m, i, (double)grad[i], (double)node.grad_params[i]);
    }
    free(grad);
    single_node_free(&node);
}

static void test_corners(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 13, 0);
    printf("# seed 13\n");
    for (size_t t = 0; t < NUM_SMOOTH; t++) {
        for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
            for (unsigned m = 1; m <= 3; m++)
                check_corners(&smooth_types[t], n, m, &rng);
        }
    }
}

/* --- hard bits --- */

/* A difflogic table is soft, its bit the likeliest gate's: sure only with a lead above ln 15. */
static double sure_margin(const struct single_node *node)
{
    return strcmp(node->desc.type->name, "difflogic") == 0 ? 2.8 : 1e-5;
}

static void check_hard(const struct smooth_type *type, unsigned n, unsigned m, struct rng *rng)
{
    uint64_t words[(1 << NODE_MAX_INPUTS) / 64];
    struct single_node node;

    if (!random_node(&node, type, n, m, CORNERS, 16, rng)) return;
    single_node_tabulate(&node);
    for (unsigned o = 0; o < m; o++) {
        node_hard_table(&node.desc, node.params, o, words);
        for (size_t a = 0; a < node.desc.table_size; a++) {
            double margin = NAN, soft = (double)node.table[o * node.desc.table_size + a];
            bool bit = node.desc.type->hard_bit(&node.desc, node.params, o, (uint32_t)a, &margin);

            assert_int_equal(bit, words[a / 64] >> (a % 64) & 1);
            assert_int_equal(
                bit, node.desc.type->hard_bit(&node.desc, node.params, o, (uint32_t)a, NULL));
            assert_true(bit ? margin >= 0 : margin <= 0);
            if (fabs(margin) > sure_margin(&node) && bit != (soft > 0.5))
                fail_msg("%s n = %u: bit %d at address %zu, where the soft table has %g",
                         type->type, n, bit, a, soft);
        }
    }
    single_node_free(&node);
}

static void test_hard_bits(void **state)
{
    static const struct smooth_type more[] = {
        {"difflogic", "eval_mode: expectation"},
        {"neurallut", "depth: 4, hidden_width: 6, activation: leakyrelu"},
        {"neurallut", "depth: 1"},
        {"fourier", "use_all_frequencies: true"},
    };
    struct rng rng;

    (void)state;
    rng_seed(&rng, 14, 0);
    printf("# seed 14\n");
    for (size_t t = 0; t < NUM_SMOOTH + sizeof more / sizeof more[0]; t++) {
        const struct smooth_type *type = t < NUM_SMOOTH ? &smooth_types[t] : &more[t - NUM_SMOOTH];

        for (unsigned n = 1; n <= 8; n++)
            check_hard(type, n, n % 3 + 1, &rng);
    }
}

/* Exactly on the threshold: SPEC 0.2 and 9. */
static void test_ties(void **state)
{
    static const struct {
        const char *type;
        float fill;
        bool bit;
    } cases[] = {
        {"linear_lut", 0, true}, {"polylut", 0, true},     {"neurallut", 0, true},
        {"dwn", 0.5F, true},     {"dwn_stable", 0, true},  {"probabilistic", 0, true},
        {"hybrid", 0, true},     {"fourier", 0.5F, false}, {"difflogic", 1, false},
        {"warp", 0, false},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct single_node_shape shape = {.type = cases[c].type, .inputs = 3, .outputs = 1};
        struct single_node node;
        struct rng rng;
        double margin;

        rng_seed(&rng, 15, c);
        expect_ok(single_node_create(&node, &shape, 16, &err));
        node.desc.type->init(&node.desc, node.params, &rng);
        for (size_t i = 0; i < node.desc.num_trainable; i++)
            node.params[i] = cases[c].fill;
        if (strcmp(cases[c].type, "fourier") == 0) { /* no amplitude, so y is the bias */
            memset(node.params, 0, node.desc.tensors[0].count * sizeof *node.params);
        }
        for (uint32_t a = 0; a < 8; a++) {
            assert_int_equal(node.desc.type->hard_bit(&node.desc, node.params, 0, a, &margin),
                             cases[c].bit);
            assert_true(fabs(margin) < 1e-12);
        }
        single_node_free(&node);
    }
}

/* --- residual start --- */

static void check_residual(const char *type, const char *options, unsigned n, unsigned m,
                           double noise, struct rng *rng)
{
    struct single_node_shape shape = {.type = type, .inputs = n, .outputs = m, .options = options};
    struct single_node node;

    if (strcmp(type, "difflogic") == 0 && n == 1) return;
    expect_ok(single_node_create(&node, &shape, 16, &err));
    node.desc.type->init_residual(&node.desc, node.params, rng, 5.0, noise);
    expect_ok(node_check_params(&node.desc, node.params, &err));
    single_node_tabulate(&node);
    for (unsigned o = 0; o < m; o++) {
        for (uint32_t a = 0; a < node.desc.table_size; a++) {
            float soft = node.table[o * node.desc.table_size + a];

            if (node.desc.type->hard_bit(&node.desc, node.params, o, a, NULL) != (a & 1) ||
                (noise == 0 && fabsf(soft - (float)(a & 1)) > 0.07F))
                fail_msg("%s (%s) n = %u m = %u: address %u gives %g, not input 0", type,
                         options != NULL ? options : "defaults", n, m, a, (double)soft);
        }
    }
    single_node_free(&node);
}

static void test_residual(void **state)
{
    static const char *const more[] = {"activation: sigmoid, depth: 4, hidden_width: 3",
                                       "activation: leakyrelu, depth: 5, skip_interval: 2",
                                       "depth: 1"};
    size_t count;
    const struct node_type *const *types = node_types(&count);
    struct rng rng;

    (void)state;
    rng_seed(&rng, 16, 0);
    assert_int_equal(count, 10);
    for (unsigned n = 1; n <= 8; n++) {
        for (size_t t = 0; t < count; t++) {
            check_residual(types[t]->name, NULL, n, n % 3 + 1, 0.0, &rng);
            check_residual(types[t]->name, NULL, n, 1, 0.01, &rng);
        }
        for (size_t k = 0; k < 3; k++)
            check_residual("neurallut", more[k], n, 2, 0.0, &rng);
        check_residual("fourier", "use_all_frequencies: true, max_amplitude: 0.5", n, 2, 0.0, &rng);
    }
}

/* --- initial values --- */

/* Mean and standard deviation of the first tensor, and what it may not leave. */
static void test_init(void **state)
{
    static const struct {
        const char *type;
        double mean, deviation, low, high;
    } cases[] = {
        {"linear_lut", 0, 0.1, -1, 1},
        {"polylut", 0, 0.1, -1, 1},
        {"dwn", 0.5, 0.288675, 0, 1},
        {"dwn_stable", 0, 0.1, -1, 1},
        {"probabilistic", 0, 1, -7, 7},
        {"hybrid", 0, 0.1, -1, 1},
        {"fourier", 0.05, 0.0288675, 0, 0.1},
        {"difflogic", 0, 1, -7, 7},
        {"warp", 0, 0.1, -1, 1},
        {"neurallut", 0, 0.235702, -0.408249, 0.408249},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct single_node_shape shape = {.type = cases[c].type, .inputs = 6, .outputs = 2};
        double sum = 0, squares = 0, count = 0;
        struct single_node node;
        struct rng rng;

        rng_seed(&rng, 17, c);
        expect_ok(single_node_create(&node, &shape, 16, &err));
        for (size_t k = 0; k < 400; k++) {
            node.desc.type->init(&node.desc, node.params, &rng);
            for (size_t i = 0; i < node.desc.tensors[0].count; i++, count++) {
                double x = (double)node.params[i];

                assert_true(x >= cases[c].low && x <= cases[c].high);
                sum += x;
                squares += x * x;
            }
        }
        assert_true(fabs(sum / count - cases[c].mean) < 5 * cases[c].deviation / sqrt(count));
        assert_true(
            near(sqrt(squares / count - sum / count * (sum / count)), cases[c].deviation, 0.04, 0));
        single_node_free(&node);
    }
}

/* Every ordered pair of inputs comes up, none twice the same. */
static void test_difflogic_indices(void **state)
{
    struct single_node_shape shape = {.type = "difflogic", .inputs = 4, .outputs = 3};
    unsigned seen[4][4] = {{0}};
    struct single_node node;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 18, 0);
    expect_ok(single_node_create(&node, &shape, 16, &err));
    for (size_t k = 0; k < 400; k++) {
        const float *index = node.params + node.desc.tensors[1].offset;

        node.desc.type->init(&node.desc, node.params, &rng);
        for (unsigned o = 0; o < 3; o++)
            seen[(unsigned)index[2 * o]][(unsigned)index[2 * o + 1]]++;
    }
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < 4; b++)
            assert_true(a == b ? seen[a][b] == 0 : seen[a][b] > 60 && seen[a][b] < 140);
    }
    single_node_free(&node);
}

/* The buffers the original made are the ones we make. */
static void test_buffers_as_original(void **state)
{
    static const char *const files[][3] = {
        {"fourier_v0_n4_o1.safetensors", "frequencies", "use_all_frequencies: true"},
        {"fourier_v0_n6_o2.safetensors", "frequencies", "use_all_frequencies: true"},
        {"polylut_v0_n3_o1.safetensors", "exponent_matrix", "degree: 1"},
        {"polylut_v2_n6_o1.safetensors", "exponent_matrix", "degree: 3"},
        {"difflogic_v0_n3_o1.safetensors", "truth_tables", ""},
        {"dwn_v0_n6_o1.safetensors", "alpha", ""},
        {"dwn_v0_n6_o1.safetensors", "beta", ""},
        {"dwn_stable_v0_n6_o1.safetensors", "gradient_scale", ""},
    };

    (void)state;
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        struct golden golden;
        struct rng rng;
        char name[64];

        golden_open(&golden, "nodes", files[f][0]);
        golden.outputs = (unsigned)atoi(metadata(&golden, "output_dim"));
        expect_ok(single_node_create(&golden.node,
                                     &(struct single_node_shape){
                                         .type = metadata(&golden, "node_type"),
                                         .inputs = golden.inputs,
                                         .outputs = golden.outputs,
                                         .options = files[f][2],
                                     },
                                     GOLDEN_SAMPLES, &err));
        rng_seed(&rng, 19, f);
        golden.node.desc.type->init(&golden.node.desc, golden.node.params, &rng);
        for (size_t t = 0; t < golden.node.desc.num_tensors; t++) {
            const struct node_tensor *tensor = &golden.node.desc.tensors[t];
            const float *expected;

            if (strcmp(tensor->name, files[f][1]) != 0) continue;
            snprintf(name, sizeof name, "state.%s", tensor->name);
            expected = floats_of(&golden, name, tensor->count);
            for (size_t i = 0; i < tensor->count; i++)
                compare(&golden, name, golden.node.params[tensor->offset + i], expected[i], i);
        }
        golden_close(&golden);
    }
}

/* --- compatibility --- */

/* hybrid: at a bit the original passes no gradient, ours the difference; in between they agree. */
static void test_hybrid_compat(void **state)
{
    float grad[2][3];

    (void)state;
    for (unsigned upstream = 0; upstream < 2; upstream++) {
        struct single_node_shape shape = {
            .type = "hybrid", .inputs = 3, .outputs = 1, .upstream = upstream};
        struct single_node node;
        struct rng rng;

        rng_seed(&rng, 20, 0);
        expect_ok(single_node_create(&node, &shape, 16, &err));
        node.desc.type->init(&node.desc, node.params, &rng);
        node.in[0][0] = 1.0F;
        node.in[1][0] = 0.0F;
        node.in[2][0] = 0.375F;
        node.grad_out[0][0] = 100.0F;
        single_node_tabulate(&node);
        single_node_backward_inputs(&node);
        for (unsigned j = 0; j < 3; j++)
            grad[upstream][j] = node.grad_in[j][0];
        single_node_free(&node);
    }
    assert_true(grad[1][0] == 0.0F && grad[1][1] == 0.0F);
    assert_true(fabsf(grad[0][0]) > 0.01F && fabsf(grad[0][1]) > 0.01F);
    assert_true(near((double)grad[1][2], (double)grad[0][2], 1e-5, 0));
}

static void test_fourier_penalty(void **state)
{
    static const struct {
        bool upstream;
        const char *options;
        double weight;
    } cases[] = {{false, NULL, 0}, {true, NULL, 0.01}, {true, "amplitude_penalty: 0.5", 0.5}};

    (void)state;
    for (size_t c = 0; c < 3; c++) {
        struct single_node_shape shape = {.type = "fourier",
                                          .inputs = 2,
                                          .outputs = 1,
                                          .upstream = cases[c].upstream,
                                          .options = cases[c].options};
        float grad[16] = {0};
        struct single_node node;

        expect_ok(single_node_create(&node, &shape, 16, &err));
        node.params[0] = 2.0F;
        node.params[1] = -3.0F;
        assert_true(near(node.desc.type->penalty(&node.desc, node.params, grad),
                         5 * cases[c].weight, 1e-6, 0));
        assert_true(near((double)grad[0], cases[c].weight, 1e-6, 0));
        assert_true(near((double)grad[1], -cases[c].weight, 1e-6, 0));
        assert_true(grad[2] == 0.0F && grad[4] == 0.0F);
        assert_true(near(node.desc.type->penalty(&node.desc, node.params, NULL),
                         5 * cases[c].weight, 1e-6, 0));
        single_node_free(&node);
    }
}

/* One input, frequencies 0 and 0.5: y = clamp(b + A_0 cos(phi_0) + A_1 cos(pi x + phi_1)). */
static void fourier_node(struct single_node *node, bool upstream, float a0, float a1, float bias)
{
    struct single_node_shape shape = {.type = "fourier",
                                      .inputs = 1,
                                      .outputs = 1,
                                      .upstream = upstream,
                                      .options = "use_all_frequencies: true, max_amplitude: 2"};
    const float params[] = {a0, a1, 0, 0, bias, 0, 0.5F};

    expect_ok(single_node_create(node, &shape, 16, &err));
    assert_int_equal(node->desc.num_params, 7);
    memcpy(node->params, params, sizeof params);
    single_node_tabulate(node);
}

/* Where ours and the original part: between corners, at the clamp, and in what amplitudes are shared
 * by. */
static void test_fourier_ours(void **state)
{
    struct single_node node;

    (void)state;
    for (int upstream = 0; upstream < 2; upstream++) {
        float sign = upstream ? -1.0F : 1.0F; /* of what amplitudes are divided by */

        fourier_node(&node, upstream, 0.1F, 0.1F, 0);
        node.in[0][0] = 0.25F; /* table 1 (from 2), 0 */
        single_node_forward(&node);
        assert_true(near((double)node.out[0][0], upstream ? 1 : 0.75, 1e-6, 0));

        node.in[0][0] = 0; /* y = 2: a step down leads back, a step up does not */
        node.grad_out[0][0] = 1;
        single_node_backward_params(&node, false);
        assert_true(near((double)node.grad_params[4], upstream ? 0 : 1, 1e-6, 1e-9));
        single_node_free(&node);

        fourier_node(&node, upstream, 0.1F, 0.1F, 0);
        node.grad_out[0][0] = -1;
        single_node_backward_params(&node, false);
        assert_true(node.grad_params[4] == 0.0F);
        single_node_free(&node);

        fourier_node(&node, upstream, 0.1F, -0.3F, 0.5F);
        assert_int_equal(node.desc.type->hard_bit(&node.desc, node.params, 0, 0, NULL), sign < 0);
        assert_int_equal(node.desc.type->hard_bit(&node.desc, node.params, 0, 1, NULL), sign > 0);
        single_node_free(&node);
    }
}

/* neurallut: tau falls by ten every tau_decay_iters steps down to tau_min; straight through rounds. */
static void test_neurallut_schedule(void **state)
{
    static const struct {
        uint64_t step;
        double tau;
    } cases[] = {{0, 2}, {50, 0.632455532}, {100, 0.2}, {1000, 0.05}, {UINT64_MAX, 0.05}};
    struct single_node_shape shape = {
        .type = "neurallut",
        .inputs = 1,
        .outputs = 1,
        .options = "depth: 1, tau_start: 2, tau_decay_iters: 100, tau_min: 0.05"};
    float row[16] __attribute__((aligned(SIMD_ALIGN))) = {0};
    const float *rows[1] = {row};
    struct node_noise noise = {.logistic = rows};
    struct single_node node;

    (void)state;
    expect_ok(single_node_create(&node, &shape, 16, &err));
    node.params[1] = 0.1F; /* the bias is the logit */
    node.noise = &noise;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        noise.step = cases[c].step;
        single_node_forward(&node);
        assert_true(
            near((double)node.out[0][0], 1 / (1 + exp(-(double)0.1F / cases[c].tau)), 1e-5, 0));
    }
    single_node_free(&node);
    shape.options = "depth: 1, ste: true";
    expect_ok(single_node_create(&node, &shape, 16, &err));
    node.noise = &noise;
    row[1] = 0.25F;
    single_node_forward(&node);
    assert_true(node.out[0][0] == 0.0F && node.out[0][1] == 1.0F); /* a half is no bit yet */
    single_node_free(&node);
}

/* A layer's noise: with logit 0 and tau 1 the output is the uniform draw itself, the same whenever it
 * is asked for, another for every key, instance, output and sample; without noise it is a half. */
static void test_layer_noise(void **state)
{
    enum { INPUTS = 16, WIDTH = 40, OUTPUTS = 2 * WIDTH };
    static float in[(INPUTS + 1) * LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    static float out[3][OUTPUTS * LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    static const char text[] = "model_type: feedforward\nlayer_type: random\nnode_type: neurallut\n"
                               "encoder_config: {name: thermometer, num_bits: 1}\n"
                               "node_input_dim: 4\nlayer_widths: [40]\nnum_classes: 2\n"
                               "input_size: 16\ndataset: digits\nnode_config: {output_dim: 2}\n";
    struct layer_shape shape = {.channels = INPUTS, .height = 1, .width = 1, .depth = 1};
    struct layer_noise noise = {.on = true, .key = 5, .first = 128};
    struct layer_tile tile = {.in = in, .noise = &noise, .grad_group = 1};
    struct layer_list layers = {0};
    struct config *config = NULL;
    double sum = 0, squares = 0, count = OUTPUTS * LAYER_TILE;

    (void)state;
    expect_ok(config_parse(&config, text, sizeof text - 1, "node.yaml", &err));
    expect_ok(layer_append(&layers, &shape, config, 0, &err)); /* all parameters 0 */
    for (size_t k = 0; k < 3; k++) {
        tile.out = out[k];
        noise.key = k < 2 ? 5 : 6;
        layer_forward(layers.items[0], &tile, LAYER_TILE);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    for (size_t i = 0; i < OUTPUTS * LAYER_TILE; i++) {
        double u = (double)out[0][i];

        assert_true(u > 0 && u < 1);
        assert_true(out[0][i] != out[2][i]);
        assert_true(i == 0 || out[0][i] != out[0][i - 1]);
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
    }
    assert_true(fabs(sum / count - 0.5) < 5 * 0.288675 / sqrt(count));
    assert_true(near(squares / count, 1.0 / 12, 0.05, 0));
    noise.on = false;
    layer_forward(layers.items[0], &tile, LAYER_TILE);
    assert_true(out[2][0] == 0.5F && out[2][OUTPUTS * LAYER_TILE - 1] == 0.5F);
    layer_list_free(&layers);
    config_free(config);
}

/* --- kernels --- */

static void fill_random(float *values, size_t count, struct rng *rng)
{
    for (size_t i = 0; i < count; i++)
        values[i] = rng_float(rng) - 0.5F;
}

static double product(const float *const *in, size_t s, unsigned n, size_t a, unsigned except)
{
    double p = 1;

    for (unsigned j = 0; j < n; j++) {
        double x = (double)in[j][s];

        if (j != except) p *= a >> j & 1 ? x : 1 - x;
    }
    return p;
}

static void check_multilinear(unsigned n, struct rng *rng)
{
    enum { SAMPLES = 32 };
    static float table[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    static float grad_table[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    static float rows[2 * NODE_MAX_INPUTS + 2][SAMPLES] __attribute__((aligned(SIMD_ALIGN)));
    const float *in[NODE_MAX_INPUTS], *g = rows[2 * NODE_MAX_INPUTS];
    float *grad_in[NODE_MAX_INPUTS], *out = rows[2 * NODE_MAX_INPUTS + 1];
    size_t size = (size_t)1 << n, stride = n > 8 ? 7 : 1;

    fill_random(table, size, rng);
    fill_random(&rows[0][0], sizeof rows / sizeof rows[0][0], rng);
    for (unsigned j = 0; j < n; j++) {
        in[j] = rows[j];
        for (size_t s = 0; s < SAMPLES; s++)
            rows[j][s] += 0.5F;
        grad_in[j] = rows[NODE_MAX_INPUTS + j];
        memset(grad_in[j], 0, sizeof rows[0]);
    }
    memset(grad_table, 0, sizeof grad_table);
    multilinear_forward(n, table, in, out, SAMPLES);
    multilinear_backward_inputs(n, table, in, g, grad_in, SAMPLES);
    multilinear_backward_table(n, in, g, grad_table, SAMPLES);
    for (size_t s = 0; s < SAMPLES; s += stride) {
        double y = 0, slope[NODE_MAX_INPUTS] = {0};

        for (size_t a = 0; a < size; a++) {
            y += (double)table[a] * product(in, s, n, a, n);
            for (unsigned j = 0; j < n; j++)
                slope[j] += (a >> j & 1 ? 1 : -1) * (double)table[a] * product(in, s, n, a, j);
        }
        assert_true(near((double)out[s], y, 1e-5, 2e-6));
        for (unsigned j = 0; j < n; j++)
            assert_true(near((double)grad_in[j][s], slope[j] * (double)g[s], 1e-5, 2e-6));
    }
    for (size_t a = 0; a < size; a += stride) {
        double sum = 0;

        for (size_t s = 0; s < SAMPLES; s++)
            sum += (double)g[s] * product(in, s, n, a, n);
        assert_true(near((double)grad_table[a], sum, 1e-5, 2e-6));
    }
}

static void test_multilinear(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 21, 0);
    printf("# seed 21\n");
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++)
        check_multilinear(n, &rng);
}

static void test_walsh(void **state)
{
    static float values[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    static float spectrum[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    struct rng rng;

    (void)state;
    rng_seed(&rng, 22, 0);
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
        size_t size = (size_t)1 << n, step = n > 8 ? 37 : 1;

        fill_random(values, size, &rng);
        memcpy(spectrum, values, size * sizeof *values);
        walsh_transform(n, spectrum);
        for (size_t w = 0; w < size; w += step) {
            double sum = 0;

            for (size_t a = 0; a < size; a++)
                sum += __builtin_parityll(w & a) ? -(double)values[a] : (double)values[a];
            assert_true(near((double)spectrum[w], sum, 1e-5, 2e-5));
        }
    }
}

/* The definition of SPEC 1.4 and 1.5 at one address: weight[h] multiplies entries at distance h. */
static double slope_by_definition(unsigned n, const float *table, const double *weight, unsigned j,
                                  size_t a)
{
    double sum = 0;

    for (size_t k = 0; k < (size_t)1 << n; k++) {
        unsigned distance = (unsigned)__builtin_popcountll((a ^ k) & ~((size_t)1 << j));

        sum += (k >> j & 1 ? 1 : -1) * (double)table[k] * weight[distance];
    }
    return sum;
}

static void check_extended(unsigned n, bool harmonic, double scale, double beta, struct rng *rng)
{
    static float table[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    static float smooth[1 << NODE_MAX_INPUTS] __attribute__((aligned(SIMD_ALIGN)));
    double eigenvalue[NODE_MAX_INPUTS], weight[NODE_MAX_INPUTS], most = 0;
    size_t size = (size_t)1 << n, step = n > 7 ? size / 32 + 1 : 1;

    fill_random(table, size, rng);
    for (unsigned h = 0; h < n; h++) {
        weight[h] = harmonic ? scale / (h + 1) : scale * pow(beta, h);
        most += weight[h];
    }
    if (harmonic)
        extended_difference_harmonic(n, scale, eigenvalue);
    else
        extended_difference_geometric(n, scale, beta, eigenvalue);
    extended_difference(n, table, eigenvalue, smooth);
    for (unsigned j = 0; j < n; j++) {
        for (size_t a = 0; a < size; a += step) {
            double expected = slope_by_definition(n, table, weight, j, a);
            size_t bit = (size_t)1 << j;
            double slope = (double)(smooth[a | bit] - smooth[a & ~bit]);

            if (!near(slope, expected, 1e-5, 1e-5 * most * n))
                fail_msg("n = %u beta = %g: slope %u at %zu is %g, not %g", n, beta, j, a, slope,
                         expected);
        }
    }
}

static void test_extended_difference(void **state)
{
    static const double betas[] = {0, 1.0 / 3, 0.5, 0.999, 1};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 23, 0);
    printf("# seed 23\n");
    for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
        for (size_t b = 0; b < sizeof betas / sizeof betas[0]; b++)
            check_extended(n, false, 0.3, betas[b], &rng);
        check_extended(n, true, 1.25, 0, &rng);
    }
}

/* --- refusals --- */

static void expect_refused(const struct single_node_shape *shape, const char *words)
{
    struct single_node node;

    memset(&err, 0, sizeof err);
    assert_int_equal(single_node_create(&node, shape, 16, &err), ERR_ARG);
    if (strstr(err.message, words) == NULL)
        fail_msg("the message \"%s\" does not say \"%s\"", err.message, words);
}

static void test_refused_options(void **state)
{
    static const struct {
        const char *type, *options, *words;
        unsigned inputs;
    } cases[] = {
        {"difflogic", NULL, "at least 2 inputs", 1},
        {"difflogc", NULL, "difflogic", 6},
        {"difflogic", "eval_mode: soft", "deterministic", 6},
        {"polylut", "degre: 2", "degree", 6},
        {"polylut", "degree: 0", "degree", 6},
        {"polylut", "degree: 13", "degree", 6},
        {"polylut", "degree: 6", "18564 monomials", 12},
        {"polylut", "alpha: 0.5", "degree", 6},
        {"dwn", "beta: 1.5", "beta", 6},
        {"dwn", "alpha: -1", "alpha", 6},
        {"dwn", "alpha: some", "alpha", 6},
        {"dwn_stable", "gradient_scale: -1", "gradient_scale", 6},
        {"neurallut", "depth: 9", "depth", 6},
        {"neurallut", "depth: 0", "depth", 6},
        {"neurallut", "hidden_width: 65", "hidden_width", 6},
        {"neurallut", "activation: tanh", "leakyrelu", 6},
        {"neurallut", "tau_start: 0", "tau_start", 6},
        {"fourier", "max_amplitude: -1", "max_amplitude", 6},
        {"fourier", "use_all_frequencies: 7", "use_all_frequencies", 6},
        {"warp", "eval_mode: softly", "threshold", 6},
        {"linear_lut", "degree: 2", "output_dim", 6},
        {"hybrid", "output_dim: 2", "output_dim", 6}, /* given twice */
    };
    struct single_node_shape many = {.type = "hybrid", .inputs = 6, .outputs = 17};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        expect_refused(&(struct single_node_shape){.type = cases[c].type,
                                                   .inputs = cases[c].inputs,
                                                   .outputs = 1,
                                                   .options = cases[c].options},
                       cases[c].words);
    expect_refused(&many, "output_dim");
    many.outputs = 0;
    expect_refused(&many, "output_dim");
    many.outputs = 1;
    many.inputs = 13;
    expect_refused(&many, "node_input_dim");
}

/* With a type per layer, an option is read by the layers whose type knows it. */
static void test_options_per_layer(void **state)
{
    static const char text[] = "model_type: feedforward\nlayer_type: random\n"
                               "node_type: [polylut, dwn, warp]\n"
                               "encoder_config: {name: thermometer, num_bits: 1}\n"
                               "node_input_dim: [4, 3, 2]\nlayer_widths: [8, 4, 4]\n"
                               "num_classes: 2\ninput_size: 16\ndataset: digits\n"
                               "node_config: {degree: 2, beta: 0.25, output_dim: 2}\n";
    static const size_t params[] = {15 * 2 + 15 * 4, 16 + 2, 8};
    struct config *config = NULL;

    (void)state;
    expect_ok(config_parse(&config, text, sizeof text - 1, "node.yaml", &err));
    for (size_t l = 0; l < 3; l++) {
        struct node_desc desc;

        expect_ok(node_describe(&desc, config, l, &err));
        assert_int_equal(desc.num_params, params[l]);
        node_desc_free(&desc);
    }
    config_free(config);
}

/* A block whose value at `index` of the tensor is `value` is refused with these words. */
static void expect_bad(const char *type, size_t tensor, size_t index, float value,
                       const char *words)
{
    struct single_node_shape shape = {.type = type, .inputs = 3, .outputs = 2};
    struct single_node node;
    struct rng rng;

    rng_seed(&rng, 24, 0);
    expect_ok(single_node_create(&node, &shape, 16, &err));
    node.desc.type->init(&node.desc, node.params, &rng);
    expect_ok(node_check_params(&node.desc, node.params, &err));
    node.params[node.desc.tensors[tensor].offset + index] = value;
    assert_int_equal(node_check_params(&node.desc, node.params, &err), ERR_FORMAT);
    if (strstr(err.message, words) == NULL)
        fail_msg("the message \"%s\" does not say \"%s\"", err.message, words);
    single_node_free(&node);
}

static void test_refused_params(void **state)
{
    struct single_node_shape shape = {.type = "difflogic", .inputs = 3, .outputs = 1};
    struct single_node node;
    struct rng rng;

    (void)state;
    expect_bad("difflogic", 0, 3, NAN, "weights[3] is not a finite number");
    expect_bad("warp", 0, 1, INFINITY, "coefficients[1] is not a finite number");
    expect_bad("difflogic", 1, 2, 3, "indices[1][0] is 3, not an input below 3");
    expect_bad("difflogic", 1, 0, -1, "indices[0][0] is -1");
    expect_bad("difflogic", 1, 1, 0.5F, "indices[0][1] is 0.5");
    expect_bad("difflogic", 1, 1, 1e30F, "indices[0][1] is 1e+30");
    expect_bad("difflogic", 2, 5, 1, "truth_tables[1][1] is 1");
    expect_bad("fourier", 3, 4, 1, "frequencies[1][1] is 1, not 0 or 0.5");
    expect_bad("polylut", 1, 0, 2, "exponent_matrix[0][0] is 2");
    expect_bad("polylut", 1, 59, 1, "another order or degree");
    rng_seed(&rng, 25, 0);
    expect_ok(single_node_create(&node, &shape, 16, &err));
    node.desc.type->init(&node.desc, node.params, &rng);
    node.params[node.desc.tensors[1].offset] = node.params[node.desc.tensors[1].offset + 1];
    assert_int_equal(node_check_params(&node.desc, node.params, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "twice, two inputs are needed"));
    single_node_free(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_nodes),
        cmocka_unit_test(test_golden_residual),
        cmocka_unit_test(test_buffers_as_original),
        cmocka_unit_test(test_central_differences),
        cmocka_unit_test(test_or),
        cmocka_unit_test(test_difference_notices),
        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_hard_bits),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_difflogic_indices),
        cmocka_unit_test(test_hybrid_compat),
        cmocka_unit_test(test_fourier_penalty),
        cmocka_unit_test(test_fourier_ours),
        cmocka_unit_test(test_neurallut_schedule),
        cmocka_unit_test(test_layer_noise),
        cmocka_unit_test(test_multilinear),
        cmocka_unit_test(test_walsh),
        cmocka_unit_test(test_extended_difference),
        cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_options_per_layer),
        cmocka_unit_test(test_refused_params),
    };

    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
