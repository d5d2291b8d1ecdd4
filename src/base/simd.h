/* One source, several instruction sets, chosen at run time.
 *
 * Two ways, for two kinds of kernel:
 *  - SIMD_CLONES in front of a leaf function of plain loops: the compiler makes an AVX-512, an AVX2 +
 *    FMA and a baseline version of it, and the loader picks one.
 *  - A kernel file of GCC vector types is included once a version by simd_versions.h, between
 *    SIMD_BEGIN_* and SIMD_END, with KERNEL(name) naming the version, and called through SIMD_CALL. (Vector types wider than
 *    the baseline's registers are taken apart before cloning happens, so SIMD_CLONES is slow there.)
 *
 * Real-valued kernels may round differently between versions (fused multiply-add); everything that
 * ends in bits is computed from integers or in double and does not. */
#ifndef DIFFLUT_BASE_SIMD_H
#define DIFFLUT_BASE_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SIMD_X86 1
#else
#define SIMD_X86 0
#endif

/* Not under sanitizers: their runtime is not up yet when the loader asks. By level of the instruction
 * set, which is what the processor can do; a processor's name there would mean that very model, and
 * every other maker's would run the baseline. GCC knows the levels from 12 on. */
#if SIMD_X86 && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SIMD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif SIMD_X86 && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SIMD_CLONES __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define SIMD_CLONES
#endif

/* By features, not by a processor's name: GCC inlines intrinsics only where that name is their own. */
#define SIMD_BEGIN_AVX2                                                                            \
    _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma,bmi,bmi2,lzcnt,popcnt\")")
#define SIMD_BEGIN_AVX512                                                                          \
    _Pragma("GCC push_options")                                                                    \
        _Pragma("GCC target(\"avx512f,avx512bw,avx512dq,avx512vl,fma,bmi,bmi2,lzcnt,popcnt\")")
#define SIMD_BEGIN_GFNI /* and AVX-512 */                                                          \
    _Pragma("GCC push_options") _Pragma(                                                           \
        "GCC target(\"avx512f,avx512bw,avx512dq,avx512vl,fma,bmi,bmi2,lzcnt,popcnt,gfni\")")
#define SIMD_END _Pragma("GCC pop_options")

#if SIMD_X86
#define SIMD_HAS_AVX512 (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
#define SIMD_HAS_GFNI   (SIMD_HAS_AVX512 && __builtin_cpu_supports("gfni"))
#define SIMD_HAS_AVX2   (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#define SIMD_CALL(function, arguments)                                                             \
    (SIMD_HAS_AVX512 ? function##_avx512 arguments                                                 \
     : SIMD_HAS_AVX2 ? function##_avx2 arguments                                                   \
                     : function##_baseline arguments)
#else
#define SIMD_CALL(function, arguments) function##_baseline arguments
#endif

#define SIMD_INLINE static inline __attribute__((always_inline))
#define SIMD_KERNEL static __attribute__((noinline))

/* Unrolls the loop that follows up to n times, so that its small arrays stay in registers. Sanitized
 * builds, at -O1, cannot do it and say so. */
#if defined(__clang__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIMD_UNROLL(n)
#else
#define SIMD_PRAGMA(text) _Pragma(#text)
#define SIMD_UNROLL(n)    SIMD_PRAGMA(GCC unroll n)
#endif

/* Alignment of every activation row and parameter slab, in bytes. */
enum { SIMD_ALIGN = 64 };

#endif
