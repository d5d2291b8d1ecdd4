/* The transform of walsh.h on vectors of eight values, 2^n of them in all (n >= 3); included once for
 * each instruction set by those who need it (base/simd.h). */

/* x with its lanes l and l ^ distance exchanged, plus or minus x: the butterflies inside a vector. */
#define WALSH_BUTTERFLY(x, sign, ...) (__builtin_shufflevector(x, x, __VA_ARGS__) + (x) * (sign))

SIMD_INLINE void KERNEL(walsh_vectors)(unsigned n, v8 *values)
{
    const v8 sign_1 = {1, -1, 1, -1, 1, -1, 1, -1}, sign_2 = {1, 1, -1, -1, 1, 1, -1, -1},
             sign_4 = {1, 1, 1, 1, -1, -1, -1, -1};
    size_t vectors = (size_t)1 << (n - 3);

    UNROLL
    for (size_t i = 0; i < vectors; i++) {
        v8 x = values[i];

        x = WALSH_BUTTERFLY(x, sign_1, 1, 0, 3, 2, 5, 4, 7, 6);
        x = WALSH_BUTTERFLY(x, sign_2, 2, 3, 0, 1, 6, 7, 4, 5);
        values[i] = WALSH_BUTTERFLY(x, sign_4, 4, 5, 6, 7, 0, 1, 2, 3);
    }
    UNROLL
    for (unsigned level = 0; level < n - 3; level++) {
        size_t bit = (size_t)1 << level;

        UNROLL
        for (size_t pair = 0; pair < vectors / 2; pair++) {
            size_t i = pair / bit * 2 * bit + pair % bit;
            v8 low = values[i], high = values[i + bit];

            values[i] = low + high;
            values[i + bit] = low - high;
        }
    }
}

#undef WALSH_BUTTERFLY
