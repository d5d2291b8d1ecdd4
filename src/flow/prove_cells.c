#include "prove_cells.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SELECT = 20 };

/* Tables, first input lowest. */
enum {
    NOT = 0x1,
    AND = 0x8,
    OR = 0xe,
    XOR = 0x6,
    XNOR = 0x9,
    AND_NOT = 0x2, /* a & ~b */
    OR_NOT = 0xb,  /* a | ~b */
    MUX = 0xca,    /* inputs: when 0, when 1, select */
    XOR3 = 0x96,
    MAJORITY = 0xe8,
    ABOVE = 0xb2 /* inputs a, b, verdict below: a > b, or a == b and the verdict */
};

/* A cell being taken apart. */
struct builder {
    struct prove_netlist *netlist;
    json_t *parameters, *connections;
    const char *type;
    uint32_t limit; /* of nets that the text may name */
    enum prove_cell_source source;
    enum err_status status;
    struct err *err;
};

struct bus {
    uint32_t *nets;
    uint32_t width;
};

static void fail(struct builder *b, const char *what)
{
    const struct prove_netlist *n = b->netlist;

    if (b->status != ERR_OK) return;
    b->status = err_set(b->err, ERR_FORMAT, "cell %s of type %s: %s",
                        n->origins[n->num_origins - 1], b->type, what);
}

static void add_cell(struct builder *b, const struct prove_cell *cell)
{
    struct prove_netlist *n = b->netlist;

    if (b->status != ERR_OK) return;
    if (n->num_cells == n->capacity) {
        uint32_t capacity = n->capacity > 0 ? 2 * n->capacity : 1 << 12;
        struct prove_cell *cells = NULL;

        if (capacity < UINT32_MAX / 8) cells = realloc(n->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            b->status = err_nomem(b->err, "a netlist");
            return;
        }
        n->cells = cells;
        n->capacity = capacity;
    }
    n->cells[n->num_cells] = *cell;
    n->cells[n->num_cells].origin = n->num_origins - 1;
    n->cells[n->num_cells++].source = b->source;
}

/* A table with its own new net. */
static uint32_t new_net(struct builder *b)
{
    if (b->netlist->num_nets >= UINT32_MAX / 4) fail(b, "too many nets");
    return b->status == ERR_OK ? b->netlist->num_nets++ : PROVE_NET_ZERO;
}

static void lut_to(struct builder *b, uint32_t out, uint64_t table, unsigned count,
                   const uint32_t *in)
{
    struct prove_cell cell = {.kind = PROVE_LUT, .count = count, .table = table, .out = out};

    memcpy(cell.in, in, count * sizeof *in);
    add_cell(b, &cell);
}

static uint32_t lut(struct builder *b, uint64_t table, unsigned count, const uint32_t *in)
{
    uint32_t out = new_net(b);

    lut_to(b, out, table, count, in);
    return out;
}

static uint32_t lut2(struct builder *b, uint64_t table, uint32_t x, uint32_t y)
{
    return lut(b, table, 2, (const uint32_t[]){x, y});
}

static uint32_t lut3(struct builder *b, uint64_t table, uint32_t x, uint32_t y, uint32_t z)
{
    return lut(b, table, 3, (const uint32_t[]){x, y, z});
}

/* ---- parameters and connections ---- */

/* Parameters are strings of 0 and 1, highest first, or numbers. */
static uint64_t parameter(struct builder *b, const char *name, uint64_t missing)
{
    json_t *item = json_object_get(b->parameters, name);
    const char *text = json_string_value(item);
    uint64_t value = 0;

    if (item == NULL) return missing;
    if (json_is_integer(item)) return (uint64_t)json_integer_value(item);
    for (; text != NULL && *text != '\0'; text++)
        value = value << 1 | (*text == '1');
    return value;
}

static struct bus connection(struct builder *b, const char *name)
{
    struct bus bus = {0};

    if (b->status == ERR_OK)
        b->status = prove_netlist_bits(json_object_get(b->connections, name), b->limit, &bus.nets,
                                       &bus.width, b->err);
    return bus;
}

/* An operand of an operation on `width` bits, extended by its sign where both operands are signed. */
static struct bus operand(struct builder *b, const char *name, uint32_t width, bool is_signed)
{
    struct bus bus = connection(b, name);
    uint32_t *nets, fill = PROVE_NET_ZERO;

    if (b->status != ERR_OK || bus.width >= width) return bus;
    nets = realloc(bus.nets, ((size_t)width + 1) * sizeof *nets);
    if (nets == NULL) {
        b->status = err_nomem(b->err, "a netlist");
        return bus;
    }
    if (is_signed && bus.width > 0) fill = nets[bus.width - 1];
    for (uint32_t i = bus.width; i < width; i++)
        nets[i] = fill;
    return (struct bus){nets, width};
}

/* The outputs of a cell get the given nets, zeros above. */
static void drive(struct builder *b, const struct bus *out, const uint32_t *nets, uint32_t count)
{
    for (uint32_t i = 0; i < out->width; i++) {
        uint32_t from = i < count ? nets[i] : PROVE_NET_ZERO;

        lut_to(b, out->nets[i], 0x2, 1, &from);
    }
}

/* ---- operations ---- */

static void bitwise(struct builder *b, uint64_t table, unsigned operands)
{
    struct bus y = connection(b, "Y");
    bool is_signed = parameter(b, "A_SIGNED", 0) && parameter(b, "B_SIGNED", operands == 1);
    struct bus a = operand(b, "A", y.width, is_signed), c = {0};

    if (operands > 1) c = operand(b, "B", y.width, is_signed);
    for (uint32_t i = 0; i < y.width && b->status == ERR_OK; i++) {
        uint32_t in[2] = {a.nets[i], operands > 1 ? c.nets[i] : PROVE_NET_ZERO};

        lut_to(b, y.nets[i], table, operands, in);
    }
    free(y.nets);
    free(a.nets);
    free(c.nets);
}

static uint32_t reduce(struct builder *b, uint64_t table, const uint32_t *nets, uint32_t count,
                       uint32_t empty)
{
    uint32_t result = count > 0 ? nets[0] : empty;

    for (uint32_t i = 1; i < count && b->status == ERR_OK; i++)
        result = lut2(b, table, result, nets[i]);
    return result;
}

static void reduction(struct builder *b, uint64_t table, bool inverted)
{
    struct bus y = connection(b, "Y"), a = connection(b, "A");
    uint32_t empty = table == AND ? PROVE_NET_ONE : PROVE_NET_ZERO;

    if (b->status == ERR_OK) {
        uint32_t result = reduce(b, table, a.nets, a.width, empty);

        if (inverted) result = lut(b, NOT, 1, &result);
        drive(b, &y, &result, 1);
    }
    free(y.nets);
    free(a.nets);
}

/* $logic_and, $logic_or: of the two truths. */
static void logic(struct builder *b, uint64_t table)
{
    struct bus y = connection(b, "Y"), a = connection(b, "A"), c = connection(b, "B");

    if (b->status == ERR_OK) {
        uint32_t left = reduce(b, OR, a.nets, a.width, PROVE_NET_ZERO);
        uint32_t right = reduce(b, OR, c.nets, c.width, PROVE_NET_ZERO);
        uint32_t result = lut2(b, table, left, right);

        drive(b, &y, &result, 1);
    }
    free(y.nets);
    free(a.nets);
    free(c.nets);
}

/* Two operands of the same width: the wider one's. */
static bool both_operands(struct builder *b, struct bus *a, struct bus *c, uint32_t least)
{
    bool is_signed = parameter(b, "A_SIGNED", 0) && parameter(b, "B_SIGNED", 0);
    struct bus left = connection(b, "A"), right = connection(b, "B");
    uint32_t width = left.width > right.width ? left.width : right.width;

    if (width < least) width = least;
    free(left.nets);
    free(right.nets);
    *a = operand(b, "A", width, is_signed);
    *c = operand(b, "B", width, is_signed);
    return is_signed;
}

static void equality(struct builder *b, bool inverted)
{
    struct bus y = connection(b, "Y"), a, c;

    both_operands(b, &a, &c, 1);
    if (b->status == ERR_OK) {
        uint32_t result = PROVE_NET_ONE;

        for (uint32_t i = 0; i < a.width && b->status == ERR_OK; i++)
            result = lut2(b, AND, result, lut2(b, XNOR, a.nets[i], c.nets[i]));
        if (inverted) result = lut(b, NOT, 1, &result);
        drive(b, &y, &result, 1);
    }
    free(y.nets);
    free(a.nets);
    free(c.nets);
}

/* a > b, bit by bit from the lowest; `verdict` is that of no bits at all. */
static void comparison(struct builder *b, bool swapped, uint32_t verdict)
{
    struct bus y = connection(b, "Y"), a, c;

    b->source = PROVE_FROM_COMPARE;
    if (both_operands(b, &a, &c, 1)) fail(b, "signed comparison");
    for (uint32_t i = 0; i < a.width && b->status == ERR_OK; i++)
        verdict = lut3(b, ABOVE, swapped ? c.nets[i] : a.nets[i], swapped ? a.nets[i] : c.nets[i],
                       verdict);
    if (b->status == ERR_OK) drive(b, &y, &verdict, 1);
    free(y.nets);
    free(a.nets);
    free(c.nets);
}

/* a + b, or a + ~b + 1. */
static void sum(struct builder *b, bool subtract)
{
    struct bus y = connection(b, "Y"), a, c;
    uint32_t carry = subtract ? PROVE_NET_ONE : PROVE_NET_ZERO;

    both_operands(b, &a, &c, y.width);
    for (uint32_t i = 0; i < y.width && b->status == ERR_OK; i++) {
        uint32_t in[3] = {a.nets[i], c.nets[i], carry};

        if (subtract) in[1] = lut(b, NOT, 1, &c.nets[i]);
        lut_to(b, y.nets[i], XOR3, 3, in);
        carry = lut(b, MAJORITY, 3, in);
    }
    free(y.nets);
    free(a.nets);
    free(c.nets);
}

static void multiplexer(struct builder *b)
{
    struct bus y = connection(b, "Y"), s = connection(b, "S");
    struct bus a = operand(b, "A", y.width, false), c = operand(b, "B", y.width, false);

    if (b->status == ERR_OK && s.width != 1) fail(b, "its select is not one bit");
    for (uint32_t i = 0; i < y.width && b->status == ERR_OK; i++) {
        uint32_t in[3] = {a.nets[i], c.nets[i], s.nets[0]};

        lut_to(b, y.nets[i], MUX, 3, in);
    }
    free(y.nets);
    free(s.nets);
    free(a.nets);
    free(c.nets);
}

/* Constants in room[0 .. 2^inputs) as tables of the lowest selects; false when some are not. Returns in
 * `room` one net for each table. */
static bool choose_constants(struct builder *b, const struct bus *select, unsigned inputs,
                             uint32_t count, uint32_t *room)
{
    uint32_t size = 1U << inputs;

    for (uint32_t i = 0; i < count; i++) {
        if (room[i] > PROVE_NET_ONE) return false;
    }
    for (uint32_t i = 0; i < count / size; i++) {
        uint64_t table = 0;

        for (uint32_t a = 0; a < size; a++)
            table |= (uint64_t)room[i * size + a] << a;
        room[i] = lut(b, table, inputs, select->nets);
    }
    return true;
}

/* The bit of `data` at index `select` plus `offset`; `beyond` where there is none. `room` is scratch for
 * 2^selects nets. */
static uint32_t choose(struct builder *b, const struct bus *data, const struct bus *select,
                       uint32_t offset, uint32_t beyond, uint32_t *room)
{
    uint32_t count = 1U << select->width;
    unsigned inputs = select->width < 6 ? select->width : 6, k = 0;

    for (uint32_t i = 0; i < count; i++)
        room[i] = i + offset < data->width ? data->nets[i + offset] : beyond;
    if (choose_constants(b, select, inputs, count, room)) {
        k = inputs;
        count >>= inputs;
    }
    for (; k < select->width && b->status == ERR_OK; k++) {
        count /= 2;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t low = room[2 * i], high = room[2 * i + 1];

            room[i] = low == high ? low : lut3(b, MUX, low, high, select->nets[k]);
        }
    }
    return room[0];
}

/* $shiftx and $shr: A >> B. Bits of B beyond what A has must be 0 for $shr to read A at all. */
static void shift(struct builder *b, uint32_t beyond)
{
    struct bus y = connection(b, "Y"), a = connection(b, "A"), s = connection(b, "B");
    uint32_t *room = NULL, over = PROVE_NET_ZERO;

    if (parameter(b, "B_SIGNED", 0) || parameter(b, "A_SIGNED", 0)) fail(b, "signed shift");
    while (b->status == ERR_OK && s.width > 0 && (1ULL << (s.width - 1)) >= a.width) {
        if (beyond == PROVE_NET_ZERO) over = lut2(b, OR, over, s.nets[s.width - 1]);
        s.width--;
    }
    if (b->status == ERR_OK && s.width > MAX_SELECT) fail(b, "it shifts too far");
    if (b->status == ERR_OK) {
        room = malloc(sizeof *room << s.width);
        if (room == NULL) b->status = err_nomem(b->err, "a netlist");
    }
    for (uint32_t i = 0; i < y.width && b->status == ERR_OK; i++) {
        uint32_t in[2] = {choose(b, &a, &s, i, beyond, room), over};

        lut_to(b, y.nets[i], AND_NOT, 2, in);
    }
    free(room);
    free(y.nets);
    free(a.nets);
    free(s.nets);
}

/* Up to 6 inputs as they stand, more as a multiplexer of constants. */
static void lut_cell(struct builder *b)
{
    struct bus y = connection(b, "Y"), a = connection(b, "A"), data = {0};
    const char *text = json_string_value(json_object_get(b->parameters, "LUT"));
    uint32_t size = a.width <= MAX_SELECT ? 1U << a.width : 0;
    size_t length = text != NULL ? strlen(text) : 0;
    uint32_t *room = size > 0 ? malloc(2 * (size_t)size * sizeof *room) : NULL;

    b->source = PROVE_FROM_LUT;
    if (b->status == ERR_OK && (y.width != 1 || size == 0)) fail(b, "its size");
    if (b->status == ERR_OK && length != size) fail(b, "its table has another size");
    if (b->status == ERR_OK && room == NULL) b->status = err_nomem(b->err, "a netlist");
    if (b->status == ERR_OK && a.width <= 6) {
        lut_to(b, y.nets[0], parameter(b, "LUT", 0), a.width, a.nets);
    } else if (b->status == ERR_OK) {
        data = (struct bus){room + size, size};
        for (uint32_t i = 0; i < size; i++)
            data.nets[i] = text[size - 1 - i] == '1' ? PROVE_NET_ONE : PROVE_NET_ZERO;
        uint32_t out = choose(b, &data, &a, 0, PROVE_NET_ZERO, room);

        drive(b, &y, &out, 1);
    }
    free(room);
    free(y.nets);
    free(a.nets);
}

static void registers(struct builder *b, const char *clock_name)
{
    struct bus q = connection(b, "Q"), d = operand(b, "D", q.width, false);
    struct bus clock = connection(b, clock_name);

    b->source = PROVE_FROM_REGISTER;
    if (b->status == ERR_OK && clock.width != 1) fail(b, "its clock is not one bit");
    if (!parameter(b, "CLK_POLARITY", 1)) fail(b, "it follows the falling edge");
    for (uint32_t i = 0; i < q.width && b->status == ERR_OK; i++) {
        struct prove_cell cell = {
            .kind = PROVE_REGISTER, .in = {d.nets[i], clock.nets[0]}, .out = q.nets[i]};

        add_cell(b, &cell);
    }
    free(q.nets);
    free(d.nets);
    free(clock.nets);
}

/* ---- gates: single bits, ports named by letters ---- */

static void gate(struct builder *b, const char *ports, uint64_t table)
{
    struct bus y = connection(b, "Y");
    uint32_t in[4] = {0};
    unsigned count = 0;

    if (b->status == ERR_OK && y.width != 1) fail(b, "its output is not one bit");
    for (; ports[count] != '\0' && b->status == ERR_OK; count++) {
        const char name[2] = {ports[count], '\0'};
        struct bus bus = connection(b, name);

        if (b->status == ERR_OK && bus.width != 1) fail(b, "an input is not one bit");
        if (b->status == ERR_OK) in[count] = bus.nets[0];
        free(bus.nets);
    }
    if (b->status == ERR_OK) lut_to(b, y.nets[0], table, count, in);
    free(y.nets);
}

static const struct {
    const char *type, *ports;
    uint64_t table;
} GATES[] = {
    {"$_BUF_", "A", 0x2},        {"$_NOT_", "A", NOT},     {"$_AND_", "AB", AND},
    {"$_NAND_", "AB", 0x7},      {"$_OR_", "AB", OR},      {"$_NOR_", "AB", 0x1},
    {"$_XOR_", "AB", XOR},       {"$_XNOR_", "AB", XNOR},  {"$_ANDNOT_", "AB", AND_NOT},
    {"$_ORNOT_", "AB", OR_NOT},  {"$_MUX_", "ABS", MUX},   {"$_NMUX_", "ABS", 0x35},
    {"$_AOI3_", "ABC", 0x07},    {"$_OAI3_", "ABC", 0x1f}, {"$_AOI4_", "ABCD", 0x0777},
    {"$_OAI4_", "ABCD", 0x111f},
};

static bool add_gate(struct builder *b)
{
    for (size_t i = 0; i < sizeof GATES / sizeof GATES[0]; i++) {
        if (strcmp(b->type, GATES[i].type) != 0) continue;
        gate(b, GATES[i].ports, GATES[i].table);
        return true;
    }
    return false;
}

/* ---- the cells that are known ---- */

enum form {
    BITWISE_1,
    BITWISE_2,
    REDUCE,
    LOGIC,
    EQUAL,
    COMPARE,
    SUM,
    MULTIPLEX,
    SHIFT,
    LUT_CELL,
    STORE
};

static const struct {
    const char *type;
    enum form form;
    uint64_t table; /* or the constant that the form needs */
    bool flag;      /* inverted, swapped, subtract */
} CELLS[] = {
    {"$lut", LUT_CELL, 0, false},
    {"$not", BITWISE_1, NOT, false},
    {"$pos", BITWISE_1, 0x2, false},
    {"$and", BITWISE_2, AND, false},
    {"$or", BITWISE_2, OR, false},
    {"$xor", BITWISE_2, XOR, false},
    {"$xnor", BITWISE_2, XNOR, false},
    {"$reduce_and", REDUCE, AND, false},
    {"$reduce_or", REDUCE, OR, false},
    {"$reduce_bool", REDUCE, OR, false},
    {"$reduce_xor", REDUCE, XOR, false},
    {"$reduce_xnor", REDUCE, XOR, true},
    {"$logic_not", REDUCE, OR, true},
    {"$logic_and", LOGIC, AND, false},
    {"$logic_or", LOGIC, OR, false},
    {"$eq", EQUAL, 0, false},
    {"$eqx", EQUAL, 0, false},
    {"$ne", EQUAL, 0, true},
    {"$nex", EQUAL, 0, true},
    {"$gt", COMPARE, PROVE_NET_ZERO, false},
    {"$ge", COMPARE, PROVE_NET_ONE, false},
    {"$lt", COMPARE, PROVE_NET_ZERO, true},
    {"$le", COMPARE, PROVE_NET_ONE, true},
    {"$add", SUM, 0, false},
    {"$sub", SUM, 0, true},
    {"$mux", MULTIPLEX, 0, false},
    {"$shr", SHIFT, PROVE_NET_ZERO, false},
    {"$shiftx", SHIFT, PROVE_NET_UNKNOWN, false},
    {"$dff", STORE, 0, false},
    {"$_DFF_P_", STORE, 0, true},
};

static void add_form(struct builder *b, size_t i)
{
    uint64_t table = CELLS[i].table;
    bool flag = CELLS[i].flag;

    switch (CELLS[i].form) {
    case BITWISE_1:
        bitwise(b, table, 1);
        break;
    case BITWISE_2:
        bitwise(b, table, 2);
        break;
    case REDUCE:
        reduction(b, table, flag);
        break;
    case LOGIC:
        logic(b, table);
        break;
    case EQUAL:
        equality(b, flag);
        break;
    case COMPARE:
        comparison(b, flag, (uint32_t)table);
        break;
    case SUM:
        sum(b, flag);
        break;
    case MULTIPLEX:
        multiplexer(b);
        break;
    case SHIFT:
        shift(b, (uint32_t)table);
        break;
    case LUT_CELL:
        lut_cell(b);
        break;
    case STORE:
        registers(b, flag ? "C" : "CLK");
        break;
    }
}

enum err_status prove_cells_add(struct prove_netlist *netlist, json_t *cell, struct err *err)
{
    struct builder b = {.netlist = netlist,
                        .parameters = json_object_get(cell, "parameters"),
                        .connections = json_object_get(cell, "connections"),
                        .type = json_string_value(json_object_get(cell, "type")),
                        .limit = netlist->text_nets,
                        .source = PROVE_FROM_LOGIC,
                        .err = err};

    if (b.type == NULL || !json_is_object(b.connections))
        return err_set(err, ERR_FORMAT, "netlist of Yosys: a cell without type or connections");
    if (add_gate(&b)) return b.status;
    for (size_t i = 0; i < sizeof CELLS / sizeof CELLS[0]; i++) {
        if (strcmp(b.type, CELLS[i].type) != 0) continue;
        add_form(&b, i);
        return b.status;
    }
    fail(&b, "not a cell that prove knows");
    return b.status;
}

enum err_status prove_cells_finish(struct prove_netlist *netlist, struct err *err)
{
    uint32_t *const old[] = {netlist->driver, netlist->net_wire, netlist->net_position};
    uint32_t *grown[3] = {0};

    for (size_t i = 0; i < 3; i++) {
        grown[i] = realloc(old[i], netlist->num_nets * sizeof *grown[i]);
        if (grown[i] != NULL && i == 0) netlist->driver = grown[i];
        if (grown[i] != NULL && i == 1) netlist->net_wire = grown[i];
        if (grown[i] != NULL && i == 2) netlist->net_position = grown[i];
        if (grown[i] == NULL) return err_nomem(err, "a netlist");
        for (uint32_t net = netlist->text_nets; net < netlist->num_nets; net++)
            grown[i][net] = UINT32_MAX;
    }
    return ERR_OK;
}
