#include "prove_print.h"

#include <inttypes.h>

enum { MAX_SELECTED = 3 };

static void add_net(struct text *text, uint32_t net)
{
    if (net == PROVE_NET_UNKNOWN)
        text_add(text, "1'bx");
    else if (net <= PROVE_NET_ONE)
        text_add(text, "1'b%" PRIu32, net);
    else
        text_add(text, "n%" PRIu32, net);
}

/* ---- ports ---- */

static void add_ports(struct text *text, const struct prove_netlist *n)
{
    for (uint32_t w = 0; w < n->num_ports; w++) {
        const struct prove_wire *wire = &n->wires[w];

        text_add(text, "%s    %s wire [%" PRIu32 ":0] %s", w > 0 ? ",\n" : "",
                 wire->input ? "input " : "output", wire->width - 1, wire->name);
    }
}

static void add_port_wires(struct text *text, const struct prove_netlist *n)
{
    for (uint32_t w = 0; w < n->num_ports; w++) {
        const struct prove_wire *wire = &n->wires[w];

        for (uint32_t i = 0; i < wire->width; i++) {
            if (wire->input) {
                text_add(text, "    assign n%" PRIu32 " = %s[%" PRIu32 "];\n", wire->nets[i],
                         wire->name, i);
                continue;
            }
            text_add(text, "    assign %s[%" PRIu32 "] = ", wire->name, i);
            add_net(text, wire->nets[i]);
            text_add(text, ";\n");
        }
    }
}

/* ---- cells ---- */

/* assign n9 = n4 ? n3 ? 1'b1 : n2 ? 1'b1 : 1'b0 : ...; the last input first. */
static void add_selections(struct text *text, const struct prove_cell *cell, unsigned count,
                           uint64_t table)
{
    unsigned half = count > 0 ? 1U << (count - 1) : 0;

    if (count == 0) {
        text_add(text, "1'b%u", (unsigned)(table & 1));
        return;
    }
    add_net(text, cell->in[count - 1]);
    text_add(text, " ? ");
    add_selections(text, cell, count - 1, table >> half);
    text_add(text, " : ");
    add_selections(text, cell, count - 1, table);
}

static void add_table(struct text *text, const struct prove_cell *cell)
{
    unsigned size = 1U << cell->count;

    if (cell->count <= MAX_SELECTED) {
        text_add(text, "    assign n%" PRIu32 " = ", cell->out);
        add_selections(text, cell, cell->count, cell->table);
        text_add(text, ";\n");
        return;
    }
    text_add(text, "    wire [%u:0] t%" PRIu32 " = %u'h%" PRIx64 ";\n", size - 1, cell->out, size,
             size < 64 ? cell->table & ((UINT64_C(1) << size) - 1) : cell->table);
    text_add(text, "    assign n%" PRIu32 " = t%" PRIu32 "[{", cell->out, cell->out);
    for (unsigned k = cell->count; k-- > 0;) {
        add_net(text, cell->in[k]);
        text_add(text, k > 0 ? ", " : "}];\n");
    }
}

static void add_register(struct text *text, const struct prove_cell *cell)
{
    text_add(text, "    always @(posedge ");
    add_net(text, cell->in[1]);
    text_add(text, ") n%" PRIu32 " <= ", cell->out);
    add_net(text, cell->in[0]);
    text_add(text, ";\n");
}

static void add_declarations(struct text *text, const struct prove_netlist *n)
{
    for (uint32_t net = PROVE_NET_ONE + 1; net < n->num_nets; net++) {
        uint32_t driver = n->driver[net];
        bool is_register = driver < n->num_cells && n->cells[driver].kind == PROVE_REGISTER;

        text_add(text, "    %s n%" PRIu32 ";\n", is_register ? "reg " : "wire", net);
    }
}

void prove_print_module(struct text *text, const struct prove_netlist *netlist, const char *module)
{
    text_add(text, "`default_nettype none\nmodule %s (\n", module);
    add_ports(text, netlist);
    text_add(text, "\n);\n");
    add_declarations(text, netlist);
    add_port_wires(text, netlist);
    for (uint32_t i = 0; i < netlist->num_cells; i++) {
        if (netlist->cells[i].kind == PROVE_REGISTER)
            add_register(text, &netlist->cells[i]);
        else
            add_table(text, &netlist->cells[i]);
    }
    text_add(text, "endmodule\n`default_nettype wire\n");
}
