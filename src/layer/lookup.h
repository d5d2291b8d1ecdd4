/* Tables looked up for 64 samples at once. slots[j] is the word (base/words.h) of address bit j; a bit of a
 * word past the samples in use does no harm. n = 1..NODE_MAX_INPUTS; tables are [2^n]. */
#ifndef DIFFLUT_LAYER_LOOKUP_H
#define DIFFLUT_LAYER_LOOKUP_H

#include "base/words.h"
#include "node/node.h"

#include <stddef.h>
#include <stdint.h>

/* The addresses themselves, [WORDS_LANES]. */
void lookup_address(unsigned n, const uint64_t *slots, uint16_t *address);

/* Soft tables: out[s] = table[address of s], the first `count` samples (a multiple of 16). */
void lookup_forward(unsigned n, const float *table, const uint64_t *slots, float *out,
                    size_t count);

/* grad_in[j][s] += grad[s] * (smooth[address of s with bit j] - smooth[it without bit j]). */
void lookup_backward_inputs(unsigned n, const float *smooth, const uint64_t *slots,
                            const float *grad, float *const *grad_in, size_t count);

/* What a table's gradient comes from, up to 64 samples: table[address of s] += grad[s], s < count. */
struct lookup_samples {
    uint64_t slots[NODE_MAX_INPUTS];
    const float *grad;
    size_t count; /* a multiple of 16 */
};
void lookup_backward_table(unsigned n, const struct lookup_samples *blocks, size_t num_blocks,
                           float *table);

/* One output bit a sample, from a hard table of ceil(2^n / 64) words. */
uint64_t lookup_bit(unsigned n, const uint64_t *table, const uint64_t *slots);

#endif
