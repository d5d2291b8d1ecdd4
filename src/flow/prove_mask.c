#include "prove_mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cells are counted by the first of these that is in their name. */
static const char *const PARTS[][2] = {
    {"vote", "voters"},
    {"valid", "valid bits"},
    {"u_encoder", "encoder"},
    {"u_layer", "LUT layers"},
    {"u_group", "class sums"},
    {"u_argmax", "argmax"},
    {"", "other"},
};
enum { NUM_PARTS = sizeof PARTS / sizeof PARTS[0] };

struct mask {
    const struct prove_netlist *netlist;
    struct prove_load *load;
    struct prove_graph *graph;
    uint32_t *order; /* [count] nets that outputs depend on, each after what it reads */
    uint32_t count;
    uint32_t *place;        /* [num_nets] in `order`; UINT32_MAX: not there */
    uint32_t *reader_start; /* [num_nets + 1] */
    uint32_t *readers;      /* places of the nets whose cells read a net */
    uint32_t *literal;      /* [num_nets] with the fault, where `changed` */
    uint8_t *changed;       /* [num_nets] */
    uint8_t *output;        /* [num_nets] a bit of an output port */
    uint64_t *pending;      /* bit a place */
    uint32_t *touched;      /* [num_nets] nets that are `changed` */
    uint32_t num_touched;
    uint32_t free_literal;
    size_t cells[NUM_PARTS];
    char fault[NUM_PARTS][200]; /* of the first cell that is not masked */
};

static void mask_free(struct mask *mask)
{
    prove_load_free(mask->load);
    prove_graph_free(mask->graph);
    free(mask->order);
    free(mask->place);
    free(mask->reader_start);
    free(mask->readers);
    free(mask->literal);
    free(mask->changed);
    free(mask->output);
    free(mask->pending);
    free(mask->touched);
}

static unsigned num_inputs(const struct prove_cell *cell)
{
    return cell->kind == PROVE_REGISTER ? 1 : cell->count;
}

static bool allocate(struct mask *mask)
{
    size_t nets = mask->netlist->num_nets;
    size_t pins = 1;

    for (uint32_t i = 0; i < mask->netlist->num_cells; i++)
        pins += num_inputs(&mask->netlist->cells[i]);
    mask->order = malloc(nets * sizeof *mask->order);
    mask->place = malloc(nets * sizeof *mask->place);
    mask->reader_start = calloc(nets + 2, sizeof *mask->reader_start);
    mask->readers = malloc(pins * sizeof *mask->readers);
    mask->literal = malloc(nets * sizeof *mask->literal);
    mask->changed = calloc(nets, 1);
    mask->output = calloc(nets, 1);
    mask->pending = calloc(nets / 64 + 1, sizeof *mask->pending);
    mask->touched = malloc(nets * sizeof *mask->touched);
    return mask->order != NULL && mask->place != NULL && mask->reader_start != NULL &&
           mask->readers != NULL && mask->literal != NULL && mask->changed != NULL &&
           mask->output != NULL && mask->pending != NULL && mask->touched != NULL;
}

/* ---- the sound network ---- */

/* Every input is free, the controls too: that registers are in step was shown before. */
static enum err_status load_sound(struct mask *mask, struct err *err)
{
    const struct prove_netlist *n = mask->netlist;
    const uint64_t zero = 0;
    enum err_status status = prove_graph_create(&mask->graph, 1, err);

    if (status == ERR_OK) status = prove_load_create(&mask->load, n, mask->graph, err);
    if (status != ERR_OK) return status;
    mask->free_literal = prove_graph_input(mask->graph, &zero);
    for (uint32_t w = 0; w < n->num_ports; w++) {
        for (uint32_t i = 0; n->wires[w].input && i < n->wires[w].width; i++)
            prove_load_input(mask->load, n->wires[w].nets[i], prove_graph_input(mask->graph, &zero),
                             0);
    }
    mask->load->order = mask->order;
    for (uint32_t w = 0; w < n->num_ports; w++) {
        for (uint32_t i = 0; n->wires[w].output && i < n->wires[w].width; i++) {
            uint32_t net = n->wires[w].nets[i];

            if (net == PROVE_NET_UNKNOWN) continue;
            mask->output[net] = 1;
            if (status == ERR_OK) status = prove_load_net(mask->load, net, err);
        }
    }
    mask->count = mask->load->num_ordered;
    return status;
}

static void list_readers(struct mask *mask)
{
    const struct prove_netlist *n = mask->netlist;
    uint32_t *start = mask->reader_start + 1; /* shifted, so that filling in moves it back */

    memset(mask->place, 0xff, n->num_nets * sizeof *mask->place);
    for (uint32_t i = 0; i < mask->count; i++)
        mask->place[mask->order[i]] = i;
    for (int fill = 0; fill < 2; fill++) {
        for (uint32_t i = 0; i < mask->count; i++) {
            uint32_t driver = n->driver[mask->order[i]];
            const struct prove_cell *cell = &n->cells[driver];

            for (unsigned k = 0; driver < n->num_cells && k < num_inputs(cell); k++) {
                if (cell->in[k] == PROVE_NET_UNKNOWN) continue;
                if (fill)
                    mask->readers[start[cell->in[k]]++] = i;
                else
                    start[cell->in[k] + 1]++;
            }
        }
        for (uint32_t net = 0; !fill && net < n->num_nets; net++)
            start[net + 1] += start[net];
    }
}

/* ---- one fault ---- */

static void change(struct mask *mask, uint32_t net, uint32_t literal)
{
    mask->literal[net] = literal;
    if (mask->changed[net]) return;
    mask->changed[net] = 1;
    mask->touched[mask->num_touched++] = net;
    for (uint32_t i = mask->reader_start[net]; i < mask->reader_start[net + 1]; i++)
        mask->pending[mask->readers[i] / 64] |= UINT64_C(1) << mask->readers[i] % 64;
}

/* The net again, from what its cell reads now. */
static void work_out(struct mask *mask, uint32_t net)
{
    const struct prove_cell *cell = &mask->netlist->cells[mask->netlist->driver[net]];
    uint32_t in[PROVE_MAX_FAN_IN] = {0}, literal;

    for (unsigned k = 0; k < num_inputs(cell); k++) {
        uint32_t from = cell->in[k];

        in[k] = from == PROVE_NET_UNKNOWN ? PROVE_FALSE
                : mask->changed[from]     ? mask->literal[from]
                                          : mask->load->literal[from];
    }
    literal = cell->kind == PROVE_REGISTER
                  ? in[0]
                  : prove_graph_lut(mask->graph, cell->count, in, cell->table);
    if (literal != mask->load->literal[net]) change(mask, net, literal);
}

/* Whether no output changes when this net is free. */
static bool is_masked(struct mask *mask, uint32_t net)
{
    bool masked = true;

    mask->num_touched = 0;
    change(mask, net, mask->free_literal);
    for (size_t word = mask->place[net] / 64; word <= mask->count / 64; word++) {
        while (mask->pending[word] != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(mask->pending[word]);
            uint32_t next = mask->order[64 * word + bit];

            mask->pending[word] &= mask->pending[word] - 1;
            if (next != net) work_out(mask, next);
        }
    }
    for (uint32_t i = 0; i < mask->num_touched; i++) {
        masked = masked && !mask->output[mask->touched[i]];
        mask->changed[mask->touched[i]] = 0;
    }
    return masked;
}

static size_t part_of(const char *name)
{
    size_t part = 0;

    while (strstr(name, PARTS[part][0]) == NULL)
        part++;
    return part;
}

static void try_all(struct mask *mask)
{
    const struct prove_netlist *n = mask->netlist;

    for (uint32_t i = 0; i < mask->count; i++) {
        uint32_t net = mask->order[i], driver = n->driver[net];
        const char *name;
        size_t part;

        if (driver >= n->num_cells || mask->output[net]) continue;
        name = n->origins[n->cells[driver].origin];
        part = part_of(name);
        mask->cells[part]++;
        if (is_masked(mask, net) || mask->fault[part][0] != '\0') continue;
        snprintf(mask->fault[part], sizeof mask->fault[part], "a fault of %.150s reaches an output",
                 name);
    }
}

/* ---- the obligations ---- */

static enum err_status report(struct prove_check *check, const struct mask *mask, double seconds,
                              struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t part = 0; part < NUM_PARTS && status == ERR_OK; part++) {
        bool masked = mask->fault[part][0] == '\0';
        struct prove_obligation o = {.method = "each cell's output free",
                                     .outcome = masked ? PROVE_PROVED : PROVE_FAILED,
                                     .seconds = seconds / NUM_PARTS};

        if (mask->cells[part] == 0) continue;
        snprintf(o.part, sizeof o.part, "%stmr", check->prefix);
        snprintf(o.name, sizeof o.name, "%s: any 1 of %zu cells", PARTS[part][1],
                 mask->cells[part]);
        status = prove_result_add(check->result, &o, mask->fault[part], err);
    }
    return status;
}

enum err_status prove_mask_run(struct prove_check *check, struct err *err)
{
    struct mask mask = {.netlist = check->netlist};
    double start = prove_check_now();
    enum err_status status = allocate(&mask) ? ERR_OK : err_nomem(err, "a proof");

    if (status == ERR_OK) status = load_sound(&mask, err);
    if (status == ERR_OK) {
        list_readers(&mask);
        try_all(&mask);
        status = prove_graph_status(mask.graph, err);
    }
    if (status == ERR_OK) status = report(check, &mask, prove_check_now() - start, err);
    mask_free(&mask);
    return status;
}
