/* The kernel of walsh.c, included once for each instruction set (base/simd_versions.h). */
#include "node/walsh_kernel.h"

SIMD_KERNEL void KERNEL(walsh_transform)(unsigned n, v8 *values)
{
    if (n == 6)
        KERNEL(walsh_vectors)(6, values);
    else
        KERNEL(walsh_vectors)(n, values);
}
