/* Warnings of the trainer: dead and constant LUTs, unread inputs, a growing gap, numbers that are not
 * finite; and the counts behind them. */
#include "model/model_usage.h"
#include "small_model.h"
#include "train/train.h"
#include "train/watch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void collect(bool warning, const char *message, void *user)
{
    text_add(user, "%s%s\n", warning ? "warning: " : "", message);
}

static void expect_line(const struct text *text, const char *line)
{
    if (text->data == NULL || strstr(text->data, line) == NULL)
        fail_msg("expected \"%s\" in:\n%s", line, text->data != NULL ? text->data : "(nothing)");
}

/* Everything that a training of `extra` tells. */
static struct text told_by(const struct small_shape *shape, const char *extra)
{
    struct config *config = small_config(shape, extra);
    struct dataset *data = small_dataset(shape, 200, 10, 3);
    struct model *model = small_model(config, data);
    struct text text = {0};
    struct train_options options = {.threads = 2, .tell = collect, .user = &text};
    struct train_result result;
    struct err err = {0};

    if (train_run(model, data, &options, &result, &err) != ERR_OK) fail_msg("%s", err.message);
    model_free(model);
    dataset_free(data);
    config_free(config);
    return text;
}

static const struct small_shape WIDE = {.node = "probabilistic",
                                        .encoder = "thermometer",
                                        .features = 13,
                                        .bits = 3,
                                        .code_bits = 8,
                                        .classes = 4,
                                        .layers = 3,
                                        .n = 2,
                                        .width = {3, 50, 4}};

/* Layer 2 reads 8 of the 50 LUTs below it; those read all of layer 0, which reads 6 bits. */
static void test_unread(void **state)
{
    struct text told = told_by(&WIDE, "training: {epochs: 1}\n");
    struct config *config = small_config(&WIDE, NULL);
    struct model_usage usage = {0};
    struct model *model = NULL;

    (void)state;
    expect_line(&told, "warning: layer 1: 42 of 50 LUTs are dead: nothing reads them");
    assert_null(strstr(told.data, "layer 0: 0 of"));
    assert_int_equal(model_create(&model, config, NULL), ERR_OK);
    assert_int_equal(model_usage_measure(&usage, model, NULL), ERR_OK);
    assert_int_equal(usage.num_layers, 3);
    assert_int_equal(usage.bits, 39);
    assert_int_equal(usage.unread_bits, 33);
    assert_int_equal(usage.features, 13);
    assert_true(usage.unread_features >= 7 && usage.unread_features <= 11);
    assert_int_equal(usage.layers[1].luts, 50);
    assert_int_equal(usage.layers[1].unread, 42);
    assert_int_equal(usage.layers[2].unread, 0);
    model_usage_free(&usage);
    model_free(model);
    config_free(config);
    text_free(&told);
}

/* A LUT that only dead LUTs read is dead. */
static void test_dead_by_inheritance(void **state)
{
    struct config *config = small_config(&WIDE, NULL);
    struct model_usage usage = {0};
    struct model *model = NULL;

    (void)state;
    assert_int_equal(model_create(&model, config, NULL), ERR_OK);
    for (size_t i = 0; i < 8; i++) /* layer 2 reads LUT 5 of layer 1 alone, and that LUT 2 */
        model->layers[2]->wiring[i] = 5;
    model->layers[1]->wiring[10] = model->layers[1]->wiring[11] = 2;
    model->layers[0]->wiring[4] = 36;
    model->layers[0]->wiring[5] = 38;
    assert_int_equal(model_usage_measure(&usage, model, NULL), ERR_OK);
    assert_int_equal(usage.layers[1].unread, 49);
    assert_int_equal(usage.layers[0].unread, 2);
    assert_int_equal(usage.unread_bits, 37);
    assert_int_equal(usage.unread_features, 12);
    model_usage_free(&usage);
    model_free(model);
    config_free(config);
}

/* Learned wires are looked at after training, and once. */
static void test_learned_wires(void **state)
{
    struct small_shape shape = WIDE;
    struct text told;
    const char *first;

    (void)state;
    shape.layer = "learnable";
    told = told_by(&shape, "training: {epochs: 1}\n");
    expect_line(&told, "of 50 LUTs are dead");
    first = strstr(told.data, "of 50 LUTs are dead");
    assert_null(strstr(first + 1, "of 50 LUTs are dead"));
    text_free(&told);
}

static void test_constant(void **state)
{
    struct text told = told_by(&WIDE, "training: {epochs: 0}\nruntime: {init_fn: ones}\n");

    (void)state;
    expect_line(&told, "warning: layer 0: 3 of 3 tables are constant");
    expect_line(&told, "warning: layer 1: 50 of 50 tables are constant");
    text_free(&told);
}

/* The gap of each epoch in points; the epochs at which it must be told. */
static void check_gap(const double *gaps, size_t count, size_t told_once_at)
{
    struct trainer_epoch history[16] = {{0}};
    struct text told = {0};
    struct train_options options = {.tell = collect, .user = &told};
    struct trainer trainer = {.options = &options, .history = history};

    for (size_t e = 0; e < count; e++) {
        size_t before = told.size;

        history[e].accuracy_soft = 0.5 + gaps[e] / 100;
        history[e].accuracy_hard = 0.5;
        trainer.place.epochs_done = e + 1;
        watch_gap(&trainer);
        if ((told.size > before) != (e + 1 == told_once_at))
            fail_msg("epoch %zu: %s", e + 1, told.data != NULL ? told.data : "not told");
    }
    text_free(&told);
}

static void test_gap(void **state)
{
    static const double grows[] = {1, 2, 3, 4, 5, 6}, late[] = {.1, .2, .3, .4, .5, 2.5, 3};
    static const double small[] = {.1, .2, .3, .4, .5}, twice[] = {1, 2, 2, 3, 4, 5};

    (void)state;
    check_gap(grows, 6, 4);
    check_gap(late, 7, 6);
    check_gap(small, 5, 0);
    check_gap(twice, 6, 6);
}

/* --- not finite --- */

static void test_not_finite_names_the_layer(void **state)
{
    struct config *config = small_config(&WIDE, "training: {epochs: 2, batch_size: 20}\n");
    struct dataset *data = small_dataset(&WIDE, 200, 10, 3);
    struct model *model = small_model(config, data);
    struct train_options options = {.threads = 1};
    struct train_result result;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < model->layers[1]->desc.num_params; i++)
        model->layers[1]->params[5 * model->layers[1]->desc.num_params + i] = NAN;
    layer_prepare(model->layers[1]);
    for (size_t i = 0; i < 8; i++)
        model->layers[2]->wiring[i] = 5;
    assert_int_equal(train_run(model, data, &options, &result, &err), ERR_DIFF);
    expect_line(&(struct text){.data = err.message},
                "the loss is not finite after batch 1 of epoch 1: layer 1 is the first whose "
                "outputs are not");
    model_free(model);
    dataset_free(data);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unread),        cmocka_unit_test(test_dead_by_inheritance),
        cmocka_unit_test(test_learned_wires), cmocka_unit_test(test_constant),
        cmocka_unit_test(test_gap),           cmocka_unit_test(test_not_finite_names_the_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
