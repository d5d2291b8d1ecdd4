/* Vectorised functions against libm in double, over their ranges; in place, and any length. */
#include "base/rng.h"
#include "base/vmath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

enum { COUNT = 4099 }; /* not a multiple of any vector */

struct arrays {
    float in[COUNT], out[COUNT], other[COUNT];
};

static void fill(float *values, double low, double high, uint64_t stream)
{
    struct rng rng;

    rng_seed(&rng, 31, stream);
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (float)(low + (high - low) * rng_double(&rng));
}

static void expect_near(float found, double expected, double relative, double absolute, float at)
{
    if (fabs((double)found - expected) > relative * fabs(expected) + absolute)
        fail_msg("at %.9g: %.9g, expected %.17g", (double)at, (double)found, expected);
}

static void test_exp(void **state)
{
    struct arrays a;

    (void)state;
    fill(a.in, -87, 88, 0);
    a.in[0] = 0;
    vmath_exp(a.in, a.out, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        expect_near(a.out[i], exp((double)a.in[i]), 2e-7, 0, a.in[i]);
    assert_true(a.out[0] == 1.0F);
    a.in[0] = -1e30F;
    a.in[1] = 1e30F;
    a.in[2] = NAN;
    vmath_exp(a.in, a.out, 3);
    assert_true(isnan(a.out[2]));
    assert_true(a.out[0] >= 0 && a.out[0] < 1e-37F && a.out[1] > 1e38F && isfinite(a.out[1]));
}

static void test_sigmoid(void **state)
{
    struct arrays a;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        float scale = k == 0 ? 1.0F : -2.5F;

        fill(a.in, -30, 30, 1 + k);
        a.in[0] = 0;
        memcpy(a.out, a.in, sizeof a.out);
        vmath_sigmoid(a.out, scale, a.out, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            expect_near(a.out[i], 1 / (1 + exp(-(double)(scale * a.in[i]))), 3e-7, 0, a.in[i]);
        assert_true(a.out[0] == 0.5F);
    }
}

static void test_sigmoid_gradient(void **state)
{
    struct arrays a;

    (void)state;
    fill(a.in, 0, 1, 3);
    fill(a.other, -2, 2, 4);
    vmath_sigmoid_gradient(a.in, a.other, 0.7F, a.out, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        double y = (double)a.in[i];

        expect_near(a.out[i], (double)0.7F * (double)a.other[i] * y * (1 - y), 3e-7, 1e-8, a.in[i]);
    }
    vmath_sigmoid_gradient(a.in, a.other, 0.7F, a.other, COUNT);
    assert_memory_equal(a.out, a.other, sizeof a.out);
}

static void test_sin_cos(void **state)
{
    static const double ranges[] = {0.1, 4, 100, 9999};
    struct arrays a;

    (void)state;
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        fill(a.in, -ranges[r], ranges[r], 5 + r);
        a.in[0] = 0;
        vmath_sin_cos(a.in, a.out, a.other, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            expect_near(a.out[i], sin((double)a.in[i]), 0, 2e-7, a.in[i]);
            expect_near(a.other[i], cos((double)a.in[i]), 0, 2e-7, a.in[i]);
        }
        assert_true(a.out[0] == 0.0F && a.other[0] == 1.0F);
    }
}

static void test_log(void **state)
{
    struct arrays a;

    (void)state;
    fill(a.in, -87, 88, 10);
    for (size_t i = 0; i < COUNT; i++)
        a.in[i] = i % 2 == 0 ? (float)exp((double)a.in[i]) : 1.0F + a.in[i] * 1e-3F;
    a.in[0] = 1;
    vmath_log(a.in, a.out, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        expect_near(a.out[i], log((double)a.in[i]), 3e-7, 1e-7, a.in[i]);
    assert_true(a.out[0] == 0.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_sigmoid),
        cmocka_unit_test(test_sigmoid_gradient),
        cmocka_unit_test(test_sin_cos),
        cmocka_unit_test(test_log),
    };

    return cmocka_run_group_tests_name("vmath", tests, NULL, NULL);
}
