/* A flat netlist into a network without registers: every register becomes a wire, and what makes that
 * right is checked on the way. All inputs of a table, as far as it reads them, are the same number of
 * registers away from the ports; every register follows the clock; nothing depends on itself, on an
 * undriven or unknown wire, or on a control input. */
#ifndef DIFFLUT_FLOW_PROVE_LOAD_H
#define DIFFLUT_FLOW_PROVE_LOAD_H

#include "flow/prove_graph.h"
#include "flow/prove_netlist.h"

enum {
    PROVE_STAGE_ANY = -1,     /* a constant: as many registers as one likes */
    PROVE_STAGE_CONTROL = -2, /* clock, reset and valid: nothing may read them here */
    PROVE_STAGE_NONE = -3     /* not worked out yet */
};

struct prove_load {
    const struct prove_netlist *netlist;
    struct prove_graph *graph;
    uint32_t *literal; /* [num_nets] */
    int32_t *stage;    /* [num_nets] registers between ports and net */
    uint8_t *open;     /* [num_nets] being worked out */
    uint32_t clock;    /* net */
    bool cut;          /* registers are inputs of their own instead of wires */
    uint32_t *order; /* [num_nets] or NULL: the nets worked out so far, each after what it reads */
    uint32_t num_ordered;
    /* Replaces a table's literal on `net` by one that is known to be the same function; or NULL. */
    enum err_status (*known)(void *user, uint32_t net, uint32_t *literal, struct err *err);
    void *user;
    char problem[512]; /* the first that was found; empty: none */
};

enum err_status prove_load_create(struct prove_load **out, const struct prove_netlist *netlist,
                                  struct prove_graph *graph, struct err *err);
void prove_load_free(struct prove_load *load);

/* The literal of an input's net; its stage is 0, or as given. */
void prove_load_input(struct prove_load *load, uint32_t net, uint32_t literal, int32_t stage);

/* Works out literal[net] and stage[net] and all they need. A fault of the netlist goes to load->problem;
 * the net is then a constant. */
enum err_status prove_load_net(struct prove_load *load, uint32_t net, struct err *err);

#endif
