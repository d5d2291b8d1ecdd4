/* What one slot of learned wires costs: nanoseconds of processor time for 64 candidates and 64 samples,
 * of every version that this machine can run (mixture.h).
 *   bench_mixture [CANDIDATES]
 * One CSV line a case: name,median,unit,lowest,highest. Signals are those of 28 x 28 pixels with 3 bits. */
#include "base/rng.h"
#include "base/simd.h"
#include "layer/layer.h"
#include "layer/mixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIGNALS = 2352, SLOTS = 600, MOST = 256, ROUNDS = 9 };

#define ROWS __attribute__((aligned(SIMD_ALIGN)))

static struct {
    size_t count;
    uint32_t wires[SLOTS][MOST];
    float shares[SLOTS][MOST], sums[MOST];
    uint64_t words[SIGNALS];
    float in[SIGNALS][LAYER_TILE] ROWS;
    float grad_in[SIGNALS][LAYER_TILE] ROWS;
    float rows[SLOTS][LAYER_TILE] ROWS;
} d;

enum what { MIX_BITS, CORRELATE_BITS, MIX, CORRELATE, SPREAD, NUM_WHAT };

static const char *const names[] = {"mix_bits", "correlate_bits", "mix", "correlate", "spread"};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Ascending candidates, one in each part of the signals. */
static void fill(size_t count)
{
    struct rng rng;

    rng_seed(&rng, 1, 0);
    d.count = count;
    for (size_t i = 0; i < SIGNALS; i++) {
        d.words[i] = rng_next(&rng) & rng_next(&rng);
        for (size_t s = 0; s < LAYER_TILE; s++)
            d.in[i][s] = rng_float(&rng);
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        for (size_t c = 0; c < count; c++) {
            d.wires[slot][c] = (uint32_t)(c * SIGNALS / count + rng_below(&rng, SIGNALS / count));
            d.shares[slot][c] = rng_float(&rng) / (float)count;
        }
    }
}

static void work(const struct mixture_kernels *k, enum what what, size_t slot)
{
    const uint32_t *wires = d.wires[slot];
    const float *shares = d.shares[slot];

    if (what == MIX_BITS) k->mix_bits(shares, wires, d.count, d.words, d.rows[slot]);
    if (what == CORRELATE_BITS) k->correlate_bits(wires, d.count, d.words, d.rows[slot], d.sums);
    if (what == MIX) k->mix(shares, wires, d.count, d.in[0], d.rows[slot]);
    if (what == CORRELATE) k->correlate(wires, d.count, d.in[0], d.rows[slot], d.sums);
    if (what == SPREAD) k->spread(shares, wires, d.count, d.rows[slot], d.grad_in[0]);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void measure(const struct mixture_kernels *k, enum what what)
{
    double times[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = now();
        size_t runs = 0;

        memset(d.sums, 0, sizeof d.sums);
        do {
            for (size_t slot = 0; slot < SLOTS; slot++)
                work(k, what, slot);
            runs++;
        } while (now() - begin < 3e6);
        times[round] = (now() - begin) / (double)(runs * SLOTS);
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("wires/%s/c%zu/%s,%.1f,ns,%.1f,%.1f\n", k->name, d.count, names[what], times[ROUNDS / 2],
           times[0], times[ROUNDS - 1]);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 64;
    const struct mixture_kernels *k;

    if (count < 1 || count > MOST) {
        fprintf(stderr, "bench_mixture: 1 to %d candidates, not %s\n", MOST, argv[1]);
        return 2;
    }
    fill((size_t)count);
    for (size_t version = 0; (k = mixture_kernels(version)) != NULL; version++) {
        for (enum what what = 0; what < NUM_WHAT; what++)
            measure(k, what);
    }
    return 0;
}
