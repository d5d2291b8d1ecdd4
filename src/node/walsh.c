#include "walsh.h"

#include "base/simd.h"

#include <stddef.h>

#pragma GCC diagnostic ignored "-Wpsabi"

typedef float v8 __attribute__((vector_size(32)));

#define UNROLL SIMD_UNROLL(8)

#define SIMD_FILE "node/walsh_transform_kernel.h"
#include "base/simd_versions.h"

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
