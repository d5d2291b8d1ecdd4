#include "prove_cycles.h"

#include "flow/cosim_plan.h"
#include "flow/prove_graph.h"

#include <stdlib.h>
#include <string.h>

enum state { UNSEEN, OPEN, CLEAN, DIRTY };
enum { VARIES = 2 }; /* neither constant 0 nor 1 */

struct prove_cycles {
    const struct prove_netlist *netlist;
    const struct manifest *manifest;
    struct cosim_plan *plan;
    size_t words;
    struct prove_cell *sound; /* [num_cells] */
    uint64_t *rows, *changed; /* [num_nets][words] of the sound netlist, and of the one at hand */
    uint8_t *state;           /* [num_nets] */
    uint8_t *constant;        /* [num_nets] 0, 1 or VARIES */
    uint32_t *stack;          /* [num_nets] */
    uint64_t *zero;           /* [words] */
    uint64_t *due, *told;     /* [words] cycles of results; cycles in which out_valid is known */
    uint64_t *expected;       /* [class_bits + scores][words] */
};

void prove_cycles_free(struct prove_cycles *cycles)
{
    if (cycles == NULL) return;
    cosim_plan_free(cycles->plan);
    free(cycles->sound);
    free(cycles->rows);
    free(cycles->changed);
    free(cycles->state);
    free(cycles->constant);
    free(cycles->stack);
    free(cycles->zero);
    free(cycles->due);
    free(cycles->told);
    free(cycles->expected);
    free(cycles);
}

static uint32_t score_bits(const struct manifest *m)
{
    return m->scores ? m->num_classes * m->score_bits : 0;
}

static bool allocate(struct prove_cycles *cycles)
{
    const struct prove_netlist *n = cycles->netlist;
    size_t words = cycles->words;

    cycles->sound = malloc(n->num_cells * sizeof *cycles->sound);
    cycles->rows = calloc(n->num_nets * words, sizeof *cycles->rows);
    cycles->changed = malloc(n->num_nets * words * sizeof *cycles->changed);
    cycles->state = malloc(n->num_nets);
    cycles->constant = malloc(n->num_nets);
    cycles->stack = malloc(n->num_nets * sizeof *cycles->stack);
    cycles->zero = calloc(words, sizeof *cycles->zero);
    cycles->due = calloc(words, sizeof *cycles->due);
    cycles->told = calloc(words, sizeof *cycles->told);
    cycles->expected = calloc((cycles->manifest->class_bits + score_bits(cycles->manifest)) * words,
                              sizeof *cycles->expected);
    return cycles->sound != NULL && cycles->rows != NULL && cycles->changed != NULL &&
           cycles->state != NULL && cycles->constant != NULL && cycles->stack != NULL &&
           cycles->zero != NULL && cycles->due != NULL && cycles->told != NULL &&
           cycles->expected != NULL;
}

/* ---- what goes in, and what should come out ---- */

static void set_bit(uint64_t *row, size_t cycle, bool value)
{
    if (value) row[cycle / 64] |= UINT64_C(1) << cycle % 64;
}

static enum err_status drive(struct prove_cycles *cycles, const struct vectors *vectors,
                             struct err *err)
{
    const struct prove_wire *rst = prove_netlist_port(cycles->netlist, "rst");
    const struct prove_wire *valid = prove_netlist_port(cycles->netlist, "in_valid");
    const struct prove_wire *codes = prove_netlist_port(cycles->netlist, "in_codes");

    if (rst == NULL || valid == NULL || codes == NULL ||
        codes->width != vectors->num_features * vectors->code_bits)
        return err_set(err, ERR_DIFF, "the top has not the inputs that the manifest says");
    for (size_t c = 0; c < cycles->plan->count; c++) {
        const struct cosim_cycle *cycle = &cycles->plan->cycles[c];
        const uint16_t *row = vectors->codes + (size_t)cycle->vector * vectors->num_features;

        set_bit(cycles->rows + rst->nets[0] * cycles->words, c, cycle->rst);
        set_bit(cycles->rows + valid->nets[0] * cycles->words, c, cycle->valid);
        for (uint32_t i = 0; i < codes->width; i++)
            set_bit(cycles->rows + codes->nets[i] * cycles->words, c,
                    row[i / vectors->code_bits] >> i % vectors->code_bits & 1);
    }
    return ERR_OK;
}

static void expect(struct prove_cycles *cycles, const struct vectors *vectors)
{
    const struct manifest *m = cycles->manifest;
    uint32_t latency = m->latency_cycles;

    for (size_t c = 0; c < cycles->plan->count; c++) {
        int due = cosim_plan_due(cycles->plan, c, latency);
        uint32_t vector;

        set_bit(cycles->told, c, due >= 0);
        if (due <= 0) continue;
        set_bit(cycles->due, c, true);
        vector = cycles->plan->cycles[c - latency].vector;
        for (uint32_t k = 0; k < m->class_bits; k++)
            set_bit(cycles->expected + k * cycles->words, c, vectors->classes[vector] >> k & 1);
        for (uint32_t k = 0; k < score_bits(m); k++) {
            const uint32_t *scores = vectors->scores + (size_t)vector * m->num_classes;

            set_bit(cycles->expected + (m->class_bits + k) * cycles->words, c,
                    scores[k / m->score_bits] >> k % m->score_bits & 1);
        }
    }
}

/* ---- one net ---- */

static const uint64_t *row_of(const struct prove_cycles *cycles, uint32_t net)
{
    if (net == PROVE_NET_UNKNOWN) return cycles->zero;
    return (cycles->state[net] == DIRTY ? cycles->changed : cycles->rows) + net * cycles->words;
}

static void work_out(struct prove_cycles *cycles, const struct prove_cell *cell, uint64_t *out)
{
    const uint64_t *in[PROVE_MAX_FAN_IN] = {0};

    if (cell->kind == PROVE_REGISTER) {
        const uint64_t *data = row_of(cycles, cell->in[0]);

        for (size_t w = 0; w < cycles->words; w++)
            out[w] = data[w] << 1 | (w > 0 ? data[w - 1] >> 63 : 0);
        return;
    }
    if (cell->count == 0) {
        memset(out, cell->table & 1 ? 0xff : 0, cycles->words * sizeof *out);
        return;
    }
    for (unsigned k = 0; k < cell->count; k++)
        in[k] = row_of(cycles, cell->in[k]);
    prove_table_simulate(cell->table, cell->count, in, out, cycles->words);
}

/* The cell's table with the constants among its inputs put in: what is then not read cannot close a loop (the
 * enable of a register that is tied off). Selects come last among inputs, so from there. */
static uint64_t known_table(const struct prove_cycles *cycles, const struct prove_cell *cell)
{
    uint64_t table = cell->table & prove_table_mask(cell->count);

    for (unsigned k = cell->count; k < PROVE_MAX_FAN_IN; k++)
        table |= table << (1U << k);
    for (unsigned k = cell->count; k-- > 0;) {
        uint32_t net = cell->in[k];
        uint8_t constant = net == PROVE_NET_UNKNOWN ? 0 : cycles->constant[net];

        if (constant != VARIES) table = prove_table_hold(table, k, constant != 0);
    }
    return table;
}

/* An input that the cell reads and that is not worked out yet, or PROVE_NET_UNKNOWN; *loop when it is just being
 * so. */
static uint32_t missing_input(const struct prove_cycles *cycles, const struct prove_cell *cell,
                              uint64_t table, bool *loop, bool *dirty)
{
    unsigned inputs = cell->kind == PROVE_REGISTER ? 1 : cell->count;

    for (unsigned k = inputs; k-- > 0;) {
        uint32_t net = cell->in[k];

        if (net == PROVE_NET_UNKNOWN) continue;
        *dirty = *dirty || cycles->state[net] == DIRTY;
        if (cell->kind == PROVE_LUT && !prove_table_reads(table, k)) continue;
        if (cycles->state[net] == OPEN) *loop = true;
        if (cycles->state[net] == UNSEEN) return net;
    }
    return PROVE_NET_UNKNOWN;
}

/* The row of `net` and all below it; into changed[] where a cell is another one than in `sound`. */
static void walk(struct prove_cycles *cycles, uint32_t net, bool *loop)
{
    const struct prove_netlist *n = cycles->netlist;
    uint32_t depth = 0;

    if (net == PROVE_NET_UNKNOWN || cycles->state[net] != UNSEEN) return;
    cycles->stack[depth++] = net;
    while (depth > 0 && !*loop) {
        uint32_t top = cycles->stack[depth - 1], driver = n->driver[top], below;
        struct prove_cell cell;
        bool dirty = false;

        cycles->state[top] = OPEN;
        if (driver >= n->num_cells) {
            cycles->state[top] = CLEAN;
            depth--;
            continue;
        }
        cell = n->cells[driver];
        if (cell.kind == PROVE_LUT) cell.table = known_table(cycles, &cell);
        below = missing_input(cycles, &cell, cell.table, loop, &dirty);
        if (below != PROVE_NET_UNKNOWN) {
            cycles->stack[depth++] = below;
            continue;
        }
        /* Padding that differs only makes work.
         * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
        dirty = dirty || memcmp(&n->cells[driver], &cycles->sound[driver], sizeof *n->cells) != 0;
        if (dirty) work_out(cycles, &cell, cycles->changed + top * cycles->words);
        if (cell.kind == PROVE_LUT && (cell.table == 0 || cell.table == UINT64_MAX))
            cycles->constant[top] = cell.table != 0;
        cycles->state[top] = dirty ? DIRTY : CLEAN;
        depth--;
    }
}

/* ---- the outputs ---- */

static bool is_wrong(struct prove_cycles *cycles, uint32_t net, const uint64_t *expected,
                     const uint64_t *where, bool *loop)
{
    const uint64_t *row;

    walk(cycles, net, loop);
    if (*loop) return false;
    row = row_of(cycles, net);
    for (size_t w = 0; w < cycles->words; w++) {
        if (((row[w] ^ expected[w]) & where[w]) != 0) return true;
    }
    return false;
}

enum err_status prove_cycles_differ(struct prove_cycles *cycles, bool *differ, bool *loop,
                                    struct err *err)
{
    const struct manifest *m = cycles->manifest;
    const struct prove_wire *valid = prove_netlist_port(cycles->netlist, "out_valid");
    const struct prove_wire *class = prove_netlist_port(cycles->netlist, "out_class");
    const struct prove_wire *scores = prove_netlist_port(cycles->netlist, "out_scores");

    *loop = false;
    if (valid == NULL || class == NULL || class->width != m->class_bits ||
        (score_bits(m) > 0 && (scores == NULL || scores->width != score_bits(m))))
        return err_set(err, ERR_DIFF, "the top has not the outputs that the manifest says");
    memset(cycles->state, UNSEEN, cycles->netlist->num_nets);
    memset(cycles->constant, VARIES, cycles->netlist->num_nets);
    cycles->state[PROVE_NET_ZERO] = cycles->state[PROVE_NET_ONE] = CLEAN;
    cycles->constant[PROVE_NET_ZERO] = 0;
    cycles->constant[PROVE_NET_ONE] = 1;
    *differ = is_wrong(cycles, valid->nets[0], cycles->due, cycles->told, loop);
    for (uint32_t k = 0; k < m->class_bits && !*differ && !*loop; k++)
        *differ = is_wrong(cycles, class->nets[k], cycles->expected + k * cycles->words,
                           cycles->due, loop);
    for (uint32_t k = 0; k < score_bits(m) && !*differ && !*loop; k++)
        *differ =
            is_wrong(cycles, scores->nets[k],
                     cycles->expected + (m->class_bits + k) * cycles->words, cycles->due, loop);
    return ERR_OK;
}

/* Works out every row: at first no cell is the one that is known. */
static enum err_status first_run(struct prove_cycles *cycles, struct err *err)
{
    const struct prove_netlist *n = cycles->netlist;
    bool differ = true, loop = false;
    enum err_status status;

    memset(cycles->sound, 0xff, n->num_cells * sizeof *cycles->sound);
    memset(cycles->rows + PROVE_NET_ONE * cycles->words, 0xff,
           cycles->words * sizeof *cycles->rows);
    status = prove_cycles_differ(cycles, &differ, &loop, err);
    if (status == ERR_OK && (differ || loop))
        status = err_set(err, ERR_DIFF, "the netlist without a fault is already wrong: run prove");
    for (uint32_t net = 0; net < n->num_nets && status == ERR_OK; net++) {
        walk(cycles, net, &loop);
        if (cycles->state[net] == DIRTY)
            memcpy(cycles->rows + net * cycles->words, cycles->changed + net * cycles->words,
                   cycles->words * sizeof *cycles->rows);
    }
    memcpy(cycles->sound, n->cells, n->num_cells * sizeof *n->cells);
    return status;
}

enum err_status prove_cycles_create(struct prove_cycles **out, const struct prove_netlist *netlist,
                                    const struct manifest *manifest, const struct vectors *vectors,
                                    struct err *err)
{
    struct prove_cycles *cycles = calloc(1, sizeof *cycles);
    enum err_status status;

    if (cycles == NULL) return err_nomem(err, "the cycles of a fault");
    cycles->netlist = netlist;
    cycles->manifest = manifest;
    status = cosim_plan_create(&cycles->plan, vectors->count, manifest->latency_cycles, err);
    if (status == ERR_OK) {
        cycles->words = (cycles->plan->count + 63) / 64;
        if (!allocate(cycles)) status = err_nomem(err, "the cycles of a fault");
    }
    if (status == ERR_OK) status = drive(cycles, vectors, err);
    if (status == ERR_OK) {
        expect(cycles, vectors);
        status = first_run(cycles, err);
    }
    if (status == ERR_OK)
        *out = cycles;
    else
        prove_cycles_free(cycles);
    return status;
}
