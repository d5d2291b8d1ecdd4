/* How to add bits with small LUTs: a plan of counters, each turning up to 6 bits of two neighbouring
 * weights into a number of up to 3 bits (a generalised parallel counter, one LUT6 for each bit of its
 * sum). Used for class sums: the emitter prints the plan, the cost counts its LUTs.
 *
 * Weights are worked off from the lowest, each until one bit of it is left. A counter takes 6 bits of
 * one weight; the last one of a weight also takes bits of the next, so that no LUT input is wasted.
 * Bits that are ready earlier are taken first, which keeps the depth logarithmic. 100 bits take 98
 * LUTs.
 *
 * For LUTs of 4 inputs a counter takes 3 bits at most: a full adder, two LUTs for each bit that goes.
 * Sources: Parandeh-Afshar et al., "Improving synthesis of compressor trees on FPGAs via integer
 * linear programming" (counters), Dadda, "Some schemes for parallel multipliers" (order). */
#ifndef DIFFLUT_NETLIST_POPCOUNT_H
#define DIFFLUT_NETLIST_POPCOUNT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POPCOUNT_MAX_WEIGHTS = 32, POPCOUNT_COUNTER_INPUTS = 6 };

/* What is summed: inputs[w] bits of weight 2^w and a constant. The sum must stay below 2^31. */
struct popcount_shape {
    uint32_t inputs[POPCOUNT_MAX_WEIGHTS];
    uint32_t bias;
    uint32_t
        bits; /* 0, or bits that are known to hold the sum although the weights could give more */
    uint32_t full_adders; /* 1: no counter of more than 3 bits */
};

/* Items are numbered: the inputs, lowest weight first; then one item that is the constant 1; then, for
 * counter i, its sum bits first_item + 0 .. bits - 1. */
struct popcount_counter {
    uint32_t in[POPCOUNT_COUNTER_INPUTS]; /* items: `low` of its weight, then `high` of the next */
    uint32_t first_item;
    uint8_t weight; /* bit b of the sum has weight 2^(weight + b) */
    uint8_t low, high, bits;
};

/* When an item is there and until when it is needed, in LUTs from the inputs: a register after `level`
 * LUTs takes the item when its level <= that < its last. Outputs are needed until plan->depth. */
struct popcount_item {
    uint32_t level, last;
};

#define POPCOUNT_ZERO UINT32_MAX /* an output bit that is always 0 */

struct popcount_plan {
    struct popcount_shape shape;
    uint32_t num_inputs; /* items below are inputs; the item of this number is the constant 1 */
    struct popcount_counter *counters;
    uint32_t num_counters;
    struct popcount_item *items;
    uint32_t num_items;
    uint32_t num_bits;                  /* of the sum, at least 1 */
    uint32_t out[POPCOUNT_MAX_WEIGHTS]; /* [num_bits] items or POPCOUNT_ZERO */
    uint32_t luts;                      /* all counters together */
    uint32_t depth;                     /* LUTs on the longest path */
};

/* Whether a register after `level` LUTs, 0 .. depth - 1, takes the item. */
static inline bool popcount_crosses(const struct popcount_plan *plan, uint32_t item, uint32_t level)
{
    return plan->items[item].level <= level && level < plan->items[item].last;
}
/* Number of items that it takes. */
uint32_t popcount_width(const struct popcount_plan *plan, uint32_t level);

/* LUTs of the plan of a shape, without making it. */
uint64_t popcount_luts(const struct popcount_shape *shape);

/* Bits of the sum: shape->bits, or what the weights can give; at least 1. */
unsigned popcount_bits(const struct popcount_shape *shape);

/* ERR_ARG when the sum can reach 2^31. */
enum err_status popcount_create(struct popcount_plan **out, const struct popcount_shape *shape,
                                struct err *err);
void popcount_free(struct popcount_plan *plan);

#endif
