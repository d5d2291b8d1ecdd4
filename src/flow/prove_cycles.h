/* What a bench of `cosim` would see of a netlist: the very vectors, cycle by cycle, by the plan of
 * flow/cosim_plan.h. All cycles are worked out side by side, 64 in a word: a register is a shift by one
 * cycle. Registers start at 0; so the netlist must be a pipeline, as one that prove accepts is. */
#ifndef DIFFLUT_FLOW_PROVE_CYCLES_H
#define DIFFLUT_FLOW_PROVE_CYCLES_H

#include "flow/prove_netlist.h"
#include "flow/vectors.h"
#include "hdl/manifest.h"

struct prove_cycles;

/* The netlist is borrowed; as it is now it must be right: ERR_DIFF when the bench would see a fault of it. */
enum err_status prove_cycles_create(struct prove_cycles **out, const struct prove_netlist *netlist,
                                    const struct manifest *manifest, const struct vectors *vectors,
                                    struct err *err);
void prove_cycles_free(struct prove_cycles *cycles);

/* Whether the bench would see a fault of the netlist, whose cells and ports are now others. When that hangs on
 * nets that depend on themselves, it is not known: *loop, and *differ is false. */
enum err_status prove_cycles_differ(struct prove_cycles *cycles, bool *differ, bool *loop,
                                    struct err *err);

#endif
