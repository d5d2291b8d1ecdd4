/* Data-driven don't-cares: the inputs that decide, against trying all sets; a net made by hand; and on
 * random models, that samples keep every score, that hardware follows, and that files do. */
#include "base/partial.h"
#include "netlist/netlist.h"
#include "scratch.h"
#include "small_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct err err;

static void expect_ok(enum err_status status)
{
    if (status != ERR_OK) fail_msg("%s", err.message);
}

/* --- which inputs decide --- */

static bool decides(const struct partial *p, unsigned kept)
{
    for (unsigned a = 0; a < 1U << p->inputs; a++) {
        for (unsigned b = 0; b < a; b++) {
            bool both = (p->asked[a / 64] >> a % 64 & 1) && (p->asked[b / 64] >> b % 64 & 1);
            bool differ = (p->table[a / 64] >> a % 64 & 1) != (p->table[b / 64] >> b % 64 & 1);

            if (both && differ && ((a ^ b) & kept) == 0) return false;
        }
    }
    return true;
}

static uint64_t worth_of(const uint64_t *worth, unsigned kept)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < PARTIAL_MAX_INPUTS; k++)
        sum += kept >> k & 1 ? worth[k] : 0;
    return sum;
}

static void random_partial(struct partial *p, uint64_t *table, uint64_t *asked, uint64_t *worth,
                           struct rng *rng)
{
    uint64_t rare = rng_below(rng, 3);

    for (unsigned w = 0; w < PARTIAL_MAX_WORDS; w++) {
        table[w] = rng_next(rng);
        asked[w] = rng_next(rng);
        for (uint64_t i = 0; i < rare; i++)
            asked[w] &= rng_next(rng);
        if (p->inputs > 6) asked[w] &= rng_next(rng) & rng_next(rng);
    }
    for (unsigned k = 0; k < PARTIAL_MAX_INPUTS; k++)
        worth[k] = rng_below(rng, 5);
    p->table = table;
    p->asked = asked;
}

static void check_choice(const struct partial *p, const uint64_t *worth)
{
    unsigned chosen = partial_choose(p, worth), all = (1U << p->inputs) - 1;

    assert_true(decides(p, chosen));
    for (unsigned kept = 0; kept <= all && p->inputs <= 6; kept++) {
        int fewer = __builtin_popcount(kept) - __builtin_popcount(chosen);

        if (fewer < 0 || (fewer == 0 && worth_of(worth, kept) > worth_of(worth, chosen)))
            assert_false(decides(p, kept));
    }
    for (unsigned k = 0; k < p->inputs; k++) {
        if (chosen >> k & 1) assert_false(decides(p, chosen & ~(1U << k)));
    }
}

static void test_choice(void **state)
{
    uint64_t table[PARTIAL_MAX_WORDS], asked[PARTIAL_MAX_WORDS], worth[PARTIAL_MAX_INPUTS];
    (void)state;

    for (unsigned inputs = 1; inputs <= 9; inputs++) {
        for (uint64_t seed = 0; seed < (inputs <= 6 ? 40 : 4); seed++) {
            struct partial p = {.inputs = inputs};
            struct rng rng;

            rng_seed(&rng, seed, inputs);
            random_partial(&p, table, asked, worth, &rng);
            check_choice(&p, worth);
        }
    }
}

/* --- by hand --- */

/* Two features of one bit, two nodes that read both: AND for class 0, XOR for class 1. */
static struct model *two_gates(void)
{
    static const float AND[4] = {-1, -1, -1, 1}, XOR[4] = {-1, 1, 1, -1};
    static const struct small_shape SHAPE = {.node = "probabilistic",
                                             .encoder = "thermometer",
                                             .features = 2,
                                             .bits = 1,
                                             .code_bits = 2,
                                             .classes = 2,
                                             .layers = 1,
                                             .n = 2,
                                             .width = {2}};
    struct config *config = small_config(&SHAPE, NULL);
    struct dataset *data = small_dataset(&SHAPE, 50, 1, 1);
    struct model *model = small_model(config, data);
    static const uint32_t WIRES[4] = {0, 1, 0, 1};

    memcpy(model->layers[0]->wiring, WIRES, sizeof WIRES);
    memcpy(layer_params(model->layers[0], 0), AND, sizeof AND);
    memcpy(layer_params(model->layers[0], 1), XOR, sizeof XOR);
    dataset_free(data);
    config_free(config);
    return model;
}

static unsigned fan_ins(const struct model *model)
{
    struct netlist *net = NULL;
    unsigned sum = 0;

    expect_ok(model_lower(model, &net, &err));
    expect_ok(netlist_optimize(net, NULL, &err));
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        sum += net->fan_in_count[lut];
    netlist_free(net);
    return sum;
}

static void test_by_hand(void **state)
{
    /* Samples in which both bits are equal: AND is either bit, XOR is 0; neither saw 01 and 10. */
    static const uint16_t SAMPLES[] = {0, 0, 3, 3}, ALL[] = {0, 0, 3, 0, 0, 3, 3, 3};
    struct model *model = two_gates();
    uint32_t scores[8], classes[4];
    uint64_t changed, tables[2];
    (void)state;

    layer_hard_tables(model->layers[0], tables);
    assert_int_equal(tables[0], 8);
    assert_int_equal(tables[1], 6);
    assert_int_equal(fan_ins(model), 4);
    expect_ok(model_hard(model, ALL, 4, 1, NULL, scores, classes, &err));
    assert_int_equal(scores[3], 1); /* what no sample shows, XOR of 1 and 0: changes below */

    expect_ok(model_drop_unseen(model, SAMPLES, 2, 1, &changed, &err));
    assert_int_equal(changed, 2);
    assert_true(model_is_edited(model));
    layer_hard_tables(model->layers[0], tables);
    assert_true(tables[0] == 0xa || tables[0] == 0xc); /* a copy of one input */
    assert_int_equal(tables[1], 0);
    assert_int_equal(fan_ins(model), 0); /* a wire and a constant */
    expect_ok(model_hard(model, ALL, 4, 1, NULL, scores, classes, &err));
    assert_int_equal(scores[0], 0);
    assert_int_equal(scores[3], 0);
    assert_int_equal(scores[6], 1);
    assert_int_equal(scores[7], 0);
    layer_trained_tables(model->layers[0], tables);
    assert_int_equal(tables[0], 8); /* the parameters stay */

    assert_int_equal(model_drop_unseen(model, SAMPLES, 2, 1, &changed, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "before"));
    model_free(model);
}

/* Samples that show every address leave everything as it is. */
static void test_all_seen(void **state)
{
    static const uint16_t ALL[] = {0, 0, 3, 0, 0, 3, 3, 3};
    struct model *model = two_gates();
    uint64_t changed, tables[2];
    (void)state;

    expect_ok(model_drop_unseen(model, ALL, 4, 1, &changed, &err));
    layer_hard_tables(model->layers[0], tables);
    assert_int_equal(changed, 0);
    assert_int_equal(tables[0], 8);
    assert_int_equal(tables[1], 6);
    model_free(model);
}

/* --- random models --- */

enum { SAMPLES = 90, OTHERS = 200 };

static void scores_of(const struct model *model, const struct dataset_split *split,
                      uint32_t *scores)
{
    uint32_t *classes = malloc(split->count * sizeof *classes);

    expect_ok(model_hard(model, split->codes, split->count, 1, NULL, scores, classes, &err));
    free(classes);
}

/* The optimised netlist gives what the edited reference does, on samples and on others. */
static void check_netlist(const struct model *model, const struct dataset_split *split,
                          const uint32_t *expected)
{
    size_t size = split->count * model->num_classes;
    uint32_t *scores = malloc(size * sizeof *scores);
    uint32_t *classes = malloc(split->count * sizeof *classes);
    struct netlist *net = NULL;

    expect_ok(model_lower(model, &net, &err));
    assert_non_null(strstr(net->config_line, "dont_care=data"));
    expect_ok(netlist_optimize(net, NULL, &err));
    expect_ok(netlist_eval(net, split->codes, split->count, NULL, scores, classes, &err));
    assert_memory_equal(scores, expected, size * sizeof *scores);
    netlist_free(net);
    free(scores);
    free(classes);
}

static struct model *save_and_load(struct model *model, const struct config *config)
{
    struct scratch scratch;
    struct model *loaded = NULL;
    char leaf[CONFIG_NAME_SIZE + 16];

    scratch_create(&scratch);
    snprintf(leaf, sizeof leaf, "%s.safetensors", config->name);
    expect_ok(model_save(model, scratch.folder, NULL, &err));
    expect_ok(model_load(&loaded, config, scratch_path(&scratch, leaf), &err));
    scratch_remove(&scratch);
    return loaded;
}

static uint64_t check_model(const struct small_shape *shape, const struct config *config,
                            uint64_t seed)
{
    struct dataset *data = small_dataset(shape, SAMPLES, OTHERS, seed);
    struct model *model = small_model(config, data), *again = small_model(config, data), *loaded;
    uint32_t before[SAMPLES * 4], after[SAMPLES * 4], others[OTHERS * 4], same[OTHERS * 4];
    uint64_t changed, changed_again;

    scores_of(model, &data->train, before);
    expect_ok(model_drop_unseen(model, data->train.codes, SAMPLES, 1, &changed, &err));
    expect_ok(model_drop_unseen(again, data->train.codes, SAMPLES, 3, &changed_again, &err));
    assert_int_equal(changed, changed_again);
    scores_of(model, &data->train, after);
    assert_memory_equal(before, after, SAMPLES * shape->classes * sizeof *before);

    scores_of(model, &data->test, others);
    scores_of(again, &data->test, same);
    assert_memory_equal(others, same, OTHERS * shape->classes * sizeof *others);
    check_netlist(model, &data->test, others);
    loaded = save_and_load(model, config);
    assert_true(model_is_edited(loaded));
    assert_string_equal(loaded->model_hash, model->model_hash);
    scores_of(loaded, &data->test, same);
    assert_memory_equal(others, same, OTHERS * shape->classes * sizeof *others);
    model_free(loaded);
    model_free(model);
    model_free(again);
    dataset_free(data);
    return changed;
}

/* Kernels of two by two pixels: one table at nine places. */
static const struct small_shape IMAGE = {.features = 16, .code_bits = 4, .classes = 2};

static struct config *image_config(void)
{
    static const char YAML[] = "name: image\nmodel_type: convnet\n"
                               "layer_type: [convolutional, random]\nnode_type: probabilistic\n"
                               "encoder_config: {name: thermometer, num_bits: 2}\n"
                               "node_input_dim: [4, 5]\nlayer_widths: [3, 12]\nnum_classes: 2\n"
                               "input_size: 16\ninput: {bits: 4}\ndataset: small\n"
                               "layer_config: {height: 4, width: 4, receptive_field: 2, "
                               "stride: 1, tree_depth: 0}\n";
    struct config *config = NULL;

    expect_ok(config_parse(&config, YAML, sizeof YAML - 1, "image.yaml", &err));
    return config;
}

static void test_models(void **state)
{
    static const struct small_shape SHAPES[] = {
        {"probabilistic", "thermometer", 7, 3, 4, 3, 2, 6, {40, 30}, NULL},
        {"dwn", "distributive_thermometer", 9, 2, 8, 4, 2, 4, {30, 20}, NULL},
        {"linear_lut", "gray", 5, 3, 5, 2, 1, 8, {20}, NULL},
        {"difflogic", "onehot", 6, 4, 4, 2, 3, 2, {30, 30, 20}, NULL},
    };
    enum { NUM_SHAPES = sizeof SHAPES / sizeof SHAPES[0] };
    (void)state;

    for (size_t i = 0; i <= NUM_SHAPES; i++) {
        struct config *config = i < NUM_SHAPES ? small_config(&SHAPES[i], NULL) : image_config();

        uint64_t changed = 0;

        for (uint64_t seed = 1; seed <= 3; seed++) {
            print_message("model %zu, seed %llu\n", i, (unsigned long long)seed);
            changed += check_model(i < NUM_SHAPES ? &SHAPES[i] : &IMAGE, config, seed);
        }
        assert_true(changed > 0);
        config_free(config);
    }
}

/* A file whose edited table says more than a table can is refused. */
static void test_bad_file(void **state)
{
    struct model *model = two_gates(), *loaded = NULL;
    static const uint64_t TABLES[2] = {8, 16};
    struct scratch scratch;
    (void)state;

    scratch_create(&scratch);
    expect_ok(layer_edit(model->layers[0], TABLES, &err));
    expect_ok(model_save(model, scratch.folder, NULL, &err));
    assert_int_equal(
        model_load(&loaded, model->config, scratch_path(&scratch, "small.safetensors"), &err),
        ERR_FORMAT);
    assert_non_null(strstr(err.message, "edited_table_bits: table 1 "));
    assert_null(loaded);
    scratch_remove(&scratch);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),   cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_all_seen), cmocka_unit_test(test_models),
        cmocka_unit_test(test_bad_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
