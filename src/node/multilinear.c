#include "multilinear.h"

#include "base/lanes.h"
#include "base/simd.h"
#include "node.h"

#include <string.h>

/* Vectors are passed only between functions that are always inlined: no calling convention is
 * involved that could differ between versions. */
#pragma GCC diagnostic ignored "-Wpsabi"

enum { MAX_LOW = 3, MAX_HIGH = 9 };

/* Constant trip counts up to 8 (n <= 6) unroll whole, which keeps the small arrays in registers. */
#define UNROLL SIMD_UNROLL(8)

#define UNROLL_LANES SIMD_UNROLL(16)

#define LOAD(p)         (*(const VEC_UNALIGNED *)(p))
#define STORE(p, value) (*(VEC_UNALIGNED *)(p) = (value))

/* Vectors in a row. */
#define ROW (NODE_MAX_SAMPLES / LANES)

/* Expands `call` with constant splits for n = 1..6, so that the loops above unroll. */
#define DISPATCH(call)                                                                             \
    switch (n) {                                                                                   \
    case 1:                                                                                        \
        call(1, 0);                                                                                \
        break;                                                                                     \
    case 2:                                                                                        \
        call(2, 0);                                                                                \
        break;                                                                                     \
    case 3:                                                                                        \
        call(3, 0);                                                                                \
        break;                                                                                     \
    case 4:                                                                                        \
        call(3, 1);                                                                                \
        break;                                                                                     \
    case 5:                                                                                        \
        call(3, 2);                                                                                \
        break;                                                                                     \
    case 6:                                                                                        \
        call(3, 3);                                                                                \
        break;                                                                                     \
    default:                                                                                       \
        call(3, n - 3);                                                                            \
        break;                                                                                     \
    }

#define SIMD_FILE "node/multilinear_kernel.h"
#include "base/simd_versions.h"

void multilinear_forward(unsigned n, const float *table, const float *const *in, float *out,
                         size_t count)
{
    SIMD_CALL(multilinear_forward, (n, table, in, out, count));
}

void multilinear_backward_inputs(unsigned n, const float *table, const float *const *in,
                                 const float *grad_out, float *const *grad_in, size_t count)
{
    SIMD_CALL(multilinear_backward_inputs, (n, table, in, grad_out, grad_in, count));
}

void multilinear_backward_table(unsigned n, const float *const *in, const float *grad_out,
                                float *grad_table, size_t count)
{
    SIMD_CALL(multilinear_backward_table, (n, in, grad_out, grad_table, count));
}
