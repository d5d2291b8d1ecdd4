/* Transfer: which layers are copied and why others are not; frozen layers keep their bytes; the new
 * model is a whole one. */
#include "scratch.h"
#include "small_model.h"
#include "train/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "thermometer",
                                         .features = 10,
                                         .bits = 2,
                                         .code_bits = 8,
                                         .classes = 4,
                                         .layers = 3,
                                         .n = 3,
                                         .width = {30, 24, 20}};

static struct model *create(const struct small_shape *shape, const char *extra)
{
    struct config *config = small_config(shape, extra);
    struct model *model = NULL;
    struct err err = {0};

    if (model_create(&model, config, &err) != ERR_OK) fail_msg("%s", err.message);
    config_free(config);
    return model;
}

/* --- what matches --- */

static void check_copies(const struct small_shape *shape, const char *extra, size_t copied,
                         const char *reason)
{
    struct model *to = create(&SHAPE, NULL), *from = create(shape, extra);
    struct model_layer_copy copies[3];

    assert_int_equal(model_copy_layers(to, from, copies), copied);
    for (size_t l = 0; l < 3; l++)
        assert_int_equal(copies[l].copied, l < copied);
    if (copied < 3 && strcmp(copies[copied].reason, reason) != 0)
        fail_msg("layer %zu: \"%s\", expected \"%s\"", copied, copies[copied].reason, reason);
    if (copied + 1 < 3)
        assert_string_equal(copies[copied + 1].reason, copied + 1 < from->num_layers
                                                           ? "it reads a layer that was not copied"
                                                           : "there are 1 layers there");
    model_free(to);
    model_free(from);
}

static void test_matches(void **state)
{
    struct small_shape shape = SHAPE;

    (void)state;
    check_copies(&SHAPE, NULL, 3, "");
    check_copies(&SHAPE, "wiring_seed: 9\ntraining: {seed: 1}\n", 3, "");
    shape.classes = 5;
    check_copies(&shape, NULL, 2, "it is the head, for 5 classes there");
    shape = SHAPE;
    shape.width[2] = 40;
    check_copies(&shape, NULL, 2, "it has 40 nodes there");
    shape = SHAPE;
    shape.width[1] = 25;
    check_copies(&shape, NULL, 1, "it has 25 nodes there");
    shape = SHAPE;
    shape.node = "dwn";
    check_copies(&shape, NULL, 0, "its nodes are dwn there");
    shape = SHAPE;
    shape.n = 4;
    check_copies(&shape, NULL, 0, "its nodes have 4 inputs there");
    shape = SHAPE;
    shape.encoder = "distributive_thermometer";
    check_copies(&shape, NULL, 0, "the encoder is distributive_thermometer there");
    shape = SHAPE;
    shape.bits = 3;
    check_copies(&shape, NULL, 0, "the encoder has 3 bits there");
    shape = SHAPE;
    shape.features = 11;
    check_copies(&shape, NULL, 0, "there are 11 inputs there");
    shape = SHAPE;
    shape.layer = "learnable";
    check_copies(&shape, NULL, 0, "its wires are learned there");
    check_copies(&SHAPE, "node_config: {output_dim: 2}\n", 0, "its nodes have 2 outputs there");
    shape = SHAPE;
    shape.layers = 1;
    shape.width[0] = 20;
    check_copies(&shape, NULL, 0, "it has 20 nodes there");
}

static void test_depth(void **state)
{
    struct small_shape deeper = SHAPE;
    struct model *to, *from;
    struct model_layer_copy copies[4];

    (void)state;
    deeper.layers = 4;
    deeper.width[3] = 20;
    to = create(&SHAPE, NULL);
    from = create(&deeper, NULL);
    assert_int_equal(model_copy_layers(to, from, copies), 2);
    assert_string_equal(copies[2].reason, "it is the head of one of the two");
    assert_int_equal(model_copy_layers(from, to, copies), 2);
    assert_string_equal(copies[3].reason, "there are 3 layers there");
    model_free(to);
    model_free(from);
}

static void test_learned_wires_are_copied(void **state)
{
    struct small_shape shape = SHAPE;
    struct model *to, *from;
    struct model_layer_copy copies[3];

    (void)state;
    shape.layer = "learnable";
    to = create(&shape, "layer_config: {candidates: 5}\n");
    from = create(&shape, "layer_config: {candidates: 5}\nwiring_seed: 3\n");
    assert_int_equal(model_copy_layers(to, from, copies), 3);
    assert_memory_equal(to->layers[0]->selection->wires, from->layers[0]->selection->wires,
                        30 * 3 * 5 * sizeof(uint32_t));
    assert_memory_equal(to->layers[0]->wiring, from->layers[0]->wiring, 30 * 3 * sizeof(uint32_t));
    model_free(from);
    from = create(&shape, "layer_config: {candidates: 6}\n");
    assert_int_equal(model_copy_layers(to, from, copies), 0);
    assert_string_equal(copies[0].reason, "its wires choose among 6 candidates there");
    model_free(to);
    model_free(from);
}

/* --- training --- */

static void collect(bool warning, const char *message, void *user)
{
    text_add(user, "%s%s\n", warning ? "warning: " : "", message);
}

static void expect_line(const struct text *text, const char *line)
{
    if (text->data == NULL || strstr(text->data, line) == NULL)
        fail_msg("expected \"%s\" in:\n%s", line, text->data != NULL ? text->data : "(nothing)");
}

struct outcome {
    struct model *model;
    struct text told;
    enum err_status status;
    struct err err;
};

static struct outcome train(const struct small_shape *shape, const char *extra)
{
    struct config *config = small_config(shape, extra);
    struct dataset *data = small_dataset(shape, 300, 10, 4);
    struct outcome out = {.model = small_model(config, data)};
    struct train_options options = {.threads = 2, .tell = collect, .user = &out.told};
    struct train_result result;

    out.status = train_run(out.model, data, &options, &result, &out.err);
    dataset_free(data);
    config_free(config);
    return out;
}

static void free_outcome(struct outcome *out)
{
    model_free(out->model);
    text_free(&out->told);
}

static void save(struct outcome *out, struct scratch *scratch)
{
    if (out->status != ERR_OK || model_save(out->model, scratch->folder, NULL, &out->err) != ERR_OK)
        fail_msg("%s", out->err.message);
}

static bool same_params(const struct model *a, const struct model *b, size_t l)
{
    return memcmp(a->layers[l]->params, b->layers[l]->params,
                  a->layers[l]->width * a->layers[l]->desc.num_params * sizeof(float)) == 0;
}

static void test_training(void **state)
{
    struct small_shape shape = SHAPE;
    struct scratch scratch, other;
    struct outcome base, tuned;
    struct model *loaded = NULL;
    char extra[600];

    (void)state;
    scratch_create(&scratch);
    scratch_create(&other);
    base = train(&SHAPE, "training: {epochs: 3}\nwiring_seed: 8\n");
    save(&base, &scratch);
    shape.classes = 5;
    snprintf(extra, sizeof extra, "training: {epochs: 2, init_from: %s, freeze: [0]}\n",
             scratch.folder);
    tuned = train(&shape, extra);
    save(&tuned, &other);
    expect_line(&tuned.told, "layer 0: copied from");
    expect_line(&tuned.told, "layer 1: copied from");
    expect_line(&tuned.told, "layer 2: new; it is the head, for 4 classes there");
    assert_true(same_params(tuned.model, base.model, 0));
    assert_false(same_params(tuned.model, base.model, 1));
    assert_memory_equal(tuned.model->layers[0]->wiring, base.model->layers[0]->wiring,
                        30 * 3 * sizeof(uint32_t));
    if (model_open(&loaded, other.folder, NULL, 0, &tuned.err) != ERR_OK)
        fail_msg("%s", tuned.err.message);
    assert_true(same_params(loaded, tuned.model, 2));
    model_free(loaded);
    free_outcome(&tuned);
    free_outcome(&base);
    scratch_remove(&scratch);
    scratch_remove(&other);
}

static void test_complaints(void **state)
{
    struct small_shape shape = SHAPE;
    struct scratch scratch;
    struct outcome base, bad;
    char extra[600];

    (void)state;
    scratch_create(&scratch);
    base = train(&SHAPE, "training: {epochs: 1}\n");
    save(&base, &scratch);
    shape.n = 2;
    snprintf(extra, sizeof extra, "training: {epochs: 1, init_from: %s}\n", scratch.folder);
    bad = train(&shape, extra);
    assert_int_equal(bad.status, ERR_ARG);
    expect_line(&(struct text){.data = bad.err.message}, "training.init_from: nothing of");
    expect_line(&(struct text){.data = bad.err.message}, "layer 0: its nodes have 3 inputs there");
    free_outcome(&bad);
    bad = train(&SHAPE, "training: {epochs: 1, init_from: no_such_model}\n");
    assert_int_equal(bad.status, ERR_ARG);
    expect_line(&(struct text){.data = bad.err.message}, "no model 'no_such_model'");
    free_outcome(&bad);
    shape = SHAPE;
    shape.width[1] = 23;
    snprintf(extra, sizeof extra, "training: {epochs: 1, init_from: %s, freeze: [1]}\n",
             scratch.folder);
    bad = train(&shape, extra);
    assert_int_equal(bad.status, ERR_OK);
    expect_line(&bad.told, "warning: layer 1: new, though it is frozen; it has 24 nodes");
    free_outcome(&bad);
    free_outcome(&base);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_learned_wires_are_copied),
        cmocka_unit_test(test_training),
        cmocka_unit_test(test_complaints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
