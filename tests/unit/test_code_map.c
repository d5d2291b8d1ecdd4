#include "base/rng.h"
#include "data/code_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>

static struct code_map *new_map(unsigned bits, size_t features)
{
    struct code_map *map = NULL;
    struct err err = {""};

    assert_int_equal(code_map_create(&map, bits, features, &err), ERR_OK);
    return map;
}

static void test_identity(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 16; bits++) {
        struct code_map *map = new_map(bits, 2);
        uint32_t top = (1U << bits) - 1;

        for (uint32_t code = 0; code <= top; code++) {
            assert_int_equal(code_map_code(map, 1, code), code);
        }
        assert_int_equal(code_map_code(map, 0, -1.0), 0);
        assert_int_equal(code_map_code(map, 0, 1e9), top);
        assert_int_equal(code_map_code(map, 0, 0.49), 0);
        assert_int_equal(code_map_code(map, 0, 0.5), 1);
        assert_int_equal(code_map_code(map, 0, NAN), 0);
        assert_int_equal(code_map_code(map, 0, INFINITY), top);
        assert_int_equal(code_map_code(map, 0, -INFINITY), 0);
        code_map_free(map);
    }
}

static void test_fit(void **state)
{
    struct code_map *map = new_map(4, 6);

    (void)state;
    code_map_fit(map, 0, 0, 15, true); /* its own code */
    code_map_fit(map, 1, 3, 7, true);  /* also: the code is the number, whatever the range */
    code_map_fit(map, 2, 0, 16, true); /* one too many */
    code_map_fit(map, 3, 0, 15, false);
    code_map_fit(map, 4, -1, 14, true);
    code_map_fit(map, 5, 2.5, 2.5, false); /* constant */
    assert_true(map->offset[0] == 0 && map->step[0] == 1);
    assert_true(map->offset[1] == 0 && map->step[1] == 1);
    assert_true(map->offset[2] == 0 && map->step[2] == 16.0 / 15);
    assert_true(map->offset[3] == 0 && map->step[3] == 1);
    assert_true(map->offset[4] == -1 && map->step[4] == 1);
    assert_true(map->offset[5] == 2.5 && map->step[5] == 1);
    assert_int_equal(code_map_code(map, 4, -1), 0);
    assert_int_equal(code_map_code(map, 4, 14), 15);
    assert_int_equal(code_map_code(map, 5, 2.5), 0);
    assert_int_equal(code_map_code(map, 5, 3.2), 1);
    code_map_free(map);
}

/* Ends map to the end codes, and every code's own number comes back as that code. */
static void test_fit_random(void **state)
{
    const uint64_t seed = 99;
    struct rng rng;

    (void)state;
    rng_seed(&rng, seed, 0);
    for (size_t round = 0; round < 500; round++) {
        unsigned bits = 1 + (unsigned)rng_below(&rng, 16);
        double scale = exp((double)rng_below(&rng, 60) - 30);
        double low = rng_normal(&rng) * scale, high = low + rng_double(&rng) * scale + 1e-9 * scale;
        struct code_map *map = new_map(bits, 1);
        uint32_t top = (1U << bits) - 1;

        code_map_fit(map, 0, low, high, false);
        assert_int_equal(code_map_code(map, 0, low), 0);
        assert_int_equal(code_map_code(map, 0, high), top);
        for (uint32_t code = 0; code <= top; code += 1 + top / 100) {
            double x = map->offset[0] + code * map->step[0];

            if (code_map_code(map, 0, x) != code) fail_msg("seed 99, round %zu", round);
        }
        code_map_free(map);
    }
}

static void test_fit_extremes(void **state)
{
    const double ends[][2] = {{-DBL_MAX, DBL_MAX},
                              {0.0, DBL_TRUE_MIN},
                              {-DBL_TRUE_MIN, DBL_TRUE_MIN},
                              {1.0, 1.0 + DBL_EPSILON}};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct code_map *map = new_map(16, 1);

        code_map_fit(map, 0, ends[i][0], ends[i][1], false);
        assert_true(isfinite(map->step[0]) && map->step[0] > 0.0);
        assert_int_equal(code_map_code(map, 0, ends[i][0]), 0);
        code_map_free(map);
    }
}

static void test_copy_and_errors(void **state)
{
    struct code_map *map = new_map(5, 3), *copy = NULL, *none = NULL;
    struct err err = {""};

    (void)state;
    code_map_fit(map, 1, -2, 9, false);
    assert_int_equal(code_map_copy(&copy, map, &err), ERR_OK);
    assert_int_equal(copy->bits, 5);
    assert_int_equal(copy->num_features, 3);
    assert_memory_equal(copy->offset, map->offset, 3 * sizeof(double));
    assert_memory_equal(copy->step, map->step, 3 * sizeof(double));
    code_map_free(map);
    code_map_free(copy);
    code_map_free(NULL);
    assert_int_equal(code_map_create(&none, 0, 3, &err), ERR_ARG);
    assert_int_equal(code_map_create(&none, 17, 3, &err), ERR_ARG);
    assert_string_equal(err.message, "code map: expected 1 to 16 bits, got 17");
    assert_int_equal(code_map_create(&none, 8, 0, &err), ERR_ARG);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_fit_random),      cmocka_unit_test(test_fit_extremes),
        cmocka_unit_test(test_copy_and_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
