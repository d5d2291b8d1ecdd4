#include "mixture.h"

#include "base/lanes.h"
#include "base/simd.h"
#include "layer.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wpsabi"

/* Shares below this pass no gradient on. */
static const float NEGLIGIBLE = 1e-30F;

/* --- the plain version --- */

static size_t wire_of(const uint32_t *wires, size_t c)
{
    return wires != NULL ? wires[c] : c;
}

/* Entry a is the sum of those of four numbers whose bits are set in a. */
static void subset_sums_plain(const float *x, float *table)
{
    for (size_t a = 0; a < 16; a++) {
        table[a] = 0;
        for (size_t k = 0; k < 4; k++)
            if (a >> k & 1) table[a] += x[k];
    }
}

typedef float v4 __attribute__((vector_size(16), may_alias));

/* The bits of a byte as numbers. */
#define BITS(b)                                                                                    \
    {                                                                                              \
        (b) & 1, (b) >> 1 & 1, (b) >> 2 & 1, (b) >> 3 & 1, (b) >> 4 & 1, (b) >> 5 & 1,             \
            (b) >> 6 & 1, (b) >> 7 & 1                                                             \
    }
#define BITS_4(b)  BITS(b), BITS((b) + 1), BITS((b) + 2), BITS((b) + 3)
#define BITS_16(b) BITS_4(b), BITS_4((b) + 4), BITS_4((b) + 8), BITS_4((b) + 12)
#define BITS_64(b) BITS_16(b), BITS_16((b) + 16), BITS_16((b) + 32), BITS_16((b) + 48)
static const v8 byte_bits[256] = {BITS_64(0), BITS_64(64), BITS_64(128), BITS_64(192)};

static void mix_bits_plain(const float *shares, const uint32_t *wires, size_t count,
                           const uint64_t *words, float *mapped)
{
    memset(mapped, 0, LAYER_TILE * sizeof *mapped);
    for (size_t first = 0; first < count; first += 4) {
        v4 sum[LAYER_TILE / 4] = {{0}};

        for (size_t c = first; c < count && c < first + 4; c++) {
            uint64_t word = words[wire_of(wires, c)];

            for (size_t g = 0; g < LAYER_TILE / 8; g++) {
                const v4 *bits = (const v4 *)&byte_bits[(uint8_t)(word >> 8 * g)];

                sum[2 * g] += shares[c] * bits[0];
                sum[2 * g + 1] += shares[c] * bits[1];
            }
        }
        for (size_t g = 0; g < LAYER_TILE / 4; g++)
            ((v4 *)mapped)[g] += sum[g];
    }
}

static void correlate_bits_plain(const uint32_t *wires, size_t count, const uint64_t *words,
                                 const float *grad, float *sums)
{
    float table[LAYER_TILE / 4][16];

    for (size_t g = 0; g < LAYER_TILE / 4; g++)
        subset_sums_plain(grad + 4 * g, table[g]);
    for (size_t c = 0; c < count; c++) {
        uint64_t word = words[wire_of(wires, c)];
        float sum = 0;

        for (size_t g = 0; g < LAYER_TILE / 4; g++)
            sum += table[g][word >> 4 * g & 15];
        sums[c] += sum;
    }
}

static void add_scaled(float *restrict sum, const float *restrict row, float scale)
{
    for (size_t s = 0; s < LAYER_TILE; s++)
        sum[s] += scale * row[s];
}

static void mix_plain(const float *shares, const uint32_t *wires, size_t count, const float *in,
                      float *mapped)
{
    memset(mapped, 0, LAYER_TILE * sizeof *mapped);
    for (size_t c = 0; c < count; c++)
        add_scaled(mapped, in + wire_of(wires, c) * LAYER_TILE, shares[c]);
}

static void correlate_plain(const uint32_t *wires, size_t count, const float *in, const float *grad,
                            float *sums)
{
    for (size_t c = 0; c < count; c++) {
        const float *row = in + wire_of(wires, c) * LAYER_TILE;
        float part[16] = {0}, sum = 0;

        for (size_t s = 0; s < LAYER_TILE; s += 16) {
            for (size_t i = 0; i < 16; i++)
                part[i] += grad[s + i] * row[s + i];
        }
        for (size_t i = 0; i < 16; i++)
            sum += part[i];
        sums[c] += sum;
    }
}

static void spread_plain(const float *shares, const uint32_t *wires, size_t count,
                         const float *grad, float *grad_in)
{
    for (size_t c = 0; c < count; c++) {
        if (shares[c] > NEGLIGIBLE)
            add_scaled(grad_in + wire_of(wires, c) * LAYER_TILE, grad, shares[c]);
    }
}

static const struct mixture_kernels kernels_plain = {
    "plain", mix_bits_plain, mix_plain, correlate_bits_plain, correlate_plain, spread_plain,
};

#if SIMD_X86

/* Lane a of bit k is bit k of a. */
static const float subset_bit[4][16] __attribute__((aligned(64))) = {
    {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
    {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1},
    {0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1},
    {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
};

/* Every eight bytes, seen as a matrix of eight times eight bits, transposed: blocks of four by four bits
 * change places across the diagonal, then of two by two, then bits. */
#define SWAP(x, distance, mask)                                                                    \
    do {                                                                                           \
        __typeof__(x) change_ = ((x) ^ (x) >> (distance)) & (mask);                                \
        (x) ^= change_ ^ change_ << (distance);                                                    \
    } while (0)
#define TRANSPOSE_BY_SWAPS(x)                                                                      \
    do {                                                                                           \
        SWAP(x, 28, 0xf0f0f0f0);                                                                   \
        SWAP(x, 14, 0xcccc0000cccc);                                                               \
        SWAP(x, 7, 0xaa00aa00aa00aa);                                                              \
    } while (0)

typedef int32_t v16i __attribute__((vector_size(64)));
typedef char v16c __attribute__((vector_size(16), may_alias));
typedef char v64c __attribute__((vector_size(64)));
typedef uint8_t v64b __attribute__((vector_size(64)));
typedef uint16_t v32h __attribute__((vector_size(64)));
typedef uint64_t v8w __attribute__((vector_size(64), may_alias));
typedef uint64_t v4w __attribute__((vector_size(32), may_alias));

#define TRANSPOSE_BITS(x) TRANSPOSE_BY_SWAPS(x)
#define REVERSED          0

SIMD_BEGIN_AVX2
#define KERNEL(name) name##_avx2
#define KERNEL_NAME  "avx2"
#define LANES        8
#include "mixture_kernel.h"
#undef KERNEL
#undef KERNEL_NAME
#undef LANES
SIMD_END

SIMD_BEGIN_AVX512
#define KERNEL(name) name##_avx512
#define KERNEL_NAME  "avx512"
#define LANES        16
#include "mixture_kernel.h"
#undef KERNEL
#undef KERNEL_NAME
SIMD_END

/* The product of a matrix of bits, its rows reversed, and the unit matrix is one instruction here. */
#undef TRANSPOSE_BITS
#undef REVERSED
#define REVERSED 1
#define TRANSPOSE_BITS(x)                                                                          \
    (x) = (v8w)__builtin_ia32_vgf2p8affineqb_v64qi((v64c)((v8w){0} + 0x8040201008040201),          \
                                                   (v64c)(x), 0)

SIMD_BEGIN_GFNI
#define KERNEL(name) name##_gfni
#define KERNEL_NAME  "avx512+gfni"
#include "mixture_kernel.h"
#undef KERNEL
#undef KERNEL_NAME
#undef LANES
SIMD_END

#endif

const struct mixture_kernels *mixture_kernels(size_t version)
{
#if SIMD_X86
    if (SIMD_HAS_GFNI && version-- == 0) return &kernels_gfni;
    if (SIMD_HAS_AVX512 && version-- == 0) return &kernels_avx512;
    if (SIMD_HAS_AVX2 && version-- == 0) return &kernels_avx2;
#endif
    return version == 0 ? &kernels_plain : NULL;
}
