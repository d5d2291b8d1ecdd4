#include "base/simd.h"
#include "encoder_kinds.h"

#include <string.h>

#if SIMD_X86
#include <immintrin.h>
#endif

/* Vectors are passed only between functions that are always inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef uint16_t codes8 __attribute__((vector_size(16)));
typedef uint16_t codes16 __attribute__((vector_size(32)));

enum {
    SEARCH_FROM = 64, /* toggles; so many vector comparisons cost about one search a sample */
    BLOCK = 32,       /* features: a cache line of each sample */
    LINE = 64 / sizeof(uint16_t)
};

uint8_t encoder_bit(const struct encoder *encoder, size_t b, uint32_t code)
{
    uint8_t value = encoder->initial[b];

    for (size_t t = encoder->toggle_start[b]; t < encoder->toggle_start[b + 1]; t++) {
        value ^= encoder->toggles[t] <= code;
    }
    return value;
}

void encoder_encode_rows(const struct encoder *encoder, const uint16_t *codes, size_t count,
                         uint8_t *bits)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < encoder->num_bits; b++) {
            *bits++ = encoder_bit(encoder, b, codes[b / encoder->bits_per_feature]);
        }
        codes += encoder->num_features;
    }
}

void encoder_encode_real(const struct encoder *encoder, const float *x, size_t count, uint8_t *bits)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < encoder->num_features; f++) {
            encoder_kinds_encode(encoder, f, *x++, bits);
            bits += encoder->bits_per_feature;
        }
    }
}

/* Toggles at or below the code, an odd number or an even one: for the low bits of binary codes, which
 * toggle at nearly every code. */
SIMD_KERNEL uint64_t encode_search(const uint16_t *codes, const uint32_t *toggles, size_t count)
{
    uint64_t word = 0;

    for (size_t s = 0; s < WORDS_LANES; s++) {
        size_t first = 0;

        for (size_t left = count; left > 0;) { /* the first toggle beyond the code */
            size_t half = left / 2;
            bool below = toggles[first + half] <= codes[s];

            first += below ? half + 1 : 0;
            left = below ? left - half - 1 : half;
        }
        word |= (uint64_t)(first & 1) << s;
    }
    return word;
}

#define SIMD_FILE "encoder/encoder_encode_kernel.h"
#include "base/simd_versions.h"

/* Samples lie scattered in memory, and no processor sees 64 rows coming. */
static void fetch(const uint16_t *const *rows, size_t count, size_t features)
{
    for (size_t s = 0; s < count; s++) {
        for (size_t f = 0; f < features; f += LINE)
            __builtin_prefetch(rows[s] + f, 0, 2);
    }
}

void encoder_encode(const struct encoder *encoder, const uint16_t *const *rows, size_t count,
                    uint64_t *words)
{
    fetch(rows, count, encoder->num_features);
    SIMD_CALL(encoder_encode, (encoder, rows, count, words));
}
