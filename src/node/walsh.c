#include "walsh.h"

#include "base/simd.h"

#include <stddef.h>

#pragma GCC diagnostic ignored "-Wpsabi"

typedef float v8 __attribute__((vector_size(32)));

#define UNROLL SIMD_UNROLL(8)

#define TRANSFORM                                                                                  \
    SIMD_KERNEL void KERNEL(walsh_transform)(unsigned n, v8 *values)                               \
    {                                                                                              \
        if (n == 6)                                                                                \
            KERNEL(walsh_vectors)(6, values);                                                      \
        else                                                                                       \
            KERNEL(walsh_vectors)(n, values);                                                      \
    }

#define KERNEL(name) name##_baseline
#include "walsh_kernel.h"
TRANSFORM
#undef KERNEL

#if SIMD_X86
SIMD_BEGIN_AVX2
#define KERNEL(name) name##_avx2
#include "walsh_kernel.h"
TRANSFORM
#undef KERNEL
SIMD_END

SIMD_BEGIN_AVX512
#define KERNEL(name) name##_avx512
#include "walsh_kernel.h"
TRANSFORM
#undef KERNEL
SIMD_END
#endif

/* Fewer than eight values fill no vector. */
static void transform_small(unsigned n, float *values)
{
    for (size_t bit = 1; bit < (size_t)1 << n; bit *= 2) {
        for (size_t a = 0; a < (size_t)1 << n; a++) {
            if ((a & bit) == 0) {
                float low = values[a], high = values[a | bit];

                values[a] = low + high;
                values[a | bit] = low - high;
            }
        }
    }
}

void walsh_transform(unsigned n, float *values)
{
    if (n < 3)
        transform_small(n, values);
    else
        SIMD_CALL(walsh_transform, (n, (v8 *)(void *)values));
}
