/* Size and depth of the argmax tree, hdl_templates/argmax_tree.v. Every level of the tree compares pairs
 * of scores in a row of LUTs (three bits in the first, two in each further one) and then chooses the
 * greater score and its number; the root chooses only the number. */
#ifndef DIFFLUT_NETLIST_ARGMAX_H
#define DIFFLUT_NETLIST_ARGMAX_H

#include "netlist/netlist.h"

struct argmax_plan {
    uint32_t count, width; /* scores, bits of each */
    uint32_t levels;       /* of the tree */
    uint32_t level_depth;  /* LUTs of one level: the row and the choice */
    uint32_t depth;        /* LUTs of the tree */
    uint64_t luts;
};

struct argmax_plan argmax_plan(const struct netlist *net);

/* Bits that a register inside the tree takes after `level` LUTs, 1 .. depth - 1; without the scores
 * themselves, which are delayed beside the tree anyway. */
uint64_t argmax_width(const struct argmax_plan *plan, uint32_t level);

#endif
