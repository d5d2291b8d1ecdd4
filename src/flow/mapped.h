/* A mapped netlist as Verilog that any simulator reads: every cell of the target becomes what Yosys' own
 * simulation model of it says, so nothing but the file itself is needed. */
#ifndef DIFFLUT_FLOW_MAPPED_H
#define DIFFLUT_FLOW_MAPPED_H

#include "base/err.h"
#include "hdl/manifest.h"

#include <signal.h>
#include <stdbool.h>

struct mapped_options {
    const char *yosys; /* program; NULL: on the PATH */
    double time_limit; /* seconds; 0: 3600 */
    bool routed;       /* the netlist after place and route (ice40 only) */
    const volatile sig_atomic_t *stop;
};

/* Which netlist of an emitted folder a target's is: synth/<target>_packed.v where there is one, else
 * synth/<target>.v; routed, synth/<target>_routed.v. ERR_ARG when it was not synthesised for the target, ERR_FORMAT when it has another
 * top than `full` or `stream`. The path is relative to the folder. */
enum err_status mapped_find(const struct manifest *manifest, const char *folder, const char *target,
                            bool routed, char path[64], struct err *err);

/* Writes <work>/mapped.v, whose top is the folder's. `netlist` is relative to the folder, `work` lies below
 * the folder. ERR_TOOL: Yosys missing, failed, out of time. */
enum err_status mapped_write(const char *folder, const char *work, const struct manifest *manifest,
                             const char *target, const char *netlist,
                             const struct mapped_options *options, struct err *err);

#endif
