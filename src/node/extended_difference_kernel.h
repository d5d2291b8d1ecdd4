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

SIMD_INLINE void KERNEL(smooth)(unsigned n, const v8 *table, const float *factor, v8 *out)
{
    v8 values[1 << (NODE_MAX_INPUTS - 3)];

    UNROLL
    for (size_t i = 0; i < (size_t)1 << (n - 3); i++)
        values[i] = table[i];
    KERNEL(walsh_vectors)(n, values);
    KERNEL(scale)(n, factor, values);
    KERNEL(walsh_vectors)(n, values);
    UNROLL
    for (size_t i = 0; i < (size_t)1 << (n - 3); i++)
        out[i] = values[i];
}

SIMD_KERNEL void KERNEL(extended_difference)(unsigned n, const v8 *table, const float *factor,
                                             v8 *smooth)
{
    if (n == 6) /* the usual size, unrolled */
        KERNEL(smooth)(6, table, factor, smooth);
    else
        KERNEL(smooth)(n, table, factor, smooth);
}
