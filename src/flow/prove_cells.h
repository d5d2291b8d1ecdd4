/* Cells of Yosys' own library as tables of up to 6 wires; internal to prove_netlist.c. */
#ifndef DIFFLUT_FLOW_PROVE_CELLS_H
#define DIFFLUT_FLOW_PROVE_CELLS_H

#include "flow/prove_netlist.h"

#include <jansson.h>

/* Appends the cell that `cell` describes, the last of netlist->origins. ERR_FORMAT: not a known one. */
enum err_status prove_cells_add(struct prove_netlist *netlist, json_t *cell, struct err *err);
/* Lengthens the arrays of nets by those that taking cells apart has made. */
enum err_status prove_cells_finish(struct prove_netlist *netlist, struct err *err);

/* A JSON list of bits as nets below `limit`; malloc'ed. */
enum err_status prove_netlist_bits(json_t *bits, uint32_t limit, uint32_t **out, uint32_t *width,
                                   struct err *err);

#endif
