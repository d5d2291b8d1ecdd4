/* One block of samples: the parts of the kernel that no vector type enters, and its versions. */
#include "engine/engine_program.h"

#include "base/simd.h"

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* The 64 x 64 codes at (row, feature) as bytes, zeros where there are no rows or features. */
static void fill_tile(const struct engine *engine, struct engine_scratch *scratch,
                      const struct engine_rows *rows, size_t row, size_t samples, uint32_t feature)
{
    size_t features = engine->num_features - feature, first = row * engine->num_features + feature;

    if (features > ENGINE_COLUMNS) features = ENGINE_COLUMNS;
    memset(scratch->tile, 0, sizeof scratch->tile);
    for (size_t r = 0; r < 64 && row + r < samples; r++, first += engine->num_features) {
        uint8_t *low = scratch->tile[0] + r * ENGINE_COLUMNS;
        uint8_t *high = scratch->tile[1] + r * ENGINE_COLUMNS;

        if (rows->bytes != NULL) {
            memcpy(low, rows->bytes + first, features);
            continue;
        }
        for (size_t f = 0; f < features; f++)
            low[f] = (uint8_t)rows->codes[first + f];
        for (size_t f = 0; f < features && engine->code_bits > 8; f++)
            high[f] = (uint8_t)(rows->codes[first + f] >> 8);
    }
}

/* Values of samples whose bit p is in planes[p], each to out[sample * stride]. */
SIMD_CLONES
static void unpack(const uint64_t *planes, unsigned bits, size_t samples, uint32_t *out,
                   size_t stride)
{
    for (size_t word = 0; word * 64 < samples; word++) {
        uint32_t values[64] = {0};
        size_t count = samples - word * 64 < 64 ? samples - word * 64 : 64;

        for (unsigned p = 0; p < bits; p++) {
            uint64_t plane = planes[p * ENGINE_WORDS + word];

            for (unsigned s = 0; s < 64; s++)
                values[s] |= (uint32_t)(plane >> s & 1) << p;
        }
        for (size_t s = 0; s < count; s++)
            out[(word * 64 + s) * stride] = values[s];
    }
}

/* --- versions: so many bytes a vector --- */

/* By features: GCC inlines intrinsics into functions of another feature set, not of another `arch`. */
#define BEGIN_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,bmi,bmi2\")")
#define BEGIN_AVX512                                                                               \
    _Pragma("GCC push_options")                                                                    \
        _Pragma("GCC target(\"avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl\")")

#if SIMD_X86
BEGIN_AVX512
#define KERNEL(name) name##_avx512
#define WIDTH        64
#include "engine_kernel.h"
#undef KERNEL
#undef WIDTH
SIMD_END
BEGIN_AVX2
#define KERNEL(name) name##_avx2
#define WIDTH        32
#include "engine_kernel.h"
#undef KERNEL
#undef WIDTH
SIMD_END
#endif
#define KERNEL(name) name##_baseline
#define WIDTH        16
#include "engine_kernel.h"

engine_block_function *engine_block(enum engine_simd simd)
{
#if SIMD_X86
    if (simd == ENGINE_AVX512)
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                   ? block_avx512
                   : NULL;
    if (simd == ENGINE_AVX2) return __builtin_cpu_supports("avx2") ? block_avx2 : NULL;
#endif
    return simd == ENGINE_BASELINE ? block_baseline : NULL;
}
