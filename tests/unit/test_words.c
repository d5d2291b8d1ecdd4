/* Words of bits: every version of each kernel against the definition. The source is part of this
 * program, so that versions can be called which the machine would not choose. */
#include "base/words.c"

#include "base/rng.h"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROWS = 5, SEED = 11 };

struct version {
    const char *name;
    bool works;
    uint64_t (*below)(const uint32_t *, uint32_t);
    void (*of_reals)(const float *, size_t, uint64_t *);
    void (*to_reals)(const uint64_t *, size_t, float *);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, words_below_##name, words_of_reals_##name, words_to_reals_##name             \
    }

static void each_version(void (*check)(const struct version *, struct rng *))
{
    const struct version versions[] = {
        VERSIONS_OF(VERSION),
        {"chosen", true, words_below, words_of_reals, words_to_reals},
    };

    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        struct rng rng;

        if (!versions[v].works) continue;
        rng_seed(&rng, SEED, 0);
        print_message("# words: %s, seed %d\n", versions[v].name, SEED);
        for (int round = 0; round < 200; round++)
            check(&versions[v], &rng);
    }
}

static void check_below(const struct version *version, struct rng *rng)
{
    uint32_t draws[WORDS_LANES], limit = (uint32_t)rng_next(rng);
    uint64_t word;

    for (size_t s = 0; s < WORDS_LANES; s++)
        draws[s] = rng_below(rng, 4) == 0 ? limit : (uint32_t)rng_next(rng);
    word = version->below(draws, limit);
    for (size_t s = 0; s < WORDS_LANES; s++)
        assert_int_equal(word >> s & 1, draws[s] < limit);
}

static void check_reals(const struct version *version, struct rng *rng)
{
    float x[ROWS * WORDS_LANES];
    uint64_t words[ROWS];

    for (size_t i = 0; i < ROWS * WORDS_LANES; i++)
        x[i] = rng_below(rng, 4) == 0 ? 0.5F : rng_float(rng);
    version->of_reals(x, ROWS, words);
    for (size_t i = 0; i < ROWS * WORDS_LANES; i++)
        assert_int_equal(words[i / WORDS_LANES] >> (i % WORDS_LANES) & 1, x[i] >= 0.5F);
    version->to_reals(words, ROWS, x);
    for (size_t i = 0; i < ROWS * WORDS_LANES; i++)
        assert_true(x[i] == (words[i / WORDS_LANES] >> (i % WORDS_LANES) & 1 ? 1.0F : 0.0F));
}

static void test_below(void **state)
{
    (void)state;
    each_version(check_below);
}

static void test_reals(void **state)
{
    (void)state;
    each_version(check_reals);
}

static void test_count(void **state)
{
    uint64_t words[300];
    struct rng rng;

    (void)state;
    rng_seed(&rng, SEED, 1);
    for (size_t count = 0; count <= 300; count += 1 + count / 7) {
        uint32_t sums[WORDS_LANES];

        for (size_t i = 0; i < count; i++)
            words[i] = rng_next(&rng) | (count % 2 ? 1 : 0); /* lane 0 full in every other round */
        words_count(words, count, sums);
        for (size_t s = 0; s < WORDS_LANES; s++) {
            uint32_t expected = 0;

            for (size_t i = 0; i < count; i++)
                expected += (uint32_t)(words[i] >> s & 1);
            assert_int_equal(sums[s], expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
