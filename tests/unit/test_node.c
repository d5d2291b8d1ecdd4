/* Node types: the original library's numbers (tests/golden/nodes, residual_init), central differences,
 * corners, hard bits and the kernels they rest on. */
#include "base/rng.h"
#include "model/safetensors.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_nodes),
        cmocka_unit_test(test_golden_residual),
    };

    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
