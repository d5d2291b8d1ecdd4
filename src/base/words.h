/* One bit of 64 samples in a word: bit s belongs to sample s. Rows of numbers hold 64 entries. Every
 * instruction set gives the same words. */
#ifndef DIFFLUT_BASE_WORDS_H
#define DIFFLUT_BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { WORDS_LANES = 64 };

/* draws[s] < limit */
uint64_t words_below(const uint32_t *draws, uint32_t limit);

/* words[r] says where row r of x [rows][WORDS_LANES] is at least 0.5 (SPEC 0.2). */
void words_of_reals(const float *x, size_t rows, uint64_t *words);

/* The words as rows of 0 and 1. */
void words_to_reals(const uint64_t *words, size_t rows, float *x);

/* sums[s] = number of words that have bit s. */
void words_count(const uint64_t *words, size_t count, uint32_t *sums);

#endif
