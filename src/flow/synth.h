/* Synthesis of an emitted folder with Yosys: LUTs by part, flip-flops, unmapped cells. */
#ifndef DIFFLUT_FLOW_SYNTH_H
#define DIFFLUT_FLOW_SYNTH_H

#include "base/err.h"
#include "hdl/manifest.h"

#include <signal.h>
#include <stdint.h>

struct synth_options {
    const char *target; /* generic, xc7, xcup, ecp5, ice40 */
    const char *yosys;  /* program; NULL: on the PATH */
    double time_limit;  /* seconds; 0: 3600 */
    void (*progress)(const char *line, void *user);
    void *user;
    const volatile sig_atomic_t *stop; /* set by a signal handler to end early; or NULL */
};

struct synth_result {
    uint64_t luts, ffs, carries, muxes; /* of the top that the manifest names */
    uint64_t luts_encoder, luts_layers, luts_group_sum, luts_argmax, luts_other;
    /* The same once pairs of LUTs share one of two outputs (xc7, xcup; pack.h); elsewhere equal. */
    uint64_t physical_luts;
    uint64_t physical_encoder, physical_layers, physical_group_sum, physical_argmax, physical_other;
    uint64_t unmapped_cells; /* anything that is not a cell of the target; never a pass */
    char unmapped_example[64];
    double seconds;
    char tool_version[128];
};

/* Writes report.json and the mapped netlist synth/<target>.v (and .json) into the folder and lists them
 * in the manifest; for xc7 and xcup also synth/<target>_packed.v (and .json), in which pairs of LUTs
 * share one. ERR_DIFF when cells are left unmapped (the result still tells how many).
 * ERR_TOOL: Yosys missing, crashed, timed out or printed what cannot be read. */
enum err_status synth_run(const char *folder, struct manifest *manifest,
                          const struct synth_options *options, struct synth_result *result,
                          struct err *err);

#endif
