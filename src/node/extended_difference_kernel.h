/* The kernel of extended_difference.c, included once for each instruction set (base/simd.h). */
#include "walsh_kernel.h"

/* factor[b] is that of frequencies with b bits. */
SIMD_INLINE void KERNEL(scale)(unsigned n, const float *factor, v8 *spectrum)
{
    v8 scaled[NODE_MAX_INPUTS - 2]; /* of the eight frequencies of a vector, by the bits above */

    UNROLL
    for (unsigned bits = 0; bits <= n - 3; bits++) {
        const float *f = factor + bits;

        scaled[bits] = (v8){f[0], f[1], f[1], f[2], f[1], f[2], f[2], f[3]};
    }
    UNROLL
    for (size_t i = 0; i < (size_t)1 << (n - 3); i++)
        spectrum[i] *= scaled[__builtin_popcountll(i)];
}

#define DIFFERENCE(x, sign, ...) ((x) * (sign)-__builtin_shufflevector(x, x, __VA_ARGS__) * (sign))

SIMD_INLINE void KERNEL(differences)(unsigned n, const v8 *smooth, v8 *slope)
{
    const v8 sign_1 = {-1, 1, -1, 1, -1, 1, -1, 1}, sign_2 = {-1, -1, 1, 1, -1, -1, 1, 1},
             sign_4 = {-1, -1, -1, -1, 1, 1, 1, 1};
    size_t vectors = (size_t)1 << (n - 3);

    UNROLL
    for (size_t i = 0; i < vectors; i++) {
        v8 x = smooth[i];

        slope[i] = DIFFERENCE(x, sign_1, 1, 0, 3, 2, 5, 4, 7, 6);
        slope[i + vectors] = DIFFERENCE(x, sign_2, 2, 3, 0, 1, 6, 7, 4, 5);
        slope[i + 2 * vectors] = DIFFERENCE(x, sign_4, 4, 5, 6, 7, 0, 1, 2, 3);
    }
    UNROLL
    for (unsigned j = 3; j < n; j++) {
        size_t bit = (size_t)1 << (j - 3);

        UNROLL
        for (size_t pair = 0; pair < vectors / 2; pair++) {
            size_t i = pair / bit * 2 * bit + pair % bit;

            slope[j * vectors + i] = slope[j * vectors + i + bit] = smooth[i + bit] - smooth[i];
        }
    }
}

#undef DIFFERENCE

SIMD_INLINE void KERNEL(slopes)(unsigned n, const v8 *table, const float *factor, v8 *slope)
{
    v8 smooth[1 << (NODE_MAX_INPUTS - 3)];

    UNROLL
    for (size_t i = 0; i < (size_t)1 << (n - 3); i++)
        smooth[i] = table[i];
    KERNEL(walsh_vectors)(n, smooth);
    KERNEL(scale)(n, factor, smooth);
    KERNEL(walsh_vectors)(n, smooth);
    KERNEL(differences)(n, smooth, slope);
}

SIMD_KERNEL void KERNEL(extended_difference)(unsigned n, const v8 *table, const float *factor,
                                             v8 *slope)
{
    if (n == 6) /* the usual size, unrolled */
        KERNEL(slopes)(6, table, factor, slope);
    else
        KERNEL(slopes)(n, table, factor, slope);
}
