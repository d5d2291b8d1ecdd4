/* Truth tables that are only asked at some addresses: which of their inputs decide what is asked.
 *
 * The addresses that never occur are known exactly (pass_dont_cares.c: no code leads to them) or from
 * samples (model_drop_unseen(): no training sample does). Sets of addresses and tables are bits: bit a
 * of word a / 64. */
#ifndef DIFFLUT_BASE_PARTIAL_H
#define DIFFLUT_BASE_PARTIAL_H

#include <stdbool.h>
#include <stdint.h>

enum { PARTIAL_MAX_INPUTS = 12, PARTIAL_MAX_WORDS = 1 << (PARTIAL_MAX_INPUTS - 6) };

struct partial {
    const uint64_t *table, *asked; /* 2^inputs bits each */
    unsigned inputs;
};

/* The address that is left of one when only the inputs in the set `kept` (bit k: input k) are. */
unsigned partial_project(unsigned address, unsigned kept, unsigned inputs);

/* The addresses over the inputs in `kept` where what is asked is 1, and where it is 0; what is never
 * asked is in neither. False when the kept inputs do not decide, and then both are of no use. */
bool partial_sort(const struct partial *p, unsigned kept, uint64_t *ones, uint64_t *zeros);

/* The fewest inputs that decide what is asked, of equally many those of most worth together; worth has
 * an entry for each input. Up to 6 inputs all sets are tried; of more, inputs are left out one by one,
 * those of least worth first, until none can be. */
unsigned partial_choose(const struct partial *p, const uint64_t *worth);

#endif
