/* Metrics by hand, and against plain counts on random predictions. */
#include "base/rng.h"
#include "model/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-12) fail_msg("%.15g is not %.15g", a, b);
}

/* Classes 0, 1, 2 with samples, 3 with a prediction only, 4 with nothing. */
static void test_by_hand(void **state)
{
    static const uint16_t labels[] = {0, 0, 0, 0, 1, 1, 2, 2};
    static const uint32_t predictions[] = {0, 0, 1, 3, 1, 0, 2, 2};
    static const uint64_t row0[] = {2, 1, 0, 1, 0};
    struct metrics m = {0};

    (void)state;
    assert_int_equal(metrics_compute(&m, labels, predictions, 8, 5, NULL), ERR_OK);
    assert_near(m.accuracy, 5.0 / 8);
    assert_near(m.classes[0].recall, 0.5);
    assert_near(m.classes[0].precision, 2.0 / 3);
    assert_near(m.classes[0].f1, 4.0 / 7);
    assert_near(m.classes[1].recall, 0.5);
    assert_near(m.classes[1].precision, 0.5);
    assert_near(m.classes[2].f1, 1);
    assert_near(m.classes[3].precision, 0);
    assert_near(m.classes[3].f1, 0);
    assert_int_equal(m.classes[4].samples + m.classes[4].predictions, 0);
    assert_near(m.macro_f1, (4.0 / 7 + 0.5 + 1 + 0) / 4);
    assert_near(m.macro_precision, (2.0 / 3 + 0.5 + 1 + 0) / 4);
    assert_near(m.balanced_accuracy, (0.5 + 0.5 + 1) / 3);
    assert_memory_equal(m.confusion, row0, sizeof row0);
    assert_int_equal(m.confusion[1 * 5 + 0], 1);
    metrics_free(&m);
}

static void test_random(void **state)
{
    (void)state;
    for (size_t k = 2; k <= 300; k += 37) {
        enum { COUNT = 2000 };
        uint16_t labels[COUNT];
        uint32_t predictions[COUNT];
        struct metrics m = {0};
        struct rng rng;
        size_t right = 0, samples = 0;

        rng_seed(&rng, 6, k);
        for (size_t s = 0; s < COUNT; s++) {
            labels[s] = (uint16_t)rng_below(&rng, k);
            predictions[s] = (uint32_t)rng_below(&rng, k);
            right += labels[s] == predictions[s];
        }
        assert_int_equal(metrics_compute(&m, labels, predictions, COUNT, k, NULL), ERR_OK);
        assert_near(m.accuracy, (double)right / COUNT);
        assert_int_equal(m.confusion != NULL, k <= METRICS_MAX_CONFUSION);
        for (size_t c = 0; c < k; c++) {
            uint64_t row = 0, column = 0;

            samples += m.classes[c].samples;
            for (size_t p = 0; m.confusion != NULL && p < k; p++) {
                row += m.confusion[c * k + p];
                column += m.confusion[p * k + c];
            }
            if (m.confusion == NULL) continue;
            assert_int_equal(row, m.classes[c].samples);
            assert_int_equal(column, m.classes[c].predictions);
        }
        assert_int_equal(samples, COUNT);
        metrics_free(&m);
    }
}

static void test_nothing(void **state)
{
    struct metrics m = {0};

    (void)state;
    assert_int_equal(metrics_compute(&m, NULL, NULL, 0, 3, NULL), ERR_OK);
    assert_near(m.accuracy, 0);
    assert_near(m.macro_f1, 0);
    metrics_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
