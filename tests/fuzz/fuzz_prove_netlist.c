/* Netlists as Yosys writes them, for `prove`: read, and every net of every output worked out, with
 * registers as wires. */
#include "fuzz.h"

#include "flow/prove_load.h"

#include <stdlib.h>

static void work_out(const struct prove_netlist *netlist)
{
    struct prove_graph *graph = NULL;
    struct prove_load *load = NULL;
    const struct prove_wire *clock = prove_netlist_port(netlist, "clk");
    uint64_t zeros[1] = {0};
    struct err err;
    enum err_status status = prove_graph_create(&graph, 1, &err);

    if (status == ERR_OK) status = prove_load_create(&load, netlist, graph, &err);
    if (status == ERR_OK && clock != NULL && clock->width == 1) load->clock = clock->nets[0];
    for (uint32_t w = 0; status == ERR_OK && w < netlist->num_wires; w++) {
        const struct prove_wire *wire = &netlist->wires[w];

        for (uint32_t i = 0; i < wire->width && status == ERR_OK; i++) {
            if (wire->nets[i] == PROVE_NET_UNKNOWN) continue;
            if (wire->input && wire->nets[i] > PROVE_NET_ONE)
                prove_load_input(load, wire->nets[i], prove_graph_input(graph, zeros), 0);
            else
                status = prove_load_net(load, wire->nets[i], &err);
        }
    }
    prove_load_free(load);
    prove_graph_free(graph);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct prove_netlist *netlist = NULL;
    struct err err;

    if (prove_netlist_parse(&netlist, (const char *)data, size, "top", &err) != ERR_OK) return;
    work_out(netlist);
    prove_netlist_free(netlist);
}
