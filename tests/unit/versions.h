/* The versions of a kernel that simd_versions.h makes: VERSIONS_OF(ENTRY) is ENTRY(name, works) for each, as
 * an array's initialisers, `works` saying whether this machine has the instruction set. */
#ifndef DIFFLUT_TESTS_VERSIONS_H
#define DIFFLUT_TESTS_VERSIONS_H

#include "base/simd.h"

#if SIMD_X86
#define VERSIONS_OF(ENTRY)                                                                         \
    ENTRY(baseline, true), ENTRY(avx2, SIMD_HAS_AVX2), ENTRY(avx512, SIMD_HAS_AVX512)
#else
#define VERSIONS_OF(ENTRY) ENTRY(baseline, true)
#endif

#endif
