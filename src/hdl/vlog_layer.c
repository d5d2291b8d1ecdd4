/* One slice of LUTs: a layer, or a stage of one (vlog_slices.c). Its module takes the bus that enters it
 * and gives the bus that leaves it: the outputs of its LUTs, then the signals that only a later part
 * reads, all through the slice's registers, so that everything on a bus belongs to the same sample. More
 * LUTs than `chunk` are split into part modules, which get the slice's bus or, of a far wider one, only
 * the bits they read. */
#include "vlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* LUTs [first, last) of a slice as one module prints them. */
struct block {
    uint32_t slice, first, last;
    const char *out;         /* bus of the results */
    const uint32_t *out_bit; /* [lut - first] bit on it, or NONE */
    const uint32_t *in_bit;  /* [signal] bit of tree_bits; also of in_bits when `picked` is set */
    bool picked; /* in_bits holds only what the block reads; else the slice's whole bus */
};

/* Where LUTs of a slice are read within the slice (trees of wide nodes). */
struct local {
    uint32_t *first,
        *last; /* [lut - slice start] numbers of their first and last such reader, or NONE, 0 */
};

static bool leaves_slice(const struct vlog *v, uint32_t signal, uint32_t slice)
{
    return v->read[signal] && v->last_use[signal] > slice;
}

/* --- LUT lines --- */

/* "5", or "5_2" for part 2 of the tree of LUT 5. */
static void lut_name(char name[32], const struct netlist_origin *origin)
{
    if (origin->part == 0) {
        snprintf(name, 32, "%u", origin->lut);
    } else {
        snprintf(name, 32, "%u_%u", origin->lut, origin->part);
    }
}

/* Whether the block has a wire of its own for this LUT, because another LUT of the block reads it. */
static bool has_wire(const struct block *b, const struct local *local, uint32_t start, uint32_t lut)
{
    return local->first[lut - start] < b->last;
}

static void fan_in_name(const struct vlog *v, const struct block *b, uint32_t signal, char item[80])
{
    const struct netlist *net = v->net;
    uint32_t lut = signal - net->num_steps; /* when it is one */
    char name[32];

    if (signal >= net->num_steps && lut >= b->first) {
        lut_name(name, &net->origin[lut]);
        snprintf(item, 80, "lut%s", name);
    } else if (signal >= net->num_steps && lut >= v->slices[b->slice].first) {
        snprintf(item, 80, "tree_bits[%u]", b->in_bit[signal]);
    } else {
        snprintf(item, 80, "in_bits[%u]", b->picked ? b->in_bit[signal] : v->position[signal]);
    }
}

static void write_lut(struct vlog *v, const struct block *b, uint32_t lut, bool wire)
{
    const struct netlist *net = v->net;
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned count = net->fan_in_count[lut];
    uint32_t out_bit = b->out_bit[lut - b->first];
    char name[32], out[64], item[80];

    lut_name(name, &net->origin[lut]);
    if (wire) {
        snprintf(out, sizeof out, "lut%s", name);
        vlog_add(v, "    wire lut%s;\n", name);
    } else {
        snprintf(out, sizeof out, "%s[%u]", b->out, out_bit);
    }
    if (count == 0) {
        vlog_add(v, "    assign %s = 1'b%u;\n", out, (unsigned)net->table[lut]);
    } else {
        char instance[40];

        snprintf(instance, sizeof instance, "lut%s", name);
        vlog_lut(v, count, net->table[lut], instance);
        vlog_add(v, "        .addr({");
        for (unsigned k = count; k-- > 0;) {
            fan_in_name(v, b, fan_in[k], item);
            vlog_item(v, item, k == 0, 15);
        }
        snprintf(item, sizeof item, ".out(%s));", out);
        vlog_add(v, "}),");
        vlog_item(v, item, true, 8);
        vlog_add(v, "\n");
    }
    if (wire && out_bit != NONE) vlog_add(v, "    assign %s[%u] = %s;\n", b->out, out_bit, out);
}

static void write_block(struct vlog *v, const struct block *b, const struct local *local)
{
    uint32_t start = v->slices[b->slice].first;

    vlog_add(v,
             "    // Address bit k is fan-in k, so a concatenation lists the last fan-in first.\n");
    for (uint32_t lut = b->first; lut < b->last; lut++)
        write_lut(v, b, lut, has_wire(b, local, start, lut));
}

/* --- parts --- */

/* A part of a slice: what it reads and gives. */
struct part {
    struct block block;
    uint32_t *bus_bits; /* bits of the slice's in_bits, ascending */
    uint32_t num_bus;
    uint32_t *tree; /* LUTs of earlier parts, ascending */
    uint32_t num_tree;
    uint32_t num_out;
    uint32_t *out_bit; /* [last - first] */
};

/* Arrays that the parts of one slice use one after the other. */
struct scratch {
    uint32_t *in_bit;  /* [signals] place among the part's inputs */
    uint32_t *sorted;  /* [6 * chunk] */
    uint32_t *tree;    /* [6 * chunk] */
    uint32_t *out_bit; /* [luts of the slice] */
    struct local local;
};

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static uint32_t sort_unique(uint32_t *items, uint32_t count)
{
    uint32_t kept = 0;

    if (count > 1) qsort(items, count, sizeof *items, compare_u32);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || items[kept - 1] != items[i]) items[kept++] = items[i];
    }
    return kept;
}

/* A part gets the slice's whole bus, whose bit numbers mean something and which costs simulators no
 * copies, unless it reads so little of it that the port would be out of proportion. */
enum { WHOLE_BUS_FACTOR = 4 };

/* Fills a part: its distinct inputs, by their place on the slice's bus, and its outputs: LUTs that leave
 * the slice or that a later part reads. */
static void plan_part(const struct vlog *v, const struct vlog_bus *bus, const struct scratch *s,
                      struct part *p)
{
    const struct netlist *net = v->net;
    struct block *b = &p->block;
    uint32_t start = v->slices[b->slice].first;

    p->num_bus = p->num_tree = p->num_out = 0;
    for (uint32_t lut = b->first; lut < b->last; lut++) {
        uint32_t signal = netlist_lut_signal(net, lut);
        bool out = leaves_slice(v, signal, b->slice) || s->local.last[lut - start] >= b->last;

        s->out_bit[lut - start] = out ? p->num_out++ : NONE;
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t from = net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k];

            if (from < net->num_steps || from - net->num_steps < start) {
                p->bus_bits[p->num_bus++] = v->position[from];
            } else if (from - net->num_steps < b->first) {
                p->tree[p->num_tree++] = from - net->num_steps;
            }
        }
    }
    p->num_bus = sort_unique(p->bus_bits, p->num_bus);
    p->num_tree = sort_unique(p->tree, p->num_tree);
    b->picked = bus->count / WHOLE_BUS_FACTOR > p->num_bus;
    for (uint32_t i = 0; i < p->num_bus; i++)
        s->in_bit[bus->signals[p->bus_bits[i]]] = i;
    for (uint32_t i = 0; i < p->num_tree; i++)
        s->in_bit[netlist_lut_signal(net, p->tree[i])] = i;
}

static void write_part_module(struct vlog *v, const struct vlog_bus *bus, const struct part *p,
                              const struct local *local, uint32_t number)
{
    uint32_t width = p->block.picked ? p->num_bus : bus->count;
    char name[VLOG_SLICE_SIZE], suffix[80], what[128], ports[128];

    vlog_slice_name(&v->slices[p->block.slice], name);
    snprintf(suffix, sizeof suffix, "%s_part%u", name, number);
    snprintf(what, sizeof what, "LUT %s, part %u (%u LUTs)", name, number,
             p->block.last - p->block.first);
    snprintf(ports, sizeof ports, "in_bits: %s; %sout_bits: LUTs",
             p->block.picked ? "the bits of the layer's that are read" : "as the layer's",
             p->num_tree > 0 ? "tree_bits: LUTs of earlier parts; " : "");
    vlog_begin(v, suffix, what, ports);
    vlog_add(v, "(\n");
    if (p->num_bus > 0) vlog_add(v, "    input  wire [%u:0] in_bits,\n", width - 1);
    if (p->num_tree > 0) vlog_add(v, "    input  wire [%u:0] tree_bits,\n", p->num_tree - 1);
    vlog_add(v, "    output wire [%u:0] out_bits\n);\n", p->num_out - 1);
    write_block(v, &p->block, local);
    if (p->num_bus > 0 && p->num_bus < width)
        vlog_add(v, "\n    wire unused_ok = &{1'b0, in_bits};  // other parts read the rest\n");
    vlog_end(v);
}

/* "{part1_bits[3], part0_bits[7]}": bits of earlier parts, all of `chunk` LUTs. */
static void write_tree_bits(struct vlog *v, const struct part *p, const uint32_t *out_bit)
{
    uint32_t start = v->slices[p->block.slice].first;

    vlog_add(v, "        .tree_bits({");
    for (uint32_t i = p->num_tree; i-- > 0;) {
        uint32_t lut = p->tree[i] - start;
        char item[64];

        snprintf(item, sizeof item, "part%u_bits[%u]", lut / v->options->chunk, out_bit[lut]);
        vlog_item(v, item, i == 0, 8);
    }
    vlog_add(v, "}),\n");
}

/* The instance, and where its results go on the bus that leaves the slice. */
static void write_part_instance(struct vlog *v, const struct part *p, const struct scratch *s,
                                uint32_t number, const char *out, uint32_t *next)
{
    uint32_t start = v->slices[p->block.slice].first, slice = p->block.slice;
    char name[VLOG_SLICE_SIZE];

    vlog_slice_name(&v->slices[slice], name);
    vlog_add(v, "\n    wire [%u:0] part%u_bits;\n    %s_%s_part%u u_part%u (\n", p->num_out - 1,
             number, v->net->name, name, number, number);
    if (p->num_bus > 0 && !p->block.picked) vlog_add(v, "        .in_bits(in_bits),\n");
    if (p->num_bus > 0 && p->block.picked) {
        vlog_add(v, "        .in_bits(");
        vlog_pick(v, "in_bits", p->bus_bits, p->num_bus, 8);
        vlog_add(v, "),\n");
    }
    if (p->num_tree > 0) write_tree_bits(v, p, s->out_bit);
    vlog_add(v, "        .out_bits(part%u_bits));\n", number);
    /* Runs of bits that leave the slice; those that only later parts read interrupt them. */
    for (uint32_t lut = p->block.first; lut < p->block.last;) {
        uint32_t end = lut, low = s->out_bit[lut - start];

        while (end < p->block.last && leaves_slice(v, netlist_lut_signal(v->net, end), slice))
            end++;
        if (end > lut) {
            uint32_t size = end - lut;

            vlog_add(v, "    assign %s[%u:%u] = part%u_bits[%u:%u];\n", out, *next + size - 1,
                     *next, number, low + size - 1, low);
            *next += size;
        }
        lut = end > lut ? end : lut + 1;
    }
}

/* --- the slice --- */

/* First and last readers inside the slice; readers come in ascending order. */
static void find_local(const struct vlog *v, uint32_t slice, const struct local *local)
{
    const struct netlist *net = v->net;
    uint32_t start = v->slices[slice].first, end = v->slices[slice].last;

    for (uint32_t lut = start; lut < end; lut++) {
        local->first[lut - start] = NONE;
        local->last[lut - start] = 0;
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t from = net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k];

            if (from < net->num_steps || from - net->num_steps < start) continue;
            from -= net->num_steps + start;
            if (local->first[from] == NONE) local->first[from] = lut;
            local->last[from] = lut;
        }
    }
}

static enum err_status scratch_create(const struct vlog *v, uint32_t slice, struct scratch *s)
{
    size_t luts = v->slices[slice].last - v->slices[slice].first + 1;
    size_t inputs =
        (size_t)NETLIST_MAX_FAN_IN * (v->options->chunk < luts ? v->options->chunk : luts);
    size_t signals = (size_t)v->net->num_steps + v->net->num_luts;

    s->in_bit = malloc(signals * sizeof *s->in_bit);
    s->sorted = malloc((inputs + 1) * sizeof *s->sorted);
    s->tree = malloc((inputs + 1) * sizeof *s->tree);
    s->out_bit = malloc(luts * sizeof *s->out_bit);
    s->local.first = malloc(luts * sizeof *s->local.first);
    s->local.last = malloc(luts * sizeof *s->local.last);
    if (s->in_bit == NULL || s->sorted == NULL || s->tree == NULL || s->out_bit == NULL ||
        s->local.first == NULL || s->local.last == NULL)
        return err_nomem(v->err, "a LUT layer");
    return ERR_OK;
}

static void scratch_free(struct scratch *s)
{
    free(s->in_bit);
    free(s->sorted);
    free(s->tree);
    free(s->out_bit);
    free(s->local.first);
    free(s->local.last);
}

/* Signals of `bus` that pass the slice unread by it or also by it, to bits *next and up. */
static void write_forward(struct vlog *v, uint32_t slice, const struct vlog_bus *bus,
                          const char *out, uint32_t next)
{
    uint32_t *bits = malloc(((size_t)bus->count + 1) * sizeof *bits);
    uint32_t count = 0;

    if (bits == NULL) {
        v->status = err_nomem(v->err, "forwarded signals");
        return;
    }
    for (uint32_t i = 0; i < bus->count; i++) {
        if (leaves_slice(v, bus->signals[i], slice)) bits[count++] = i;
    }
    if (count > 0) {
        vlog_add(v, "\n    // Passed on to later parts.\n    assign %s[%u:%u] = ", out,
                 next + count - 1, next);
        vlog_pick(v, "in_bits", bits, count, 8);
        vlog_add(v, ";\n");
    }
    free(bits);
}

/* The bus that leaves the slice: its LUTs, then what passes. */
static enum err_status next_bus(const struct vlog *v, uint32_t slice, const struct vlog_bus *bus,
                                struct vlog_bus *next)
{
    uint32_t luts = v->slices[slice].last - v->slices[slice].first;

    next->count = 0;
    next->signals = malloc(((size_t)luts + bus->count + 1) * sizeof *next->signals);
    if (next->signals == NULL) return err_nomem(v->err, "a bus");
    for (uint32_t lut = v->slices[slice].first; lut < v->slices[slice].last; lut++) {
        uint32_t signal = netlist_lut_signal(v->net, lut);

        if (leaves_slice(v, signal, slice)) next->signals[next->count++] = signal;
    }
    for (uint32_t i = 0; i < bus->count; i++) {
        if (leaves_slice(v, bus->signals[i], slice)) next->signals[next->count++] = bus->signals[i];
    }
    return ERR_OK;
}

static void write_unread(struct vlog *v, const struct vlog_bus *bus)
{
    uint8_t *used = malloc((size_t)bus->count + 1);

    if (used == NULL) {
        v->status = err_nomem(v->err, "unread bits");
        return;
    }
    for (uint32_t i = 0; i < bus->count; i++)
        used[i] = v->read[bus->signals[i]];
    vlog_unused(v, "in_bits", used, bus->count);
    free(used);
}

static void write_head(struct vlog *v, uint32_t slice, uint32_t num_in, uint32_t num_out)
{
    const struct vlog_slice *s = &v->slices[slice];
    uint32_t depth = s->registers;
    char suffix[VLOG_SLICE_SIZE], what[160], part[48] = "", stages[32];

    vlog_slice_name(s, suffix);
    if (s->stages > 1) snprintf(part, sizeof part, " stage %u of %u,", s->stage, s->stages);
    snprintf(what, sizeof what, "LUT layer %u of %u,%s %u LUTs, %s after them", s->layer,
             v->net->num_layers, part, s->last - s->first, vlog_stages(stages, depth));
    vlog_begin(v, suffix, what,
               slice == 0
                   ? "in_bits: encoder bit b at [b]; out_bits: one bit per LUT that is read later"
                   : "in_bits: what leaves the layer before; out_bits: one bit per LUT, then "
                     "passed bits");
    vlog_add(v, "(\n");
    if (depth > 0) vlog_add(v, "    input  wire clk,\n");
    if (num_in > 0) vlog_add(v, "    input  wire [%u:0] in_bits,\n", num_in - 1);
    vlog_add(v, "    output wire [%u:0] out_bits\n);\n", num_out - 1);
    if (depth > 0) vlog_add(v, "    wire [%u:0] next_bits;\n", num_out - 1);
}

/* Plans the part of `chunk` LUTs with that number. */
static struct part get_part(const struct vlog *v, uint32_t slice, const struct vlog_bus *bus,
                            const struct scratch *s, uint32_t number)
{
    uint32_t start = v->slices[slice].first, end = v->slices[slice].last;
    uint32_t first = start + number * v->options->chunk;
    uint32_t last = end - first > v->options->chunk ? first + v->options->chunk : end;
    struct part p = {
        .block = {.slice = slice,
                  .first = first,
                  .last = last,
                  .out = "out_bits",
                  .out_bit = s->out_bit + (first - start),
                  .in_bit = s->in_bit},
        .bus_bits = s->sorted,
        .tree = s->tree,
    };

    plan_part(v, bus, s, &p);
    return p;
}

static void write_layer(struct vlog *v, uint32_t slice, const struct vlog_bus *bus,
                        const struct vlog_bus *next, struct scratch *s)
{
    uint32_t start = v->slices[slice].first, luts = v->slices[slice].last - start;
    uint32_t parts = luts > v->options->chunk ? (luts - 1) / v->options->chunk + 1 : 0;
    uint32_t depth = v->slices[slice].registers;
    const char *out = depth > 0 ? "next_bits" : "out_bits";
    uint32_t done = 0;

    for (uint32_t i = 0; i < parts && v->status == ERR_OK; i++) {
        struct part p = get_part(v, slice, bus, s, i);

        write_part_module(v, bus, &p, &s->local, i);
    }
    write_head(v, slice, bus->count, next->count);
    for (uint32_t i = 0; i < parts && v->status == ERR_OK; i++) {
        struct part p = get_part(v, slice, bus, s, i);

        write_part_instance(v, &p, s, i, out, &done);
    }
    if (parts == 0 && luts > 0) {
        struct block b = {.slice = slice,
                          .first = start,
                          .last = start + luts,
                          .out = out,
                          .out_bit = s->out_bit};

        for (uint32_t i = 0; i < luts; i++) {
            bool leaves = leaves_slice(v, netlist_lut_signal(v->net, start + i), slice);

            s->out_bit[i] = leaves ? done++ : NONE;
        }
        write_block(v, &b, &s->local);
    }
    write_forward(v, slice, bus, out, done);
    write_unread(v, bus);
    if (depth > 0) {
        vlog_add(v, "\n");
        vlog_stage(v, next->count, depth, "next_bits", "out_bits");
    }
    vlog_end(v);
}

void vlog_layer(struct vlog *v, uint32_t slice, struct vlog_bus *bus)
{
    struct vlog_bus next = {0};
    struct scratch s = {0};

    if (v->status == ERR_OK) v->status = next_bus(v, slice, bus, &next);
    if (v->status == ERR_OK && next.count > 0) v->status = scratch_create(v, slice, &s);
    if (v->status == ERR_OK && next.count > 0) {
        vlog_use_bus(v, bus);
        find_local(v, slice, &s.local);
        write_layer(v, slice, bus, &next, &s);
    }
    scratch_free(&s);
    if (v->status != ERR_OK) {
        free(next.signals);
        return;
    }
    free(bus->signals);
    *bus = next;
}
