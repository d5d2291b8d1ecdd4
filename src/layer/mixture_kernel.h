/* The vector versions of mixture.h, with LANES 16 or 8; included once for each instruction set
 * (base/simd.h). TRANSPOSE_BITS(x) transposes every eight bytes of x as a matrix of bits, and where
 * REVERSED is not 0 reads the bytes from the last to the first. */
#include "base/lanes_kernel.h"

/* Vectors in a row, in a table of sixteen entries; words in a vector. */
#define ROW    (LAYER_TILE / LANES)
#define PARTS  (16 / LANES)
#define WORDS  (LANES / 2)
#define UNROLL SIMD_UNROLL(16)

#if LANES == 16
#define LOOK_UP(table, index) __builtin_shuffle((table)->part[0], index)

struct KERNEL(eight) {
    v8w part[1];
};

SIMD_INLINE v8w KERNEL(words_at)(const uint64_t *words, const uint32_t *at)
{
    return (v8w){words[at[0]], words[at[1]], words[at[2]], words[at[3]],
                 words[at[4]], words[at[5]], words[at[6]], words[at[7]]};
}

SIMD_INLINE void KERNEL(halves)(const struct KERNEL(eight) * words, v16u *low, v16u *high)
{
    const v16u even = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};

    *low = __builtin_shuffle((v16u)words[0].part[0], (v16u)words[1].part[0], even);
    *high = __builtin_shuffle((v16u)words[0].part[0], (v16u)words[1].part[0], even + 1);
}

#else
#define LOOK_UP(table, index) __builtin_shuffle((table)->part[0], (table)->part[1], index)

struct KERNEL(eight) {
    v4w part[2];
};

SIMD_INLINE v4w KERNEL(words_at)(const uint64_t *words, const uint32_t *at)
{
    return (v4w){words[at[0]], words[at[1]], words[at[2]], words[at[3]]};
}

SIMD_INLINE void KERNEL(halves)(const struct KERNEL(eight) * words, v8u *low, v8u *high)
{
    const v8u even = {0, 2, 4, 6, 8, 10, 12, 14};

    *low = __builtin_shuffle((v8u)words->part[0], (v8u)words->part[1], even);
    *high = __builtin_shuffle((v8u)words->part[0], (v8u)words->part[1], even + 1);
}

#endif

struct KERNEL(table) {
    VEC part[PARTS];
};

/* Entry a is the sum of those of four numbers whose bits are set in a. */
SIMD_INLINE struct KERNEL(table) KERNEL(subset_sums)(const float *x)
{
    struct KERNEL(table) t;

    UNROLL
    for (size_t i = 0; i < PARTS; i++) {
        t.part[i] = x[0] * *(const VEC *)(subset_bit[0] + i * LANES);
        UNROLL
        for (size_t k = 1; k < 4; k++)
            t.part[i] += x[k] * *(const VEC *)(subset_bit[k] + i * LANES);
    }
    return t;
}

SIMD_KERNEL void KERNEL(gather_rest)(const uint32_t *wires, size_t count, const uint64_t *words,
                                     size_t c, struct KERNEL(eight) * eight)
{
    uint64_t rest[8] = {0};

    for (size_t i = 0; i < 8 && c + i < count; i++)
        rest[i] = words[wires != NULL ? wires[c + i] : c + i];
    memcpy(eight, rest, sizeof rest);
}

/* The words of candidates c .. c + 8, of `count` in all; zeros beyond. Vectors are put together in
 * registers: through memory they would wait for all their parts to be stored. */
SIMD_INLINE struct KERNEL(eight)
    KERNEL(gather)(const uint32_t *wires, size_t count, const uint64_t *words, size_t c)
{
    struct KERNEL(eight) eight;

    if (c + 8 > count || wires == NULL) {
        KERNEL(gather_rest)(wires, count, words, c, &eight);
        return eight;
    }
    UNROLL
    for (size_t i = 0; i < 8 / WORDS; i++)
        eight.part[i] = KERNEL(words_at)(words, wires + c + i * WORDS);
    return eight;
}

/* --- bits --- */

#if LANES == 16

/* Pairs of words byte by byte, then all the pairs that are of one byte together. */
SIMD_INLINE void KERNEL(transpose)(const struct KERNEL(eight) * words, uint8_t *bits)
{
    const v64b pairs = {0,  8,  1,  9,  2,  10, 3,  11, 4,  12, 5,  13, 6,  14, 7,  15,
                        16, 24, 17, 25, 18, 26, 19, 27, 20, 28, 21, 29, 22, 30, 23, 31,
                        32, 40, 33, 41, 34, 42, 35, 43, 36, 44, 37, 45, 38, 46, 39, 47,
                        48, 56, 49, 57, 50, 58, 51, 59, 52, 60, 53, 61, 54, 62, 55, 63};
    const v32h bytes = {0, 8,  16, 24, 1, 9,  17, 25, 2, 10, 18, 26, 3, 11, 19, 27,
                        4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31};
    v64b x = __builtin_shuffle((v64b)words->part[0], pairs ^ (REVERSED ? 8 : 0));
    v8w y = (v8w)__builtin_shuffle((v32h)x, bytes ^ (REVERSED ? 24 : 0));

    TRANSPOSE_BITS(y);
    *(v8w *)bits = y;
}

SIMD_INLINE v16u KERNEL(spread_bytes)(const uint8_t *bytes)
{
    return (v16u)__builtin_ia32_pmovzxbd512_mask(*(const v16c *)bytes, (v16i){0}, 0xffff);
}

/* Eight candidates: two look-ups for each vector of samples. */
SIMD_INLINE void KERNEL(mix_eight)(const float *shares, const uint8_t *bits, VEC *sum)
{
    struct KERNEL(table) low = KERNEL(subset_sums)(shares), high = KERNEL(subset_sums)(shares + 4);

    UNROLL
    for (size_t i = 0; i < ROW; i++) {
        INDEX index = KERNEL(spread_bytes)(bits + i * LANES);

        sum[i] += LOOK_UP(&low, index);
        sum[i] += LOOK_UP(&high, index >> 4);
    }
}

/* Up to 64 candidates. All bits first: the look-ups then need not wait for them. */
SIMD_INLINE void KERNEL(mix_some)(const float *shares, const uint32_t *wires, size_t count,
                                  const uint64_t *words, size_t first, VEC *sum)
{
    uint8_t bits[8][LAYER_TILE] __attribute__((aligned(64)));
    size_t many = count - first < 64 ? count - first : 64, c = 0;

    for (; c < many; c += 8) {
        struct KERNEL(eight) eight = KERNEL(gather)(wires, count, words, first + c);

        KERNEL(transpose)(&eight, bits[c / 8]);
    }
    for (c = 0; c + 8 <= many; c += 8)
        KERNEL(mix_eight)(shares + first + c, bits[c / 8], sum);
    if (c < many) {
        float rest[8] = {0};

        memcpy(rest, shares + first + c, (many - c) * sizeof *rest);
        KERNEL(mix_eight)(rest, bits[c / 8], sum);
    }
}

#else

/* Shares times the bits of each byte of their words; four candidates are added up first, as elsewhere. */
SIMD_INLINE void KERNEL(mix_four)(const float *shares, uint64_t a, uint64_t b, uint64_t c,
                                  uint64_t d, VEC *sum)
{
    UNROLL
    for (size_t i = 0; i < ROW; i++) {
        VEC own = shares[0] * byte_bits[(uint8_t)(a >> 8 * i)];

        own += shares[1] * byte_bits[(uint8_t)(b >> 8 * i)];
        own += shares[2] * byte_bits[(uint8_t)(c >> 8 * i)];
        own += shares[3] * byte_bits[(uint8_t)(d >> 8 * i)];
        sum[i] += own;
    }
}

SIMD_INLINE void KERNEL(mix_some)(const float *shares, const uint32_t *wires, size_t count,
                                  const uint64_t *words, size_t first, VEC *sum)
{
    size_t c = first, end = count - first < 64 ? count : first + 64;
    uint64_t rest[4] = {0};
    float share[4] = {0};

    for (; c + 4 <= end; c += 4) {
        const uint32_t next[4] = {(uint32_t)c, (uint32_t)c + 1, (uint32_t)c + 2, (uint32_t)c + 3};
        const uint32_t *at = wires != NULL ? wires + c : next;

        KERNEL(mix_four)
        (shares + c, words[at[0]], words[at[1]], words[at[2]], words[at[3]], sum);
    }
    for (size_t k = 0; c + k < end; k++) {
        rest[k] = words[wires != NULL ? wires[c + k] : c + k];
        share[k] = shares[c + k];
    }
    if (c < end) KERNEL(mix_four)(share, rest[0], rest[1], rest[2], rest[3], sum);
}

#endif

SIMD_KERNEL void KERNEL(mix_bits)(const float *shares, const uint32_t *wires, size_t count,
                                  const uint64_t *words, float *mapped)
{
    VEC sum[ROW] = {{0}};

    for (size_t first = 0; first < count; first += 64)
        KERNEL(mix_some)(shares, wires, count, words, first, sum);
    UNROLL
    for (size_t i = 0; i < ROW; i++)
        ((VEC *)mapped)[i] = sum[i];
}

/* So many vectors of candidates from candidate c on. */
SIMD_INLINE void KERNEL(correlate_some)(const struct KERNEL(table) * table, size_t vectors,
                                        const uint32_t *wires, size_t count, const uint64_t *words,
                                        size_t c, VEC *sum)
{
    INDEX index[4], high[4];

    UNROLL
    for (size_t i = 0; i < vectors; i++) {
        struct KERNEL(eight) eight[LANES / 8];

        UNROLL
        for (size_t k = 0; k < LANES / 8; k++)
            eight[k] = KERNEL(gather)(wires, count, words, c + i * LANES + 8 * k);
        KERNEL(halves)(eight, &index[i], &high[i]);
        sum[i] = (VEC){0};
    }
    UNROLL
    for (size_t g = 0; g < LAYER_TILE / 4; g++) {
        struct KERNEL(table) own = table[g];

        UNROLL
        for (size_t i = 0; i < vectors; i++) {
            if (g == LAYER_TILE / 8) index[i] = high[i];
            sum[i] += LOOK_UP(&own, index[i]);
            index[i] >>= 4;
        }
    }
}

SIMD_KERNEL void KERNEL(correlate_bits)(const uint32_t *wires, size_t count, const uint64_t *words,
                                        const float *grad, float *sums)
{
    struct KERNEL(table) table[LAYER_TILE / 4];
    VEC sum[4];
    size_t c = 0;

    UNROLL
    for (size_t g = 0; g < LAYER_TILE / 4; g++)
        table[g] = KERNEL(subset_sums)(grad + 4 * g);
    for (; c + 4 * LANES <= count; c += 4 * LANES) {
        KERNEL(correlate_some)(table, 4, wires, count, words, c, sum);
        UNROLL
        for (size_t i = 0; i < 4; i++)
            ((VEC_UNALIGNED *)(sums + c))[i] += sum[i];
    }
    for (; c < count; c += LANES) {
        KERNEL(correlate_some)(table, 1, wires, count, words, c, sum);
        for (size_t i = 0; i < LANES && c + i < count; i++)
            sums[c + i] += sum[0][i];
    }
}

/* --- real numbers --- */

SIMD_INLINE const float *KERNEL(row)(const uint32_t *wires, size_t c, const float *in)
{
    return in + (wires != NULL ? wires[c] : c) * LAYER_TILE;
}

/* With registers enough two candidates in turn: additions of the one do not wait for those of the
 * other. */
SIMD_KERNEL void KERNEL(mix)(const float *shares, const uint32_t *wires, size_t count,
                             const float *in, float *mapped)
{
    enum { TURNS = LANES / 8 };
    VEC sum[2][ROW] = {{{0}}};
    size_t c = 0;

    for (; c + TURNS <= count; c += TURNS) {
        UNROLL
        for (size_t k = 0; k < TURNS; k++) {
            const VEC *row = (const VEC *)KERNEL(row)(wires, c + k, in);

            UNROLL
            for (size_t i = 0; i < ROW; i++)
                sum[k][i] += shares[c + k] * row[i];
        }
    }
    UNROLL
    for (size_t i = 0; i < ROW; i++) {
        if (c < count) sum[0][i] += shares[c] * ((const VEC *)KERNEL(row)(wires, c, in))[i];
        ((VEC *)mapped)[i] = sum[0][i] + sum[1][i];
    }
}

SIMD_KERNEL void KERNEL(correlate)(const uint32_t *wires, size_t count, const float *in,
                                   const float *grad, float *sums)
{
    for (size_t first = 0; first < count; first += LANES) {
        size_t many = count - first < LANES ? count - first : LANES;
        VEC product[LANES];

        UNROLL
        for (size_t k = 0; k < LANES; k++) {
            const VEC *row = (const VEC *)KERNEL(row)(wires, first + (k < many ? k : 0), in);

            product[k] = ((const VEC *)grad)[0] * row[0];
            UNROLL
            for (size_t i = 1; i < ROW; i++)
                product[k] += ((const VEC *)grad)[i] * row[i];
        }
        product[0] = KERNEL(lane_sums)(product);
        if (many == LANES)
            *(VEC_UNALIGNED *)(sums + first) += product[0];
        else
            for (size_t k = 0; k < many; k++)
                sums[first + k] += product[0][k];
    }
}

SIMD_KERNEL void KERNEL(spread)(const float *shares, const uint32_t *wires, size_t count,
                                const float *grad, float *grad_in)
{
    VEC g[ROW];

    UNROLL
    for (size_t i = 0; i < ROW; i++)
        g[i] = ((const VEC *)grad)[i];
    for (size_t c = 0; c < count; c++) {
        VEC *row = (VEC *)(grad_in + (wires != NULL ? wires[c] : c) * LAYER_TILE);

        if (shares[c] <= NEGLIGIBLE) continue;
        UNROLL
        for (size_t i = 0; i < ROW; i++)
            row[i] += shares[c] * g[i];
    }
}

static const struct mixture_kernels KERNEL(kernels) = {
    KERNEL_NAME,       KERNEL(mix_bits), KERNEL(mix), KERNEL(correlate_bits),
    KERNEL(correlate), KERNEL(spread),
};

#undef LOOK_UP
#undef ROW
#undef PARTS
#undef WORDS
#undef UNROLL
