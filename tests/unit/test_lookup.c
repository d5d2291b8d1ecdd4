/* Look-ups: every version of each kernel against the definition, for every fan-in. The source is part of
 * this program, so that versions can be called which the machine would not choose. */
#include "base/rng.h"
#include "layer/lookup.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { SEED = 23 };

struct version {
    const char *name;
    bool works;
    void (*address)(unsigned, const uint64_t *, uint16_t *);
    uint64_t (*bit)(unsigned, const uint64_t *, const uint64_t *, const uint64_t *);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, lookup_address_##name, lookup_bit_##name                                     \
    }

static void each_version(void (*check)(const struct version *, unsigned n, struct rng *))
{
    const struct version versions[] = {
        VERSION(baseline, true),
#if SIMD_X86
        VERSION(avx2, SIMD_HAS_AVX2),
        VERSION(avx512, SIMD_HAS_AVX512),
#endif
    };

    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        struct rng rng;

        if (!versions[v].works) continue;
        rng_seed(&rng, SEED, 0);
        print_message("# look-up: %s, seed %d\n", versions[v].name, SEED);
        for (unsigned n = 1; n <= NODE_MAX_INPUTS; n++) {
            for (int round = 0; round < 20; round++)
                check(&versions[v], n, &rng);
        }
    }
}

/* Slots past n are not to be read: they hold ones. */
static void random_slots(struct rng *rng, unsigned n, uint64_t *slots)
{
    for (unsigned j = 0; j < NODE_MAX_INPUTS; j++)
        slots[j] = j < n ? rng_next(rng) : UINT64_MAX;
}

static size_t address_of(const uint64_t *slots, unsigned n, size_t s)
{
    size_t address = 0;

    for (unsigned j = 0; j < n; j++)
        address |= (size_t)(slots[j] >> s & 1) << j;
    return address;
}

static void check_address(const struct version *version, unsigned n, struct rng *rng)
{
    uint64_t slots[NODE_MAX_INPUTS];
    uint16_t address[WORDS_LANES];

    random_slots(rng, n, slots);
    version->address(n, slots, address);
    for (size_t s = 0; s < WORDS_LANES; s++)
        assert_int_equal(address[s], address_of(slots, n, s));
}

static void check_bit(const struct version *version, unsigned n, struct rng *rng)
{
    uint64_t slots[NODE_MAX_INPUTS], low[6] = {0}, table[1 << (NODE_MAX_INPUTS - 6)], found;

    random_slots(rng, n, slots);
    memcpy(low, slots, (n < 6 ? n : 6) * sizeof *low);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        table[i] = rng_next(rng); /* also past 2^n: not to be read */
    found = version->bit(n, table, low, slots);
    assert_int_equal(found, lookup_bit(n, table, slots));
    for (size_t s = 0; s < WORDS_LANES; s++) {
        size_t a = address_of(slots, n, s);

        assert_int_equal(found >> s & 1, table[a / 64] >> (a % 64) & 1);
    }
}

static void test_address(void **state)
{
    (void)state;
    each_version(check_address);
}

static void test_bit(void **state)
{
    (void)state;
    each_version(check_bit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
