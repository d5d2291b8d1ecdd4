/* Initialisers: every name and alias, their options, and residual for every node type. */
#include "base/file.h"
#include "base/rng.h"
#include "small_model.h"
#include "train/init.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "thermometer",
                                         .features = 5,
                                         .bits = 3,
                                         .code_bits = 8,
                                         .classes = 2,
                                         .layers = 2,
                                         .n = 4,
                                         .width = {8, 4}};

static struct init_options options_of(const char *name, const char *kwargs)
{
    char extra[200];
    struct config *config;
    struct init_options options;
    struct err err = {0};

    snprintf(extra, sizeof extra, "runtime: {init_fn: %s, init_kwargs: {%s}}\n", name, kwargs);
    config = small_config(&SHAPE, extra);
    if (init_read(&options, init_find(name), config, &err) != ERR_OK) fail_msg("%s", err.message);
    config_free(config);
    return options;
}

/* Mean and deviation of a draw of rows x columns, within a fraction of the deviation. */
static void check_draw(const char *name, const char *kwargs, size_t rows, size_t columns,
                       double mean, double deviation)
{
    static float values[40000];
    struct init_options options = options_of(name, kwargs);
    size_t count = rows * (columns > 0 ? columns : 1);
    double sum = 0, square = 0;
    struct rng rng;

    assert_true(count <= 40000);
    rng_seed(&rng, 3, rows);
    init_find(name)->draw(&options, values, rows, columns, &rng);
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    for (size_t i = 0; i < count; i++)
        square += pow((double)values[i] - sum / (double)count, 2);
    sum /= (double)count;
    square = sqrt(square / (double)count);
    if (fabs(sum - mean) > 0.03 * deviation + 1e-6 || fabs(square - deviation) > 0.03 * deviation)
        fail_msg("%s {%s} of %zu x %zu: mean %g, deviation %g; expected %g, %g", name, kwargs, rows,
                 columns, sum, square, mean, deviation);
}

/* SPEC 5. */
static void test_rules(void **state)
{
    double third = sqrt(1.0 / 3.0);

    (void)state;
    check_draw("zeros", "", 100, 100, 0, 0);
    check_draw("ones", "", 100, 0, 1, 0);
    check_draw("normal", "", 100, 100, 0, 1);
    check_draw("normal", "mean: 2, std: 0.05", 100, 100, 2, 0.05);
    check_draw("UNIFORM", "", 100, 100, 0, third);
    check_draw("uniform", "a: 1, b: 3", 100, 100, 2, third);
    check_draw("xavier_uniform", "", 100, 300, 0, sqrt(2.0 / 400));
    check_draw("glorot_uniform", "gain: 3", 100, 300, 0, 3 * sqrt(2.0 / 400));
    check_draw("xavier", "", 10000, 0, 0, sqrt(2.0 / 20000));
    check_draw("Xavier_Normal", "", 300, 100, 0, sqrt(2.0 / 400));
    check_draw("glorot_normal", "gain: 0.5", 300, 100, 0, 0.5 * sqrt(2.0 / 400));
    check_draw("glorot", "", 300, 100, 0, sqrt(2.0 / 400));
    check_draw("kaiming_uniform", "", 100, 300, 0, sqrt(2.0 / 300));
    check_draw("he_uniform", "mode: fan_out", 100, 300, 0, sqrt(2.0 / 100));
    check_draw("kaiming_normal", "nonlinearity: tanh", 100, 300, 0, 5.0 / 3 / sqrt(300));
    check_draw("he_normal", "nonlinearity: sigmoid, a: 3", 100, 300, 0, 1 / sqrt(300));
    check_draw("kaiming", "a: 2", 100, 300, 0, sqrt(2.0 / 5 / 300));
    check_draw("he", "nonlinearity: selu", 100, 300, 0, 0.75 / sqrt(300));
    check_draw("kaiming", "nonlinearity: relu, a: 2", 10000, 0, 0, sqrt(2.0 / 10000));
    check_draw("variance_stabilized", "", 4096, 2, 0, sqrt(4.0 / (12 + 2)));
    check_draw("probabilistic", "v_target: 0.25", 4096, 2, 0, sqrt(1.0 / (12 + 2)));
    check_draw("probabilistic_init", "", 100, 100, 0, sqrt(4.0 / 200));
    check_draw("probabilistic", "", 4096, 0, 0, sqrt(4.0 / 8192));
    check_draw("probabilistic", "fan_in: 6, fan_out: 1", 100, 100, 0, sqrt(4.0 / 7));
    assert_null(init_find("gloroot"));
    assert_ptr_equal(init_find("RESIDUAL"), init_find("residual"));
}

static void test_names_are_distinct(void **state)
{
    size_t count, names = 0;
    const struct init_rule *rules = init_rules(&count);

    (void)state;
    for (size_t r = 0; r < count; r++) {
        for (size_t a = 0; a < 4 && rules[r].names[a] != NULL; a++, names++)
            assert_ptr_equal(init_find(rules[r].names[a]), &rules[r]);
    }
    assert_int_equal(names, 20);
}

/* docs/training.md names every rule, alias and option. */
static void test_documented(void **state)
{
    size_t count, size = 0;
    const struct init_rule *rules = init_rules(&count);
    uint8_t *page = NULL;

    (void)state;
    assert_int_equal(file_read("docs/training.md", 1 << 20, &page, &size, NULL), ERR_OK);
    for (size_t r = 0; r < count; r++) {
        char quoted[80];

        for (size_t a = 0; a < 4 && rules[r].names[a] != NULL; a++) {
            snprintf(quoted, sizeof quoted, "`%s`", rules[r].names[a]);
            if (strstr((const char *)page, quoted) == NULL) fail_msg("%s is missing", quoted);
        }
        for (size_t o = 0; o < rules[r].num_options; o++) {
            snprintf(quoted, sizeof quoted, "`%s`", rules[r].options[o].name);
            if (strstr((const char *)page, quoted) == NULL) fail_msg("%s is missing", quoted);
        }
    }
    free(page);
}

/* residual: every node type then passes input 0 on (difflogic: its first drawn input). */
static void test_residual(void **state)
{
    size_t num_types;
    const struct node_type *const *types = node_types(&num_types);

    (void)state;
    for (size_t t = 0; t < num_types; t++) {
        struct small_shape shape = SHAPE;
        struct config *config;
        struct model *model = NULL;
        struct err err = {0};

        shape.node = types[t]->name;
        config = small_config(&shape, "runtime: {init_fn: residual}\n");
        if (model_create(&model, config, &err) != ERR_OK || init_apply(model, &err) != ERR_OK)
            fail_msg("%s: %s", types[t]->name, err.message);
        for (size_t node = 0; node < 4; node++) {
            const struct layer *layer = model->layers[1];
            unsigned input = 0, matches = 0;

            for (; matches < 16 && input < 4; input++) {
                matches = 0;
                for (uint32_t a = 0; a < 16; a++)
                    matches += layer->desc.type->hard_bit(&layer->desc, layer_params(layer, node),
                                                          0, a, NULL) == (a >> input & 1);
            }
            if (matches < 16) fail_msg("%s passes no input on", types[t]->name);
            if (input != 1 && strcmp(types[t]->name, "difflogic") != 0)
                fail_msg("%s passes input %u on", types[t]->name, input - 1);
        }
        model_free(model);
        config_free(config);
    }
}

static void test_options_reach_the_nodes(void **state)
{
    struct config *config =
        small_config(&SHAPE, "runtime: {init_fn: uniform, init_kwargs: {a: 2, b: 2.5}}\n");
    struct model *model = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(model_create(&model, config, &err), ERR_OK);
    assert_int_equal(init_apply(model, &err), ERR_OK);
    for (size_t i = 0; i < 16; i++) {
        float param = model->layers[0]->params[i];

        assert_true(param >= 2.0F && param < 2.5F);
    }
    model_free(model);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_names_are_distinct),
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_options_reach_the_nodes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
