/* Yosys as the reader of Verilog: files in, one flat netlist out. */
#ifndef DIFFLUT_FLOW_PROVE_YOSYS_H
#define DIFFLUT_FLOW_PROVE_YOSYS_H

#include "flow/prove.h"
#include "flow/prove_netlist.h"

/* The folder's own Verilog; or, with a target, the netlist that synth left in it, with Yosys' models of
 * the target's cells. Only files of the manifest are read. */
enum err_status prove_yosys_read(struct prove_netlist **out, const char *folder,
                                 const struct manifest *manifest, const char *top_module,
                                 const char *target, const struct prove_options *options,
                                 char version[128], struct err *err);

#endif
