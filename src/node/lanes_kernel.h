/* Sums over the eight samples of a vector; included once for each instruction set by the kernels
 * that need it (base/simd.h). */

/* In halves: the same order on every machine. */
SIMD_INLINE float KERNEL(lanes_sum)(v8 x)
{
    typedef float v4 __attribute__((vector_size(16)));
    v4 four = __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);

    return (four[0] + four[2]) + (four[1] + four[3]);
}
