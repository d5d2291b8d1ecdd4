#include "words.h"

#include "simd.h"

#include <string.h>

#if SIMD_X86
#include <immintrin.h>
#endif

#define SIMD_FILE "base/words_rows_kernel.h"
#include "base/simd_versions.h"

uint64_t words_below(const uint32_t *draws, uint32_t limit)
{
    return SIMD_CALL(words_below, (draws, limit));
}

void words_of_reals(const float *x, size_t rows, uint64_t *words)
{
    SIMD_CALL(words_of_reals, (x, rows, words));
}

void words_to_reals(const uint64_t *words, size_t rows, float *x)
{
    SIMD_CALL(words_to_reals, (words, rows, x));
}

/* Counters of 64 samples at once: plane k holds bit k of each count. */
void words_count(const uint64_t *words, size_t count, uint32_t *sums)
{
    uint64_t plane[32] = {0};

    for (size_t i = 0; i < count; i++) {
        uint64_t carry = words[i];

        for (unsigned k = 0; carry != 0; k++) {
            uint64_t next = plane[k] & carry;

            plane[k] ^= carry;
            carry = next;
        }
    }
    memset(sums, 0, WORDS_LANES * sizeof *sums);
    for (unsigned k = 0; k < 32 && count >> k != 0; k++) {
        for (unsigned s = 0; s < WORDS_LANES; s++)
            sums[s] += (uint32_t)(plane[k] >> s & 1) << k;
    }
}
