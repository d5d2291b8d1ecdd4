/* How to compare one code with several constants in few LUTs.
 *
 * A comparison `code >= toggle` of more than 6 relevant bits takes two LUTs or more: low bits first,
 * then the high bits with that verdict. Comparisons of one code can share the low LUTs: the top bits (5
 * at most) equal those of at most one of the constants at a time, and a few of them (`select`) already
 * tell the constants apart, so one chain of LUTs compares the low bits with the low bits of the right
 * constant. Then bit = {top bits, chain} > 2 * (toggle's top bits): one LUT each. The four thresholds
 * 51, 102, 153, 204 of an 8-bit code take 5 LUTs instead of 7. As few top bits are used as do not cost
 * a LUT: with 4 or less, two such bits fit one dual-output LUT. */
#ifndef DIFFLUT_NETLIST_COMPARATORS_H
#define DIFFLUT_NETLIST_COMPARATORS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { COMPARATORS_MAX_STEPS = 16 }; /* LUTs in a chain */

/* LUT i of a chain: address = {select bits, code[first_bit + num_bits - 1 : first_bit], LUT i - 1}. */
struct comparators_step {
    uint64_t table;
    uint8_t first_bit, num_bits;
};

struct comparators_chain {
    uint8_t select_bits[4]; /* code bits, ascending: which constant is meant */
    uint8_t num_select;
    uint8_t top_bits; /* the LUTs after the chain read so many; the chain the bits below */
    uint8_t num_steps;
    struct comparators_step steps[COMPARATORS_MAX_STEPS];
};

struct comparator {
    uint32_t toggle; /* true for codes >= toggle */
    uint32_t chain;  /* its chain, or COMPARATORS_PLAIN */
};
#define COMPARATORS_PLAIN UINT32_MAX /* compared as it stands */

struct comparators {
    unsigned code_bits;
    struct comparator *items; /* [count] in the order given */
    size_t count;
    struct comparators_chain *chains;
    size_t num_chains;
    uint64_t luts; /* of all comparators */
};

/* Plans for the given toggles, strictly ascending, 1 .. 2^code_bits - 1, in LUTs of 4 to 6 inputs. What
 * is said above of LUT6 holds with lut_inputs - 1 top bits at most. */
enum err_status comparators_create(struct comparators **out, const uint32_t *toggles, size_t count,
                                   unsigned code_bits, unsigned lut_inputs, struct err *err);
void comparators_free(struct comparators *plan);

/* LUTs of one plain comparison; 0 where it is the code's top bit. */
unsigned comparators_plain_luts(uint32_t toggle, unsigned code_bits, unsigned lut_inputs);

#endif
