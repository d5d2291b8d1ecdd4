#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

/* The sequence is part of the file formats: wiring is drawn from it. */
static void test_reference(void **state)
{
    struct rng rng = {{1, 2, 3, 4}};

    (void)state;
    /* First outputs of the authors' xoshiro256** from state 1, 2, 3, 4. */
    assert_true(rng_next(&rng) == 11520U);
    assert_true(rng_next(&rng) == 0U);
    assert_true(rng_next(&rng) == 1509978240U);
    assert_true(rng_next(&rng) == 1215971899390074240U);
}

static void test_streams(void **state)
{
    struct rng a, b, c;

    (void)state;
    rng_seed(&a, 7, 0);
    rng_seed(&b, 7, 0);
    rng_seed(&c, 7, 1);
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_next(&a);

        assert_true(x == rng_next(&b));
        assert_true(x != rng_next(&c));
    }
    assert_true(rng_mix(1, 2, 3) == rng_mix(1, 2, 3));
    assert_true(rng_mix(1, 2, 3) != rng_mix(1, 3, 2));
}

static void test_below(void **state)
{
    enum { BOUND = 7, DRAWS = 70000 };
    size_t seen[BOUND] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = rng_below(&rng, BOUND);

        assert_true(x < BOUND);
        seen[x]++;
    }
    for (int i = 0; i < BOUND; i++) /* five standard deviations */
        assert_in_range(seen[i], 10000 - 463, 10000 + 463);
    assert_true(rng_below(&rng, 1) == 0);
}

static void test_moments(void **state)
{
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0, uniform = 0;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 3, 5);
    for (int i = 0; i < DRAWS; i++) {
        double normal = rng_normal(&rng), u = rng_double(&rng);
        float f = rng_float(&rng);

        assert_true(isfinite(normal));
        assert_true(u >= 0.0 && u < 1.0);
        assert_true(f >= 0.0F && f < 1.0F);
        sum += normal;
        squares += normal * normal;
        uniform += u;
    }
    assert_true(fabs(sum / DRAWS) < 0.02);
    assert_true(fabs(squares / DRAWS - 1.0) < 0.03);
    assert_true(fabs(uniform / DRAWS - 0.5) < 0.005);
}

static void test_shuffle(void **state)
{
    uint32_t items[257];
    uint8_t seen[257] = {0};
    size_t moved = 0;
    struct rng rng;

    (void)state;
    for (uint32_t i = 0; i < 257; i++)
        items[i] = i;
    rng_seed(&rng, 11, 0);
    rng_shuffle(&rng, items, 257);
    for (uint32_t i = 0; i < 257; i++) {
        seen[items[i]]++;
        moved += items[i] != i;
    }
    for (size_t i = 0; i < 257; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > 240);
    rng_shuffle(&rng, items, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_streams),
        cmocka_unit_test(test_below),     cmocka_unit_test(test_moments),
        cmocka_unit_test(test_shuffle),
    };

    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
