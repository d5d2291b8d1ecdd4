#include "prove_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NET_NAME_SIZE = 120 };

enum err_status prove_load_create(struct prove_load **out, const struct prove_netlist *netlist,
                                  struct prove_graph *graph, struct err *err)
{
    struct prove_load *load = calloc(1, sizeof *load);

    if (load == NULL) return err_nomem(err, "a proof");
    load->netlist = netlist;
    load->graph = graph;
    load->literal = calloc(netlist->num_nets, sizeof *load->literal);
    load->stage = malloc(netlist->num_nets * sizeof *load->stage);
    load->open = calloc(netlist->num_nets, 1);
    if (load->literal == NULL || load->stage == NULL || load->open == NULL) {
        prove_load_free(load);
        return err_nomem(err, "a proof");
    }
    for (uint32_t i = 0; i < netlist->num_nets; i++)
        load->stage[i] = PROVE_STAGE_NONE;
    prove_load_input(load, PROVE_NET_ZERO, PROVE_FALSE, PROVE_STAGE_ANY);
    prove_load_input(load, PROVE_NET_ONE, PROVE_TRUE, PROVE_STAGE_ANY);
    *out = load;
    return ERR_OK;
}

void prove_load_free(struct prove_load *load)
{
    if (load == NULL) return;
    free(load->literal);
    free(load->stage);
    free(load->open);
    free(load);
}

void prove_load_input(struct prove_load *load, uint32_t net, uint32_t literal, int32_t stage)
{
    load->literal[net] = literal;
    load->stage[net] = stage;
    if (load->order != NULL && load->num_ordered < load->netlist->num_nets)
        load->order[load->num_ordered++] = net;
}

/* ---- faults ---- */

/* "<net><what><other>", the last where it is not PROVE_NET_ZERO. */
static void complain(struct prove_load *load, uint32_t net, const char *what, uint32_t other)
{
    char name[NET_NAME_SIZE], other_name[NET_NAME_SIZE] = "";

    if (load->problem[0] != '\0') return;
    prove_netlist_net_name(load->netlist, net, name, sizeof name);
    if (other != PROVE_NET_ZERO)
        prove_netlist_net_name(load->netlist, other, other_name, sizeof other_name);
    snprintf(load->problem, sizeof load->problem, "%s%s%s", name, what, other_name);
}

static void complain_stages(struct prove_load *load, const struct prove_cell *cell, uint32_t net,
                            uint32_t other)
{
    char name[NET_NAME_SIZE], other_name[NET_NAME_SIZE];

    if (load->problem[0] != '\0') return;
    prove_netlist_net_name(load->netlist, net, name, sizeof name);
    prove_netlist_net_name(load->netlist, other, other_name, sizeof other_name);
    snprintf(load->problem, sizeof load->problem,
             "%.100s reads wires of different stages: %s comes after %d registers, %s after %d",
             load->netlist->origins[cell->origin], name, load->stage[net], other_name,
             load->stage[other]);
}

/* ---- one net ---- */

static bool is_known(const struct prove_load *load, uint32_t net)
{
    return net == PROVE_NET_UNKNOWN || load->stage[net] != PROVE_STAGE_NONE;
}

/* The table of a cell with its constant inputs put in; *missing is an input that it reads and that is
 * not worked out yet, or -1. Later inputs first: they are the selects of multiplexers, and may settle
 * that another input is not read at all. */
static uint64_t known_table(const struct prove_load *load, const struct prove_cell *cell,
                            int *missing)
{
    uint64_t table = cell->table & prove_table_mask(cell->count);

    for (unsigned k = cell->count; k < PROVE_MAX_FAN_IN; k++)
        table |= table << (1U << k);
    *missing = -1;
    for (unsigned k = cell->count; k-- > 0;) {
        uint32_t net = cell->in[k];

        if (net == PROVE_NET_UNKNOWN || load->stage[net] == PROVE_STAGE_NONE) continue;
        if (load->literal[net] <= PROVE_TRUE && load->stage[net] == PROVE_STAGE_ANY)
            table = prove_table_hold(table, k, load->literal[net] == PROVE_TRUE);
    }
    for (unsigned k = cell->count; k-- > 0;) {
        if (!prove_table_reads(table, k) || is_known(load, cell->in[k])) continue;
        *missing = (int)k;
        break;
    }
    return table;
}

/* The stage of a table's output: that of all inputs it reads. */
static int32_t common_stage(struct prove_load *load, const struct prove_cell *cell, uint64_t table)
{
    uint32_t first = PROVE_NET_UNKNOWN;

    for (unsigned k = 0; k < cell->count; k++) {
        uint32_t net = cell->in[k];

        if (!prove_table_reads(table, k)) continue;
        if (net == PROVE_NET_UNKNOWN) {
            complain(load, net, " is read by ", cell->out);
        } else if (load->stage[net] == PROVE_STAGE_CONTROL) {
            complain(load, net, ", a control input, reaches data: ", cell->out);
        } else if (load->stage[net] >= 0) {
            if (first == PROVE_NET_UNKNOWN) first = net;
            if (load->stage[net] != load->stage[first]) complain_stages(load, cell, first, net);
        }
    }
    return first == PROVE_NET_UNKNOWN ? PROVE_STAGE_ANY : load->stage[first];
}

static enum err_status finish_lut(struct prove_load *load, const struct prove_cell *cell,
                                  uint64_t table, struct err *err)
{
    uint32_t in[PROVE_MAX_FAN_IN];
    int32_t stage = common_stage(load, cell, table);
    enum err_status status = ERR_OK;
    uint32_t literal;

    for (unsigned k = 0; k < cell->count; k++) {
        uint32_t net = cell->in[k];

        in[k] = net == PROVE_NET_UNKNOWN ? PROVE_FALSE : load->literal[net];
    }
    literal = prove_graph_lut(load->graph, cell->count, in, table);
    if (literal > PROVE_TRUE && load->known != NULL)
        status = load->known(load->user, cell->out, &literal, err);
    prove_load_input(load, cell->out, literal, literal <= PROVE_TRUE ? PROVE_STAGE_ANY : stage);
    return status;
}

static void finish_register(struct prove_load *load, const struct prove_cell *cell)
{
    uint32_t data = cell->in[0];
    int32_t stage;

    if (cell->in[1] != load->clock)
        complain(load, cell->out, " is a register that does not follow clk but ", cell->in[1]);
    if (data == PROVE_NET_UNKNOWN) {
        complain(load, data, " is read by the register ", cell->out);
        prove_load_input(load, cell->out, PROVE_FALSE, PROVE_STAGE_ANY);
        return;
    }
    stage = load->stage[data];
    prove_load_input(load, cell->out, load->literal[data], stage >= 0 ? stage + 1 : stage);
}

/* Nothing drives the net, or it is an input that the caller did not name. */
static void finish_undriven(struct prove_load *load, uint32_t net)
{
    complain(load, net,
             load->netlist->driver[net] == PROVE_INPUT_PORT ? " is an input that is not expected"
                                                            : " is driven by nothing",
             PROVE_NET_ZERO);
    prove_load_input(load, net, PROVE_FALSE, PROVE_STAGE_ANY);
}

static enum err_status cut_register(struct prove_load *load, uint32_t net, struct err *err)
{
    uint64_t *zeros = calloc(load->graph->words, sizeof *zeros);

    if (zeros == NULL) return err_nomem(err, "a proof");
    prove_load_input(load, net, prove_graph_input(load->graph, zeros), 0);
    free(zeros);
    return ERR_OK;
}

/* Works on the net on top of the stack: *below is a net that it needs first, or PROVE_NET_UNKNOWN. */
static enum err_status visit(struct prove_load *load, uint32_t net, uint32_t *below,
                             struct err *err)
{
    uint32_t driver = load->netlist->driver[net];
    const struct prove_cell *cell;
    uint64_t table;
    int missing;

    *below = PROVE_NET_UNKNOWN;
    if (driver >= load->netlist->num_cells) {
        finish_undriven(load, net);
        return ERR_OK;
    }
    cell = &load->netlist->cells[driver];
    if (cell->kind == PROVE_REGISTER) {
        if (load->cut) return cut_register(load, net, err);
        if (is_known(load, cell->in[0]))
            finish_register(load, cell);
        else
            *below = cell->in[0];
        return ERR_OK;
    }
    table = known_table(load, cell, &missing);
    if (missing < 0) return finish_lut(load, cell, table, err);
    *below = cell->in[missing];
    return ERR_OK;
}

enum err_status prove_load_net(struct prove_load *load, uint32_t net, struct err *err)
{
    uint32_t *stack, depth = 0;
    enum err_status status = ERR_OK;

    if (is_known(load, net)) return ERR_OK;
    /* A net is on the stack at most once. */
    stack = malloc(load->netlist->num_nets * sizeof *stack);
    if (stack == NULL) return err_nomem(err, "a proof");
    stack[depth++] = net;
    while (depth > 0 && status == ERR_OK) {
        uint32_t top = stack[depth - 1], below;

        load->open[top] = 1;
        status = visit(load, top, &below, err);
        if (status != ERR_OK) break;
        if (below == PROVE_NET_UNKNOWN) {
            load->open[top] = 0;
            depth--;
        } else if (load->open[below]) {
            complain(load, below, " depends on itself", PROVE_NET_ZERO);
            prove_load_input(load, below, PROVE_FALSE, PROVE_STAGE_ANY);
        } else {
            stack[depth++] = below;
        }
    }
    free(stack);
    return status;
}
