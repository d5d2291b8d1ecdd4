/* The trainer: learning, the same bytes for any number of threads, early stopping, augmentation,
 * gradient stabilisation, and loss that is not finite. */
#include "api/api_accuracy.h"
#include "layer/stabilize.h"
#include "model/safetensors.h"
#include "small_model.h"
#include "train/augment.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) fail_msg("%.12g is not %.12g (+-%g)", a, b, tolerance);
}

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "distributive_thermometer",
                                         .features = 13,
                                         .bits = 3,
                                         .code_bits = 8,
                                         .classes = 4,
                                         .layers = 2,
                                         .n = 4,
                                         .width = {60, 40}};

struct run {
    struct train_result result;
    double test_accuracy;
    float *params; /* of all layers */
    size_t count;
    enum err_status status;
    struct err err;
    size_t reports, epoch_reports;
};

static void count_reports(const struct train_progress *progress, void *user)
{
    struct run *run = user;

    run->reports++;
    run->epoch_reports += progress->epoch_done;
}

static void run_training(struct run *run, const struct small_shape *shape, const char *extra,
                         unsigned threads)
{
    struct config *config = small_config(shape, extra);
    struct dataset *data = small_dataset(shape, 700, 400, 11);
    struct model *model = small_model(config, data);
    struct train_options options = {.threads = threads, .progress = count_reports, .user = run};
    struct model_mode hard = {.name = "deterministic"};

    memset(run, 0, sizeof *run);
    run->status = train_run(model, data, &options, &run->result, &run->err);
    model_accuracy(model, &data->test, &hard, &run->test_accuracy, NULL, &run->err);
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        size_t count = layer->width * layer->desc.num_params;

        run->params = realloc(run->params, (run->count + count) * sizeof(float));
        memcpy(run->params + run->count, layer->params, count * sizeof(float));
        run->count += count;
    }
    model_free(model);
    dataset_free(data);
    config_free(config);
}

static void test_learns(void **state)
{
    static const char *const nodes[] = {"probabilistic", "dwn"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct small_shape shape = SHAPE;
        struct run run;

        shape.node = nodes[i];
        run_training(&run, &shape, "training: {epochs: 12, batch_size: 50, learning_rate: 0.03}\n",
                     2);
        assert_int_equal(run.status, ERR_OK);
        if (run.test_accuracy < 0.6) fail_msg("%s: test accuracy %g", nodes[i], run.test_accuracy);
        assert_int_equal(run.result.epochs, 12);
        assert_true(run.result.best_epoch >= 1 && run.result.best_epoch <= 12);
        assert_int_equal(run.epoch_reports, 12);
        assert_int_equal(run.reports, 12 * 13 + 12); /* 630 samples: 13 batches an epoch */
        free(run.params);
    }
}

/* Through convolution and pooling, which the wires of a feed-forward net do not reach. */
static void test_learns_through_pooling(void **state)
{
    static const struct small_shape IMAGE = {.features = 64, .code_bits = 4, .classes = 4};
    static const char YAML[] = "name: image\nmodel_type: convnet\nnode_type: probabilistic\n"
                               "layer_type: [convolutional, random]\nlayer_widths: [6, 60]\n"
                               "layer_config: {height: 8, width: 8, receptive_field: 3, pool: 2}\n"
                               "encoder_config: {name: thermometer, num_bits: 2}\n"
                               "node_input_dim: [4, 5]\nnum_classes: 4\ninput_size: 64\n"
                               "input: {bits: 4}\ndataset: small\n"
                               "training: {epochs: 12, batch_size: 50, learning_rate: 0.03}\n";
    struct dataset *data = small_dataset(&IMAGE, 700, 400, 11);
    struct config *config = NULL;
    struct model_mode hard = {.name = "deterministic"};
    struct train_options options = {.threads = 2};
    struct train_result result;
    struct model *model;
    double accuracy = 0;
    struct err err = {0};

    (void)state;
    assert_int_equal(config_parse(&config, YAML, sizeof YAML - 1, "image.yaml", &err), ERR_OK);
    model = small_model(config, data);
    assert_int_equal(train_run(model, data, &options, &result, &err), ERR_OK);
    assert_int_equal(model_accuracy(model, &data->test, &hard, &accuracy, NULL, &err), ERR_OK);
    if (accuracy < 0.6) fail_msg("test accuracy %g", accuracy);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

/* --- hard accuracy by the engine --- */

struct both {
    double hard[2][20];
    int by_engine; /* 1: with api_accuracy_hard() */
};

static void note_hard(const struct train_progress *progress, void *user)
{
    struct both *both = user;

    if (progress->epoch_done)
        both->hard[both->by_engine][progress->epoch - 1] = progress->accuracy_hard;
}

/* The same accuracies in every epoch, so the same best one; a pipeline that cannot be is no obstacle. */
static void test_engine_judges_as_the_reference(void **state)
{
    static const struct {
        const char *node, *extra;
        enum err_status lowers;
    } cases[] = {
        {"probabilistic", "training: {epochs: 6, batch_size: 50}\n", ERR_OK},
        {"dwn", "training: {epochs: 6, batch_size: 50}\n", ERR_OK},
        {"hybrid", "training: {epochs: 6, batch_size: 50}\nhardware: {pipeline: {depth: 1}}\n",
         ERR_ARG},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct small_shape shape = SHAPE;
        struct both both = {0};
        struct config *config;
        struct dataset *data;

        shape.node = cases[i].node;
        config = small_config(&shape, cases[i].extra);
        data = small_dataset(&shape, 700, 0, 11);
        for (both.by_engine = 0; both.by_engine < 2; both.by_engine++) {
            struct model *model = small_model(config, data);
            struct train_options options = {.threads = 2, .progress = note_hard, .user = &both};
            struct train_result result;
            struct netlist *net = NULL;
            struct err err;

            assert_int_equal(model_lower(model, &net, &err), cases[i].lowers);
            netlist_free(net);
            if (both.by_engine) options.accuracy_hard = api_accuracy_hard;
            assert_int_equal(train_run(model, data, &options, &result, &err), ERR_OK);
            model_free(model);
        }
        for (size_t e = 0; e < 6; e++)
            assert_true(both.hard[0][e] > 0.2 && both.hard[0][e] == both.hard[1][e]);
        dataset_free(data);
        config_free(config);
    }
}

static void test_threads_do_not_matter(void **state)
{
    static const char *const extras[] = {
        "training: {epochs: 3, batch_size: 150}\n",
        "training: {epochs: 2, batch_size: 333, validation: 0}\n"
        "runtime: {flip_probability: 0.05, dropout: 0.1, regularizers: {entropy: 0.01}}\n",
        "training: {epochs: 2, batch_size: 130}\n"
        "runtime: {grad_stabilization: layerwise, grad_subtract_mean: true}\n",
        "training: {epochs: 2, batch_size: 130, clip_norm: 0.01, optimizer: sgd, nesterov: true}\n",
        "training: {epochs: 2, clip_value: 0.001, clip_norm: 0.01, optimizer: adamw, "
        "weight_decay: 0.1}\n"
        "layer_config: {candidates: 5}\n",
        "training: {epochs: 2, label_smoothing: 0.1, class_weights: balanced}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        struct small_shape shape = SHAPE;
        struct run one, many;

        shape.layer = strstr(extras[i], "candidates") != NULL ? "learnable" : "random";
        run_training(&one, &shape, extras[i], 1);
        for (unsigned threads = 2; threads <= 5; threads += 3) {
            run_training(&many, &shape, extras[i], threads);
            assert_int_equal(one.count, many.count);
            assert_memory_equal(one.params, many.params, one.count * sizeof(float));
            free(many.params);
        }
        free(one.params);
    }
}

static void test_optimizers_learn(void **state)
{
    static const char *const trainings[] = {
        "optimizer: sgd, learning_rate: 20, nesterov: true",
        "optimizer: adamw, learning_rate: 0.03, weight_decay: 0.01, schedule: onecycle",
        "optimizer: adagrad, learning_rate: 0.1, schedule: plateau",
        "optimizer: sgd, learning_rate: 20, clip_norm: 0.05, schedule: multistep, milestones: [9]",
        "learning_rate: 0.03, clip_value: 0.001, warmup_epochs: 2",
        "learning_rate: 0.03, label_smoothing: 0.1, class_weights: balanced",
    };

    (void)state;
    for (size_t i = 0; i < sizeof trainings / sizeof *trainings; i++) {
        char extra[300];
        struct run run;

        snprintf(extra, sizeof extra, "training: {epochs: 12, batch_size: 50, %s}\n", trainings[i]);
        run_training(&run, &SHAPE, extra, 2);
        if (run.status != ERR_OK) fail_msg("%s", run.err.message);
        if (run.test_accuracy < 0.55) fail_msg("%s: accuracy %g", trainings[i], run.test_accuracy);
        free(run.params);
    }
}

/* A limit that is never reached changes nothing but the order of the work. */
static void test_clip_norm_out_of_reach(void **state)
{
    struct run plain, clipped;

    (void)state;
    run_training(&plain, &SHAPE, "training: {epochs: 2}\n", 2);
    run_training(&clipped, &SHAPE, "training: {epochs: 2, clip_norm: 1e20}\n", 2);
    assert_memory_equal(plain.params, clipped.params, plain.count * sizeof(float));
    free(plain.params);
    free(clipped.params);
}

static void test_patience(void **state)
{
    struct run run;

    (void)state; /* a rate so small that no epoch after the first is better */
    run_training(&run, &SHAPE, "training: {epochs: 30, learning_rate: 1e-9, patience: 4}\n", 2);
    assert_int_equal(run.status, ERR_OK);
    assert_int_equal(run.result.best_epoch, 1);
    assert_int_equal(run.result.epochs, 5);
    assert_int_equal(run.epoch_reports, 5);
    free(run.params);
}

/* Frozen layers keep their bytes, the others learn. */
static void test_freeze(void **state)
{
    static const char *const layers[] = {"random", "learnable"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct small_shape shape = SHAPE;
        struct run frozen, first, start;
        size_t below = 60 * 16;

        shape.layer = layers[i];
        run_training(&frozen, &shape, "training: {epochs: 3, freeze: [0], clip_norm: 1}\n", 2);
        run_training(&first, &shape, "training: {epochs: 3, freeze: [1]}\n", 2);
        run_training(&start, &shape, "training: {epochs: 0}\n", 2);
        assert_int_equal(frozen.status, ERR_OK);
        assert_memory_equal(frozen.params, start.params, below * sizeof(float));
        assert_memory_not_equal(frozen.params + below, start.params + below, 40 * sizeof(float));
        assert_memory_equal(first.params + below, start.params + below,
                            (first.count - below) * sizeof(float));
        assert_memory_not_equal(first.params, start.params, below * sizeof(float));
        free(frozen.params);
        free(first.params);
        free(start.params);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *training, *message;
    } cases[] = {
        {"schedule: multistep", "training.milestones"},
        {"freeze: [2]", "there is no layer 2: the model has layers 0 to 1"},
        {"freeze: [1, 0]", "all 2 layers are frozen"},
    };
    static const char *const runtimes[][2] = {
        {"regularizers: {entropi: 1}", "did you mean entropy?"},
        {"init_fn: xavier_unifrom", "did you mean xavier_uniform?"},
        {"init_kwargs: {std: 2}", "no runtime.init_fn that could read them"},
        {"init_fn: ones, init_kwargs: {std: 2}", "runtime.init_kwargs.std: unknown key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char extra[100];
        struct run run;

        snprintf(extra, sizeof extra, "training: {%s}\n", cases[i].training);
        run_training(&run, &SHAPE, extra, 1);
        assert_int_equal(run.status, ERR_ARG);
        if (strstr(run.err.message, cases[i].message) == NULL) fail_msg("%s", run.err.message);
        free(run.params);
    }
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++) {
        char extra[100];
        struct run run;

        snprintf(extra, sizeof extra, "runtime: {%s}\n", runtimes[i][0]);
        run_training(&run, &SHAPE, extra, 1);
        assert_int_equal(run.status, ERR_ARG);
        if (strstr(run.err.message, runtimes[i][1]) == NULL) fail_msg("%s", run.err.message);
        free(run.params);
    }
}

static void note_terms(const struct train_progress *progress, void *user)
{
    *(struct train_progress *)user = *progress;
}

/* The loss of every regulariser is told, weighted, and their sum. */
static void test_terms(void **state)
{
    struct config *config = small_config(
        &SHAPE, "training: {epochs: 1}\n"
                "runtime: {regularizers: {entropy: 0.5, l1: {weight: 0.25}, spectral: 0}}\n");
    struct dataset *data = small_dataset(&SHAPE, 200, 10, 11);
    struct model *model = small_model(config, data);
    struct train_progress progress = {0};
    struct train_options options = {.progress = note_terms, .user = &progress};
    struct train_result result;

    (void)state;
    assert_int_equal(train_run(model, data, &options, &result, NULL), ERR_OK);
    assert_int_equal(progress.num_terms, 3);
    assert_string_equal(progress.terms[0].name, "entropy");
    assert_string_equal(progress.terms[1].name, "l1");
    assert_true(progress.terms[0].loss > 0.2 && progress.terms[0].loss < 0.5);
    assert_true(progress.terms[1].loss > 0 && progress.terms[1].loss < 0.25);
    assert_near(progress.terms[2].loss, 0, 0);
    assert_near(progress.loss_regularizers, progress.terms[0].loss + progress.terms[1].loss, 1e-12);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

static void test_seed_matters(void **state)
{
    struct run a, b;

    (void)state;
    run_training(&a, &SHAPE, "training: {epochs: 1, seed: 1}\n", 2);
    run_training(&b, &SHAPE, "training: {epochs: 1, seed: 2}\n", 2);
    assert_memory_not_equal(a.params, b.params, a.count * sizeof(float));
    free(a.params);
    free(b.params);
}

static void test_not_finite(void **state)
{
    struct run run;

    (void)state;
    run_training(&run, &SHAPE,
                 "node_config: {}\ntraining: {epochs: 2, learning_rate: 999, epsilon: 1e-30}\n"
                 "runtime: {tau: 1e-38}\n",
                 1);
    assert_int_equal(run.status, ERR_DIFF);
    assert_non_null(strstr(run.err.message, "not finite after batch"));
    free(run.params);
}

/* Against the original library's numbers; its target "std" is a target variance (SPEC 3.3). */
static void test_stabilize(void **state)
{
    static const char *const modes[] = {"batchwise", "layerwise", "none"};

    (void)state;
    print_message("# golden: 6 stabilised gradients\n");
    for (int i = 0; i < 6; i++) {
        struct stabilize_options options = {.target_variance = 2.0, .subtract_mean = i % 2};
        struct safetensors *file = NULL;
        struct stabilize_sums sums = {0};
        static float grad[5 * LAYER_TILE];
        const float *in, *out;
        struct err err = {0};
        char path[128];

        snprintf(path, sizeof path, "tests/golden/layers/grad_%s_%d.safetensors", modes[i / 2],
                 i % 2);
        if (safetensors_read(&file, path, &err) != ERR_OK) fail_msg("%s", err.message);
        in = safetensors_find(file, "grad_in")->data;
        out = safetensors_find(file, "grad_out")->data;
        for (size_t s = 0; s < 8; s++)
            for (size_t r = 0; r < 5; r++)
                grad[r * LAYER_TILE + s] = in[s * 5 + r];
        stabilize_measure(grad, 5, 8, &sums);
        if (i / 2 == 0)
            stabilize_columns(grad, 5, 8, &options);
        else if (i / 2 == 1)
            stabilize_apply(grad, 5, 8, &sums, &options);
        for (size_t s = 0; s < 8; s++)
            for (size_t r = 0; r < 5; r++)
                assert_near((double)grad[r * LAYER_TILE + s], (double)out[s * 5 + r],
                            1e-5 * fabs((double)out[s * 5 + r]) + 1e-6);
        safetensors_free(file);
    }
}

static void test_augment(void **state)
{
    struct augment augment = {.channels = 1, .height = 8, .width = 8, .max_code = 255};
    uint16_t in[64] = {0}, out[64], again[64];
    size_t moved = 0;

    (void)state;
    in[3 * 8 + 4] = 200;
    augment_sample(&augment, 1, 1, in, out); /* nothing asked for: nothing changes */
    assert_memory_equal(in, out, sizeof in);
    augment.shift = 2;
    for (uint64_t sample = 0; sample < 50; sample++) { /* whole pixels, at most two away */
        size_t lit = 0;

        augment_sample(&augment, 1, sample, in, out);
        for (size_t i = 0; i < 64; i++) {
            if (out[i] == 0) continue;
            lit++;
            assert_int_equal(out[i], 200);
            assert_true(labs((long)(i / 8) - 3) <= 2 && labs((long)(i % 8) - 4) <= 2);
            moved += i != 3 * 8 + 4;
        }
        assert_int_equal(lit, 1);
        augment_sample(&augment, 1, sample, in, again);
        assert_memory_equal(out, again, sizeof out);
    }
    assert_true(moved > 25);
    augment = (struct augment){.channels = 1,
                               .height = 8,
                               .width = 8,
                               .rotation = 30,
                               .elastic = 2,
                               .noise = 9,
                               .max_code = 255};
    for (uint64_t sample = 0; sample < 50; sample++) {
        augment_sample(&augment, 2, sample, in, out);
        for (size_t i = 0; i < 64; i++)
            assert_true(out[i] <= 255);
    }
}

/* Rows are copied where sampling between pixels would give the same: noise too small to be seen takes
 * the other way. */
static void test_augment_moves_as_it_samples(void **state)
{
    struct augment whole = {.channels = 2, .height = 5, .width = 7, .shift = 9, .max_code = 65535};
    struct augment sampled = whole;
    uint16_t in[70], moved[70], expected[70];
    struct rng rng;

    (void)state;
    sampled.noise = 1e-6;
    rng_seed(&rng, 3, 0);
    for (size_t i = 0; i < 70; i++)
        in[i] = (uint16_t)rng_next(&rng);
    for (uint64_t sample = 0; sample < 1000; sample++) {
        augment_sample(&whole, 4, sample, in, moved);
        augment_sample(&sampled, 4, sample, in, expected);
        assert_memory_equal(moved, expected, sizeof moved);
    }
}

static void test_augment_needs_images(void **state)
{
    struct run run;

    (void)state;
    run_training(&run, &SHAPE, "training: {epochs: 1, augment_shift: 1}\n", 1);
    assert_int_equal(run.status, ERR_ARG);
    assert_non_null(strstr(run.err.message, "augment"));
    free(run.params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_learns_through_pooling),
        cmocka_unit_test(test_engine_judges_as_the_reference),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_optimizers_learn),
        cmocka_unit_test(test_clip_norm_out_of_reach),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_seed_matters),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_stabilize),
        cmocka_unit_test(test_augment),
        cmocka_unit_test(test_augment_moves_as_it_samples),
        cmocka_unit_test(test_augment_needs_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
