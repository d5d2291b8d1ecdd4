/* The trainer: learning, the same bytes for any number of threads, schedules, losses, regularisers,
 * initialisers, and loss that is not finite. */
#include "layer/stabilize.h"
#include "model/safetensors.h"
#include "small_model.h"
#include "train/augment.h"
#include "train/init.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/regularizer.h"
#include "train/schedule.h"
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

static void test_threads_do_not_matter(void **state)
{
    static const char *const extras[] = {
        "training: {epochs: 3, batch_size: 150}\n",
        "training: {epochs: 2, batch_size: 333, validation: 0}\n"
        "runtime: {flip_probability: 0.05, dropout: 0.1, regularizers: {entropy: 0.01}}\n",
        "training: {epochs: 2, batch_size: 130}\n"
        "runtime: {grad_stabilization: layerwise, grad_subtract_mean: true}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        struct run one, many;

        run_training(&one, &SHAPE, extras[i], 1);
        for (unsigned threads = 2; threads <= 5; threads += 3) {
            run_training(&many, &SHAPE, extras[i], threads);
            assert_int_equal(one.count, many.count);
            assert_memory_equal(one.params, many.params, one.count * sizeof(float));
            free(many.params);
        }
        free(one.params);
    }
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

static void test_schedules(void **state)
{
    struct config *config = small_config(
        &SHAPE, "training: {epochs: 10, learning_rate: 0.5, schedule: cosine, step_epochs: 4}\n");

    (void)state;
    assert_near(schedule_rate(config, 0, 7), 0.5, 1e-12);
    assert_near(schedule_rate(config, 35, 7), 0.25, 1e-12);
    assert_true(schedule_rate(config, 69, 7) < 0.001);
    strcpy(config->training.schedule, "constant");
    assert_near(schedule_rate(config, 69, 7), 0.5, 1e-12);
    strcpy(config->training.schedule, "step");
    assert_near(schedule_rate(config, 27, 7), 0.5, 1e-12);
    assert_near(schedule_rate(config, 28, 7), 0.05, 1e-12);
    assert_near(schedule_rate(config, 69, 7), 0.005, 1e-12);
    config_free(config);
}

/* Softmax cross-entropy against a plain double computation, tail columns zero. */
static void test_loss(void **state)
{
    enum { CLASSES = 7, SAMPLES = 50 };
    float logits[CLASSES * LAYER_TILE], grad[CLASSES * LAYER_TILE], losses[LAYER_TILE];
    uint16_t labels[SAMPLES];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 4, 4);
    for (size_t i = 0; i < CLASSES * (size_t)LAYER_TILE; i++)
        logits[i] = (float)(20 * rng_normal(&rng));
    for (size_t s = 0; s < SAMPLES; s++)
        labels[s] = (uint16_t)rng_below(&rng, CLASSES);
    loss_cross_entropy(logits, labels, CLASSES, SAMPLES, 0.25F, grad, losses);
    for (size_t s = 0; s < LAYER_TILE; s++) {
        double sum = 0, top = -1e30;

        for (size_t c = 0; c < CLASSES; c++)
            top = fmax(top, (double)logits[c * LAYER_TILE + s]);
        for (size_t c = 0; c < CLASSES; c++)
            sum += exp((double)logits[c * LAYER_TILE + s] - top);
        for (size_t c = 0; c < CLASSES; c++) {
            double p = exp((double)logits[c * LAYER_TILE + s] - top) / sum;
            double expected = s < SAMPLES ? 0.25 * (p - (labels[s] == c)) : 0;

            assert_near((double)grad[c * LAYER_TILE + s], expected, 1e-6);
        }
        if (s < SAMPLES)
            assert_near((double)losses[s],
                        log(sum) + top - (double)logits[labels[s] * LAYER_TILE + s], 2e-5);
    }
}

static void test_regularizers(void **state)
{
    static const char *const names[] = {"entropy", "clarity"};
    static const double at_half[] = {1, 1}, at_quarter[] = {0.8112781244591328, 0.75};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct regularizer *regularizer = regularizer_find(names[i]);
        float table[3] = {0.5F, 0.25F, 0.9F};

        assert_near(regularizer->value(table, 1), at_half[i], 1e-9);
        assert_near(regularizer->value(table + 1, 1), at_quarter[i], 1e-9);
        for (size_t k = 0; k < 3; k++) {
            float up = table[k] + 1e-3F, down = table[k] - 1e-3F, grad[1] = {0};
            double expected = (regularizer->value(&up, 1) - regularizer->value(&down, 1)) / 2e-3;

            regularizer->gradient(table + k, 1.0F, grad, 1);
            assert_near((double)grad[0], expected, 1e-3);
        }
    }
    assert_null(regularizer_find("entropi"));
}

static void test_init_rules(void **state)
{
    static const struct {
        const char *name;
        double deviation;
    } cases[] = {
        {"zeros", 0},    {"normal", 1},    {"UNIFORM", 0.57735},          {"glorot", 0.1},
        {"xavier", 0.1}, {"he", 0.141421}, {"kaiming_uniform", 0.141421}, {"probabilistic", 0.137},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static float values[10000];
        const struct init_rule *rule = init_find(cases[i].name);
        double sum = 0, square = 0, expected = cases[i].deviation;
        struct rng rng;

        assert_non_null(rule);
        rng_seed(&rng, 3, i);
        rule->draw(values, 100, 100, &rng);
        for (size_t k = 0; k < 10000; k++) {
            sum += (double)values[k];
            square += (double)values[k] * (double)values[k];
        }
        if (i == 7) expected = sqrt(4.0 / 200.0);
        assert_true(fabs(sum / 10000) < 0.03 * expected + 1e-12);
        assert_true(fabs(sqrt(square / 10000) - expected) < 0.03 * expected + 1e-12);
    }
    assert_null(init_find("gloroot"));
}

static void test_init_apply(void **state)
{
    struct config *config = small_config(&SHAPE, "runtime: {init_fn: residual}\n");
    struct dataset *data = small_dataset(&SHAPE, 50, 50, 2);
    struct model *model = small_model(config, data);
    struct err err = {0};

    (void)state;
    assert_int_equal(init_apply(model, &err), ERR_OK);
    for (uint32_t a = 0; a < 16; a++) {
        const struct layer *layer = model->layers[1];

        assert_int_equal(
            layer->desc.type->hard_bit(&layer->desc, layer_params(layer, 3), 0, a, NULL), a & 1);
    }
    strcpy(model->config->runtime.init_fn, "xavier_unifrom");
    assert_int_equal(init_apply(model, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "xavier_uniform"));
    model_free(model);
    dataset_free(data);
    config_free(config);
}

/* Against the original library's numbers; its target "std" is a target variance (SPEC 3.3). */
static void test_stabilize(void **state)
{
    static const char *const modes[] = {"batchwise", "layerwise"};

    (void)state;
    for (int i = 0; i < 4; i++) {
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
        else
            stabilize_apply(grad, 5, 8, &sums, &options);
        for (size_t s = 0; s < 8; s++)
            for (size_t r = 0; r < 5; r++)
                assert_near((double)grad[r * LAYER_TILE + s], (double)out[s * 5 + r], 2e-5);
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
        cmocka_unit_test(test_learns),       cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_seed_matters), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_schedules),    cmocka_unit_test(test_loss),
        cmocka_unit_test(test_regularizers), cmocka_unit_test(test_init_rules),
        cmocka_unit_test(test_init_apply),   cmocka_unit_test(test_stabilize),
        cmocka_unit_test(test_augment),      cmocka_unit_test(test_augment_needs_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
