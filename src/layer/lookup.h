/* Tables looked up for 64 samples at once. slots[j] is the word (base/words.h) of address bit j; a bit of a
 * word past the samples in use does no harm. n = 1..NODE_MAX_INPUTS; tables are [2^n]. */
#ifndef DIFFLUT_LAYER_LOOKUP_H
#define DIFFLUT_LAYER_LOOKUP_H

#include "base/words.h"

#include <stddef.h>
#include <stdint.h>

/* The addresses themselves, [WORDS_LANES]. */
void lookup_address(unsigned n, const uint64_t *slots, uint16_t *address);

/* One output bit a sample, from a hard table of ceil(2^n / 64) words. */
uint64_t lookup_bit(unsigned n, const uint64_t *table, const uint64_t *slots);

#endif
