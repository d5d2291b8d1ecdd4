/* Faults of a mapped netlist: what a synthesis tool, a router or a hand could do wrong to LUT primitives,
 * registers, carry chains and wide multiplexers. */
#include "prove_plant.h"

static bool is_lut(const struct prove_netlist *n, const struct prove_cell *cell)
{
    (void)n;
    return cell->kind == PROVE_LUT && cell->source == PROVE_FROM_LUT;
}

static bool is_wide_lut(const struct prove_netlist *n, const struct prove_cell *cell)
{
    return is_lut(n, cell) && cell->count > 1;
}

/* Logic that came from another primitive than a LUT or register: of a carry chain or wide multiplexer. */
static bool is_carry(const struct prove_netlist *n, const struct prove_cell *cell)
{
    if (cell->kind != PROVE_LUT || cell->source == PROVE_FROM_LUT || cell->count < 2 ||
        prove_plant_is_reset(n, cell))
        return false;
    for (unsigned k = 0; k < cell->count; k++) {
        if (cell->in[k] <= PROVE_NET_ONE || cell->in[k] == PROVE_NET_UNKNOWN) return false;
    }
    return true;
}

/* The multiplexer of a register's reset pin that is tied off. */
static bool is_no_reset(const struct prove_netlist *n, const struct prove_cell *cell)
{
    (void)n;
    return cell->kind == PROVE_LUT && cell->source != PROVE_FROM_LUT && cell->count == 3 &&
           cell->table == 0xca && cell->in[2] == PROVE_NET_ZERO;
}

static bool plant_lut_bit(struct prove_bench *bench)
{
    return prove_plant_table_bit(bench, is_lut);
}

static bool plant_lut_exchange(struct prove_bench *bench)
{
    return prove_plant_exchange(bench, is_wide_lut);
}

static bool plant_lut_neighbour(struct prove_bench *bench)
{
    return prove_plant_neighbour(bench, is_lut);
}

static bool plant_stuck(struct prove_bench *bench)
{
    uint32_t i;

    if (!prove_plant_pick(bench, is_lut, &i)) return false;
    bench->netlist->cells[i].table = rng_below(&bench->rng, 2) ? UINT64_MAX : 0;
    prove_plant_note(bench, i);
    return true;
}

static bool plant_carry(struct prove_bench *bench)
{
    return prove_plant_exchange(bench, is_carry);
}

/* The constant that reset chooses is the other one. */
static bool plant_reset_value(struct prove_bench *bench)
{
    struct prove_cell *cell;
    uint32_t i;

    if (!prove_plant_pick(bench, prove_plant_is_reset, &i)) return false;
    cell = &bench->netlist->cells[i];
    for (unsigned k = 0; k < 2; k++) {
        if (cell->in[k] > PROVE_NET_ONE) continue;
        cell->in[k] ^= 1;
        return true;
    }
    return false;
}

static bool plant_data_reset(struct prove_bench *bench)
{
    const struct prove_wire *rst = prove_netlist_port(bench->netlist, "rst");
    uint32_t i;

    if (rst == NULL || !prove_plant_pick(bench, is_no_reset, &i)) return false;
    bench->netlist->cells[i].in[2] = rst->nets[0];
    return true;
}

static bool plant_output(struct prove_bench *bench)
{
    struct prove_netlist *n = bench->netlist;
    struct prove_wire *port = &n->wires[rng_below(&bench->rng, n->num_ports)];
    uint32_t net;

    if (!port->output || port->width < 2) return false;
    bench->first = (uint32_t)rng_below(&bench->rng, port->width);
    bench->second = (uint32_t)rng_below(&bench->rng, port->width);
    if (port->nets[bench->first] == port->nets[bench->second]) return false;
    net = port->nets[bench->first];
    port->nets[bench->first] = port->nets[bench->second];
    port->nets[bench->second] = net;
    bench->port = port;
    return true;
}

const struct prove_kind *prove_plant_mapped(size_t *count)
{
    static const struct prove_kind KINDS[] = {
        {"one bit of a LUT's INIT", plant_lut_bit, false},
        {"two inputs of a LUT exchanged", plant_lut_exchange, false},
        {"a LUT input moved to a neighbour", plant_lut_neighbour, false},
        {"a LUT stuck at 0 or 1", plant_stuck, false},
        {"two inputs of a carry or multiplexer exchanged", plant_carry, false},
        {"two output bits exchanged", plant_output, false},
        {"a register removed", prove_plant_register_less, true},
        {"a register added", prove_plant_register_more, true},
        {"a valid bit's reset removed", prove_plant_no_reset, true},
        {"a valid bit's reset to 1", plant_reset_value, true},
        {"a reset on a data register", plant_data_reset, true},
    };

    *count = sizeof KINDS / sizeof KINDS[0];
    return KINDS;
}
