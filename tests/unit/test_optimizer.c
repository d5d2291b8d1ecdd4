/* Update rules, clipping, schedules and the loss against numbers worked out by hand and against plain
 * double-precision copies of PyTorch's documented rules. */
#include "base/rng.h"
#include "layer/layer.h"
#include "small_model.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) fail_msg("%.12g is not %.12g (+-%g)", a, b, tolerance);
}

static struct config *config_of(const char *training)
{
    static const struct small_shape shape = {.node = "probabilistic",
                                             .encoder = "thermometer",
                                             .features = 4,
                                             .bits = 2,
                                             .code_bits = 8,
                                             .classes = 2,
                                             .layers = 1,
                                             .n = 2,
                                             .width = {4}};
    char extra[500];

    snprintf(extra, sizeof extra, "training: {%s}\n", training);
    return small_config(&shape, extra);
}

/* --- update rules --- */

static void test_by_hand(void **state)
{
    static const struct {
        const char *name, *training;
        double first, second; /* a parameter that starts at 1, after gradients 0.5 and -0.25 */
    } cases[] = {
        {"sgd", "optimizer: sgd, momentum: 0", 0.95, 0.975},
        {"sgd", "optimizer: sgd, momentum: 0.9", 0.95, 0.93},
        {"sgd", "optimizer: sgd, momentum: 0.9, nesterov: true", 0.905, 0.912},
        {"sgd", "optimizer: sgd, momentum: 0, weight_decay: 0.1", 0.94, 0.9556},
        {"adagrad", "optimizer: adagrad", 0.9, 0.9447213595},
        {"adam", "optimizer: adam", 0.9, 0.8733663},
        {"adamw", "optimizer: adamw", 0.9, 0.8733663},
        {"adamw", "optimizer: adamw, weight_decay: 0.1", 0.89, 0.8544663},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = config_of(cases[i].training);
        const struct optimizer *optimizer = optimizer_find(config->training.optimizer);
        float param = 1.0F, slots[2] = {0}, grads[] = {0.5F, -0.25F};
        float *slot[] = {slots, slots + 1};
        struct optimizer_step step;

        assert_string_equal(optimizer->name, cases[i].name);
        optimizer_step_at(&step, config, 0.1, 1);
        optimizer->update(&step, grads, &param, slot, 1);
        assert_near((double)param, cases[i].first, 1e-6);
        optimizer_step_at(&step, config, 0.1, 2);
        optimizer->update(&step, grads + 1, &param, slot, 1);
        assert_near((double)param, cases[i].second, 1e-6);
        config_free(config);
    }
    assert_null(optimizer_find("sdg"));
}

/* One scalar in double, as torch.optim documents it. */
struct reference {
    double p, first, second;
};

static void reference_step(struct reference *r, const struct config *config, double g, double rate,
                           int t)
{
    double beta1 = config->training.beta1, beta2 = config->training.beta2;
    double decay = config->training.weight_decay, epsilon = config->training.epsilon;
    const char *name = config->training.optimizer;

    if (strcmp(name, "adamw") == 0)
        r->p -= rate * decay * r->p;
    else
        g += decay * r->p;
    if (strcmp(name, "sgd") == 0) {
        double mu = config->training.momentum;

        r->first = t == 1 ? g : mu * r->first + g;
        r->p -= rate * (config->training.nesterov ? g + mu * r->first : r->first);
    } else if (strcmp(name, "adagrad") == 0) {
        r->first += g * g;
        r->p -= rate * g / (sqrt(r->first) + epsilon);
    } else {
        r->first = beta1 * r->first + (1 - beta1) * g;
        r->second = beta2 * r->second + (1 - beta2) * g * g;
        r->p -= rate * (r->first / (1 - pow(beta1, t))) /
                (sqrt(r->second / (1 - pow(beta2, t))) + epsilon);
    }
}

static void test_long_runs(void **state)
{
    static const char *const runs[] = {
        "optimizer: sgd",
        "optimizer: sgd, nesterov: true, weight_decay: 0.02",
        "optimizer: adam, weight_decay: 0.01, beta1: 0.8",
        "optimizer: adamw, weight_decay: 0.3, beta2: 0.99",
        "optimizer: adagrad, weight_decay: 0.01, epsilon: 1e-6",
    };
    enum { COUNT = 37, STEPS = 200 };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct config *config = config_of(runs[i]);
        float params[COUNT], grad[COUNT], slots[2][COUNT] = {{0}};
        float *slot[] = {slots[0], slots[1]};
        struct reference expected[COUNT] = {{0}};
        struct rng rng;

        rng_seed(&rng, 9, i);
        for (size_t k = 0; k < COUNT; k++) {
            params[k] = rng_float(&rng);
            expected[k].p = (double)params[k];
        }
        for (int t = 1; t <= STEPS; t++) {
            double rate = 0.02 / t;
            struct optimizer_step step;

            optimizer_step_at(&step, config, rate, (uint64_t)t);
            for (size_t k = 0; k < COUNT; k++) {
                grad[k] = (float)rng_normal(&rng);
                reference_step(&expected[k], config, (double)grad[k], rate, t);
            }
            optimizer_find(config->training.optimizer)->update(&step, grad, params, slot, COUNT);
        }
        for (size_t k = 0; k < COUNT; k++)
            assert_near((double)params[k], expected[k].p, 2e-5);
        config_free(config);
    }
}

static void test_clipping(void **state)
{
    float grad[] = {3.0F, -4.0F, 0.5F, NAN};

    (void)state;
    assert_near(optimizer_square_norm(grad, 2), 25, 0);
    assert_near((double)optimizer_clip_factor(5, 1), 1 / (5 + 1e-6), 1e-7);
    assert_near((double)optimizer_clip_factor(5, 10), 1, 0);
    optimizer_clip_value(grad, 4, 1.0F);
    assert_near((double)grad[0], 1, 0);
    assert_near((double)grad[1], -1, 0);
    assert_near((double)grad[2], 0.5, 0);
    assert_true(isnan(grad[3]));
    for (size_t count = 1; count < 100; count++) {
        float values[100];
        double expected = 0;

        for (size_t i = 0; i < count; i++) {
            values[i] = (float)i - 20.5F;
            expected += (double)values[i] * (double)values[i];
        }
        assert_near(optimizer_square_norm(values, count), expected, 1e-9 * expected);
    }
}

/* --- schedules: 10 epochs of 7 steps --- */

static void assert_rates(const char *training, const double (*expected)[2], size_t count)
{
    char text[300];
    struct config *config;
    struct schedule_plateau plateau = {0};

    snprintf(text, sizeof text, "epochs: 10, learning_rate: 0.5, %s", training);
    config = config_of(text);
    assert_int_equal(schedule_check(config, NULL), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        double rate = schedule_rate(config, &plateau, (uint64_t)expected[i][0], 7);

        if (!(fabs(rate - expected[i][1]) <= 1e-12))
            fail_msg("%s: step %g: %.15g, expected %.15g", training, expected[i][0], rate,
                     expected[i][1]);
    }
    config_free(config);
}

#define RATES(training, ...)                                                                       \
    assert_rates(training, (const double[][2]){__VA_ARGS__},                                       \
                 sizeof((const double[][2]){__VA_ARGS__}) / sizeof(double[2]))

static void test_schedules(void **state)
{
    (void)state;
    RATES("schedule: constant", {0, 0.5}, {69, 0.5});
    RATES("schedule: step, step_epochs: 4", {0, 0.5}, {27, 0.5}, {28, 0.05}, {69, 0.005});
    RATES("schedule: multistep, milestones: [3, 8], step_factor: 0.2", {20, 0.5}, {21, 0.1},
          {55, 0.1}, {56, 0.02}, {69, 0.02});
    RATES("schedule: cosine", {0, 0.5}, {35, 0.25}, {69, 0.25 * (1 + cos(acos(-1) * 69 / 70))});
    RATES("schedule: cosine, learning_rate_min: 0.1", {0, 0.5}, {35, 0.3}, {70, 0.1});
    RATES("schedule: cosine, warmup_epochs: 2", {0, 0.5 / 14}, {6, 0.25}, {13, 0.5}, {14, 0.5},
          {42, 0.25});
    RATES("schedule: constant, warmup_epochs: 0.5", {0, 0.125}, {3, 0.5}, {4, 0.5});
    RATES("schedule: step, step_epochs: 1, warmup_epochs: 10", {69, 0.5 * 1e-9});
    RATES("schedule: plateau, step_factor: 0.5", {0, 0.5}, {69, 0.5});
    /* OneCycleLR(max_lr=0.5, total_steps=70): the top is at step 0.3 * 70 - 1 = 20. */
    RATES("schedule: onecycle", {0, 0.02}, {10, 0.26}, {20, 0.5}, {69, 2e-6},
          {27, 2e-6 + (0.5 - 2e-6) * 0.5 * (1 + cos(acos(-1) * 7 / 49))});
    RATES("schedule: onecycle, cycle_rise: 0, cycle_start: 10, cycle_end: 2", {0, 0.5}, {69, 0.025},
          {70, 0.025});
}

static void test_plateau(void **state)
{
    struct config *config =
        config_of("schedule: plateau, plateau_epochs: 2, step_factor: 0.1, learning_rate: 1, "
                  "learning_rate_min: 0.005");
    struct schedule_plateau plateau = {0};
    static const bool best[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    static const double rates[] = {1,   1,   1,    1,    1,    1,    0.1,   0.1,  0.1,
                                   .01, .01, 0.01, 0.01, .005, .005, 0.005, 0.005};

    (void)state;
    for (size_t e = 0; e < sizeof best / sizeof *best; e++) {
        schedule_judge(config, &plateau, best[e]);
        assert_near(schedule_rate(config, &plateau, 7 * (e + 1), 7), rates[e], 1e-12);
    }
    config_free(config);
}

static void test_schedule_complaints(void **state)
{
    static const struct {
        const char *training, *message;
    } cases[] = {
        {"schedule: multistep", "training.milestones: schedule multistep needs them"},
        {"learning_rate_min: 1", "training.learning_rate_min: is 1, above"},
        {"epochs: 2, warmup_epochs: 3", "training.warmup_epochs: is 3, but the training has 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = config_of(cases[i].training);
        struct err err = {0};

        assert_int_equal(schedule_check(config, &err), ERR_ARG);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%s", err.message);
        config_free(config);
    }
}

/* --- loss --- */

enum { CLASSES = 7, SAMPLES = 50 };

/* The loss of one sample in double. */
static double reference_loss(const double *logits, size_t label, double smoothing,
                             const float *weights)
{
    double top = -1e30, sum = 0, loss = 0;

    for (size_t c = 0; c < CLASSES; c++)
        top = fmax(top, logits[c]);
    for (size_t c = 0; c < CLASSES; c++)
        sum += exp(logits[c] - top);
    for (size_t c = 0; c < CLASSES; c++) {
        double target = (1 - smoothing) * (c == label) + smoothing / CLASSES;

        loss -= (weights != NULL ? (double)weights[c] : 1) * target * (logits[c] - top - log(sum));
    }
    return loss;
}

static void check_loss(double smoothing, const float *weights)
{
    static float logits[CLASSES * LAYER_TILE], grad[CLASSES * LAYER_TILE], losses[LAYER_TILE];
    struct loss loss = {.num_classes = CLASSES, .smoothing = smoothing, .weights = weights};
    uint16_t labels[SAMPLES];
    struct rng rng;

    rng_seed(&rng, 4, 4);
    for (size_t i = 0; i < CLASSES * (size_t)LAYER_TILE; i++)
        logits[i] = (float)(5 * rng_normal(&rng));
    for (size_t s = 0; s < SAMPLES; s++)
        labels[s] = (uint16_t)rng_below(&rng, CLASSES);
    loss_cross_entropy(&loss, logits, labels, SAMPLES, 0.25F, grad, losses);
    for (size_t s = 0; s < SAMPLES; s++) {
        double own[CLASSES];

        for (size_t c = 0; c < CLASSES; c++)
            own[c] = (double)logits[c * LAYER_TILE + s];
        assert_near((double)losses[s], reference_loss(own, labels[s], smoothing, weights), 5e-5);
        for (size_t c = 0; c < CLASSES; c++) {
            double up, down, at = own[c];

            own[c] = at + 1e-4;
            up = reference_loss(own, labels[s], smoothing, weights);
            own[c] = at - 1e-4;
            down = reference_loss(own, labels[s], smoothing, weights);
            own[c] = at;
            assert_near((double)grad[c * LAYER_TILE + s], 0.25 * (up - down) / 2e-4, 1e-5);
        }
    }
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t s = SAMPLES; s < LAYER_TILE; s++)
            assert_true(grad[c * LAYER_TILE + s] >= 0 && grad[c * LAYER_TILE + s] <= 0);
}

static void test_loss(void **state)
{
    static const float weights[CLASSES] = {1, 0.25F, 3, 1, 0, 2, 1.5F};

    (void)state;
    check_loss(0, NULL);
    check_loss(0.1, NULL);
    check_loss(0, weights);
    check_loss(0.3, weights);
}

static void test_balance(void **state)
{
    static const uint16_t labels[] = {0, 9, 0, 1, 0};
    static const uint32_t order[] = {0, 2, 3, 4};
    float weights[3];

    (void)state;
    loss_balance(labels, order, 4, 3, weights);
    assert_near((double)weights[0], 4.0 / 6.0, 1e-7);
    assert_near((double)weights[1], 2.0, 1e-7);
    assert_near((double)weights[2], 0.0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),  cmocka_unit_test(test_long_runs),
        cmocka_unit_test(test_clipping), cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_plateau),  cmocka_unit_test(test_schedule_complaints),
        cmocka_unit_test(test_loss),     cmocka_unit_test(test_balance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
