#include "prove_plant.h"

#include <string.h>

/* Tables of hdl_templates/greater.v: a > b, and a >= b, of three bits each. */
static const uint64_t GREATER = UINT64_C(0x7f3f1f0f07030100);
static const uint64_t NOT_LESS = UINT64_C(0xff7f3f1f0f070301);

void prove_plant_note(struct prove_bench *bench, uint32_t cell)
{
    if (bench->num_changed < bench->netlist->num_cells)
        bench->changed[bench->num_changed++] = bench->netlist->cells[cell].out;
}

/* ---- which cells ---- */

static bool is_layer_lut(const struct prove_netlist *n, const struct prove_cell *cell)
{
    return cell->kind == PROVE_LUT && cell->source == PROVE_FROM_LUT && cell->count > 1 &&
           strstr(n->origins[cell->origin], "layer") != NULL;
}

static bool is_comparison(const struct prove_netlist *n, const struct prove_cell *cell)
{
    (void)n;
    return cell->source == PROVE_FROM_COMPARE && cell->count == 3 && cell->in[2] == PROVE_NET_ZERO;
}

static bool is_register(const struct prove_netlist *n, const struct prove_cell *cell)
{
    (void)n;
    return cell->kind == PROVE_REGISTER;
}

static bool is_greater(const struct prove_netlist *n, const struct prove_cell *cell)
{
    (void)n;
    return cell->kind == PROVE_LUT && cell->count == 6 && cell->table == GREATER;
}

bool prove_plant_is_reset(const struct prove_netlist *n, const struct prove_cell *cell)
{
    const struct prove_wire *rst = prove_netlist_port(n, "rst");

    return cell->kind == PROVE_LUT && cell->count == 3 && rst != NULL &&
           cell->in[2] == rst->nets[0];
}

bool prove_plant_pick(struct prove_bench *bench, prove_fits *fits, uint32_t *cell)
{
    const struct prove_netlist *n = bench->netlist;
    size_t total = 0, wanted;

    for (uint32_t i = 0; i < n->num_cells; i++)
        total += fits(n, &n->cells[i]);
    if (total == 0) return false;
    wanted = (size_t)rng_below(&bench->rng, total);
    for (*cell = 0; *cell < n->num_cells; ++*cell) {
        if (fits(n, &n->cells[*cell]) && wanted-- == 0) return true;
    }
    return false;
}

/* ---- the kinds: false when the draw found no place ---- */

bool prove_plant_table_bit(struct prove_bench *bench, prove_fits *fits)
{
    uint32_t i;

    if (!prove_plant_pick(bench, fits, &i)) return false;
    bench->netlist->cells[i].table ^=
        UINT64_C(1) << rng_below(&bench->rng, UINT64_C(1) << bench->netlist->cells[i].count);
    prove_plant_note(bench, i);
    return true;
}

bool prove_plant_exchange(struct prove_bench *bench, prove_fits *fits)
{
    struct prove_cell *cell;
    uint32_t i, a, b, net;

    if (!prove_plant_pick(bench, fits, &i)) return false;
    cell = &bench->netlist->cells[i];
    a = (uint32_t)rng_below(&bench->rng, cell->count);
    b = (uint32_t)rng_below(&bench->rng, cell->count);
    if (cell->in[a] == cell->in[b]) return false;
    net = cell->in[a];
    cell->in[a] = cell->in[b];
    cell->in[b] = net;
    prove_plant_note(bench, i);
    return true;
}

/* The net beside it on the widest bus that carries it. */
bool prove_plant_neighbour(struct prove_bench *bench, prove_fits *fits)
{
    const struct prove_netlist *n = bench->netlist;
    const struct prove_wire *best = NULL;
    struct prove_cell *cell;
    uint32_t i, k, at = 0;

    if (!prove_plant_pick(bench, fits, &i)) return false;
    cell = &bench->netlist->cells[i];
    if (cell->count == 0) return false; /* a constant */
    k = (uint32_t)rng_below(&bench->rng, cell->count);
    for (uint32_t w = 0; w < n->num_wires; w++) {
        const struct prove_wire *wire = &n->wires[w];

        for (uint32_t p = 0; p < wire->width && (best == NULL || wire->width > best->width); p++) {
            if (wire->nets[p] != cell->in[k]) continue;
            best = wire;
            at = p;
        }
    }
    if (best == NULL || best->width < 2) return false;
    at = at == 0 ? 1 : at + 1 == best->width || rng_below(&bench->rng, 2) ? at - 1 : at + 1;
    if (best->nets[at] == cell->in[k] || best->nets[at] == PROVE_NET_UNKNOWN) return false;
    cell->in[k] = best->nets[at];
    prove_plant_note(bench, i);
    return true;
}

static bool plant_not_strict(struct prove_bench *bench)
{
    uint32_t i, last;

    if (!prove_plant_pick(bench, is_comparison, &i)) return false;
    bench->netlist->cells[i].in[2] = PROVE_NET_ONE;
    for (last = i; bench->netlist->cells[last + 1].origin == bench->netlist->cells[i].origin;)
        last++;
    prove_plant_note(bench, last);
    return true;
}

/* The constant that a comparison's cells hold, one bit each, plus or minus one. */
static bool plant_threshold(struct prove_bench *bench)
{
    struct prove_cell *cells = bench->netlist->cells;
    uint32_t i, width = 0, k, value = 0;

    if (!prove_plant_pick(bench, is_comparison, &i)) return false;
    k = cells[i].in[1] <= PROVE_NET_ONE ? 1 : 0;
    while (cells[i + width].origin == cells[i].origin && cells[i + width].count == 3) {
        if (cells[i + width].in[k] > PROVE_NET_ONE) return false;
        value |= cells[i + width].in[k] << width;
        width++;
    }
    value += rng_below(&bench->rng, 2) ? 1 : UINT32_MAX;
    if (value >= 1U << width) return false;
    for (uint32_t b = 0; b < width; b++)
        cells[i + b].in[k] = value >> b & 1;
    prove_plant_note(bench, i + width);
    return true;
}

/* A bit next to the boundary of two classes is counted for the other one. */
static bool plant_group(struct prove_bench *bench)
{
    const struct prove_reference *r = bench->reference;
    const struct prove_wire *bus = NULL;
    uint32_t class, depth, from, to;
    bool any = false;

    for (uint32_t w = 0; w < bench->netlist->num_wires; w++) {
        const char *name = bench->netlist->wires[w].name;

        if (strstr(name, "u_group_sum.in_bits") != NULL) bus = &bench->netlist->wires[w];
    }
    if (bus == NULL || bus->width != r->num_classes * r->group) return false;
    class = 1 + (uint32_t)rng_below(&bench->rng, r->num_classes - 1);
    depth = (uint32_t)rng_below(&bench->rng, r->group);
    from = bus->nets[class * r->group - 1 - depth];
    to = bus->nets[class * r->group + depth];
    for (uint32_t i = 0; i < bench->netlist->num_cells; i++) {
        struct prove_cell *cell = &bench->netlist->cells[i];

        if (strstr(bench->netlist->origins[cell->origin], "u_group_sum") == NULL) continue;
        for (unsigned k = 0; k < cell->count; k++) {
            if (cell->in[k] != from) continue;
            cell->in[k] = to;
            any = true;
        }
    }
    return any;
}

static bool plant_subset(struct prove_bench *bench, prove_fits *fits)
{
    bool any = false;
    uint32_t sure;

    if (!prove_plant_pick(bench, fits, &sure)) return false;
    for (uint32_t i = 0; i < bench->netlist->num_cells; i++) {
        struct prove_cell *cell = &bench->netlist->cells[i];

        if (!fits(bench->netlist, cell) || (i != sure && rng_below(&bench->rng, 4) != 0)) continue;
        if (cell->table == GREATER)
            cell->table = NOT_LESS;
        else
            cell->in[2] = PROVE_NET_ZERO;
        any = true;
    }
    return any;
}

static bool plant_tie(struct prove_bench *bench)
{
    return plant_subset(bench, is_greater);
}

bool prove_plant_no_reset(struct prove_bench *bench)
{
    return plant_subset(bench, prove_plant_is_reset);
}

bool prove_plant_register_less(struct prove_bench *bench)
{
    uint32_t i;

    if (!prove_plant_pick(bench, is_register, &i)) return false;
    bench->netlist->cells[i].kind = PROVE_LUT;
    bench->netlist->cells[i].count = 1;
    bench->netlist->cells[i].table = 0x2;
    prove_plant_note(bench, i);
    return true;
}

/* The last cell and net are spare (add_spare). */
bool prove_plant_register_more(struct prove_bench *bench)
{
    struct prove_netlist *n = bench->netlist;
    struct prove_cell *spare = &n->cells[n->num_cells - 1];
    uint32_t i;

    if (!prove_plant_pick(bench, is_register, &i)) return false;
    spare->kind = PROVE_REGISTER;
    spare->in[0] = n->cells[i].in[0];
    spare->in[1] = n->cells[i].in[1];
    n->cells[i].in[0] = spare->out;
    prove_plant_note(bench, i);
    return true;
}

static bool plant_layer_bit(struct prove_bench *bench)
{
    return prove_plant_table_bit(bench, is_layer_lut);
}

static bool plant_layer_exchange(struct prove_bench *bench)
{
    return prove_plant_exchange(bench, is_layer_lut);
}

static bool plant_layer_neighbour(struct prove_bench *bench)
{
    return prove_plant_neighbour(bench, is_layer_lut);
}

static bool plant_register(struct prove_bench *bench)
{
    return rng_below(&bench->rng, 2) ? prove_plant_register_less(bench)
                                     : prove_plant_register_more(bench);
}

const struct prove_kind *prove_plant_rtl(size_t *count)
{
    static const struct prove_kind KINDS[] = {
        {"one table bit", plant_layer_bit, false},
        {"two address wires exchanged", plant_layer_exchange, false},
        {"a wire moved to a neighbour", plant_layer_neighbour, false},
        {">= for >", plant_not_strict, false},
        {"threshold off by one", plant_threshold, false},
        {"class boundary", plant_group, false},
        {"tie rule reversed", plant_tie, false},
        {"a register removed or added", plant_register, true},
        {"a valid bit's reset removed", prove_plant_no_reset, true},
    };

    *count = sizeof KINDS / sizeof KINDS[0];
    return KINDS;
}

void prove_plant_undo(struct prove_bench *bench)
{
    memcpy(bench->netlist->cells, bench->sound, bench->netlist->num_cells * sizeof *bench->sound);
    if (bench->port != NULL) {
        uint32_t net = bench->port->nets[bench->first];

        bench->port->nets[bench->first] = bench->port->nets[bench->second];
        bench->port->nets[bench->second] = net;
    }
    bench->port = NULL;
    bench->num_changed = 0;
}
