/* Regularisers: by hand, against central differences through every node type, against sums written
 * out, and upstream's variants against the original library's numbers. */
#include "base/file.h"
#include "base/rng.h"
#include "model/safetensors.h"
#include "single_node.h"
#include "train/regularizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

static struct err err;

static void expect_ok(enum err_status status)
{
    if (status != ERR_OK) fail_msg("%s", err.message);
}

static bool near(double found, double expected, double relative, double absolute)
{
    return fabs(found - expected) <= absolute + relative * fabs(expected);
}

/* A node and its regulariser `text` ("l: {weight: 1, p: 3}"), both from one configuration. */
struct setting {
    struct config *config;
    struct single_node node;
    struct regularizer_use use;
};

static void set_up(struct setting *setting, const struct single_node_shape *shape, const char *name,
                   const char *options)
{
    struct config_regularizer *wanted;
    char assignment[200];

    expect_ok(single_node_config(&setting->config, shape, &err));
    snprintf(assignment, sizeof assignment, "runtime.regularizers.%s.weight=1", name);
    expect_ok(config_set(setting->config, assignment, &err));
    if (options != NULL) {
        snprintf(assignment, sizeof assignment, "runtime.regularizers.%s.%s", name, options);
        expect_ok(config_set(setting->config, assignment, &err));
    }
    wanted = &setting->config->runtime.regularizers[0];
    assert_string_equal(wanted->name, name);
    expect_ok(regularizer_read(&setting->use, setting->config, 0, &err));
    expect_ok(single_node_create(&setting->node, shape, NODE_MAX_SAMPLES, &err));
}

static void tear_down(struct setting *setting)
{
    single_node_free(&setting->node);
    config_free(setting->config);
}

static double value_of(const struct setting *setting)
{
    return setting->use.rule->value(&setting->use, &setting->node.desc, setting->node.params,
                                    setting->node.table);
}

static void gradient_of(struct setting *setting, float scale)
{
    struct single_node *node = &setting->node;
    const struct node_desc *desc = &node->desc;

    memset(node->grad_table, 0, desc->num_outputs * desc->table_size * sizeof(float));
    memset(node->grad_params, 0, desc->num_params * sizeof(float));
    setting->use.rule->gradient(&setting->use, desc, node->params, node->table, scale,
                                node->grad_table, node->grad_params);
    desc->type->tabulate_backward(desc, node->params, node->table, node->grad_table,
                                  node->grad_params);
}

/* --- by hand --- */

static void test_by_hand(void **state)
{
    static const struct {
        const char *name, *options;
        double value; /* of the two-input table 0.5 0.25 0.75 0.25 */
    } cases[] = {
        {"entropy", NULL, (1 + 3 * 0.8112781244591328) / 4},
        {"clarity", NULL, (1 + 3 * 0.75) / 4},
        /* pairs: bit 0: .25, .5; bit 1: .25, 0 */
        {"l1", NULL, 2 * (0.25 + 0.5 + 0.25) / 8},
        {"l2", NULL, 2 * (0.0625 + 0.25 + 0.0625) / 8},
        {"l", NULL, 2 * (0.0625 + 0.25 + 0.0625) / 8},
        {"functional", "p=3", 2 * (0.015625 + 0.125 + 0.015625) / 8},
        /* root mean squares of those pairs, mean of the two; smoothed by 1e-2 */
        {"inputs", NULL, (0.3954111784 + 0.1770593123) / 2 - 1e-2},
        /* spectrum: .4375; .1875, -.0625; -.0625 */
        {"spectral", NULL, 0.1875 * 0.1875 + 3 * 0.0625 * 0.0625},
        {"walsh", "degree_power=2", 0.1875 * 0.1875 + 5 * 0.0625 * 0.0625},
        {"fourier", "degree_power=0", (0.25 + 2 * 0.0625 + 0.5625) / 4},
    };
    static const float table[] = {0.5F, 0.25F, 0.75F, 0.25F};
    struct single_node_shape shape = {.type = "dwn", .inputs = 2, .outputs = 1};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct setting setting;

        set_up(&setting, &shape, cases[i].name, cases[i].options);
        memcpy(setting.node.table, table, sizeof table);
        if (!near(value_of(&setting), cases[i].value, 1e-6, 0))
            fail_msg("%s: %.9g, expected %.9g", cases[i].name, value_of(&setting), cases[i].value);
        tear_down(&setting);
    }
}

/* The two that look at neighbours say the same: l with p = 2 is 4 / n times the degree-weighted
 * spectrum. */
static void test_parseval(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 12; n++) {
        struct single_node_shape shape = {.type = "dwn", .inputs = n, .outputs = 1};
        struct setting functional, spectral;
        struct rng rng;

        set_up(&functional, &shape, "l2", NULL);
        set_up(&spectral, &shape, "spectral", NULL);
        rng_seed(&rng, 8, n);
        for (size_t a = 0; a < functional.node.desc.table_size; a++)
            functional.node.table[a] = spectral.node.table[a] = rng_float(&rng);
        if (!near(value_of(&functional), 4.0 / n * value_of(&spectral), 1e-5, 0))
            fail_msg("n = %u: %g, %g", n, value_of(&functional), value_of(&spectral));
        tear_down(&functional);
        tear_down(&spectral);
    }
}

/* --- gradients --- */

static size_t check_gradient(const char *type, unsigned inputs, unsigned outputs, const char *name,
                             const char *options, uint64_t seed)
{
    struct single_node_shape shape = {.type = type, .inputs = inputs, .outputs = outputs};
    struct setting setting;
    /* inputs bends within its smoothing */
    const float scale = 0.7F, step = strcmp(name, "inputs") == 0 ? 0x1p-11F : 0x1p-8F;
    struct rng rng;
    size_t checked;

    if (strcmp(type, "fourier") == 0) shape.options = "max_amplitude: 0.4"; /* far from its clamp */
    set_up(&setting, &shape, name, options);
    rng_seed(&rng, seed, 0);
    setting.node.desc.type->init(&setting.node.desc, setting.node.params, &rng);
    for (size_t i = 0; strcmp(type, "dwn") == 0 && i < setting.node.desc.num_params; i++)
        setting.node.params[i] =
            0.1F + 0.8F * setting.node.params[i]; /* the entropy is steep at 0 */
    for (size_t i = 0; strcmp(type, "fourier") == 0 && i < setting.node.desc.tensors[0].count; i++)
        setting.node.params[i] += 0.01F; /* the size of an amplitude has a kink at 0 */
    single_node_tabulate(&setting.node);
    gradient_of(&setting, scale);
    checked = setting.node.desc.num_trainable;
    for (size_t i = 0; i < checked; i++) {
        float *param = &setting.node.params[i], at = *param;
        double up, down, expected, found = (double)setting.node.grad_params[i];

        *param = at + step;
        single_node_tabulate(&setting.node);
        up = value_of(&setting);
        *param = at - step;
        single_node_tabulate(&setting.node);
        down = value_of(&setting);
        *param = at;
        expected = (double)scale * (up - down) / (2 * (double)step);
        if (strcmp(type, "dwn_stable") == 0) expected *= 1.25; /* its gradient_scale */
        if (!near(found, expected, 0.02, 1e-3))
            fail_msg("%s of %s, n = %u, m = %u, seed %lu: gradient %zu is %g, expected %g", name,
                     type, inputs, outputs, (unsigned long)seed, i, found, expected);
    }
    tear_down(&setting);
    return checked;
}

static void test_gradients(void **state)
{
    static const char *const settings[][2] = {{"entropy", NULL},
                                              {"clarity", NULL},
                                              {"l2", NULL},
                                              {"l", "p=3"},
                                              {"spectral", NULL},
                                              {"spectral", "degree_power=0.5"},
                                              {"functional", "p=1.5"},
                                              {"inputs", NULL}};
    size_t num_types, checked = 0;
    const struct node_type *const *types = node_types(&num_types);

    (void)state;
    for (size_t t = 0; t < num_types; t++) {
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
            for (unsigned n = 2; n <= 4; n++)
                checked += check_gradient(types[t]->name, n, n == 3 ? 2 : 1, settings[s][0],
                                          settings[s][1], 40 + n);
        }
    }
    print_message("%zu gradients of %zu node types\n", checked, num_types);
    assert_true(checked > 1000);
}

/* An input that a table ignores costs nothing and is not pushed; every number of inputs. */
static void test_inputs(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 6; n++) {
        struct single_node_shape shape = {.type = "dwn", .inputs = n, .outputs = 1};
        struct setting setting;

        check_gradient("probabilistic", n, 1, "inputs", NULL, 60 + n);
        check_gradient("dwn", n, 1, "group_lasso", NULL, 70 + n);
        set_up(&setting, &shape, "inputs", NULL);
        for (size_t a = 0; a < setting.node.desc.table_size; a++)
            setting.node.table[a] = (float)(a >> (n - 1)); /* the last input is passed on */
        assert_true(near(value_of(&setting), 1.0 / n, 1e-2, 0));
        memset(setting.node.grad_table, 0, setting.node.desc.table_size * sizeof(float));
        setting.use.rule->gradient(&setting.use, &setting.node.desc, setting.node.params,
                                   setting.node.table, 1.0F, setting.node.grad_table,
                                   setting.node.grad_params);
        for (size_t a = 0; a < setting.node.desc.table_size; a++) {
            double expected =
                (a >> (n - 1) ? 2.0 : -2.0) / ((double)setting.node.desc.table_size * (double)n);

            assert_true(near((double)setting.node.grad_table[a], expected, 1e-3, 0));
        }
        tear_down(&setting);
    }
}

/* l1 has a corner where two entries are equal: here they are far apart. */
static void test_gradient_l1(void **state)
{
    struct single_node_shape shape = {.type = "dwn", .inputs = 3, .outputs = 1};
    struct setting setting;

    (void)state;
    set_up(&setting, &shape, "l1", NULL);
    for (size_t a = 0; a < 8; a++)
        setting.node.params[a] = (float)(a * a % 7);
    single_node_tabulate(&setting.node);
    gradient_of(&setting, 1.0F);
    for (size_t a = 0; a < 8; a++) {
        double expected = 0;

        for (size_t bit = 1; bit < 8; bit *= 2) {
            float d = setting.node.params[a] - setting.node.params[a ^ bit];

            expected += 2.0 * ((d > 0) - (d < 0)) / 24;
        }
        assert_true(near((double)setting.node.grad_table[a], expected, 1e-6, 1e-7));
    }
    tear_down(&setting);
}

/* --- the original library's numbers --- */

enum { GOLDEN_INPUTS = 4, GOLDEN_SAMPLES = 8 };

static const float *golden_floats(const struct safetensors *file, const char *name, size_t count)
{
    const struct safetensors_tensor *tensor = safetensors_find(file, name);

    if (tensor == NULL || tensor->type != SAFETENSORS_F32 || tensor->count != count)
        fail_msg("no tensor %s of %zu floats", name, count);
    return tensor->data;
}

static void load_golden(struct setting *setting, const struct safetensors *file)
{
    const struct node_desc *desc = &setting->node.desc;
    const float *x = golden_floats(file, "x", GOLDEN_INPUTS * GOLDEN_SAMPLES);

    for (size_t t = 0; t < desc->num_tensors; t++) {
        char name[64];

        snprintf(name, sizeof name, "state.%s", desc->tensors[t].name);
        memcpy(setting->node.params + desc->tensors[t].offset,
               golden_floats(file, name, desc->tensors[t].count),
               desc->tensors[t].count * sizeof(float));
    }
    for (size_t i = 0; i < GOLDEN_INPUTS * (size_t)GOLDEN_SAMPLES; i++)
        setting->node.in[i % GOLDEN_INPUTS][i / GOLDEN_INPUTS] = x[i];
    single_node_tabulate(&setting->node);
}

/* The golden numbers were computed at given real inputs, where the trainer's variant draws bits. */
static double golden_value(struct setting *setting)
{
    const struct single_node *node = &setting->node;

    single_node_tabulate(&setting->node);
    if (strcmp(setting->use.name, "spectral") == 0) return value_of(setting);
    return regularizer_sensitivity(&node->desc, node->params, node->table,
                                   (const float *const *)node->in, GOLDEN_SAMPLES,
                                   setting->use.power);
}

static void flip_row(struct single_node *node, unsigned input)
{
    for (size_t s = 0; s < GOLDEN_SAMPLES; s++)
        node->in[input][s] = 1.0F - node->in[input][s];
}

/* The gradient at given inputs, which the trainer's variant has not: through the training pass at every
 * sample and at its neighbours. */
static void functional_gradient_at_inputs(struct setting *setting)
{
    struct single_node *node = &setting->node;
    float here[GOLDEN_SAMPLES], slopes[GOLDEN_SAMPLES] = {0};
    const float share = 1.0F / (GOLDEN_SAMPLES * GOLDEN_INPUTS * GOLDEN_INPUTS);

    memset(node->grad_table, 0, node->desc.table_size * sizeof(float));
    memset(node->grad_params, 0, node->desc.num_params * sizeof(float));
    single_node_forward(node);
    memcpy(here, node->out[0], sizeof here);
    for (unsigned i = 0; i < GOLDEN_INPUTS; i++) {
        flip_row(node, i);
        single_node_forward(node);
        for (size_t s = 0; s < GOLDEN_SAMPLES; s++) {
            float d = here[s] - node->out[0][s];
            float slope = share * (setting->use.power > 1 ? 2 * d : (float)((d > 0) - (d < 0)));

            slopes[s] += slope;
            node->grad_out[0][s] = -slope;
        }
        single_node_backward_samples(node, false);
        flip_row(node, i);
    }
    memcpy(node->grad_out[0], slopes, sizeof slopes);
    single_node_backward_samples(node, false);
    node->desc.type->tabulate_backward(&node->desc, node->params, node->table, node->grad_table,
                                       node->grad_params);
}

static void compare_gradient(struct setting *setting, const struct safetensors *file,
                             const char *path)
{
    const struct node_desc *desc = &setting->node.desc;

    gradient_of(setting, 1.0F);
    if (strcmp(setting->use.name, "spectral") != 0) {
        for (size_t i = 0; i < desc->num_params; i++) /* a figure without a gradient */
            assert_true(setting->node.grad_params[i] <= 0 && setting->node.grad_params[i] >= 0);
        functional_gradient_at_inputs(setting);
    }
    for (size_t t = 0; t < desc->num_tensors; t++) {
        const struct node_tensor *tensor = &desc->tensors[t];
        const struct safetensors_tensor *stored;
        char name[64];

        snprintf(name, sizeof name, "grad.%s", tensor->name);
        stored = safetensors_find(file, name);
        for (size_t i = 0; tensor->trainable && i < tensor->count; i++) {
            double expected = stored != NULL ? (double)((const float *)stored->data)[i] : 0;
            double found = (double)setting->node.grad_params[tensor->offset + i];

            if (!near(found, expected, 1e-4, 1e-6))
                fail_msg("%s: %s[%zu] is %g, expected %g", path, name, i, found, expected);
        }
    }
}

static void check_golden(const char *file_name)
{
    struct single_node_shape shape = {.inputs = GOLDEN_INPUTS, .outputs = 1, .upstream = true};
    struct safetensors *file = NULL;
    struct setting setting;
    char path[512];
    double expected;

    snprintf(path, sizeof path, "tests/golden/regularizers/%s", file_name);
    expect_ok(safetensors_read(&file, path, &err));
    shape.type = safetensors_metadata(file, "node_type");
    set_up(&setting, &shape, safetensors_metadata(file, "regularizer"), NULL);
    assert_true(setting.use.upstream);
    load_golden(&setting, file);
    expected = (double)*golden_floats(file, "value", 1);
    if (!near(golden_value(&setting), expected, 1e-5, 1e-6))
        fail_msg("%s: %.9g, expected %.9g", path, golden_value(&setting), expected);
    compare_gradient(&setting, file, path);
    tear_down(&setting);
    safetensors_free(file);
}

static void test_golden(void **state)
{
    DIR *folder = opendir("tests/golden/regularizers");
    const struct dirent *entry;
    size_t cases = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (strstr(entry->d_name, ".safetensors") == NULL) continue;
        check_golden(entry->d_name);
        cases++;
    }
    closedir(folder);
    print_message("# golden: %zu regularisers\n", cases);
    assert_int_equal(cases, 21);
}

/* Upstream's draw: near the exact figure / n, the same for the same seed. */
static void test_upstream_draws(void **state)
{
    struct single_node_shape shape = {.type = "probabilistic", .inputs = 4, .outputs = 2};
    struct setting exact, drawn;
    struct rng rng;

    (void)state;
    set_up(&exact, &shape, "l1", NULL);
    shape.upstream = true;
    set_up(&drawn, &shape, "l1", "num_samples=5000");
    assert_int_equal(drawn.use.num_samples, 5000);
    rng_seed(&rng, 3, 3);
    exact.node.desc.type->init(&exact.node.desc, exact.node.params, &rng);
    memcpy(drawn.node.params, exact.node.params, exact.node.desc.num_params * sizeof(float));
    single_node_tabulate(&exact.node);
    single_node_tabulate(&drawn.node);
    assert_true(near(value_of(&drawn), value_of(&exact) / 4, 0.03, 0));
    assert_true(near(value_of(&drawn), value_of(&drawn), 0, 0));
    tear_down(&exact);
    tear_down(&drawn);
}

static void test_complaints(void **state)
{
    static const struct {
        const char *assignment, *message;
    } cases[] = {
        {"runtime.regularizers.entropi=1", "did you mean entropy?"},
        {"runtime.regularizers.l1.p=1", "runtime.regularizers.l1.p: unknown key"},
        {"runtime.regularizers.l.p=0.5", "expected a number from 1 to 16"},
        {"runtime.regularizers.entropy.p=2", "unknown key"},
    };
    struct single_node_shape shape = {.type = "dwn", .inputs = 2, .outputs = 1};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = NULL;
        struct regularizer_use use;
        char weight[100];

        expect_ok(single_node_config(&config, &shape, &err));
        snprintf(weight, sizeof weight, "runtime.regularizers.%.*s=1",
                 (int)strcspn(cases[i].assignment + 21, ".="), cases[i].assignment + 21);
        expect_ok(config_set(config, weight, &err));
        expect_ok(config_set(config, cases[i].assignment, &err));
        assert_int_equal(regularizer_read(&use, config, 0, &err), ERR_ARG);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%s", err.message);
        config_free(config);
    }
}

/* docs/training.md names every regulariser, alias and option. */
static void test_documented(void **state)
{
    size_t count, size = 0;
    const struct regularizer *const *list = regularizer_list(&count);
    uint8_t *page = NULL;

    (void)state;
    assert_int_equal(count, 7);
    expect_ok(file_read("docs/training.md", 1 << 20, &page, &size, &err));
    for (size_t r = 0; r < count; r++) {
        char quoted[80];

        for (size_t a = 0; a < 3 && list[r]->names[a] != NULL; a++) {
            assert_ptr_equal(regularizer_find(list[r]->names[a]), list[r]);
            snprintf(quoted, sizeof quoted, "`%s`", list[r]->names[a]);
            if (strstr((const char *)page, quoted) == NULL) fail_msg("%s is missing", quoted);
        }
        for (size_t o = 0; o < list[r]->num_options; o++) {
            snprintf(quoted, sizeof quoted, "`%s`", list[r]->options[o].name);
            if (strstr((const char *)page, quoted) == NULL) fail_msg("%s is missing", quoted);
        }
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),        cmocka_unit_test(test_parseval),
        cmocka_unit_test(test_gradients),      cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_gradient_l1),    cmocka_unit_test(test_golden),
        cmocka_unit_test(test_upstream_draws), cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
