/* Look-ups: every version of each kernel against the definition, for every fan-in. The source is part of
 * this program, so that versions can be called which the machine would not choose. */
#include "base/rng.h"
#include "layer/lookup.c"
#include "versions.h"

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
    void (*forward)(unsigned, const float *, const uint64_t *, float *, size_t);
    void (*inputs)(unsigned, const float *, const uint64_t *, const float *, float *const *,
                   size_t);
    void (*table)(unsigned, const struct lookup_samples *, size_t, float *);
};

#define VERSION(name, works)                                                                       \
    {                                                                                              \
#name, works, lookup_address_##name, lookup_bit_##name, lookup_forward_##name,             \
            lookup_backward_inputs_##name, lookup_backward_table_##name                            \
    }

static void each_version(void (*check)(const struct version *, unsigned n, struct rng *))
{
    const struct version versions[] = {
        VERSIONS_OF(VERSION),
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

/* Multiples of 1/64 below 2 in size: products and sums of them are exact in any order. */
static void random_exact(struct rng *rng, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)((int)rng_below(rng, 257) - 128) / 64.0F;
}

static size_t random_count(struct rng *rng)
{
    return 16 * (1 + rng_below(rng, WORDS_LANES / 16));
}

static void check_forward(const struct version *version, unsigned n, struct rng *rng)
{
    static float table[1 << NODE_MAX_INPUTS];
    uint64_t slots[NODE_MAX_INPUTS];
    float out[WORDS_LANES + 1];
    size_t count = random_count(rng);

    random_slots(rng, n, slots);
    random_exact(rng, table, (size_t)1 << n);
    for (size_t s = 0; s <= WORDS_LANES; s++)
        out[s] = 7;
    version->forward(n, table, slots, out, count);
    for (size_t s = 0; s < count; s++)
        assert_true(out[s] == table[address_of(slots, n, s)]);
    for (size_t s = count; s <= WORDS_LANES; s++)
        assert_true(out[s] == 7);
}

static void check_inputs(const struct version *version, unsigned n, struct rng *rng)
{
    static float smooth[1 << NODE_MAX_INPUTS];
    static float rows[NODE_MAX_INPUTS][WORDS_LANES], before[NODE_MAX_INPUTS][WORDS_LANES];
    float grad[WORDS_LANES], *grad_in[NODE_MAX_INPUTS];
    uint64_t slots[NODE_MAX_INPUTS];
    size_t count = random_count(rng);

    random_slots(rng, n, slots);
    random_exact(rng, smooth, (size_t)1 << n);
    random_exact(rng, grad, WORDS_LANES);
    random_exact(rng, rows[0], NODE_MAX_INPUTS * WORDS_LANES);
    memcpy(before, rows, sizeof rows);
    for (unsigned j = 0; j < NODE_MAX_INPUTS; j++)
        grad_in[j] = rows[j];
    version->inputs(n, smooth, slots, grad, grad_in, count);
    for (unsigned j = 0; j < NODE_MAX_INPUTS; j++) {
        for (size_t s = 0; s < WORDS_LANES; s++) {
            size_t a = address_of(slots, n, s), bit = j < n ? (size_t)1 << j : 0;
            float factor = smooth[a | bit] - smooth[a & ~bit];

            assert_true(rows[j][s] == before[j][s] + (j < n && s < count ? grad[s] * factor : 0));
        }
    }
}

/* Also with all samples at one address, where every sum waits for the one before. */
static void check_table(const struct version *version, unsigned n, struct rng *rng)
{
    enum { BLOCKS = 3 };
    static float table[1 << NODE_MAX_INPUTS], expected[1 << NODE_MAX_INPUTS];
    struct lookup_samples blocks[BLOCKS];
    float grad[BLOCKS * WORDS_LANES];
    size_t size = (size_t)1 << n;

    random_exact(rng, grad, BLOCKS * WORDS_LANES);
    random_exact(rng, table, size);
    memcpy(expected, table, size * sizeof *table);
    for (size_t b = 0; b < BLOCKS; b++) {
        blocks[b].grad = grad + b * WORDS_LANES;
        blocks[b].count = random_count(rng);
        random_slots(rng, n, blocks[b].slots);
        for (unsigned j = 0; j < n && rng_below(rng, 4) == 0; j++)
            blocks[b].slots[j] = 0;
        for (size_t s = 0; s < blocks[b].count; s++)
            expected[address_of(blocks[b].slots, n, s)] += blocks[b].grad[s];
    }
    version->table(n, blocks, BLOCKS, table);
    assert_memory_equal(table, expected, size * sizeof *table);
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

static void test_forward(void **state)
{
    (void)state;
    each_version(check_forward);
}

static void test_backward_inputs(void **state)
{
    (void)state;
    each_version(check_inputs);
}

static void test_backward_table(void **state)
{
    (void)state;
    each_version(check_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),        cmocka_unit_test(test_bit),
        cmocka_unit_test(test_forward),        cmocka_unit_test(test_backward_inputs),
        cmocka_unit_test(test_backward_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
