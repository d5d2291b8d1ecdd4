#include "rng.h"

#include "simd.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned count)
{
    return (x << count) | (x >> (64 - count));
}

uint64_t rng_mix(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = seed;

    state = splitmix64(&state) ^ a;
    state = splitmix64(&state) ^ b;
    return splitmix64(&state);
}

/* Two rounds of a 32-bit mixer (triple32 of Wellons' hash prospector), keyed in between. */
SIMD_CLONES void rng_fill(uint64_t key, uint32_t first, uint32_t *out, size_t count)
{
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);

    for (size_t i = 0; i < count; i++) {
        uint32_t x = (first + (uint32_t)i) ^ low;

        x = (x ^ (x >> 17)) * 0xed5ad4bbU;
        x = (x ^ (x >> 11)) * 0xac4c1b51U;
        x = (x ^ (x >> 15)) * 0x31848babU;
        x = (x ^ (x >> 14)) + high;
        x = (x ^ (x >> 16)) * 0x7feb352dU;
        x = (x ^ (x >> 15)) * 0x846ca68bU;
        out[i] = x ^ (x >> 16);
    }
}

void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream)
{
    uint64_t state = rng_mix(seed, stream, 0);

    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix64(&state);
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t limit = -bound % bound; /* 2^64 mod bound: draws below it would be biased */
    uint64_t x;

    do
        x = rng_next(rng);
    while (x < limit);
    return x % bound;
}

double rng_double(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

float rng_float(struct rng *rng)
{
    return (float)(rng_next(rng) >> 40) * 0x1p-24F;
}

double rng_normal(struct rng *rng)
{
    double radius = sqrt(-2.0 * log(1.0 - rng_double(rng)));

    return radius * cos(6.283185307179586476925 * rng_double(rng));
}

void rng_shuffle(struct rng *rng, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        uint32_t swap = items[i - 1];

        items[i - 1] = items[j];
        items[j] = swap;
    }
}
