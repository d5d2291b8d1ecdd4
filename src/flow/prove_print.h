/* A netlist that Yosys read, as Verilog again: what stands in memory, with a planted fault or without, for a
 * simulator to run. It shares nothing with the proof but the netlist. */
#ifndef DIFFLUT_FLOW_PROVE_PRINT_H
#define DIFFLUT_FLOW_PROVE_PRINT_H

#include "base/text.h"
#include "flow/prove_netlist.h"

/* Adds a module of that name with the netlist's ports. A register has no value before its
 * first edge. A table of up to three inputs is made of selections: an unknown input makes its output unknown only
 * where the table depends on it, as a reset needs. A larger one is indexed, as a LUT of the emitted Verilog is, which
 * Icarus does in half the time. Net i is wire n<i>. */
void prove_print_module(struct text *text, const struct prove_netlist *netlist, const char *module);

#endif
