#include "extended_difference.h"

#include "base/simd.h"

#include <stddef.h>

/* (u, v) -> (u + beta v, v + beta u) over bit `bit`. */
SIMD_INLINE void smooth(float *values, size_t size, size_t bit, float beta)
{
    for (size_t a = 0; a < size; a += 2 * bit) {
        for (size_t b = a; b < a + bit; b++) {
            float u = values[b], v = values[b + bit];

            values[b] = u + beta * v;
            values[b + bit] = v + beta * u;
        }
    }
}

SIMD_CLONES void extended_difference(unsigned n, const float *table, float alpha, float beta,
                                     float *slope)
{
    size_t size = (size_t)1 << n;

    for (unsigned j = 0; j < n; j++) {
        float *values = slope + j * size;
        size_t bit = (size_t)1 << j;

        for (size_t a = 0; a < size; a++)
            values[a] = alpha * (table[a | bit] - table[a & ~bit]);
        for (unsigned i = 0; i < n; i++) {
            if (i != j) smooth(values, size, (size_t)1 << i, beta);
        }
    }
}
