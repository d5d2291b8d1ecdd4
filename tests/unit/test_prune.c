/* Pruning: worth against its definition, what is cut and what is not, the same bytes for any number of
 * threads, files, and hardware that is as much smaller as it says. */
#include "netlist/netlist.h"
#include "scratch.h"
#include "small_model.h"
#include "train/prune.h"
#include "train/worth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "distributive_thermometer",
                                         .features = 13,
                                         .bits = 3,
                                         .code_bits = 8,
                                         .classes = 4,
                                         .layers = 2,
                                         .n = 4,
                                         .width = {60, 40}};

static struct err err;

static void expect_ok(enum err_status status)
{
    if (status != ERR_OK) fail_msg("%s", err.message);
}

/* --- worth --- */

/* The definitions of worth.h, sample by sample, from bits that the test computes itself. */
struct plain {
    const struct model *model;
    size_t count;
    bool *bits[4]; /* [count][num_inputs + 1] what layer l reads */
};

static bool *bits_of(const struct plain *plain, size_t l, size_t sample)
{
    return plain->bits[l] + sample * (plain->model->layers[l]->num_inputs + 1);
}

static size_t address_of(const struct plain *plain, size_t l, size_t sample, size_t instance)
{
    const struct layer *layer = plain->model->layers[l];
    size_t n = layer->desc.num_inputs, address = 0;

    for (size_t j = 0; j < n; j++)
        address |= (size_t)bits_of(plain, l, sample)[layer->wiring[instance * n + j]] << j;
    return address;
}

static void fill_plain(struct plain *plain, const struct dataset *data, const uint32_t *order)
{
    const struct model *model = plain->model;
    size_t bits = model->encoder->num_bits;
    uint8_t *encoded = calloc(plain->count, bits);
    uint32_t *scores = calloc(plain->count * model->num_classes, sizeof *scores);
    uint32_t *classes = calloc(plain->count, sizeof *classes);
    uint16_t *codes = calloc(plain->count * data->num_features, sizeof *codes);

    for (size_t s = 0; s < plain->count; s++)
        memcpy(codes + s * data->num_features, data->train.codes + order[s] * data->num_features,
               data->num_features * sizeof *codes);
    expect_ok(model_hard(model, codes, plain->count, 1, encoded, scores, classes, &err));
    for (size_t l = 0; l < model->num_layers; l++)
        plain->bits[l] = calloc(plain->count * (model->layers[l]->num_inputs + 1), sizeof(bool));
    for (size_t s = 0; s < plain->count; s++) {
        for (size_t b = 0; b < bits; b++)
            bits_of(plain, 0, s)[b] = encoded[s * bits + b] != 0;
        for (size_t l = 0; l + 1 < model->num_layers; l++) {
            const struct layer *layer = model->layers[l];

            for (size_t o = 0; o < layer->num_outputs; o++)
                bits_of(plain, l + 1, s)[o] = layer->desc.type->hard_bit(
                    &layer->desc, layer_params(layer, o / layer->desc.num_outputs),
                    (unsigned)(o % layer->desc.num_outputs),
                    (uint32_t)address_of(plain, l, s, o / layer->desc.num_outputs), NULL);
        }
    }
    free(encoded);
    free(scores);
    free(classes);
    free(codes);
}

static double plain_margin(const struct plain *plain, const uint16_t *labels, const uint32_t *order,
                           size_t output)
{
    size_t top = plain->model->num_layers - 1;
    const struct layer *layer = plain->model->layers[top];
    size_t m = layer->desc.num_outputs;
    size_t class = output / (layer->num_outputs / plain->model->num_classes);
    double own = 0, other = 0, num_own = 0;

    for (size_t s = 0; s < plain->count; s++) {
        double t = (double)layer_table(
            layer,
            output /
                m)[output % m * layer->desc.table_size + address_of(plain, top, s, output / m)];

        if (labels[order[s]] == class) num_own++;
        *(labels[order[s]] == class ? &own : &other) += t;
    }
    return own / num_own - other / ((double)plain->count - num_own);
}

static double plain_influence(const struct plain *plain, size_t l, size_t output, size_t j)
{
    const struct layer *layer = plain->model->layers[l];
    size_t m = layer->desc.num_outputs;
    const float *table = layer_table(layer, output / m) + output % m * layer->desc.table_size;
    double sum = 0;

    for (size_t s = 0; s < plain->count; s++) {
        size_t a = address_of(plain, l, s, output / m);

        sum += fabs((double)table[a] - (double)table[a & ~((size_t)1 << j)]);
    }
    return sum / (double)plain->count;
}

static void check_worth(const char *layer_type, const char *extra)
{
    struct small_shape shape = SHAPE;
    struct config *config;
    struct dataset *data = small_dataset(&shape, 200, 1, 3);
    uint32_t order[150];
    struct worth worth = {0};
    struct plain plain = {.count = 150};

    shape.layer = layer_type;
    config = small_config(&shape, extra);
    plain.model = small_model(config, data);
    for (uint32_t i = 0; i < 150; i++)
        order[i] = 199 - i;
    layer_prepare(plain.model->layers[0]);
    layer_prepare(plain.model->layers[1]);
    layer_cut(plain.model->layers[0], 7);
    expect_ok(worth_measure(&worth, plain.model, data->train.codes, data->train.labels, order, 150,
                            2, &err));
    fill_plain(&plain, data, order);
    for (size_t l = 2; l-- > 0;) {
        const struct layer *layer = plain.model->layers[l];
        size_t n = layer->desc.num_inputs, m = layer->desc.num_outputs;
        double *signals = calloc(layer->num_inputs + 1, sizeof *signals);

        for (size_t slot = 0; slot < layer->instances * n; slot++) {
            double expected = 0;

            for (size_t o = slot / n * m; o < (slot / n + 1) * m; o++)
                expected +=
                    fmax(worth.signals[l + 1][o], 0) * plain_influence(&plain, l, o, slot % n);
            assert_true(fabs(worth.slots[l][slot] - expected) < 1e-9);
            signals[layer->wiring[slot]] += expected;
        }
        for (size_t i = 0; i < layer->num_inputs; i++)
            assert_true(fabs(worth.signals[l][i] - signals[i]) < 1e-9);
        free(signals);
    }
    for (size_t o = 0; o < plain.model->layers[1]->num_outputs; o++)
        assert_true(fabs(worth.signals[2][o] - plain_margin(&plain, data->train.labels, order, o)) <
                    1e-6);
    assert_true(worth.slots[0][7] <= 0);
    for (size_t l = 0; l < 2; l++)
        free(plain.bits[l]);
    worth_free(&worth);
    model_free((struct model *)plain.model);
    config_free(config);
    dataset_free(data);
}

static void test_worth(void **state)
{
    (void)state;
    check_worth("random", NULL);
    check_worth("learnable", "layer_config: {candidates: 5}\n");
    check_worth("random", "node_config: {output_dim: 2}\n");
}

/* --- when --- */

static void test_schedule(void **state)
{
    struct config *config = small_config(
        &SHAPE, "training: {epochs: 10, prune_luts: 0.5, prune_start: 0.2, prune_end: 0.6}\n");
    static const double expected[] = {0, 0, 0, 1 - 27.0 / 64, 1 - 1.0 / 8, 1 - 1.0 / 64, 1, 1};

    (void)state;
    for (size_t e = 0; e < 8; e++)
        assert_true(fabs(prune_part(config, e) - expected[e]) < 1e-9);
    assert_true(prune_pending(config, 0) && prune_pending(config, 6));
    assert_false(prune_pending(config, 7));
    expect_ok(config_set(config, "training.prune_end=0.91", &err));
    assert_int_equal(prune_check(config, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "training.prune_end: expected at most 0.9"));
    expect_ok(config_set(config, "training.prune_end=0.2", &err));
    assert_int_equal(prune_check(config, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "expected more than training.prune_start 0.2"));
    expect_ok(config_set(config, "training.prune_luts=0", &err));
    expect_ok(prune_check(config, &err));
    assert_false(prune_pending(config, 0));
    config_free(config);
}

/* --- training --- */

/* A run, and what its model looked like after the last epoch. */
struct run {
    struct model *model;
    struct dataset *data;
    struct train_result result;
    uint32_t *wiring[2];
    struct train_pruned pruned;
    size_t events;
};

/* What is cut stays cut; the counts never fall. */
static void watch_wires(const struct train_progress *p, void *user)
{
    struct run *run = user;

    if (!p->epoch_done) return;
    assert_true(p->prunes);
    run->events += p->pruned.inputs > run->pruned.inputs;
    assert_true(p->pruned.luts >= run->pruned.luts && p->pruned.inputs >= run->pruned.inputs);
    if (p->pruned.luts > run->pruned.luts) assert_true(p->best); /* the first of another net */
    run->pruned = p->pruned;
    for (size_t l = 0; l < 2; l++) {
        const struct layer *layer = run->model->layers[l];

        for (size_t i = 0; i < layer->instances * layer->desc.num_inputs; i++) {
            if (run->wiring[l][i] == layer->num_inputs) assert_true(layer_is_cut(layer, i));
            run->wiring[l][i] = layer->wiring[i];
        }
    }
}

static void train(struct run *run, const char *node, const char *layer, const char *training,
                  unsigned threads)
{
    struct small_shape shape = SHAPE;
    struct config *config;
    struct train_options options = {.threads = threads, .progress = watch_wires, .user = run};

    *run = (struct run){0};
    shape.node = node;
    shape.layer = layer;
    config = small_config(&shape, training);
    run->data = small_dataset(&shape, 300, 200, 5);
    run->model = small_model(config, run->data);
    for (size_t l = 0; l < 2; l++)
        run->wiring[l] = calloc(run->model->layers[l]->instances * 4, sizeof(uint32_t));
    expect_ok(train_run(run->model, run->data, &options, &run->result, &err));
    config_free(config);
}

static void free_run(struct run *run)
{
    model_free(run->model);
    dataset_free(run->data);
    free(run->wiring[0]);
    free(run->wiring[1]);
}

static size_t removed(const struct layer *layer, size_t first, size_t count)
{
    size_t found = 0;

    for (size_t i = first; i < first + count; i++)
        found += layer_is_removed(layer, i);
    return found;
}

static const char ALL[] =
    "training: {epochs: 5, batch_size: 50, learning_rate: 0.05, prune_luts: 0.3, "
    "prune_bits: 0.2, prune_inputs: 0.25}\n";

/* The C reference and the netlist, before and after its passes; the optimised one has what is left. */
static void check_hardware(const struct run *run, const char *what)
{
    const struct dataset_split *split = &run->data->test;
    size_t classes = run->model->num_classes, count = split->count;
    uint32_t *scores = calloc(2 * count * (classes + 1), sizeof *scores);
    uint32_t *others = scores + count * (classes + 1);
    struct netlist *net = NULL;
    struct netlist_cost cost;

    expect_ok(model_hard(run->model, split->codes, count, 2, NULL, scores, scores + count * classes,
                         &err));
    expect_ok(model_lower(run->model, &net, &err));
    for (int optimised = 0; optimised < 2; optimised++) {
        if (optimised) expect_ok(netlist_optimize(net, NULL, &err));
        expect_ok(
            netlist_eval(net, split->codes, count, NULL, others, others + count * classes, &err));
        if (memcmp(scores, others, count * (classes + 1) * sizeof *scores) != 0)
            fail_msg("%s: the netlist differs", what);
    }
    expect_ok(netlist_cost(net, &cost, &err));
    assert_true(cost.layers <= 100 - run->result.pruned.luts);
    assert_true(cost.steps_read <= run->model->encoder->num_bits - run->result.pruned.bits);
    netlist_free(net);
    free(scores);
}

/* Every node type, fixed and learned wires. */
static void test_all_types(void **state)
{
    size_t num_types;
    const struct node_type *const *types = node_types(&num_types);

    (void)state;
    for (size_t t = 0; t < 2 * num_types; t++) {
        const char *name = types[t / 2]->name, *layer = t % 2 == 0 ? "random" : "learnable";
        struct train_pruned pruned;
        struct run run;
        char what[100];

        snprintf(what, sizeof what, "%s, %s", name, layer);
        train(&run, name, layer, ALL, 2);
        pruned = run.result.pruned;
        assert_int_equal(run.events, 3);
        assert_true(pruned.luts >= 30 && pruned.luts < 60);
        for (size_t class = 0; class < 4; class ++)
            if (removed(run.model->layers[1], 10 * class, 10) < 3)
                fail_msg("%s: class %zu", what, class);
        if (t % 2 == 0) assert_true(pruned.bits >= 7); /* of 39 */
        assert_true(pruned.inputs >= 4 * 30 + 70); /* of 18 and 12 LUTs; a quarter of the rest */
        check_hardware(&run, what);
        free_run(&run);
    }
}

static void test_threads_do_not_matter(void **state)
{
    struct run one, three;

    (void)state;
    for (int learned = 0; learned < 2; learned++) {
        train(&one, "probabilistic", learned ? "learnable" : "random", ALL, 1);
        train(&three, "probabilistic", learned ? "learnable" : "random", ALL, 3);
        for (size_t l = 0; l < 2; l++) {
            const struct layer *a = one.model->layers[l], *b = three.model->layers[l];

            assert_memory_equal(a->wiring, b->wiring, a->instances * 4 * sizeof(uint32_t));
            assert_memory_equal(a->params, b->params,
                                a->width * a->desc.num_params * sizeof(float));
        }
        free_run(&one);
        free_run(&three);
    }
}

/* Frozen layers keep wires and parameters, whatever happens around them. */
static void test_frozen(void **state)
{
    static const char *const freeze[] = {"freeze: [0], ", "freeze: [1], "};
    char text[300];

    (void)state;
    for (size_t l = 0; l < 2; l++) {
        struct model *fresh;
        struct layer *a, *b;
        struct run run;

        snprintf(text, sizeof text, "training: {%s%s", freeze[l], strchr(ALL, '{') + 1);
        train(&run, "probabilistic", "random", text, 2);
        fresh = small_model(run.model->config, run.data);
        a = run.model->layers[l], b = fresh->layers[l];
        assert_memory_equal(a->wiring, b->wiring, a->instances * 4 * sizeof(uint32_t));
        assert_true(run.result.pruned.luts >= 12);
        check_hardware(&run, "frozen");
        model_free(fresh);
        free_run(&run);
    }
}

/* Early stopping waits until nothing is left to prune. */
static void test_patience(void **state)
{
    struct run run;

    (void)state;
    train(
        &run, "probabilistic", "random",
        "training: {epochs: 20, batch_size: 50, learning_rate: 1e-9, patience: 1, prune_luts: 0.2, "
        "prune_start: 0.5, prune_end: 0.7}\n",
        2);
    assert_true(run.result.epochs >= 15 && run.result.best_epoch >= 15);
    assert_int_equal(run.result.pruned.luts >= 20, 1);
    free_run(&run);
}

/* --- models --- */

/* A LUT that reads nothing gives its hard bit in the soft pass as well. */
static void test_soft_is_hard(void **state)
{
    static const char *const types[] = {"probabilistic", "dwn", "fourier", "neurallut"};
    struct run run;

    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        float logits[4 * 50];
        uint32_t scores[4 * 50], classes[50];

        train(&run, types[t], "random", ALL, 2);
        for (size_t i = 0; i < 40 * 4; i++)
            layer_cut(run.model->layers[1], i);
        expect_ok(model_soft(run.model, run.data->test.codes, 50, 1, logits, &err));
        expect_ok(model_hard(run.model, run.data->test.codes, 50, 1, NULL, scores, classes, &err));
        for (size_t i = 0; i < 200; i++)
            assert_true(fabs((double)logits[i] * run.model->tau - scores[i]) < 1e-4);
        free_run(&run);
    }
}

/* Cut slots of both kinds of wires go through files and transfer. */
static void test_files(void **state)
{
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    for (int learned = 0; learned < 2; learned++) {
        struct model *loaded = NULL, *copy;
        struct model_layer_copy copies[2];
        char path[600];
        struct run run;

        train(&run, "probabilistic", learned ? "learnable" : "random", ALL, 2);
        expect_ok(model_save(run.model, scratch_path(&scratch, "m"), NULL, &err));
        snprintf(path, sizeof path, "%s/small.safetensors", scratch_path(&scratch, "m"));
        expect_ok(model_load(&loaded, run.model->config, path, &err));
        copy = small_model(run.model->config, run.data);
        assert_int_equal(model_copy_layers(copy, loaded, copies), 2);
        for (size_t l = 0; l < 2; l++) {
            size_t bytes = run.model->layers[l]->instances * 4 * sizeof(uint32_t);

            assert_memory_equal(loaded->layers[l]->wiring, run.model->layers[l]->wiring, bytes);
            assert_memory_equal(copy->layers[l]->wiring, run.model->layers[l]->wiring, bytes);
        }
        model_free(loaded);
        model_free(copy);
        free_run(&run);
    }
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worth),        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_all_types),    cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_frozen),       cmocka_unit_test(test_patience),
        cmocka_unit_test(test_soft_is_hard), cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
