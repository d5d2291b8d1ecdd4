/* The vectorised functions of words.c, included once for each instruction set (simd_versions.h). */
#include "base/words_kernel.h"

SIMD_KERNEL uint64_t KERNEL(words_below)(const uint32_t *draws, uint32_t limit)
{
    return KERNEL(words_less)(draws, limit);
}

SIMD_KERNEL void KERNEL(words_of_reals)(const float *x, size_t rows, uint64_t *words)
{
    for (size_t r = 0; r < rows; r++)
        words[r] = KERNEL(words_half)(x + r * WORDS_LANES);
}

SIMD_KERNEL void KERNEL(words_to_reals)(const uint64_t *words, size_t rows, float *x)
{
    for (size_t r = 0; r < rows; r++) {
        uint32_t half[2] = {(uint32_t)words[r], (uint32_t)(words[r] >> 32)};

        for (unsigned s = 0; s < WORDS_LANES; s++)
            x[r * WORDS_LANES + s] = (float)(int)(half[s / 32] >> (s % 32) & 1);
    }
}
