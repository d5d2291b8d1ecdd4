/* Sums over the lanes of vectors (lanes.h), in an order that is the same on every machine. Included by
 * kernel files with KERNEL and LANES defined; gives VEC, its unaligned form and INDEX, whole numbers of
 * as many lanes. */
#undef VEC
#undef VEC_UNALIGNED
#undef INDEX
#if LANES == 16
#define VEC           v16
#define VEC_UNALIGNED v16_unaligned
#define INDEX         v16u
#else
#define VEC           v8
#define VEC_UNALIGNED v8_unaligned
#define INDEX         v8u
#endif

/* Half as many vectors, each with the sums of lanes `low` and `high` of two; both are lists in brackets. */
#define SHUFFLE(...) __builtin_shufflevector(__VA_ARGS__)
#define LIST(...)    __VA_ARGS__
#define FOLD(x, many, low, high)                                                                   \
    do {                                                                                           \
        SIMD_UNROLL(16)                                                                            \
        for (size_t i_ = 0; i_ < (many); i_++)                                                     \
            (x)[i_] = SHUFFLE((x)[2 * i_], (x)[2 * i_ + 1], LIST low) +                            \
                      SHUFFLE((x)[2 * i_], (x)[2 * i_ + 1], LIST high);                            \
    } while (0)

/* The sum over the lanes of x[i] in lane i, of LANES vectors; destroys x. */
SIMD_INLINE VEC KERNEL(lane_sums)(VEC *x)
{
#if LANES == 16
    FOLD(x, 8, (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
         (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    FOLD(x, 4, (0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
         (4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
    FOLD(x, 2, (0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),
         (2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31));
    FOLD(x, 1, (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
         (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
#else
    FOLD(x, 4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15));
    FOLD(x, 2, (0, 1, 4, 5, 8, 9, 12, 13), (2, 3, 6, 7, 10, 11, 14, 15));
    FOLD(x, 1, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15));
#endif
    return x[0];
}

#undef SHUFFLE
#undef LIST
#undef FOLD
