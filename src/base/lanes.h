/* Vectors of floats for kernel files (base/simd.h), as wide as the registers of the instruction set:
 * LANES is 16 for AVX-512, else 8. Such a file includes base/lanes_kernel.h once for each. */
#ifndef DIFFLUT_BASE_LANES_H
#define DIFFLUT_BASE_LANES_H

#include "simd.h"

#include <stddef.h>
#include <stdint.h>

typedef float v16 __attribute__((vector_size(64), may_alias));
typedef float v16_unaligned __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t v16u __attribute__((vector_size(64), may_alias));
typedef float v8 __attribute__((vector_size(32), may_alias));
typedef float v8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint32_t v8u __attribute__((vector_size(32), may_alias));

#endif
