/* Includes the kernel file SIMD_FILE (a path from src/) once for each instruction set, with KERNEL(name)
 * naming the version and LANES floats in its widest register; SIMD_CALL chooses among them (simd.h). No
 * include guard: a source file may have several kernel files. */
#include "base/simd.h"

#define KERNEL(name) name##_baseline
#define LANES        8
#include SIMD_FILE
#undef KERNEL

#if SIMD_X86
SIMD_BEGIN_AVX2
#define KERNEL(name) name##_avx2
#include SIMD_FILE
#undef KERNEL
SIMD_END

SIMD_BEGIN_AVX512
#undef LANES
#define LANES        16
#define KERNEL(name) name##_avx512
#include SIMD_FILE
#undef KERNEL
SIMD_END
#endif

#undef LANES
#undef SIMD_FILE
