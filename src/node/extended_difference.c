#include "extended_difference.h"

#include "base/simd.h"
#include "node.h"

#include <stddef.h>

#pragma GCC diagnostic ignored "-Wpsabi"

typedef float v8 __attribute__((vector_size(32)));

#define UNROLL SIMD_UNROLL(8)

#define SIMD_FILE "node/extended_difference_kernel.h"
#include "base/simd_versions.h"

void extended_difference_geometric(unsigned n, double scale, double beta, double *eigenvalue)
{
    for (unsigned i = 0; i < n; i++) {
        eigenvalue[i] = scale;
        for (unsigned k = 1; k < n; k++)
            eigenvalue[i] *= k <= i ? 1 - beta : 1 + beta;
    }
}

/* Multiplying the polynomial by 1 + sign z turns its coefficients, applied to c, into
 * c(h) + sign c(h + 1). */
void extended_difference_harmonic(unsigned n, double scale, double *eigenvalue)
{
    for (unsigned i = 0; i < n; i++) {
        double c[NODE_MAX_INPUTS] = {0};

        for (unsigned h = 0; h < n; h++)
            c[h] = scale / (h + 1);
        for (unsigned k = 1; k < n; k++) {
            for (unsigned h = 0; h < n - k; h++)
                c[h] += k <= i ? -c[h + 1] : c[h + 1];
        }
        eigenvalue[i] = c[0];
    }
}

/* Fewer than eight entries fill no vector: the definition with the kernel spelled out. */
static void difference_small(unsigned n, const float *table, const float *factor, float *smooth)
{
    size_t size = (size_t)1 << n;

    for (size_t a = 0; a < size; a++) {
        smooth[a] = 0.0F;
        for (size_t w = 1; w < size; w++) {
            for (size_t k = 0; k < size; k++) {
                float term = factor[__builtin_popcountll(w)] * table[k];

                smooth[a] += __builtin_parityll(w & (a ^ k)) ? -term : term;
            }
        }
    }
}

void extended_difference(unsigned n, const float *table, const double *eigenvalue, float *smooth)
{
    float factor[NODE_MAX_INPUTS + 1] = {0};

    for (unsigned bits = 1; bits <= n; bits++)
        factor[bits] = (float)(eigenvalue[bits - 1] / (double)((size_t)1 << n));
    if (n < 3)
        difference_small(n, table, factor, smooth);
    else
        SIMD_CALL(extended_difference,
                  (n, (const v8 *)(const void *)table, factor, (v8 *)(void *)smooth));
}
