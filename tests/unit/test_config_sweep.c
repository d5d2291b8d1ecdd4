/* Sweeps: which points a file has, what a point's configuration is, and what is refused. */
#include "config/config_sweep.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char BASE[] = "model_type: feedforward\nlayer_type: random\nnode_type: probabilistic\n"
                           "encoder_config: {name: thermometer, num_bits: 4}\nnode_input_dim: 6\n"
                           "layer_widths: [1024, 1000]\nnum_classes: 10\ninput_size: 784\n"
                           "dataset: mnist\ntraining: {epochs: 3}\n";

static struct err err;

static enum err_status read_text(struct scratch *scratch, const char *text,
                                 struct config_sweep **out)
{
    assert_int_equal(file_write(scratch_path(scratch, "base.yaml"), BASE, sizeof BASE - 1, &err),
                     ERR_OK);
    assert_int_equal(file_write(scratch_path(scratch, "trial.yaml"), text, strlen(text), &err),
                     ERR_OK);
    return config_sweep_read(out, scratch_path(scratch, "trial.yaml"), &err);
}

/* "value, value" of a point, in the order of the keys. */
static void assert_point(const struct config_sweep *sweep, size_t point, const char *expected)
{
    struct text found = {0};

    for (size_t k = 0; k < sweep->num_keys; k++) {
        if (k > 0) text_add(&found, "; ");
        config_sweep_value(sweep, point, k, &found);
    }
    assert_string_equal(found.data, expected);
    text_free(&found);
}

static void test_points(void **state)
{
    static const char text[] = "base: base.yaml\nseeds: 3\n"
                               "points:\n"
                               "  - {layer_widths: [600, 300], node_input_dim: 4}\n"
                               "  - {hardware.target: ecp5}\n"
                               "grid:\n"
                               "  node_type: [dwn, [probabilistic, hybrid]]\n"
                               "  training.learning_rate: [0.1, 0.2, 0.3]\n";
    static const char *const points[] = {"[600, 300]; 4; ; dwn; 0.1",
                                         "[600, 300]; 4; ; dwn; 0.2",
                                         "[600, 300]; 4; ; dwn; 0.3",
                                         "[600, 300]; 4; ; [probabilistic, hybrid]; 0.1",
                                         "[600, 300]; 4; ; [probabilistic, hybrid]; 0.2",
                                         "[600, 300]; 4; ; [probabilistic, hybrid]; 0.3",
                                         "; ; ecp5; dwn; 0.1"};
    struct config_sweep *sweep = NULL;
    struct config *config = NULL;
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    if (read_text(&scratch, text, &sweep) != ERR_OK) fail_msg("%s", err.message);
    assert_string_equal(sweep->name, "trial");
    assert_int_equal(sweep->seeds, 3);
    assert_int_equal(sweep->num_points, 12);
    assert_int_equal(sweep->num_keys, 5);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        assert_point(sweep, i, points[i]);

    assert_int_equal(config_sweep_config(sweep, 4, &config, &err), ERR_OK);
    assert_int_equal(config->layer_widths[0], 600);
    assert_int_equal(config->node_input_dim[1], 4);
    assert_string_equal(config->node_type[0], "probabilistic");
    assert_string_equal(config->node_type[1], "hybrid");
    assert_true(config->training.learning_rate == 0.2);
    assert_int_equal(config->training.epochs, 3); /* the base's stays */
    assert_string_equal(config->hardware.target, "generic");
    config_free(config);

    assert_int_equal(config_sweep_config(sweep, 11, &config, &err), ERR_OK);
    assert_int_equal(config->layer_widths[0], 1024);
    assert_string_equal(config->hardware.target, "ecp5"); /* a section that the base has not */
    config_free(config);
    config_sweep_free(sweep);
    scratch_remove(&scratch);
}

/* The base may stand in the sweep; a whole section may be a value, and a quoted text stays one. */
static void test_inline(void **state)
{
    char text[1024];
    struct config_sweep *sweep = NULL;
    struct config *config = NULL;
    struct scratch scratch;
    size_t used = (size_t)snprintf(text, sizeof text, "base:\n");

    (void)state;
    for (const char *line = BASE; *line != '\0'; line = strchr(line, '\n') + 1)
        used += (size_t)snprintf(text + used, sizeof text - used, "  %.*s\n",
                                 (int)strcspn(line, "\n"), line);
    snprintf(text + used, sizeof text - used,
             "grid:\n  encoder_config: [{name: gray, num_bits: 3}, {name: binary, num_bits: 2}]\n"
             "  name: [\"a_1\", b]\n");
    scratch_create(&scratch);
    if (read_text(&scratch, text, &sweep) != ERR_OK) fail_msg("%s", err.message);
    assert_int_equal(sweep->num_points, 4);
    assert_point(sweep, 1, "{name: gray, num_bits: 3}; b");
    assert_int_equal(config_sweep_config(sweep, 2, &config, &err), ERR_OK);
    assert_string_equal(config->encoder_config.name, "binary");
    assert_string_equal(config->name, "a_1");
    config_free(config);
    config_sweep_free(sweep);
    scratch_remove(&scratch);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *expected;
        enum err_status status;
    } cases[] = {
        {"grid: {node_type: [dwn]}\n", "the required key base is missing", ERR_ARG},
        {"base: base.yaml\n", "nothing to sweep", ERR_ARG},
        {"base: none.yaml\ngrid: {node_type: [dwn]}\n", "none.yaml", ERR_IO},
        {"base: base.yaml\ngrids: {node_type: [dwn]}\n",
         "trial.yaml:2: grids: unknown key; did you mean grid?", ERR_ARG},
        {"base: base.yaml\ngrid: {node_type: dwn}\n", "trial.yaml:2: node_type: expected a list",
         ERR_ARG},
        {"base: base.yaml\ngrid: {node_type: []}\n", "expected a list", ERR_ARG},
        {"base: base.yaml\nseeds: 0\ngrid: {node_type: [dwn]}\n",
         "trial.yaml:2: seeds: expected a whole number from 1 to 1000", ERR_ARG},
        {"base: base.yaml\npoints: {node_type: dwn}\n", "points: expected a list of", ERR_ARG},
        {"base: base.yaml\npoints: [{node_type: dwn}]\ngrid: {node_type: [dwn]}\n",
         "node_type is swept too", ERR_ARG},
        {"base: base.yaml\ngrid:\n  training.epochs: [1]\n  training: [{epochs: 2}]\n",
         "trial.yaml:4: training: training.epochs is swept too", ERR_ARG},
        {"base: base.yaml\ngrid: {node_type.x: [dwn]}\n", "is a value in the base", ERR_ARG},
        {"base: base.yaml\ngrid: {training.epochs: [2, -1]}\n", "point 2 {training.epochs: -1}",
         ERR_ARG},
        {"base: base.yaml\ngrid: {training.epoch: [2]}\n", "training.epoch: unknown key", ERR_ARG},
        {"base: base.yaml\ngrid: {num_classes: [10, 0]}\n", "point 2 {num_classes: 0}", ERR_ARG},
        {"- a\n", "expected \"key: value\" lines", ERR_ARG},
    };
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_sweep *sweep = NULL;
        enum err_status status = read_text(&scratch, cases[i].text, &sweep);

        if (status != cases[i].status || strstr(err.message, cases[i].expected) == NULL)
            fail_msg("case %zu: status %d, \"%s\"", i, (int)status, err.message);
        assert_null(sweep);
    }
    scratch_remove(&scratch);
}

static void test_too_many(void **state)
{
    struct text text = {0};
    struct config_sweep *sweep = NULL;
    struct scratch scratch;

    (void)state;
    text_add(&text, "base: base.yaml\ngrid:\n");
    for (size_t key = 0; key < 2; key++) {
        text_add(&text, "  training.%s: [1", key == 0 ? "epochs" : "seed");
        for (size_t i = 0; i < 64; i++)
            text_add(&text, ", %zu", i);
        text_add(&text, "]\n");
    }
    scratch_create(&scratch);
    assert_int_equal(read_text(&scratch, text.data, &sweep), ERR_ARG);
    assert_non_null(strstr(err.message, "at most 4096 points"));
    text_free(&text);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_inline),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests_name("config_sweep", tests, NULL, NULL);
}
