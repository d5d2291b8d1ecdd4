/* The kernel of encoder_encode.c, included once for each instruction set (base/simd_versions.h). */
#include "base/words_kernel.h"

SIMD_INLINE uint64_t KERNEL(encode_bit)(const struct encoder *encoder, size_t b,
                                        const uint16_t *codes)
{
    const uint32_t *toggles = encoder->toggles + encoder->toggle_start[b];
    size_t count = encoder->toggle_start[b + 1] - encoder->toggle_start[b];
    uint64_t word = encoder->initial[b] ? UINT64_MAX : 0;

    if (count > SEARCH_FROM) return word ^ encode_search(codes, toggles, count);
    for (size_t t = 0; t < count; t++)
        word ^= KERNEL(words_at_least)(codes, (uint16_t)toggles[t]);
    return word;
}

/* Eight features of sixteen samples: interleaving vector i with vector i + 4 turns the bits of (vector,
 * lane) by one place, so three times exchange the two. Samples 8 to 15 are upper halves. */
SIMD_INLINE void KERNEL(transpose)(const uint16_t *const *rows, size_t feature, uint16_t *columns)
{
    codes16 a[8], b[8];

    SIMD_UNROLL(8)
    for (size_t i = 0; i < 8; i++) {
        codes8 low, high;

        memcpy(&low, rows[i] + feature, sizeof low);
        memcpy(&high, rows[i + 8] + feature, sizeof high);
        a[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                       15);
    }
    SIMD_UNROLL(3)
    for (size_t stage = 0; stage < 3; stage++) {
        SIMD_UNROLL(4)
        for (size_t i = 0; i < 4; i++) {
            b[2 * i] = __builtin_shufflevector(a[i], a[i + 4], 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9,
                                               25, 10, 26, 11, 27);
            b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + 4], 4, 20, 5, 21, 6, 22, 7, 23, 12,
                                                   28, 13, 29, 14, 30, 15, 31);
        }
        SIMD_UNROLL(8)
        for (size_t i = 0; i < 8; i++)
            a[i] = b[i];
    }
    SIMD_UNROLL(8)
    for (size_t i = 0; i < 8; i++)
        memcpy(columns + i * WORDS_LANES, &a[i], sizeof a[i]);
}

/* Features [first, first + size) of the samples, a row of WORDS_LANES each. */
SIMD_INLINE void KERNEL(columns)(const uint16_t *const *rows, size_t count, size_t first,
                                 size_t size, uint16_t *columns)
{
    size_t whole = size / 8 * 8;

    for (size_t f = 0; f < whole; f += 8) {
        for (size_t s = 0; s < count; s += 16)
            KERNEL(transpose)(rows + s, first + f, columns + f * WORDS_LANES + s);
    }
    for (size_t s = 0; whole < size && s < count; s++) {
        for (size_t f = whole; f < size; f++)
            columns[f * WORDS_LANES + s] = rows[s][first + f];
    }
}

SIMD_KERNEL void KERNEL(encoder_encode)(const struct encoder *encoder, const uint16_t *const *rows,
                                        size_t count, uint64_t *words)
{
    uint16_t block[BLOCK * WORDS_LANES] __attribute__((aligned(SIMD_ALIGN))) = {0};
    size_t features = encoder->num_features, b = 0;

    for (size_t first = 0; first < features; first += BLOCK) {
        size_t size = features - first < BLOCK ? features - first : BLOCK;

        KERNEL(columns)(rows, count, first, size, block);
        for (size_t f = 0; f < size; f++) {
            for (size_t k = 0; k < encoder->bits_per_feature; k++, b++)
                words[b] = KERNEL(encode_bit)(encoder, b, block + f * WORDS_LANES);
        }
    }
}
