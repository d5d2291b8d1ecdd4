/* A real simulator beside flow/prove_cycles.h: the bench of `cosim` and its vectors, on a netlist as it stands
 * in memory. */
#ifndef DIFFLUT_FLOW_PROVE_SIMULATE_H
#define DIFFLUT_FLOW_PROVE_SIMULATE_H

#include "flow/cosim.h"
#include "flow/prove_netlist.h"

/* *seen: the bench finds a difference. `options` name the simulator, its program and its limits; works below
 * `folder`, as cosim_run() does. */
enum err_status prove_simulate(const char *folder, const struct manifest *manifest,
                               const struct prove_netlist *netlist, const struct vectors *vectors,
                               const struct cosim_options *options, bool *seen, struct err *err);

#endif
