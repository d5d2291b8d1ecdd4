/* Seeded random numbers. The generator is an argument everywhere; there is no global one.
 *
 * xoshiro256** of Blackman and Vigna ("Scrambled linear pseudorandom number generators", ACM TOMS
 * 47, 2021), seeded through splitmix64. The same (seed, stream) gives the same numbers on every
 * machine; streams of one seed are independent for every practical purpose. */
#ifndef DIFFLUT_BASE_RNG_H
#define DIFFLUT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4]; /* may be saved and restored to continue a sequence */
};

void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream);

/* Hashes (seed, a, b) to 64 well-mixed bits: counter-based draws that need no order. */
uint64_t rng_mix(uint64_t seed, uint64_t a, uint64_t b);

/* Counter-based draws in bulk: out[i] is 32 well-mixed bits of (key, first + i). Vectorised. */
void rng_fill(uint64_t key, uint32_t first, uint32_t *out, size_t count);

uint64_t rng_next(struct rng *rng);

/* Uniform integer in [0, bound), without bias; bound must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Uniform in [0, 1), 53 bits; the float in [0, 1) has 24 bits. */
double rng_double(struct rng *rng);
float rng_float(struct rng *rng);

/* Standard normal (Box-Muller; two uniforms a call, nothing kept between calls). */
double rng_normal(struct rng *rng);

/* Fisher-Yates shuffle. */
void rng_shuffle(struct rng *rng, uint32_t *items, size_t count);

#endif
