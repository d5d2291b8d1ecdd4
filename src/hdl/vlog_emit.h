/* Readable Verilog-2005 from a netlist (STYLE.md, "Verilog").
 *
 * Writes a whole folder: manifest.json, rtl/ with files.f, netlist.txt, scripts/. Emission is atomic:
 * everything goes to a sibling folder that takes the place of `out_dir` at the end. An `out_dir` that
 * exists and is not an emitted folder (no manifest.json) is refused unless empty.
 *
 * core and full are always written; `top` says which one the manifest names, and may add one.
 *   <name>_core  clk, rst, in_valid, in_bits[num_bits-1:0]  -> out_valid, out_class, out_scores
 *   <name>_full  clk, rst, in_valid, in_codes[features*code_bits-1:0] -> the same
 *   <name>_stream  <name>_full between AXI4-Stream frames (vlog_stream.h)
 *   <name>_icebreaker, <name>_ulx3s  <name>_stream behind a serial line, with pins in constraints/
 *   <name>_tmr     with `tmr`: what core and full have in common, three times
 * in_bits is indexed as the encoder's bits (unread ones are gathered in an unused_ok wire). One sample
 * a cycle; no back-pressure. With latency 0 the outputs follow the inputs combinationally and clk and
 * rst are unused (gathered too). out_scores exists when `scores` is set. */
#ifndef DIFFLUT_HDL_VLOG_EMIT_H
#define DIFFLUT_HDL_VLOG_EMIT_H

#include "base/err.h"
#include "hdl/manifest.h"
#include "netlist/netlist.h"

#include <stdbool.h>
#include <stdint.h>

#define DIFFLUT_VERSION "0.1.0"

struct vlog_options {
    const char *top;       /* "full", "core", "stream" or a board: "icebreaker", "ulx3s" */
    const char *target;    /* "generic", "xc7", "xcup", "ecp5", "ice40" */
    const char *dont_care; /* "data": tables were edited for samples; "none" or NULL */
    bool scores;
    bool tmr; /* three copies of every part, and voters; tops full and core only */
    /* What netlist_optimize_with() was told and said; for the manifest and the build id. removed NULL:
     * the netlist is as it was lowered. */
    uint32_t passes;
    const uint64_t *removed;
    uint32_t chunk;        /* LUTs of one module at most */
    uint32_t stream_width; /* of top "stream": bits of a beat, 8 to 512, whole bytes */
    /* Files to copy into the folder (NULL-terminated pairs: source path, relative path), e.g. the
     * model's own two files, so that the folder can be checked later without the pretrained folder. */
    const char *const *extra_files;
};

/* *out (may be NULL) receives the manifest. */
enum err_status vlog_emit(const struct netlist *net, const char *out_dir,
                          const struct vlog_options *options, struct manifest **out,
                          struct err *err);

#endif
