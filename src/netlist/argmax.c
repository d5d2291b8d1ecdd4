#include "argmax.h"

#include <stdbool.h>

enum { FIRST_BITS = 3, NEXT_BITS = 2 }; /* bits of a score that one LUT of a row compares */

struct argmax_plan argmax_plan(const struct netlist *net)
{
    uint32_t width = netlist_score_bits(net), levels = netlist_class_bits(net);
    uint32_t row = 1 + (width > FIRST_BITS ? (width - FIRST_BITS + NEXT_BITS - 1) / NEXT_BITS : 0);
    struct argmax_plan plan = {.count = net->num_classes,
                               .width = width,
                               .levels = levels,
                               .level_depth = row + 1,
                               .depth = levels * (row + 1)};

    if (levels == 1) plan.depth = row; /* the root's verdict is the number */
    for (uint64_t level = 1, nodes = net->num_classes; nodes > 1; level++) {
        uint64_t pairs = nodes / 2;

        plan.luts += pairs * row + pairs * (level - 1);
        nodes -= pairs;
        if (nodes > 1) plan.luts += pairs * width;
    }
    return plan;
}

uint64_t argmax_width(const struct argmax_plan *plan, uint32_t level)
{
    uint32_t tree_level = (level - 1) / plan->level_depth, lut = (level - 1) % plan->level_depth;
    uint32_t last_index = 0; /* bits of the last node's number that can be set */
    uint64_t nodes = plan->count, pairs, last_width, width;
    bool chosen = lut + 1 == plan->level_depth, root = tree_level + 1 == plan->levels;

    for (uint32_t l = 0; l < tree_level; l++) {
        if (nodes % 2 == 0) last_index = l + 1;
        nodes -= nodes / 2;
    }
    pairs = nodes / 2;
    last_width = nodes % 2 * (plan->width + last_index);
    if (chosen) return pairs * (plan->width + tree_level + 1) + last_width;
    /* Verdicts and, of each node but a last one without partner, number and score. */
    width = pairs + 2 * pairs * tree_level;
    if (nodes % 2 == 0) width -= tree_level - last_index;
    if (tree_level == 0) return width;
    if (root) {
        uint32_t compared = FIRST_BITS + NEXT_BITS * lut;

        return width + (compared < plan->width ? 2 * (plan->width - compared) : 0);
    }
    return width + 2 * pairs * plan->width + last_width;
}
