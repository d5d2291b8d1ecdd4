#include "lookup.h"

#include "base/simd.h"

#include <string.h>

#if SIMD_X86
#include <immintrin.h>
#endif

/* Vectors are passed only between functions that are always inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef uint8_t bytes32 __attribute__((vector_size(32)));
typedef uint64_t words4 __attribute__((vector_size(32)));
typedef float floats8 __attribute__((vector_size(32)));

/* Sums into one bin would each wait for the store of the one before, so neighbouring samples go to
 * different copies of the bins; they are added in their order at the end. Not for larger tables. */
enum { COPIED_INPUTS = 6, COPIES = 8 };

#define SIMD_FILE "layer/lookup_kernel.h"
#include "base/simd_versions.h"

void lookup_address(unsigned n, const uint64_t *slots, uint16_t *address)
{
    SIMD_CALL(lookup_address, (n, slots, address));
}

void lookup_forward(unsigned n, const float *table, const uint64_t *slots, float *out, size_t count)
{
    SIMD_CALL(lookup_forward, (n, table, slots, out, count));
}

void lookup_backward_inputs(unsigned n, const float *smooth, const uint64_t *slots,
                            const float *grad, float *const *grad_in, size_t count)
{
    SIMD_CALL(lookup_backward_inputs, (n, smooth, slots, grad, grad_in, count));
}

void lookup_backward_table(unsigned n, const struct lookup_samples *blocks, size_t num_blocks,
                           float *table)
{
    SIMD_CALL(lookup_backward_table, (n, blocks, num_blocks, table));
}

/* Words of zeros in the place of missing slots leave the rest of the first word unread. */
uint64_t lookup_bit(unsigned n, const uint64_t *table, const uint64_t *slots)
{
    uint64_t low[6] = {0};

    memcpy(low, slots, (n < 6 ? n : 6) * sizeof *low);
    return SIMD_CALL(lookup_bit, (n, table, low, slots));
}
