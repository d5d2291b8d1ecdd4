/* Kernels of learned wires: every version that this machine can run against sums in double, and the
 * passes over bits against each other byte by byte; swept numbers of candidates. */
#include "base/rng.h"
#include "base/simd.h"
#include "layer/layer.h"
#include "layer/mixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

enum { SEED = 41, SIGNALS = 150, MOST = 130 };

struct data {
    float shares[MOST], grad[LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    uint32_t drawn[MOST];
    const uint32_t *wires; /* drawn, or NULL */
    size_t count;
    uint64_t words[SIGNALS];
    float bits[SIGNALS][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    float reals[SIGNALS][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
};

/* Bits that are seldom 1 as well as even ones, and signals that are all 0. */
static void fill(struct data *d, struct rng *rng)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        d->words[i] = rng_next(rng);
        for (uint64_t k = rng_below(rng, 4); k > 0; k--)
            d->words[i] &= rng_next(rng);
        if (i % 5 == 0) d->words[i] = 0;
        for (size_t s = 0; s < LAYER_TILE; s++) {
            d->bits[i][s] = (float)(d->words[i] >> s & 1);
            d->reals[i][s] = rng_float(rng);
        }
    }
    for (size_t s = 0; s < LAYER_TILE; s++)
        d->grad[s] = rng_float(rng) - 0.5F;
    for (size_t c = 0; c < MOST; c++) {
        d->shares[c] = c % 7 == 3 ? 1e-31F : rng_float(rng) / (float)d->count;
        d->drawn[c] = (uint32_t)rng_below(rng, SIGNALS);
    }
}

static size_t wire_of(const struct data *d, size_t c)
{
    return d->wires != NULL ? d->wires[c] : c;
}

static void expect_near(const char *what, const struct data *d, size_t i, float found,
                        double expected)
{
    if (fabs((double)found - expected) > 2e-6 * (1 + fabs(expected)))
        fail_msg("%s, %zu candidates, %zu: %.9g, expected %.9g", what, d->count, i, (double)found,
                 expected);
}

static void check_mix(const struct mixture_kernels *k, const struct data *d)
{
    float from_bits[LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    float from_reals[LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));

    k->mix_bits(d->shares, d->wires, d->count, d->words, from_bits);
    k->mix(d->shares, d->wires, d->count, d->reals[0], from_reals);
    for (size_t s = 0; s < LAYER_TILE; s++) {
        double bits = 0, reals = 0;

        for (size_t c = 0; c < d->count; c++) {
            bits += (double)d->shares[c] * (double)d->bits[wire_of(d, c)][s];
            reals += (double)d->shares[c] * (double)d->reals[wire_of(d, c)][s];
        }
        expect_near("mix_bits", d, s, from_bits[s], bits);
        expect_near("mix", d, s, from_reals[s], reals);
    }
}

/* One sum more than there are candidates: it must stay as it is. */
static void check_correlate(const struct mixture_kernels *k, const struct data *d)
{
    float from_bits[MOST + 1], from_reals[MOST + 1];

    for (size_t c = 0; c <= d->count; c++)
        from_bits[c] = from_reals[c] = (float)c;
    k->correlate_bits(d->wires, d->count, d->words, d->grad, from_bits);
    k->correlate(d->wires, d->count, d->reals[0], d->grad, from_reals);
    for (size_t c = 0; c < d->count; c++) {
        double bits = (double)c, reals = (double)c;

        for (size_t s = 0; s < LAYER_TILE; s++) {
            bits += (double)d->grad[s] * (double)d->bits[wire_of(d, c)][s];
            reals += (double)d->grad[s] * (double)d->reals[wire_of(d, c)][s];
        }
        expect_near("correlate_bits", d, c, from_bits[c], bits);
        expect_near("correlate", d, c, from_reals[c], reals);
    }
    assert_true(from_bits[d->count] == (float)d->count);
    assert_true(from_reals[d->count] == (float)d->count);
}

/* Shares that are next to nothing leave their rows alone. */
static void check_spread(const struct mixture_kernels *k, const struct data *d)
{
    static float found[SIGNALS][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    static double expected[SIGNALS][LAYER_TILE];

    memset(found, 0, sizeof found);
    memset(expected, 0, sizeof expected);
    k->spread(d->shares, d->wires, d->count, d->grad, found[0]);
    for (size_t c = 0; c < d->count; c++) {
        for (size_t s = 0; s < LAYER_TILE && d->shares[c] > 1e-30F; s++)
            expected[wire_of(d, c)][s] += (double)d->shares[c] * (double)d->grad[s];
    }
    for (size_t i = 0; i < SIGNALS; i++) {
        for (size_t s = 0; s < LAYER_TILE; s++)
            expect_near("spread", d, i, found[i][s], expected[i][s]);
    }
}

/* What comes from bits is the same in every version, to the byte. */
static void check_same(const struct mixture_kernels *k, const struct data *d)
{
    const struct mixture_kernels *first = mixture_kernels(0);
    float mapped[2][LAYER_TILE] __attribute__((aligned(SIMD_ALIGN))), sums[2][MOST] = {{0}};

    first->mix_bits(d->shares, d->wires, d->count, d->words, mapped[0]);
    k->mix_bits(d->shares, d->wires, d->count, d->words, mapped[1]);
    assert_memory_equal(mapped[0], mapped[1], sizeof mapped[0]);
    first->correlate_bits(d->wires, d->count, d->words, d->grad, sums[0]);
    k->correlate_bits(d->wires, d->count, d->words, d->grad, sums[1]);
    assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
}

static void each_size(void (*check)(const struct mixture_kernels *, const struct data *))
{
    static struct data d;
    const struct mixture_kernels *k;

    for (size_t version = 0; (k = mixture_kernels(version)) != NULL; version++) {
        struct rng rng;

        rng_seed(&rng, SEED, 0);
        print_message("# mixture: %s, seed %d\n", k->name, SEED);
        for (d.count = 1; d.count <= MOST; d.count++) {
            fill(&d, &rng);
            d.wires = d.drawn;
            check(k, &d);
            d.wires = NULL;
            check(k, &d);
        }
    }
}

static void test_mix(void **state)
{
    (void)state;
    each_size(check_mix);
}

static void test_correlate(void **state)
{
    (void)state;
    each_size(check_correlate);
}

static void test_spread(void **state)
{
    (void)state;
    each_size(check_spread);
}

static void test_same_bytes(void **state)
{
    (void)state;
    each_size(check_same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mix),
        cmocka_unit_test(test_correlate),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
