/* A netlist with three copies of every part and voters (hdl/vlog_tmr.c): whatever value one cell gives, table or
 * register, no output changes. Every cell is tried, but for the last voters, whose outputs are ports.
 *
 * The faulty cell's output becomes a free variable, and what reads it is worked out again in the network of
 * prove_graph.h, in which a voter of two equal copies is that copy; nothing is believed of names. */
#ifndef DIFFLUT_FLOW_PROVE_MASK_H
#define DIFFLUT_FLOW_PROVE_MASK_H

#include "flow/prove_check.h"

/* Adds one obligation for each part of the design that has cells: part "tmr". */
enum err_status prove_mask_run(struct prove_check *check, struct err *err);

#endif
