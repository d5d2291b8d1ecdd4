#include "flow/pack.h"

#include "base/json.h"
#include "flow/matching.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PINS = 6,
    BOTH = 5,         /* signals that two functions may read together */
    MAX_READERS = 64, /* a signal read by more is no reason to look at all pairs of its readers */
    CONSTANT_0 = -2,  /* as signals */
    CONSTANT_1 = -1
};

/* A LUT of the netlist. Table bit a is the output for address a, pin k being address bit k. */
struct lut {
    const char *name; /* of the cell, borrowed */
    json_t *output;   /* connection of its output, borrowed */
    unsigned inputs;
    json_int_t signal[PINS];
    uint64_t table;
};

struct luts {
    struct lut *items;
    uint32_t count;
};

/* ---- reading cells ---- */

/* Inputs of a cell type that can be packed, 0 for others. */
static unsigned inputs_of(const char *type)
{
    if (strcmp(type, "INV") == 0) return 1;
    if (strncmp(type, "LUT", 3) != 0 || type[3] < '1' || type[3] > '6' || type[4] != '\0') return 0;
    return (unsigned)(type[3] - '0');
}

static bool read_signal(const json_t *connections, const char *pin, json_int_t *signal)
{
    const json_t *bits = json_object_get(connections, pin), *bit = json_array_get(bits, 0);
    const char *constant = json_string_value(bit);

    if (json_array_size(bits) != 1) return false;
    if (constant != NULL) {
        *signal = constant[0] == '1' ? CONSTANT_1 : CONSTANT_0;
        return true;
    }
    *signal = json_integer_value(bit);
    return json_is_integer(bit) && *signal >= 0;
}

/* Binary digits, highest first; x counts as 0. */
static bool read_table(const json_t *parameters, unsigned inputs, uint64_t *table)
{
    const char *digits = json_string_value(json_object_get(parameters, "INIT"));

    if (digits == NULL || strlen(digits) != (size_t)1 << inputs) return false;
    if (strspn(digits, "01x") != strlen(digits)) return false;
    for (*table = 0; *digits != '\0'; digits++)
        *table = *table << 1 | (*digits == '1');
    return true;
}

static bool read_lut(const char *name, json_t *cell, unsigned inputs, struct lut *lut)
{
    json_t *connections = json_object_get(cell, "connections");
    bool inverter = strcmp(json_string_value(json_object_get(cell, "type")), "INV") == 0;

    *lut = (struct lut){.name = name, .inputs = inputs, .table = 1};
    lut->output = json_object_get(connections, "O");
    if (json_array_size(lut->output) != 1) return false;
    if (inverter) return read_signal(connections, "I", &lut->signal[0]);
    for (unsigned k = 0; k < inputs; k++) {
        char pin[4] = {'I', (char)('0' + k), '\0', '\0'};

        if (!read_signal(connections, pin, &lut->signal[k])) return false;
    }
    return read_table(json_object_get(cell, "parameters"), inputs, &lut->table);
}

static enum err_status read_luts(json_t *cells, struct luts *luts, struct err *err)
{
    const char *name;
    json_t *cell;

    luts->count = 0;
    luts->items = calloc(json_object_size(cells) + 1, sizeof *luts->items);
    if (luts->items == NULL) return err_nomem(err, "the LUTs of a module");
    json_object_foreach(cells, name, cell)
    {
        const char *type = json_string_value(json_object_get(cell, "type"));
        unsigned inputs = type != NULL ? inputs_of(type) : 0;

        if (type == NULL)
            return err_set(err, ERR_TOOL, "mapped netlist: cell %s has no type", name);
        if (inputs == 0) continue;
        if (!read_lut(name, cell, inputs, &luts->items[luts->count++]))
            return err_set(err, ERR_TOOL, "mapped netlist: cell %s is no %s", name, type);
    }
    return ERR_OK;
}

/* ---- do two LUTs fit one ---- */

/* Adds a LUT's signals to a list of at most PINS; false when they do not fit `limit`. */
static bool add_signals(const struct lut *lut, json_int_t *list, unsigned *count, unsigned limit)
{
    for (unsigned k = 0; k < lut->inputs; k++) {
        unsigned i = 0;

        while (i < *count && list[i] != lut->signal[k])
            i++;
        if (i < *count) continue;
        if (*count == limit) return false;
        list[(*count)++] = lut->signal[k];
    }
    return true;
}

/* The LUT's table over a list of signals that has all of its own. */
static uint64_t table_over(const struct lut *lut, const json_int_t *list, unsigned count)
{
    unsigned at[PINS] = {0};
    uint64_t table = 0;

    for (unsigned k = 0; k < lut->inputs; k++) {
        while (at[k] + 1 < count && list[at[k]] != lut->signal[k])
            at[k]++;
    }
    for (unsigned a = 0; a < 1u << count; a++) {
        unsigned own = 0;

        for (unsigned k = 0; k < lut->inputs; k++)
            own |= (a >> at[k] & 1) << k;
        table |= (lut->table >> own & 1) << a;
    }
    return table;
}

/* What a pair becomes: signals of I0..I5, and the table. O6 is the pair's first LUT. */
struct packed {
    json_int_t signal[PINS];
    uint64_t table;
};

/* `wide` has six inputs: `half` must be what it is while its input k, which `half` does not read, is 0. */
static bool fits_half(const struct lut *wide, const struct lut *half, struct packed *packed)
{
    for (unsigned k = 0; k < PINS; k++) {
        unsigned count = PINS;
        uint64_t table;
        json_int_t last = wide->signal[k];

        memcpy(packed->signal, wide->signal, sizeof packed->signal);
        memmove(packed->signal + k, packed->signal + k + 1, (PINS - 1 - k) * sizeof last);
        packed->signal[PINS - 1] = last;
        for (unsigned j = 0; j < half->inputs; j++) {
            if (half->signal[j] == last) count = 0;
        }
        if (count == 0) continue;
        packed->table = table_over(wide, packed->signal, PINS);
        table = table_over(half, packed->signal, PINS - 1);
        if ((packed->table & UINT32_MAX) == table) return true;
    }
    return false;
}

/* `a` has at least as many inputs as `b`. */
static bool fits(const struct lut *a, const struct lut *b, struct packed *packed)
{
    unsigned count = 0;

    for (unsigned k = 0; k < PINS; k++)
        packed->signal[k] = CONSTANT_1;
    if (a->inputs == PINS) {
        if (b->inputs == PINS || !add_signals(a, packed->signal, &count, PINS) || count < PINS ||
            !add_signals(b, packed->signal, &count, PINS))
            return false;
        return fits_half(a, b, packed);
    }
    if (!add_signals(a, packed->signal, &count, BOTH) ||
        !add_signals(b, packed->signal, &count, BOTH))
        return false;
    packed->table = table_over(a, packed->signal, BOTH) << 32 | table_over(b, packed->signal, BOTH);
    return true;
}

static bool fit_either_way(const struct lut *a, const struct lut *b, struct packed *packed)
{
    return a->inputs >= b->inputs ? fits(a, b, packed) : fits(b, a, packed);
}

/* ---- which pairs there are ---- */

struct reading {
    json_int_t signal;
    uint32_t lut;
};

static int compare_readings(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;

    if (x->signal != y->signal) return x->signal < y->signal ? -1 : 1;
    return x->lut < y->lut ? -1 : x->lut > y->lut;
}

struct edge {
    uint32_t a, b;
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

struct edges {
    struct edge *items;
    size_t count, room;
};

static enum err_status add_edge(struct edges *edges, uint32_t a, uint32_t b, struct err *err)
{
    if (edges->count == edges->room) {
        size_t room = edges->room > 0 ? 2 * edges->room : 1024;
        struct edge *items = realloc(edges->items, room * sizeof *items);

        if (items == NULL) return err_nomem(err, "pairs of LUTs");
        edges->items = items;
        edges->room = room;
    }
    edges->items[edges->count++] = (struct edge){a, b};
    return ERR_OK;
}

/* Pairs of LUTs that read a common signal and fit, each in both directions, sorted, each once. */
static enum err_status find_edges(const struct luts *luts, struct edges *edges, struct err *err)
{
    struct reading *readings = malloc(((size_t)luts->count * PINS + 1) * sizeof *readings);
    enum err_status status = readings == NULL ? err_nomem(err, "readers of signals") : ERR_OK;
    size_t count = 0, kept = 0;
    struct packed packed;

    for (uint32_t l = 0; l < luts->count && status == ERR_OK; l++) {
        for (unsigned k = 0; k < luts->items[l].inputs; k++)
            readings[count++] = (struct reading){luts->items[l].signal[k], l};
    }
    if (status == ERR_OK) qsort(readings, count, sizeof *readings, compare_readings);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && readings[end].signal == readings[i].signal;)
            end++;
        if (readings[i].signal < 0 || end - i > MAX_READERS) continue;
        for (size_t j = i; j < end && status == ERR_OK; j++) {
            for (size_t k = i; k < end && status == ERR_OK; k++) {
                uint32_t a = readings[j].lut, b = readings[k].lut;

                if (a != b && fit_either_way(&luts->items[a], &luts->items[b], &packed))
                    status = add_edge(edges, a, b, err);
            }
        }
    }
    if (status == ERR_OK && edges->count > 0)
        qsort(edges->items, edges->count, sizeof *edges->items, compare_edges);
    for (size_t i = 0; i < edges->count; i++) {
        if (kept == 0 || compare_edges(&edges->items[kept - 1], &edges->items[i]) != 0)
            edges->items[kept++] = edges->items[i];
    }
    edges->count = kept;
    free(readings);
    return status;
}

static enum err_status match(const struct luts *luts, const struct edges *edges, uint32_t *partner,
                             struct err *err)
{
    uint32_t *start = calloc((size_t)luts->count + 2, sizeof *start);
    uint32_t *to = malloc((edges->count + 1) * sizeof *to);
    enum err_status status = ERR_OK;

    if (start == NULL || to == NULL || edges->count >= UINT32_MAX) {
        status = err_nomem(err, "pairs of LUTs");
    } else {
        for (size_t i = 0; i < edges->count; i++) {
            start[edges->items[i].a + 1]++;
            to[i] = edges->items[i].b;
        }
        for (uint32_t l = 0; l < luts->count; l++)
            start[l + 1] += start[l];
        status = matching_find(luts->count, start, to, partner, err);
    }
    free(start);
    free(to);
    return status;
}

/* Pairs what is left, without common signals, while it is small enough: the smallest with the largest
 * that fits. */
static void match_rest(const struct luts *luts, uint32_t *partner)
{
    uint32_t next[BOTH + 1] = {0};

    for (unsigned small = 1; small <= BOTH / 2; small++) {
        for (unsigned large = BOTH - small; large >= small;) {
            uint32_t a = next[small], b;

            while (a < luts->count &&
                   (partner[a] != MATCHING_NONE || luts->items[a].inputs != small))
                a++;
            next[small] = a;
            b = small == large ? a + 1 : next[large];
            while (b < luts->count &&
                   (partner[b] != MATCHING_NONE || luts->items[b].inputs != large))
                b++;
            if (small != large) next[large] = b;
            if (a >= luts->count) break;
            if (b >= luts->count) {
                large--;
                continue;
            }
            partner[a] = b;
            partner[b] = a;
        }
    }
}

/* ---- the new cells ---- */

static json_t *bit_of(json_int_t signal)
{
    if (signal == CONSTANT_0) return json_string("0");
    return signal == CONSTANT_1 ? json_string("1") : json_integer(signal);
}

/* A LUT6_2 cell; NULL when out of memory. */
static json_t *new_cell(const struct lut *o6, const struct lut *o5, const struct packed *packed)
{
    json_t *connections = json_object(), *directions = json_object();
    char digits[65] = "";

    for (unsigned a = 0; a < 64; a++)
        digits[63 - a] = packed->table >> a & 1 ? '1' : '0';
    for (unsigned k = 0; k < PINS; k++) {
        char pin[4] = {'I', (char)('0' + k), '\0', '\0'};

        json_put(&connections, pin, json_pack("[o]", bit_of(packed->signal[k])));
        json_put(&directions, pin, json_string("input"));
    }
    json_put(&directions, "O5", json_string("output"));
    json_put(&directions, "O6", json_string("output"));
    json_put(&connections, "O6", json_deep_copy(o6->output));
    json_put(&connections, "O5", json_deep_copy(o5->output));
    return json_pack("{s:i, s:s, s:{s:s}, s:{}, s:o, s:o}", "hide_name", 0, "type", "LUT6_2",
                     "parameters", "INIT", digits, "attributes", "port_directions", directions,
                     "connections", connections);
}

/* "<first>_and_<second>", with a number behind it where a cell has that name; malloc'ed. */
static char *pair_name(const json_t *cells, const struct lut *first, const struct lut *second)
{
    size_t size = strlen(first->name) + strlen(second->name) + sizeof "_and__4294967295";
    char *name = malloc(size);

    if (name == NULL) return NULL;
    snprintf(name, size, "%s_and_%s", first->name, second->name);
    for (unsigned i = 2; json_object_get(cells, name) != NULL; i++)
        snprintf(name, size, "%s_and_%s_%u", first->name, second->name, i);
    return name;
}

static enum err_status replace_pair(json_t *cells, const struct lut *a, const struct lut *b,
                                    struct err *err)
{
    const struct lut *o6 = a->inputs >= b->inputs ? a : b, *o5 = o6 == a ? b : a;
    char *name = pair_name(cells, o6, o5);
    struct packed packed;
    json_t *cell;
    int failed = name == NULL;

    if (!failed) {
        fits(o6, o5, &packed);
        cell = new_cell(o6, o5, &packed);
        failed = json_object_set_new(cells, name, cell);
    }
    free(name);
    return failed ? err_nomem(err, "a packed netlist") : ERR_OK;
}

static enum err_status replace_pairs(json_t *cells, const struct luts *luts,
                                     const uint32_t *partner, uint64_t *pairs, struct err *err)
{
    enum err_status status = ERR_OK;

    for (uint32_t l = 0; l < luts->count && status == ERR_OK; l++) {
        if (partner[l] == MATCHING_NONE || partner[l] < l) continue;
        status = replace_pair(cells, &luts->items[l], &luts->items[partner[l]], err);
        (*pairs)++;
    }
    for (uint32_t l = 0; l < luts->count && status == ERR_OK; l++) {
        char *name = partner[l] != MATCHING_NONE ? strdup(luts->items[l].name) : NULL;

        if (name != NULL)
            json_object_del(cells, name); /* which frees the name that it is found by */
        if (name == NULL && partner[l] != MATCHING_NONE) status = err_nomem(err, "a cell's name");
        free(name);
    }
    return status;
}

static enum err_status pack_module(json_t *cells, uint64_t *pairs, struct err *err)
{
    struct luts luts = {0};
    struct edges edges = {0};
    uint32_t *partner = NULL;
    enum err_status status = read_luts(cells, &luts, err);

    if (status == ERR_OK) {
        partner = malloc(((size_t)luts.count + 1) * sizeof *partner);
        if (partner == NULL) status = err_nomem(err, "pairs of LUTs");
    }
    if (status == ERR_OK) status = find_edges(&luts, &edges, err);
    if (status == ERR_OK) status = match(&luts, &edges, partner, err);
    if (status == ERR_OK) {
        match_rest(&luts, partner);
        status = replace_pairs(cells, &luts, partner, pairs, err);
    }
    free(partner);
    free(edges.items);
    free(luts.items);
    return status;
}

enum err_status pack_netlist(json_t *netlist, uint64_t *pairs, struct err *err)
{
    json_t *modules = json_object_get(netlist, "modules"), *module;
    enum err_status status = ERR_OK;
    const char *name;

    *pairs = 0;
    if (!json_is_object(modules))
        return err_set(err, ERR_TOOL, "mapped netlist: it has no modules");
    json_object_foreach(modules, name, module)
    {
        json_t *cells = json_object_get(module, "cells");

        if (status == ERR_OK && json_object_size(cells) > 0)
            status = pack_module(cells, pairs, err);
    }
    return status;
}
