/* GroupSum and argmax. A class sum is made of blocks (netlist/class_sum.h), each an instance of a counting
 * module; blocks of the same shape with registers at the same places share one. */
#include "vlog.h"

#include "netlist/argmax.h"
#include "netlist/class_sum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a counting module is made from. */
struct counting {
    struct popcount_shape shape;
    uint32_t num_cuts;
    uint32_t cuts[NETLIST_MAX_STAGES]; /* LUTs before each register inside */
};

/* Every class is visited twice: first for the counting modules it needs, then for its lines. */
struct sums {
    bool write;               /* second visit */
    struct counting *modules; /* that are written */
    size_t num_modules, capacity;
};

/* Registers of the class sums at levels first .. last. */
static uint32_t count_registers(const struct vlog *v, uint32_t first, uint32_t last)
{
    return netlist_count_cuts(v->net, netlist_part_popcount(v->net), first, last);
}

/* --- counting modules --- */

static struct counting get_counting(const struct vlog *v, const struct class_block *block)
{
    struct counting counting;
    uint32_t part = netlist_part_popcount(v->net);

    memset(&counting, 0, sizeof counting); /* compared as bytes */
    counting.shape = block->plan->shape;
    for (uint32_t i = 0; i < v->net->num_cuts; i++) {
        const struct netlist_cut *cut = &v->net->cuts[i];

        if (cut->part == part && cut->level >= block->base && cut->level < class_block_level(block))
            counting.cuts[counting.num_cuts++] = cut->level - block->base;
    }
    return counting;
}

/* Index among the modules written, or num_modules. */
static size_t find_module(const struct sums *sums, const struct counting *counting)
{
    size_t i = 0;

    while (i < sums->num_modules && memcmp(&sums->modules[i], counting, sizeof *counting) != 0)
        i++;
    return i;
}

enum { COUNTING_NAME_SIZE = 80, LONGEST_NAME = 40 };

/* "count100", "count98_1_plus2_to7_cut4": bits of each weight, bias, bits of the sum, registers after so
 * many LUTs. What would take too long a name gets its number instead. */
static void counting_name(char name[COUNTING_NAME_SIZE], const struct sums *sums,
                          const struct counting *counting)
{
    const struct popcount_shape *shape = &counting->shape;
    size_t used = (size_t)snprintf(name, COUNTING_NAME_SIZE, "count%u", shape->inputs[0]);
    unsigned top = POPCOUNT_MAX_WEIGHTS - 1;

    while (top > 0 && shape->inputs[top] == 0)
        top--;
    for (unsigned w = 1; w <= top && used <= LONGEST_NAME; w++)
        used += (size_t)snprintf(name + used, COUNTING_NAME_SIZE - used, "_%u", shape->inputs[w]);
    if (shape->bias > 0 && used <= LONGEST_NAME)
        used += (size_t)snprintf(name + used, COUNTING_NAME_SIZE - used, "_plus%u", shape->bias);
    if (shape->bits > 0 && used <= LONGEST_NAME)
        used += (size_t)snprintf(name + used, COUNTING_NAME_SIZE - used, "_to%u", shape->bits);
    if (shape->full_adders && used <= LONGEST_NAME)
        used += (size_t)snprintf(name + used, COUNTING_NAME_SIZE - used, "_by3");
    for (uint32_t i = 0; i < counting->num_cuts && used <= LONGEST_NAME; i++)
        used +=
            (size_t)snprintf(name + used, COUNTING_NAME_SIZE - used, "_cut%u", counting->cuts[i]);
    if (used > LONGEST_NAME)
        snprintf(name, COUNTING_NAME_SIZE, "count_shape%zu", find_module(sums, counting));
}

/* Names of a plan's items in the module being written. */
struct items {
    const struct popcount_plan *plan;
    uint32_t *maker; /* [num_items] the counter that made it */
    uint32_t *cut;   /* [num_items] the last register it went through, from 1; 0: none yet */
    uint32_t *place; /* [num_items] its bit there */
};

static enum err_status items_create(struct items *items, const struct popcount_plan *plan,
                                    struct err *err)
{
    *items = (struct items){.plan = plan,
                            .maker = calloc(plan->num_items, sizeof *items->maker),
                            .cut = calloc(plan->num_items, sizeof *items->cut),
                            .place = calloc(plan->num_items, sizeof *items->place)};
    if (items->maker == NULL || items->cut == NULL || items->place == NULL)
        return err_nomem(err, "a popcount");
    for (uint32_t i = 0; i < plan->num_counters; i++) {
        for (unsigned b = 0; b < plan->counters[i].bits; b++)
            items->maker[plan->counters[i].first_item + b] = i;
    }
    return ERR_OK;
}

static void items_free(struct items *items)
{
    free(items->maker);
    free(items->cut);
    free(items->place);
}

static void item_name(char name[48], const struct items *items, uint32_t number)
{
    const struct popcount_plan *plan = items->plan;

    if (number == POPCOUNT_ZERO) {
        snprintf(name, 48, "1'b0");
    } else if (number == plan->num_inputs) {
        snprintf(name, 48, "1'b1");
    } else if (items->cut[number] > 0) {
        snprintf(name, 48, "cut%u[%u]", items->cut[number], items->place[number]);
    } else if (number < plan->num_inputs) {
        snprintf(name, 48, "in_bits[%u]", number);
    } else {
        uint32_t counter = items->maker[number];

        snprintf(name, 48, "sum%u[%u]", counter, number - plan->counters[counter].first_item);
    }
}

static void write_counter(struct vlog *v, const struct items *items, uint32_t number)
{
    const struct popcount_counter *c = &items->plan->counters[number];
    unsigned inputs = (unsigned)c->low + c->high;
    char item[48];

    vlog_add(v, "    wire [%u:0] sum%u;  // weight %u and up\n", c->bits - 1u, number,
             1u << c->weight);
    vlog_add(v, "    bit_counter #(.LOW(%u), .HIGH(%u), .BITS(%u)) u_counter%u (\n        .in({",
             c->low, c->high, c->bits, number);
    for (unsigned k = inputs; k-- > 0;) {
        item_name(item, items, c->in[k]);
        vlog_item(v, item, k == 0, 12);
    }
    vlog_add(v, "}), .sum(sum%u));\n", number);
}

/* The counters behind one register and before the next: those of levels above `from` up to `to`. */
static void write_counters(struct vlog *v, const struct items *items, uint32_t from, uint32_t to)
{
    const struct popcount_plan *plan = items->plan;

    for (uint32_t i = 0; i < plan->num_counters; i++) {
        uint32_t level = plan->items[plan->counters[i].first_item].level;

        if (level > from && level <= to) write_counter(v, items, i);
    }
}

/* Register number `cut`, from 1, after `level` LUTs: what crosses it goes on under its name. */
static void write_cut(struct vlog *v, struct items *items, uint32_t cut, uint32_t level)
{
    const struct popcount_plan *plan = items->plan;
    uint32_t width = popcount_width(plan, level), place = width;
    char name[48];

    vlog_add(v,
             "\n    // Register after %u LUTs.\n    wire [%u:0] cut%u;\n"
             "    pipe_data #(.WIDTH(%u), .DEPTH(1)) u_cut%u (\n        .clk(clk), .out(cut%u),\n"
             "        .in({",
             level, width - 1, cut, width, cut, cut);
    for (uint32_t i = plan->num_items; i-- > 0;) {
        if (!popcount_crosses(plan, i, level)) continue;
        item_name(name, items, i);
        vlog_item(v, name, --place == 0, 12);
        items->cut[i] = cut;
        items->place[i] = place;
    }
    vlog_add(v, "}));\n\n");
}

static void write_count_body(struct vlog *v, struct items *items, const struct counting *counting)
{
    const struct popcount_plan *plan = items->plan;
    uint32_t level = 0;
    char name[48];

    for (uint32_t i = 0; i < counting->num_cuts; i++) {
        write_counters(v, items, level, counting->cuts[i]);
        level = counting->cuts[i];
        write_cut(v, items, i + 1, level);
    }
    write_counters(v, items, level, plan->depth);
    vlog_add(v, "    assign out_sum = {");
    for (uint32_t b = plan->num_bits; b-- > 0;) {
        item_name(name, items, plan->out[b]);
        vlog_item(v, name, b == 0, 8);
    }
    vlog_add(v, "};\n");
}

static void write_count_module(struct vlog *v, const struct sums *sums,
                               const struct counting *counting, const struct popcount_plan *plan)
{
    struct items items;
    char name[COUNTING_NAME_SIZE], what[128], stages[32];

    v->status = items_create(&items, plan, v->err);
    if (v->status == ERR_OK) {
        counting_name(name, sums, counting);
        snprintf(what, sizeof what, "number of ones among %u bits, %u LUTs, %u deep, %s inside",
                 plan->num_inputs, plan->luts, plan->depth,
                 vlog_stages(stages, counting->num_cuts));
        vlog_begin(v, name, what,
                   "in_bits: bits of weight 1 first, then of weight 2 and so on; out_sum");
        vlog_add(v, "(\n%s    input  wire [%u:0] in_bits,\n    output wire [%u:0] out_sum\n);\n",
                 counting->num_cuts > 0 ? "    input  wire clk,\n" : "", plan->num_inputs - 1,
                 plan->num_bits - 1);
        write_count_body(v, &items, counting);
        vlog_end(v);
    }
    items_free(&items);
}

/* Writes the module that a block needs unless it is there. */
static void need_module(struct vlog *v, struct sums *sums, const struct class_block *block)
{
    struct counting counting = get_counting(v, block);

    if (find_module(sums, &counting) < sums->num_modules) return;
    if (sums->num_modules == sums->capacity) {
        size_t capacity = sums->capacity > 0 ? 2 * sums->capacity : 16;
        struct counting *modules = realloc(sums->modules, capacity * sizeof *modules);

        if (modules == NULL) {
            v->status = err_nomem(v->err, "popcounts");
            return;
        }
        sums->modules = modules;
        sums->capacity = capacity;
    }
    sums->modules[sums->num_modules++] = counting;
    write_count_module(v, sums, &counting, block->plan);
}

/* --- one class --- */

/* A bit of in_bits, or of the sum of a block of this class. */
static uint32_t term_bit(const struct vlog *v, const struct class_term *term)
{
    return term->block == CLASS_SUM_SIGNAL ? v->position[term->bit] : term->bit;
}

/* Registers between a block's sum and the blocks that read it. */
static uint32_t waits(const struct vlog *v, const struct class_block *block)
{
    uint32_t top = class_block_level(block);

    return block->taken > top ? count_registers(v, top, block->taken - 1) : 0;
}

/* "{...}" of the terms, the first lowest. Runs on one wire become slices. */
static void write_terms(struct vlog *v, uint32_t class, const struct class_sum *sum,
                        const struct class_term *terms, uint32_t count)
{
    bool single = true;

    for (uint32_t i = 1; i < count && single; i++)
        single = terms[i].block == terms[0].block &&
                 term_bit(v, &terms[i]) == term_bit(v, &terms[0]) + i;
    if (!single) vlog_add(v, "{");
    for (uint32_t end = count; end > 0;) {
        uint32_t start = end - 1, last = term_bit(v, &terms[start]), from = terms[start].block;
        char bus[48], item[96];

        while (start > 0 && terms[start - 1].block == from &&
               term_bit(v, &terms[start - 1]) + 1 == term_bit(v, &terms[start]))
            start--;
        if (from == CLASS_SUM_SIGNAL) {
            snprintf(bus, sizeof bus, "in_bits");
        } else {
            snprintf(bus, sizeof bus, "class%u_sum%u%s", class, from,
                     waits(v, &sum->blocks[from]) > 0 ? "_q" : "");
        }
        if (start == end - 1) {
            snprintf(item, sizeof item, "%s[%u]", bus, last);
        } else {
            snprintf(item, sizeof item, "%s[%u:%u]", bus, last, term_bit(v, &terms[start]));
        }
        vlog_item(v, item, start == 0, 8);
        end = start;
    }
    if (!single) vlog_add(v, "}");
}

/* The instance of a block, and the registers behind it if other blocks are deeper. */
static void write_block(struct vlog *v, const struct sums *sums, uint32_t class,
                        const struct class_sum *sum, uint32_t number)
{
    const struct class_block *block = &sum->blocks[number];
    struct counting counting = get_counting(v, block);
    uint32_t bits = block->plan->num_bits, delay = waits(v, block);
    char name[COUNTING_NAME_SIZE], wire[48], delayed[56];

    counting_name(name, sums, &counting);
    snprintf(wire, sizeof wire, "class%u_sum%u", class, number);
    vlog_add(v, "    wire [%u:0] %s;\n    %s_%s u_%s (\n%s        .in_bits(", bits - 1, wire,
             v->net->name, name, wire, counting.num_cuts > 0 ? "        .clk(clk),\n" : "");
    write_terms(v, class, sum, sum->terms + block->first_term, block->num_terms);
    vlog_add(v, "),\n        .out_sum(%s));\n", wire);
    if (delay == 0 || block->taken == UINT32_MAX) return;
    snprintf(delayed, sizeof delayed, "%s_q", wire);
    vlog_add(v, "    wire [%u:0] %s;\n", bits - 1, delayed);
    vlog_delay(v, bits, delay, wire, delayed);
}

/* The class's slice of the scores; the registers that are left to the sums of all classes together
 * follow behind. `depth` is that of the deepest class. */
static void write_score(struct vlog *v, uint32_t class, const struct class_sum *sum, uint32_t depth,
                        const char *out)
{
    uint32_t width = netlist_score_bits(v->net), number = sum->num_blocks - 1, bits, delay = 0;
    char wire[64], slice[64];

    snprintf(slice, sizeof slice, "%s[%u:%u]", out, width * (class + 1) - 1, width * class);
    if (sum->num_blocks == 0) {
        vlog_add(v, "    assign %s = %u'd%u;\n", slice, width, sum->bias);
        return;
    }
    bits = sum->blocks[number].plan->num_bits;
    if (sum->depth < depth) delay = count_registers(v, sum->depth, depth - 1);
    snprintf(wire, sizeof wire, "class%u_sum%u", class, number);
    if (delay > 0) {
        vlog_add(v, "    wire [%u:0] class%u_q;\n", bits - 1, class);
        snprintf(slice, sizeof slice, "class%u_q", class);
        vlog_delay(v, bits, delay, wire, slice);
        snprintf(wire, sizeof wire, "class%u_q", class);
        snprintf(slice, sizeof slice, "%s[%u:%u]", out, width * (class + 1) - 1, width * class);
    }
    if (bits < width) {
        vlog_add(v, "    assign %s = {%u'b0, %s};\n", slice, width - bits, wire);
    } else {
        vlog_add(v, "    assign %s = %s;\n", slice, wire);
    }
}

static void sum_class(struct vlog *v, struct sums *sums, uint32_t class, uint32_t *depth,
                      const char *out)
{
    struct class_sum *sum = NULL;

    v->status = class_sum_create(&sum, v->net, class, v->err);
    for (uint32_t i = 0; v->status == ERR_OK && i < sum->num_blocks; i++) {
        if (sums->write) {
            write_block(v, sums, class, sum, i);
        } else {
            need_module(v, sums, &sum->blocks[i]);
        }
    }
    if (v->status == ERR_OK && sum->depth > *depth) *depth = sum->depth;
    if (v->status == ERR_OK && sums->write) write_score(v, class, sum, *depth, out);
    class_sum_free(sum);
}

/* --- group_sum --- */

static void write_group_sum(struct vlog *v, struct sums *sums, const struct vlog_bus *bus,
                            uint32_t depth)
{
    const struct netlist *net = v->net;
    uint32_t registers = vlog_part_stages(v, netlist_part_popcount(net));
    uint32_t behind = count_registers(v, depth > 0 ? depth : 1, NETLIST_END);
    uint32_t width = net->num_classes * netlist_score_bits(net);
    const char *out = behind > 0 ? "next_scores" : "out_scores";
    uint8_t *used = calloc((size_t)bus->count + 1, 1);
    char what[96], ports[96], stages[32];

    if (used == NULL) {
        v->status = err_nomem(v->err, "class sums");
        return;
    }
    for (uint32_t i = 0; i < bus->count; i++)
        used[i] = v->read[bus->signals[i]];
    snprintf(what, sizeof what, "sums of %u classes, %s", net->num_classes,
             vlog_stages(stages, registers));
    snprintf(ports, sizeof ports,
             "in_bits: what leaves the last layer; out_scores: class c at [%u*c +: %u]",
             width / net->num_classes, width / net->num_classes);
    vlog_begin(v, "group_sum", what, ports);
    vlog_add(v, "(\n");
    if (registers > 0) vlog_add(v, "    input  wire clk,\n");
    if (bus->count > 0) vlog_add(v, "    input  wire [%u:0] in_bits,\n", bus->count - 1);
    vlog_add(v, "    output wire [%u:0] out_scores\n);\n", width - 1);
    if (behind > 0) vlog_add(v, "    wire [%u:0] next_scores;\n", width - 1);
    for (uint32_t c = 0; c < net->num_classes && v->status == ERR_OK; c++) {
        vlog_add(v, "\n");
        sum_class(v, sums, c, &depth, out);
    }
    vlog_unused(v, "in_bits", used, bus->count);
    if (behind > 0) {
        vlog_add(v, "\n");
        vlog_stage(v, width, behind, "next_scores", "out_scores");
    }
    vlog_end(v);
    free(used);
}

void vlog_group_sum(struct vlog *v, const struct vlog_bus *bus)
{
    struct sums sums = {0};
    uint32_t depth = 0;

    if (v->status != ERR_OK) return;
    vlog_use_bus(v, bus);
    for (uint32_t c = 0; c < v->net->num_classes && v->status == ERR_OK; c++)
        sum_class(v, &sums, c, &depth, "");
    sums.write = true;
    if (v->status == ERR_OK) write_group_sum(v, &sums, bus, depth);
    free(sums.modules);
}

/* --- argmax --- */

/* ", .REGISTERS({...})": the registers inside the tree, one byte a LUT of the path, the first lowest. */
static void write_argmax_registers(struct vlog *v, const struct argmax_plan *plan)
{
    uint32_t part = netlist_part_argmax(v->net), bytes = plan->levels * plan->level_depth;
    char byte[16];

    if (plan->depth < 2 || netlist_count_cuts(v->net, part, 1, plan->depth - 1) == 0) return;
    vlog_add(v, ",\n        .REGISTERS({");
    for (uint32_t level = bytes; level > 0; level--) {
        uint32_t count = level < plan->depth ? netlist_count_cuts(v->net, part, level, level) : 0;

        snprintf(byte, sizeof byte, "8'd%u", count);
        vlog_item(v, byte, level == 1, 12);
    }
    vlog_add(v, "})");
}

void vlog_argmax(struct vlog *v)
{
    const struct netlist *net = v->net;
    const struct argmax_plan plan = argmax_plan(net);
    uint32_t width = net->num_classes * plan.width, class = netlist_class_bits(net);
    uint32_t part = netlist_part_argmax(net), registers = vlog_part_stages(v, part);
    uint32_t behind = netlist_count_cuts(net, part, plan.depth, NETLIST_END);
    bool scores = v->options->scores;
    char what[96], stages[32];

    snprintf(what, sizeof what, "greatest of %u scores of %u bits, %s", net->num_classes,
             plan.width, vlog_stages(stages, registers));
    vlog_begin(
        v, "argmax", what,
        scores ? "in_scores; out_class: lowest class of the greatest score; out_scores: its scores"
               : "in_scores; out_class: lowest class of the greatest score");
    vlog_add(v, "(\n%s    input  wire [%u:0] in_scores,\n",
             registers > 0 ? "    input  wire clk,\n" : "", width - 1);
    if (scores) vlog_add(v, "    output wire [%u:0] out_scores,\n", width - 1);
    vlog_add(v, "    output wire [%u:0] out_class\n);\n", class - 1);
    if (behind > 0) vlog_add(v, "    wire [%u:0] next_class;\n", class - 1);
    vlog_add(v, "    argmax_tree #(.COUNT(%u), .WIDTH(%u), .LEVELS(%u)", net->num_classes,
             plan.width, class);
    write_argmax_registers(v, &plan);
    vlog_add(v, ") u_argmax (\n        .clk(%s), .in_scores(in_scores), .out_index(%s));\n",
             registers > 0 ? "clk" : "1'b0", behind > 0 ? "next_class" : "out_class");
    if (behind > 0) vlog_stage(v, class, behind, "next_class", "out_class");
    if (scores) vlog_delay(v, width, registers, "in_scores", "out_scores");
    vlog_end(v);
}
