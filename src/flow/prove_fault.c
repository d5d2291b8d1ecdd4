#include "prove_fault.h"

#include "base/rng.h"
#include "flow/prove_check.h"
#include "flow/prove_yosys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DRAWS = 1000, MAX_ENUMERATED = 1 << 16, MAX_FEATURES = 16 };

/* Tables of hdl_templates/greater.v: a > b, and a >= b, of three bits each. */
static const uint64_t GREATER = UINT64_C(0x7f3f1f0f07030100);
static const uint64_t NOT_LESS = UINT64_C(0xff7f3f1f0f070301);

struct bench {
    const struct manifest *manifest;
    const struct prove_reference *reference;
    const struct prove_patterns *patterns;
    bool core;
    size_t num_vectors;
    struct prove_netlist *netlist;
    struct prove_cell *sound; /* the cells as they are */
    uint32_t *changed;        /* outputs of cells that a fault changed */
    size_t num_changed;
    struct rng rng;
};

static void change(struct bench *bench, uint32_t cell)
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

static bool is_reset(const struct prove_netlist *n, const struct prove_cell *cell)
{
    const struct prove_wire *rst = prove_netlist_port(n, "rst");

    return cell->kind == PROVE_LUT && cell->count == 3 && rst != NULL &&
           cell->in[2] == rst->nets[0];
}

/* A random cell that `fits`; false when none is met. */
static bool pick(struct bench *bench,
                 bool (*fits)(const struct prove_netlist *, const struct prove_cell *),
                 uint32_t *cell)
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

static bool plant_table_bit(struct bench *bench)
{
    uint32_t i;

    if (!pick(bench, is_layer_lut, &i)) return false;
    bench->netlist->cells[i].table ^=
        UINT64_C(1) << rng_below(&bench->rng, UINT64_C(1) << bench->netlist->cells[i].count);
    change(bench, i);
    return true;
}

static bool plant_exchange(struct bench *bench)
{
    struct prove_cell *cell;
    uint32_t i, a, b, net;

    if (!pick(bench, is_layer_lut, &i)) return false;
    cell = &bench->netlist->cells[i];
    a = (uint32_t)rng_below(&bench->rng, cell->count);
    b = (uint32_t)rng_below(&bench->rng, cell->count);
    if (cell->in[a] == cell->in[b]) return false;
    net = cell->in[a];
    cell->in[a] = cell->in[b];
    cell->in[b] = net;
    change(bench, i);
    return true;
}

/* The net beside it on the widest bus that carries it. */
static bool plant_neighbour(struct bench *bench)
{
    const struct prove_netlist *n = bench->netlist;
    const struct prove_wire *best = NULL;
    struct prove_cell *cell;
    uint32_t i, k, at = 0;

    if (!pick(bench, is_layer_lut, &i)) return false;
    cell = &bench->netlist->cells[i];
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
    change(bench, i);
    return true;
}

static bool plant_not_strict(struct bench *bench)
{
    uint32_t i, last;

    if (!pick(bench, is_comparison, &i)) return false;
    bench->netlist->cells[i].in[2] = PROVE_NET_ONE;
    for (last = i; bench->netlist->cells[last + 1].origin == bench->netlist->cells[i].origin;)
        last++;
    change(bench, last);
    return true;
}

/* The constant that a comparison's cells hold, one bit each, plus or minus one. */
static bool plant_threshold(struct bench *bench)
{
    struct prove_cell *cells = bench->netlist->cells;
    uint32_t i, width = 0, k, value = 0;

    if (!pick(bench, is_comparison, &i)) return false;
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
    change(bench, i + width);
    return true;
}

/* A bit next to the boundary of two classes is counted for the other one. */
static bool plant_group(struct bench *bench)
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

static bool plant_subset(struct bench *bench,
                         bool (*fits)(const struct prove_netlist *, const struct prove_cell *))
{
    bool any = false;
    uint32_t sure;

    if (!pick(bench, fits, &sure)) return false;
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

static bool plant_tie(struct bench *bench)
{
    return plant_subset(bench, is_greater);
}

static bool plant_no_reset(struct bench *bench)
{
    return plant_subset(bench, is_reset);
}

static bool plant_register_less(struct bench *bench)
{
    uint32_t i;

    if (!pick(bench, is_register, &i)) return false;
    bench->netlist->cells[i].kind = PROVE_LUT;
    bench->netlist->cells[i].count = 1;
    bench->netlist->cells[i].table = 0x2;
    change(bench, i);
    return true;
}

/* The last cell and net are spare (add_spare). */
static bool plant_register_more(struct bench *bench)
{
    struct prove_netlist *n = bench->netlist;
    struct prove_cell *spare = &n->cells[n->num_cells - 1];
    uint32_t i;

    if (!pick(bench, is_register, &i)) return false;
    spare->kind = PROVE_REGISTER;
    spare->in[0] = n->cells[i].in[0];
    spare->in[1] = n->cells[i].in[1];
    n->cells[i].in[0] = spare->out;
    change(bench, i);
    return true;
}

static const struct {
    const char *name;
    bool (*plant)(struct bench *bench);
    bool timing;
} KINDS[PROVE_FAULT_KINDS] = {
    {"one table bit", plant_table_bit, false},
    {"two address wires exchanged", plant_exchange, false},
    {"a wire moved to a neighbour", plant_neighbour, false},
    {">= for >", plant_not_strict, false},
    {"threshold off by one", plant_threshold, false},
    {"class boundary", plant_group, false},
    {"tie rule reversed", plant_tie, false},
    {"a register removed or added", NULL, true},
    {"a valid bit's reset removed", plant_no_reset, true},
};

static bool plant(struct bench *bench, size_t kind)
{
    bench->num_changed = 0;
    if (KINDS[kind].plant != NULL) return KINDS[kind].plant(bench);
    return rng_below(&bench->rng, 2) ? plant_register_less(bench) : plant_register_more(bench);
}

/* ---- does it change nothing? ---- */

/* Features below a net of the sound netlist, by walking; false when there are too many. */
static bool find_features(const struct bench *bench, uint32_t net, uint8_t *seen,
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
static enum err_status enumerate(const struct bench *bench, const uint32_t *features,
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

static enum err_status value_of(const struct bench *bench, struct prove_graph *graph,
                                const uint32_t *literals, uint32_t net, uint32_t *literal,
                                struct err *err)
{
    const struct prove_wire *in = prove_netlist_port(bench->netlist, "in_codes");
    struct prove_load *load = NULL;
    enum err_status status = prove_load_create(&load, bench->netlist, graph, err);

    for (uint32_t i = 0; status == ERR_OK && i < in->width; i++)
        prove_load_input(load, in->nets[i], literals[i], 0);
    if (status == ERR_OK) status = prove_load_net(load, net, err);
    if (status == ERR_OK) *literal = load->literal[net];
    prove_load_free(load);
    return status;
}

/* Whether the one cell that was changed gives the same for all codes of the features below it. */
static enum err_status check_silent(struct bench *bench, struct prove_cell *faulty, bool *silent,
                                    struct err *err)
{
    struct prove_netlist *n = bench->netlist;
    size_t bits = (size_t)bench->reference->num_features * bench->reference->code_bits,
           patterns = 0;
    uint32_t features[MAX_FEATURES], *literals = malloc(bits * sizeof *literals);
    uint8_t *seen = calloc(n->num_nets, 1);
    struct prove_graph *graph = NULL;
    struct prove_cell *broken = n->cells;
    uint32_t before = 0, after = 0, net = bench->num_changed == 1 ? bench->changed[0] : 0;
    unsigned count = 0;
    bool few;
    enum err_status status = literals == NULL || seen == NULL ? err_nomem(err, "a fault") : ERR_OK;

    *silent = false;
    few = status == ERR_OK && net != 0 && find_features(bench, net, seen, features, &count);
    n->cells = faulty; /* the sound ones: the caller exchanges the two */
    if (seen != NULL) memset(seen, 0, n->num_nets);
    few = few && find_features(bench, net, seen, features, &count);
    if (few) status = enumerate(bench, features, count, &graph, literals, &patterns, err);
    if (status == ERR_OK && patterns > 0)
        status = value_of(bench, graph, literals, net, &before, err);
    n->cells = broken;
    if (status == ERR_OK && patterns > 0)
        status = value_of(bench, graph, literals, net, &after, err);
    for (size_t p = 0; status == ERR_OK && p < patterns; p++) {
        *silent = prove_graph_value(graph, before, p) == prove_graph_value(graph, after, p);
        if (!*silent) break;
    }
    prove_graph_free(graph);
    free(literals);
    free(seen);
    return status;
}

/* Whether no output depends on the net, by walking back from all of them. */
static enum err_status is_unread(const struct bench *bench, uint32_t net, bool *unread,
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
static enum err_status check_silent_register(const struct bench *bench, bool *silent,
                                             struct err *err)
{
    uint32_t net = bench->num_changed == 1 ? bench->changed[0] : PROVE_NET_ZERO;
    enum err_status status = ERR_OK;

    *silent = false;
    if (net == PROVE_NET_ZERO) return ERR_OK;
    status = is_unread(bench, net, silent, err);
    if (bench->sound[bench->netlist->driver[net]].in[0] <= PROVE_NET_ONE) *silent = true;
    return status;
}

/* ---- one fault ---- */

static enum err_status judge(struct bench *bench, struct prove_fault_row *row, struct err *err)
{
    struct prove_result result = {0};
    struct prove_check check = {.netlist = bench->netlist,
                                .manifest = bench->manifest,
                                .reference = bench->reference,
                                .patterns = bench->patterns,
                                .prefix = "",
                                .core = bench->core,
                                .result = &result};
    size_t different = 0;
    bool silent = false;
    enum err_status status = prove_check_load(&check, &different, err);
    bool caught = different < bench->patterns->count || result.proved < result.count;

    row->planted++;
    row->by_cosim += status == ERR_OK && different < bench->num_vectors;
    if (status == ERR_OK && !caught) {
        status = prove_check_functions(&check, err);
        caught = result.proved < result.count;
    }
    if (status == ERR_OK && !caught)
        status = row->timing ? check_silent_register(bench, &silent, err)
                             : check_silent(bench, bench->sound, &silent, err);
    row->caught += caught;
    row->silent += !caught && silent;
    row->missed += !caught && !silent;
    prove_check_free(&check);
    prove_result_free(&result);
    return status;
}

static enum err_status plant_kind(struct bench *bench, size_t kind, size_t count,
                                  const struct prove_options *options, struct prove_fault_row *row,
                                  struct err *err)
{
    size_t size = bench->netlist->num_cells * sizeof *bench->sound;
    enum err_status status = ERR_OK;
    unsigned draws = 0;

    *row = (struct prove_fault_row){.kind = KINDS[kind].name, .timing = KINDS[kind].timing};
    rng_seed(&bench->rng, options->seed, kind);
    while (row->planted < count && draws < MAX_DRAWS && status == ERR_OK) {
        if (options->stop != NULL && *options->stop) return err_set(err, ERR_TOOL, "stopped");
        draws++;
        if (plant(bench, kind)) {
            draws = 0;
            status = judge(bench, row, err);
        }
        memcpy(bench->netlist->cells, bench->sound, size);
    }
    return status;
}

/* A cell and a net that nothing reads, for a register to be added. */
static enum err_status add_spare(struct prove_netlist *n, struct err *err)
{
    struct prove_cell *cells = realloc(n->cells, (n->num_cells + 2) * sizeof *cells);
    uint32_t *driver = realloc(n->driver, (n->num_nets + 1) * sizeof *driver), *wire, *position;

    if (cells != NULL) n->cells = cells;
    if (driver != NULL) n->driver = driver;
    wire = realloc(n->net_wire, (n->num_nets + 1) * sizeof *wire);
    if (wire != NULL) n->net_wire = wire;
    position = realloc(n->net_position, (n->num_nets + 1) * sizeof *position);
    if (position != NULL) n->net_position = position;
    if (cells == NULL || driver == NULL || wire == NULL || position == NULL)
        return err_nomem(err, "a fault");
    memset(&cells[n->num_cells], 0, 2 * sizeof *cells);
    cells[n->num_cells].out = n->num_nets;
    cells[n->num_cells + 1].origin = UINT32_MAX; /* no cell's neighbour */
    driver[n->num_nets] = n->num_cells;
    wire[n->num_nets] = position[n->num_nets] = UINT32_MAX;
    n->num_cells++;
    n->num_nets++;
    return ERR_OK;
}

static enum err_status prepare(struct bench *bench, struct err *err)
{
    enum err_status status = add_spare(bench->netlist, err);
    size_t size = (size_t)bench->netlist->num_cells * sizeof *bench->sound;

    bench->sound = malloc(size + sizeof *bench->sound);
    bench->changed = malloc(bench->netlist->num_cells * sizeof *bench->changed);
    if (bench->sound == NULL || bench->changed == NULL) return err_nomem(err, "a fault");
    if (status == ERR_OK) memcpy(bench->sound, bench->netlist->cells, size);
    return status;
}

enum err_status prove_faults(const char *folder, const struct manifest *manifest,
                             const struct prove_reference *reference,
                             const struct prove_options *options, size_t count,
                             const uint16_t *vectors, size_t num_vectors,
                             struct prove_fault_row rows[PROVE_FAULT_KINDS], struct err *err)
{
    struct prove_patterns *patterns = NULL;
    struct bench bench = {.manifest = manifest, .reference = reference, .num_vectors = num_vectors};
    char top[96], version[128];
    enum err_status status =
        prove_patterns_create(&patterns, reference, vectors, num_vectors, options->seed, err);

    snprintf(top, sizeof top, "%s_full", manifest->name);
    bench.patterns = patterns;
    if (status == ERR_OK)
        status =
            prove_yosys_read(&bench.netlist, folder, manifest, top, NULL, options, version, err);
    if (status == ERR_OK) status = prepare(&bench, err);
    for (size_t k = 0; k < PROVE_FAULT_KINDS && status == ERR_OK; k++) {
        if (options->progress != NULL) options->progress(KINDS[k].name, options->user);
        status = plant_kind(&bench, k, count, options, &rows[k], err);
    }
    free(bench.sound);
    free(bench.changed);
    prove_netlist_free(bench.netlist);
    prove_patterns_free(patterns);
    return status;
}
