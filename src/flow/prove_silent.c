#include "prove_silent.h"

#include "flow/prove_graph.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_ENUMERATED = 1 << 16,
    MAX_FEATURES = 16,
    MAX_TRIES = 64,
    MAX_STEPS = 256, /* of opening a cut */
    CUT_ROOM = 40,   /* wires of a cut on the way to a deeper one */
    NARROW = 10,     /* wires of a cut that is tried in between */
    READER_CUT = 16, /* PROVE_MAX_CUT for what reads a changed table */
    MAX_LEVELS = 500,
    MAX_DEPTH = 4 /* readers of readers */
};

/* ---- all codes of the features below ---- */

/* Features below a net of the sound netlist, by walking; false when there are too many. */
static bool find_features(const struct prove_bench *bench, uint32_t net, uint8_t *seen,
                          uint32_t *features, unsigned *count)
{
    const struct prove_netlist *n = bench->netlist;
    const struct prove_wire *in = prove_netlist_port(n, "in_codes");
    uint32_t driver;

    if (net <= PROVE_NET_ONE || net == PROVE_NET_UNKNOWN || seen[net]) return true;
    seen[net] = 1;
    driver = n->driver[net];
    if (driver == PROVE_INPUT_PORT) {
        for (uint32_t i = 0; in != NULL && i < in->width; i++) {
            uint32_t feature = i / bench->reference->code_bits;
            unsigned k = 0;

            if (in->nets[i] != net) continue;
            while (k < *count && features[k] != feature)
                k++;
            if (k == MAX_FEATURES) return false;
            if (k == *count) features[(*count)++] = feature;
        }
        return true;
    }
    if (driver >= n->num_cells) return false;
    for (unsigned k = 0; k < (n->cells[driver].kind == PROVE_REGISTER ? 1 : n->cells[driver].count);
         k++) {
        if (!find_features(bench, n->cells[driver].in[k], seen, features, count)) return false;
    }
    return true;
}

static unsigned all_codes(const struct prove_reference *r, uint16_t *codes, unsigned room)
{
    unsigned count = 1U << r->code_bits;

    for (unsigned i = 0; i < count && i < room; i++)
        codes[i] = (uint16_t)i;
    return count;
}

/* One code of each interval in which no bit of the feature changes, at most `room`. Right for LUTs behind
 * a sound encoder; where the encoder itself is at fault, there is one feature, and all_codes(). */
static unsigned interval_codes(const struct prove_reference *r, uint32_t feature, uint16_t *codes,
                               unsigned room)
{
    unsigned count = 0;

    codes[count++] = 0;
    for (uint32_t b = 0; b < r->num_bits; b++) {
        for (uint32_t t = r->toggle_start[b];
             r->step_feature[b] == feature && t < r->toggle_start[b + 1]; t++) {
            unsigned k = 0;

            while (k < count && codes[k] != r->toggles[t])
                k++;
            if (k == room) return room + 1;
            if (k == count) codes[count++] = (uint16_t)r->toggles[t];
        }
    }
    return count;
}

/* A graph whose patterns are all combinations of intervals of these features. */
static enum err_status enumerate(const struct prove_bench *bench, const uint32_t *features,
                                 unsigned count, struct prove_graph **graph, uint32_t *literals,
                                 size_t *patterns, struct err *err)
{
    const struct prove_reference *r = bench->reference;
    enum { ROOM = 256 };
    uint16_t codes[MAX_FEATURES][ROOM];
    unsigned sizes[MAX_FEATURES];
    uint64_t *row;
    enum err_status status;

    *patterns = 1;
    for (unsigned f = 0; f < count; f++) {
        sizes[f] = count == 1 ? all_codes(r, codes[f], ROOM)
                              : interval_codes(r, features[f], codes[f], ROOM);
        if (sizes[f] > ROOM || *patterns * sizes[f] > MAX_ENUMERATED) {
            *patterns = 0;
            return ERR_OK;
        }
        *patterns *= sizes[f];
    }
    status = prove_graph_create(graph, (*patterns + 63) / 64, err);
    row = status == ERR_OK ? malloc((*patterns + 63) / 64 * sizeof *row) : NULL;
    if (status == ERR_OK && row == NULL) status = err_nomem(err, "a fault");
    for (size_t i = 0; status == ERR_OK && i < (size_t)r->num_features * r->code_bits; i++) {
        size_t stride = 1;

        memset(row, 0, (*patterns + 63) / 64 * sizeof *row);
        for (unsigned f = 0; f < count; f++) {
            for (size_t p = 0; features[f] == i / r->code_bits && p < *patterns; p++)
                row[p / 64] |= (uint64_t)(codes[f][p / stride % sizes[f]] >> i % r->code_bits & 1)
                               << p % 64;
            stride *= sizes[f];
        }
        literals[i] = prove_graph_input(*graph, row);
    }
    free(row);
    return status;
}

/* The literal of `net`, the given nets being inputs of the graph. */
static enum err_status value_of(const struct prove_bench *bench, struct prove_graph *graph,
                                const uint32_t *inputs, const uint32_t *literals, size_t count,
                                uint32_t net, uint32_t *literal, struct err *err)
{
    struct prove_load *load = NULL;
    enum err_status status = prove_load_create(&load, bench->netlist, graph, err);

    for (size_t i = 0; status == ERR_OK && i < count; i++)
        prove_load_input(load, inputs[i], literals[i], 0);
    if (status == ERR_OK) status = prove_load_net(load, net, err);
    if (status == ERR_OK) *literal = load->literal[net];
    prove_load_free(load);
    return status;
}

/* Both versions of `net`, the one with the fault and the sound one, at all patterns of the graph. */
static enum err_status compare(struct prove_bench *bench, struct prove_graph *graph,
                               const uint32_t *inputs, const uint32_t *literals, size_t count,
                               uint32_t net, size_t patterns, bool *silent, struct err *err)
{
    struct prove_cell *broken = bench->netlist->cells;
    uint32_t before = 0, after = 0;
    enum err_status status = value_of(bench, graph, inputs, literals, count, net, &after, err);

    bench->netlist->cells = bench->sound;
    if (status == ERR_OK)
        status = value_of(bench, graph, inputs, literals, count, net, &before, err);
    bench->netlist->cells = broken;
    if (status == ERR_OK) status = prove_graph_status(graph, err);
    *silent = status == ERR_OK;
    for (size_t p = 0; p < patterns && *silent; p++)
        *silent = prove_graph_value(graph, before, p) == prove_graph_value(graph, after, p);
    return status;
}

static enum err_status check_codes(struct prove_bench *bench, uint32_t net, bool *silent,
                                   struct err *err)
{
    struct prove_netlist *n = bench->netlist;
    const struct prove_wire *in = prove_netlist_port(n, "in_codes");
    size_t bits = (size_t)bench->reference->num_features * bench->reference->code_bits,
           patterns = 0;
    uint32_t features[MAX_FEATURES], *literals = malloc(bits * sizeof *literals);
    uint8_t *seen = calloc(n->num_nets, 1);
    struct prove_graph *graph = NULL;
    struct prove_cell *broken = n->cells;
    unsigned count = 0;
    bool few;
    enum err_status status = literals == NULL || seen == NULL ? err_nomem(err, "a fault") : ERR_OK;

    few = status == ERR_OK && find_features(bench, net, seen, features, &count);
    n->cells = bench->sound;
    if (seen != NULL) memset(seen, 0, n->num_nets);
    few = few && find_features(bench, net, seen, features, &count);
    n->cells = broken;
    if (few) status = enumerate(bench, features, count, &graph, literals, &patterns, err);
    if (status == ERR_OK && patterns > 0)
        status = compare(bench, graph, in->nets, literals, bits, net, patterns, silent, err);
    prove_graph_free(graph);
    free(literals);
    free(seen);
    return status;
}

/* ---- all values of a cut ---- */

struct cut {
    uint32_t nets[CUT_ROOM];
    unsigned count;
    bool all; /* inputs that a table does not read are in it, too */
};

/* Bit k: input k is a wire that the cell depends on. A register is a wire here; the enable of one that is tied
 * off leaves its own output unread. */
static unsigned inputs_read(const struct prove_cell *cell)
{
    uint64_t table = cell->table & prove_table_mask(cell->count);
    unsigned read = 0;

    if (cell->kind == PROVE_REGISTER) return cell->in[0] > PROVE_NET_ONE;
    for (unsigned k = cell->count; k < PROVE_MAX_FAN_IN; k++)
        table |= table << (1U << k);
    for (unsigned k = 0; k < cell->count; k++) {
        if (cell->in[k] <= PROVE_NET_ONE)
            table = prove_table_hold(table, k, cell->in[k] == PROVE_NET_ONE);
    }
    for (unsigned k = 0; k < cell->count; k++)
        read |= (unsigned)prove_table_reads(table, k) << k;
    return read;
}

/* Adds what a cell reads, or all its inputs; false when there is no room. */
static bool cut_add(struct cut *cut, const struct prove_cell *cell)
{
    unsigned inputs = cell->kind == PROVE_REGISTER ? 1 : cell->count;
    unsigned read = cut->all ? (1U << inputs) - 1 : inputs_read(cell);

    for (unsigned k = 0; read >> k != 0; k++) {
        unsigned at = 0;

        if ((read >> k & 1) == 0 || cell->in[k] <= PROVE_NET_ONE ||
            cell->in[k] == PROVE_NET_UNKNOWN)
            continue;
        while (at < cut->count && cut->nets[at] != cell->in[k])
            at++;
        if (at < cut->count) continue;
        if (cut->count == CUT_ROOM) return false;
        cut->nets[cut->count++] = cell->in[k];
    }
    return true;
}

/* What the driver of a net reads, in both versions. */
static bool cut_add_below(const struct prove_bench *bench, struct cut *cut, uint32_t net)
{
    uint32_t driver = bench->netlist->driver[net];

    return driver < bench->netlist->num_cells && cut_add(cut, &bench->sound[driver]) &&
           cut_add(cut, &bench->netlist->cells[driver]);
}

/* The cut with net `at` replaced by what its driver reads. */
static bool cut_open(const struct prove_bench *bench, const struct cut *cut, unsigned at,
                     struct cut *opened)
{
    *opened = *cut;
    opened->nets[at] = opened->nets[--opened->count];
    return cut_add_below(bench, opened, cut->nets[at]);
}

/* Nets that may differ cannot be taken for free. */
static bool cut_open_affected(const struct prove_bench *bench, const uint8_t *affected,
                              struct cut *cut)
{
    struct cut opened;

    for (unsigned i = 0, steps = 0; i < cut->count && steps < MAX_STEPS; steps++) {
        if (!affected[cut->nets[i]]) {
            i++;
            continue;
        }
        if (!cut_open(bench, cut, i, &opened)) return false;
        *cut = opened;
        i = 0;
    }
    for (unsigned i = 0; i < cut->count; i++) {
        if (affected[cut->nets[i]]) return false;
    }
    return true;
}

/* Opens the net that makes the cut least wide or, given their levels, the highest one: what the others read
 * as well is then met before the cut is spent on what they do not. False when none can be. */
static bool cut_deepen(const struct prove_bench *bench, const uint32_t *level, struct cut *cut)
{
    struct cut best = {.count = CUT_ROOM + 1}, opened;
    uint32_t highest = 0;

    for (unsigned i = 0; i < cut->count; i++) {
        uint32_t height = level != NULL ? level[cut->nets[i]] : 0;

        if (height < highest || !cut_open(bench, cut, i, &opened)) continue;
        if (height == highest && opened.count >= best.count) continue;
        highest = height;
        best = opened;
    }
    if (best.count > CUT_ROOM) return false;
    *cut = best;
    return true;
}

/* [num_nets] cells between a net of the sound netlist and the ports, or NULL: out of memory. */
static uint32_t *find_levels(const struct prove_bench *bench)
{
    const struct prove_netlist *n = bench->netlist;
    uint32_t *level = calloc(n->num_nets, sizeof *level);
    bool more = level != NULL;

    for (uint32_t pass = 0; more && pass < MAX_LEVELS; pass++) {
        more = false;
        for (uint32_t i = 0; i < n->num_cells; i++) {
            const struct prove_cell *cell = &bench->sound[i];
            unsigned read = inputs_read(cell);

            for (unsigned k = 0; read >> k != 0; k++) {
                if ((read >> k & 1) == 0 || cell->in[k] == PROVE_NET_UNKNOWN ||
                    level[cell->in[k]] < level[cell->out])
                    continue;
                level[cell->out] = level[cell->in[k]] + 1;
                more = true;
            }
        }
    }
    return level;
}

static enum err_status try_cut(struct prove_bench *bench, const struct cut *cut, uint32_t net,
                               bool *silent, struct err *err)
{
    size_t patterns = (size_t)1 << cut->count, words = (patterns + 63) / 64;
    uint32_t literals[PROVE_MAX_CUT];
    struct prove_graph *graph = NULL;
    uint64_t *row = malloc(words * sizeof *row);
    enum err_status status =
        row == NULL ? err_nomem(err, "a fault") : prove_graph_create(&graph, words, err);

    for (unsigned i = 0; i < cut->count && status == ERR_OK; i++) {
        for (size_t w = 0; w < words; w++)
            row[w] = i < 6 ? prove_table_input(i) : 0 - (uint64_t)(w >> (i - 6) & 1);
        literals[i] = prove_graph_input(graph, row);
    }
    if (status == ERR_OK)
        status = compare(bench, graph, cut->nets, literals, cut->count, net, patterns, silent, err);
    prove_graph_free(graph);
    free(row);
    return status;
}

/* Ever deeper from a first cut, which may grow on the way and shrink again. By levels a net is never met again
 * once it is opened, so what holds for all values of a cut holds for all of a deeper one: of those that are not
 * narrow, only the deepest is tried. */
static enum err_status check_deeper(struct prove_bench *bench, struct cut cut,
                                    const uint32_t *levels, unsigned limit, uint32_t net,
                                    bool *silent, struct err *err)
{
    struct cut deepest = {.count = 0};
    unsigned steps = levels != NULL ? MAX_STEPS : MAX_TRIES;
    enum err_status status = ERR_OK;
    bool more = true;

    for (unsigned step = 0; more && !*silent && status == ERR_OK && step < steps; step++) {
        if (cut.count <= limit) deepest = cut;
        if (cut.count <= (levels != NULL ? NARROW : READER_CUT)) {
            status = try_cut(bench, &cut, net, silent, err);
            deepest.count = 0;
        }
        more = cut_deepen(bench, levels, &cut) && (levels != NULL || cut.count <= READER_CUT);
    }
    if (status == ERR_OK && !*silent && deepest.count > 0)
        status = try_cut(bench, &deepest, net, silent, err);
    return status;
}

/* From what the net's cell reads, by levels; else the least wide cuts of all inputs. */
static enum err_status check_cuts(struct prove_bench *bench, uint32_t net, const uint8_t *affected,
                                  unsigned limit, bool *silent, struct err *err)
{
    uint32_t *levels = find_levels(bench);
    enum err_status status = levels == NULL ? err_nomem(err, "a fault") : ERR_OK;

    for (int way = 0; way < 2 && status == ERR_OK && !*silent; way++) {
        struct cut first = {.count = 0, .all = way == 1};

        if (cut_add_below(bench, &first, net) && cut_open_affected(bench, affected, &first))
            status = check_deeper(bench, first, way == 0 ? levels : NULL, limit, net, silent, err);
    }
    free(levels);
    return status;
}

/* ---- a table, and what reads it ---- */

static bool is_output(const struct prove_netlist *n, uint32_t net)
{
    for (uint32_t w = 0; w < n->num_ports; w++) {
        for (uint32_t i = 0; n->wires[w].output && i < n->wires[w].width; i++) {
            if (n->wires[w].nets[i] == net) return true;
        }
    }
    return false;
}

static bool reads(const struct prove_cell *cell, uint32_t net)
{
    unsigned inputs = cell->kind == PROVE_REGISTER ? 1 : cell->count;

    for (unsigned k = 0; k < inputs; k++) {
        if (cell->in[k] == net) return true;
    }
    return false;
}

/* The net does not differ, or nothing that reads it does. */
static enum err_status check_net(struct prove_bench *bench, uint32_t net, unsigned depth,
                                 uint8_t *affected, bool *silent, struct err *err)
{
    const struct prove_netlist *n = bench->netlist;
    enum err_status status =
        check_cuts(bench, net, affected, depth == 0 ? PROVE_MAX_CUT : READER_CUT, silent, err);

    if (status == ERR_OK && !*silent) status = check_codes(bench, net, silent, err);
    if (status != ERR_OK || *silent || depth == MAX_DEPTH || is_output(n, net)) return status;
    affected[net] = 1;
    *silent = true;
    for (uint32_t i = 0; i < n->num_cells && *silent && status == ERR_OK; i++) {
        if (!reads(&n->cells[i], net)) continue;
        *silent = false;
        status = check_net(bench, n->cells[i].out, depth + 1, affected, silent, err);
    }
    return status;
}

static enum err_status check_table(struct prove_bench *bench, uint32_t net, bool *silent,
                                   struct err *err)
{
    uint8_t *affected = calloc(bench->netlist->num_nets, 1);
    enum err_status status = affected == NULL ? err_nomem(err, "a fault")
                                              : check_net(bench, net, 0, affected, silent, err);

    free(affected);
    return status;
}

/* ---- registers ---- */

/* Whether no output depends on the net, by walking back from all of them. */
static enum err_status is_unread(const struct prove_bench *bench, uint32_t net, bool *unread,
                                 struct err *err)
{
    const struct prove_netlist *n = bench->netlist;
    uint8_t *seen = calloc(n->num_nets, 1);
    uint32_t *stack = malloc(((size_t)n->num_nets + 6) * sizeof *stack), depth = 0;

    if (seen == NULL || stack == NULL) {
        free(seen);
        free(stack);
        return err_nomem(err, "a fault");
    }
    for (uint32_t w = 0; w < n->num_ports; w++) {
        for (uint32_t i = 0; n->wires[w].output && i < n->wires[w].width; i++) {
            uint32_t out = n->wires[w].nets[i];

            if (out == PROVE_NET_UNKNOWN || seen[out]) continue;
            seen[out] = 1;
            stack[depth++] = out;
        }
    }
    while (depth > 0) {
        uint32_t driver = n->driver[stack[--depth]];

        for (unsigned k = 0; driver < n->num_cells && k < 6; k++) {
            uint32_t in = bench->sound[driver].in[k];

            if (in == PROVE_NET_UNKNOWN || seen[in]) continue;
            seen[in] = 1;
            stack[depth++] = in;
        }
    }
    *unread = !seen[net];
    free(seen);
    free(stack);
    return ERR_OK;
}

/* A register is of no account when nothing depends on it, or when it holds a constant. */
static enum err_status check_register(const struct prove_bench *bench, uint32_t net, bool *silent,
                                      struct err *err)
{
    enum err_status status = is_unread(bench, net, silent, err);

    if (bench->sound[bench->netlist->driver[net]].in[0] <= PROVE_NET_ONE) *silent = true;
    return status;
}

enum err_status prove_silent_check(struct prove_bench *bench, bool timing, bool *silent,
                                   struct err *err)
{
    uint32_t net = bench->num_changed == 1 ? bench->changed[0] : PROVE_NET_ZERO;

    *silent = false;
    if (net == PROVE_NET_ZERO) return ERR_OK;
    if (timing) return check_register(bench, net, silent, err);
    return check_table(bench, net, silent, err);
}
