/* A flat netlist as Yosys reads it (write_json), taken apart into tables of up to 6 single wires and
 * registers. The JSON is hostile: checked before anything is believed. */
#ifndef DIFFLUT_FLOW_PROVE_NETLIST_H
#define DIFFLUT_FLOW_PROVE_NETLIST_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nets are numbers; 0 and 1 are the constants. */
enum { PROVE_NET_ZERO = 0, PROVE_NET_ONE = 1 };
#define PROVE_NET_UNKNOWN UINT32_MAX /* x or z */

/* Who drives a net: a cell, or: */
#define PROVE_NO_DRIVER  UINT32_MAX
#define PROVE_INPUT_PORT (UINT32_MAX - 1)

enum prove_cell_kind { PROVE_LUT, PROVE_REGISTER };

/* What a cell was in the source: `prove --faults` changes some of them. */
enum prove_cell_source {
    PROVE_FROM_LUT,
    PROVE_FROM_COMPARE,
    PROVE_FROM_LOGIC,
    PROVE_FROM_REGISTER
};

struct prove_cell {
    enum prove_cell_kind kind;
    enum prove_cell_source source;
    unsigned count; /* inputs of a LUT */
    uint64_t table; /* bit a: output at address a; in[k] is address bit k */
    uint32_t in[6]; /* a register: in[0] is its data, in[1] its clock (rising edge) */
    uint32_t out;
    uint32_t origin; /* index among `origins`: the cell of the source that it belongs to */
};

struct prove_wire {
    char *name;
    uint32_t *nets;
    uint32_t width;
    bool input, output;
};

struct prove_netlist {
    struct prove_cell *cells;
    uint32_t num_cells, capacity;
    char **origins; /* names of the source's cells, with their path */
    uint32_t num_origins;
    uint32_t num_nets, text_nets;      /* all; those below text_nets are the source's */
    uint32_t *driver;                  /* [num_nets] */
    uint32_t *net_wire, *net_position; /* [num_nets] a wire that holds it, UINT32_MAX: none */
    struct prove_wire *wires;          /* ports first */
    uint32_t num_wires, num_ports;
};

/* Module `top` of a JSON text. ERR_TOOL: it is no JSON; ERR_FORMAT: not such a text, or a cell that is not
 * known here; ERR_DIFF: a net with two drivers. */
enum err_status prove_netlist_parse(struct prove_netlist **out, const char *text, size_t size,
                                    const char *top, struct err *err);
void prove_netlist_free(struct prove_netlist *netlist);

/* A port of that name, or NULL. */
const struct prove_wire *prove_netlist_port(const struct prove_netlist *netlist, const char *name);
/* "u_core.layer0_bits[3]", for messages. */
void prove_netlist_net_name(const struct prove_netlist *netlist, uint32_t net, char *name,
                            size_t size);

#endif
