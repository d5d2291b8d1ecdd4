/* How one class sum is put together. Its bits are counted in blocks of at most CLASS_SUM_BLOCK, each by
 * the counters of a popcount plan; if there are several, blocks add up their sums. The emitter prints
 * the plan block by block, the cost counts it. */
#ifndef DIFFLUT_NETLIST_CLASS_SUM_H
#define DIFFLUT_NETLIST_CLASS_SUM_H

#include "netlist/netlist.h"
#include "netlist/popcount.h"

enum { CLASS_SUM_BLOCK = 256 };

/* A bit to be summed: signal number `bit`, or bit `bit` of an earlier block's sum. */
struct class_term {
    uint32_t block; /* or CLASS_SUM_SIGNAL */
    uint32_t bit, weight;
};
#define CLASS_SUM_SIGNAL UINT32_MAX

struct class_block {
    struct popcount_plan *plan;
    uint32_t first_term, num_terms; /* its inputs, ascending by weight */
    uint32_t base;                  /* LUTs before its inputs, which all count as that deep */
    uint32_t taken; /* base of the blocks that read its sum; UINT32_MAX: the class sum */
};

struct class_sum {
    uint32_t bias;
    struct class_term *terms;
    uint32_t num_terms;
    struct class_block *blocks; /* the last one gives the sum; none: the sum is the bias */
    uint32_t num_blocks;
    uint32_t depth; /* LUTs */
    uint64_t luts;
};

enum err_status class_sum_create(struct class_sum **out, const struct netlist *net, uint32_t class,
                                 struct err *err);
void class_sum_free(struct class_sum *sum);

/* LUTs before a block's sum. */
static inline uint32_t class_block_level(const struct class_block *block)
{
    return block->base + block->plan->depth;
}

/* Bits that a register of this class sum takes after `level` LUTs. */
uint64_t class_sum_width(const struct class_sum *sum, uint32_t level);

#endif
