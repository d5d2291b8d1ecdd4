/* How the step bits become logic, feature by feature: which bits anything reads, and whether a bit is
 * written as comparisons or as a table. The emitter prints it, the cost counts it. */
#ifndef DIFFLUT_NETLIST_STEP_PLAN_H
#define DIFFLUT_NETLIST_STEP_PLAN_H

#include "netlist/comparators.h"
#include "netlist/netlist.h"

#include <stdbool.h>

struct step_plan {
    uint32_t *feature_start; /* [num_features + 1] slices of bits */
    uint32_t *bits;          /* step bits that a LUT or a class sum reads, ascending in a slice */
    uint32_t count;
};

enum err_status step_plan_create(struct step_plan **out, const struct netlist *net,
                                 struct err *err);
void step_plan_free(struct step_plan *plan);

/* Number of read bits of a feature. */
static inline uint32_t step_plan_size(const struct step_plan *plan, uint32_t feature)
{
    return plan->feature_start[feature + 1] - plan->feature_start[feature];
}

/* Whether a bit is bit *k of its feature's code, and written as that wire. An encoder bit that is the
 * top bit is written as a comparison like its neighbours, at the same price. */
bool step_plan_is_wire(const struct netlist *net, uint32_t bit, unsigned *k);

/* Whether a bit toggles so often that a table over all codes is better than comparisons. */
bool step_plan_is_table(const struct netlist *net, uint32_t bit);

/* LUT6 of such a table, as a multiplexer of tables of 6 inputs: an estimate. */
uint32_t step_plan_table_luts(const struct netlist *net);

/* LUT6 on the encoder's deepest path. */
enum err_status step_plan_depth(const struct netlist *net, uint32_t *depth, struct err *err);

/* The distinct comparisons that the feature's other bits need, for LUTs of so many inputs. */
enum err_status step_plan_comparators(const struct step_plan *plan, const struct netlist *net,
                                      uint32_t feature, unsigned lut_inputs,
                                      struct comparators **out, struct err *err);

#endif
