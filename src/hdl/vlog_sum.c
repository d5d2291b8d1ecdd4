/* GroupSum and argmax. Each class sum is an instance of a counting module; classes of the same shape
 * (so many bits of each weight, the same bias) share one. Sums of more than `chunk` bits are made in
 * several levels of such modules. */
#include "vlog.h"

#include "netlist/popcount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A bit to be summed: bit `bit` of wire `wire`, or of in_bits when wire is IN_BITS. */
struct term {
    uint32_t wire, bit, weight;
};
#define IN_BITS UINT32_MAX

/* Every class is visited twice: first for the counting modules it needs, then for its lines. */
struct sums {
    bool write;                    /* second visit */
    struct popcount_shape *shapes; /* whose modules are written */
    size_t num_shapes, capacity;
    struct term *terms, *next; /* of the class at hand; each with room for the largest */
};

/* --- counting modules --- */

/* Index of a shape among those written, or num_shapes. */
static size_t find_shape(const struct sums *sums, const struct popcount_shape *shape)
{
    size_t i = 0;

    while (i < sums->num_shapes && memcmp(&sums->shapes[i], shape, sizeof *shape) != 0)
        i++;
    return i;
}

enum { SHAPE_NAME_SIZE = 80, LONGEST_SHAPE_NAME = 40 };

/* "count100", "count98_1_plus2_to7": bits of each weight, bias, bits of the sum. A shape that would
 * take too long a name gets its number instead. */
static void shape_name(char name[SHAPE_NAME_SIZE], const struct sums *sums,
                       const struct popcount_shape *shape)
{
    size_t used = (size_t)snprintf(name, SHAPE_NAME_SIZE, "count%u", shape->inputs[0]);
    unsigned top = POPCOUNT_MAX_WEIGHTS - 1;

    while (top > 0 && shape->inputs[top] == 0)
        top--;
    for (unsigned w = 1; w <= top && used <= LONGEST_SHAPE_NAME; w++)
        used += (size_t)snprintf(name + used, SHAPE_NAME_SIZE - used, "_%u", shape->inputs[w]);
    if (shape->bias > 0 && used <= LONGEST_SHAPE_NAME)
        used += (size_t)snprintf(name + used, SHAPE_NAME_SIZE - used, "_plus%u", shape->bias);
    if (shape->bits > 0 && used <= LONGEST_SHAPE_NAME)
        used += (size_t)snprintf(name + used, SHAPE_NAME_SIZE - used, "_to%u", shape->bits);
    if (used > LONGEST_SHAPE_NAME)
        snprintf(name, SHAPE_NAME_SIZE, "count_shape%zu", find_shape(sums, shape));
}

/* Names item `number` of a plan: an input, the constant, or a sum bit of the counter that made it. */
static void item_name(char name[48], const struct popcount_plan *plan, const uint32_t *maker,
                      uint32_t number)
{
    if (number == POPCOUNT_ZERO) {
        snprintf(name, 48, "1'b0");
    } else if (number < plan->num_inputs) {
        snprintf(name, 48, "in_bits[%u]", number);
    } else if (number == plan->num_inputs) {
        snprintf(name, 48, "1'b1");
    } else {
        uint32_t counter = maker[number - plan->num_inputs - 1];

        snprintf(name, 48, "sum%u[%u]", counter, number - plan->counters[counter].first_item);
    }
}

static void write_counter(struct vlog *v, const struct popcount_plan *plan, const uint32_t *maker,
                          uint32_t number)
{
    const struct popcount_counter *c = &plan->counters[number];
    unsigned inputs = (unsigned)c->low + c->high;
    char item[48];

    vlog_add(v, "    wire [%u:0] sum%u;  // weight %u and up\n", c->bits - 1u, number,
             1u << c->weight);
    vlog_add(v, "    bit_counter #(.LOW(%u), .HIGH(%u), .BITS(%u)) u_counter%u (\n        .in({",
             c->low, c->high, c->bits, number);
    for (unsigned k = inputs; k-- > 0;) {
        item_name(item, plan, maker, c->in[k]);
        vlog_item(v, item, k == 0, 12);
    }
    vlog_add(v, "}), .sum(sum%u));\n", number);
}

/* maker[i] is the counter that made item num_inputs + 1 + i. */
static uint32_t *find_makers(const struct popcount_plan *plan)
{
    uint32_t *maker = malloc(((size_t)plan->num_counters * 3 + 1) * sizeof *maker);

    if (maker == NULL) return NULL;
    for (uint32_t i = 0; i < plan->num_counters; i++) {
        for (unsigned b = 0; b < plan->counters[i].bits; b++)
            maker[plan->counters[i].first_item - plan->num_inputs - 1 + b] = i;
    }
    return maker;
}

static void write_count_module(struct vlog *v, const struct sums *sums,
                               const struct popcount_plan *plan)
{
    uint32_t *maker = find_makers(plan);
    char name[SHAPE_NAME_SIZE], what[96], item[48];

    if (maker == NULL) {
        v->status = err_nomem(v->err, "a popcount");
        return;
    }
    shape_name(name, sums, &plan->shape);
    snprintf(what, sizeof what, "number of ones among %u bits, %u LUTs, %u deep", plan->num_inputs,
             plan->luts, plan->depth);
    vlog_begin(v, name, what,
               "in_bits: bits of weight 1 first, then of weight 2 and so on; out_sum");
    vlog_add(v, "(\n    input  wire [%u:0] in_bits,\n    output wire [%u:0] out_sum\n);\n",
             plan->num_inputs - 1, plan->num_bits - 1);
    for (uint32_t i = 0; i < plan->num_counters; i++)
        write_counter(v, plan, maker, i);
    vlog_add(v, "    assign out_sum = {");
    for (uint32_t b = plan->num_bits; b-- > 0;) {
        item_name(item, plan, maker, plan->out[b]);
        vlog_item(v, item, b == 0, 8);
    }
    vlog_add(v, "};\n");
    vlog_end(v);
    free(maker);
}

/* Writes the counting module of a shape unless it is there. */
static void need_shape(struct vlog *v, struct sums *sums, const struct popcount_shape *shape)
{
    struct popcount_plan *plan = NULL;

    if (find_shape(sums, shape) < sums->num_shapes) return;
    if (sums->num_shapes == sums->capacity) {
        size_t capacity = sums->capacity > 0 ? 2 * sums->capacity : 16;
        struct popcount_shape *shapes = realloc(sums->shapes, capacity * sizeof *shapes);

        if (shapes == NULL) {
            v->status = err_nomem(v->err, "popcounts");
            return;
        }
        sums->shapes = shapes;
        sums->capacity = capacity;
    }
    sums->shapes[sums->num_shapes++] = *shape;
    v->status = popcount_create(&plan, shape, v->err);
    if (v->status == ERR_OK) write_count_module(v, sums, plan);
    popcount_free(plan);
}

/* --- one class --- */

static int compare_terms(const void *a, const void *b)
{
    const struct term *x = a, *y = b;

    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    if (x->wire != y->wire) return x->wire < y->wire ? -1 : 1;
    return x->bit < y->bit ? -1 : x->bit > y->bit;
}

/* "{...}" of the terms, the first lowest. Runs on one wire become slices. */
static void write_terms(struct vlog *v, uint32_t class, const struct term *terms, uint32_t count)
{
    bool single = true;

    for (uint32_t i = 1; i < count && single; i++)
        single = terms[i].wire == terms[0].wire && terms[i].bit == terms[0].bit + i;
    if (!single) vlog_add(v, "{");
    for (uint32_t end = count; end > 0;) {
        uint32_t start = end - 1;
        const struct term *last = &terms[end - 1];
        char bus[48], item[96];

        while (start > 0 && terms[start - 1].wire == last->wire &&
               terms[start - 1].bit + 1 == terms[start].bit)
            start--;
        if (last->wire == IN_BITS) {
            snprintf(bus, sizeof bus, "in_bits");
        } else {
            snprintf(bus, sizeof bus, "class%u_sum%u", class, last->wire);
        }
        if (start == end - 1) {
            snprintf(item, sizeof item, "%s[%u]", bus, last->bit);
        } else {
            snprintf(item, sizeof item, "%s[%u:%u]", bus, last->bit, terms[start].bit);
        }
        vlog_item(v, item, start == 0, 8);
        end = start;
    }
    if (!single) vlog_add(v, "}");
}

static struct popcount_shape get_shape(const struct term *terms, uint32_t count, uint32_t bias,
                                       uint32_t bits)
{
    struct popcount_shape shape;

    memset(&shape, 0, sizeof shape); /* shapes are compared as bytes */
    shape.bias = bias;
    for (uint32_t i = 0; i < count; i++)
        shape.inputs[terms[i].weight]++;
    if (bits < popcount_bits(&shape)) shape.bits = bits;
    return shape;
}

/* Adds up terms into wire `wire` of the class; returns its width, at most `most` bits, because the
 * class's sum needs no more. */
static uint32_t add_up(struct vlog *v, struct sums *sums, uint32_t class, uint32_t wire,
                       const struct term *terms, uint32_t count, uint32_t bias, uint32_t most)
{
    struct popcount_shape shape = get_shape(terms, count, bias, most);
    uint32_t bits = popcount_bits(&shape);
    char name[SHAPE_NAME_SIZE];

    if (v->status != ERR_OK) return bits;
    if (!sums->write) {
        need_shape(v, sums, &shape);
        return bits;
    }
    shape_name(name, sums, &shape);
    vlog_add(v, "    wire [%u:0] class%u_sum%u;\n    %s_%s u_class%u_sum%u (\n        .in_bits(",
             bits - 1, class, wire, v->net->name, name, class, wire);
    write_terms(v, class, terms, count);
    vlog_add(v, "),\n        .out_sum(class%u_sum%u));\n", class, wire);
    return bits;
}

/* The class's terms: each signal once, with the weights that its number of mentions has. */
static uint32_t list_terms(const struct vlog *v, uint32_t class, struct term *terms)
{
    const struct netlist *net = v->net;
    uint32_t start = net->group_start[class], size = net->group_start[class + 1] - start;
    uint32_t count = 0;

    for (uint32_t i = 0; i < size; i++)
        terms[i] = (struct term){IN_BITS, v->position[net->group[start + i]], 0};
    if (size > 1) qsort(terms, size, sizeof *terms, compare_terms);
    /* A number of mentions has no more bits set than it is high, so the list closes up in place. */
    for (uint32_t i = 0; i < size;) {
        uint32_t bit = terms[i].bit, mentions = 0;

        while (i < size && terms[i].bit == bit) {
            mentions++;
            i++;
        }
        for (uint32_t w = 0; mentions >> w != 0; w++) {
            if (mentions >> w & 1) terms[count++] = (struct term){IN_BITS, bit, w};
        }
    }
    if (count > 1) qsort(terms, count, sizeof *terms, compare_terms);
    return count;
}

/* One level: blocks of `limit` terms each become a number. */
static uint32_t add_level(struct vlog *v, struct sums *sums, uint32_t class, uint32_t *wire,
                          uint32_t count, uint32_t limit)
{
    struct term *swap = sums->terms;
    uint32_t made = 0;

    for (uint32_t start = 0; start < count; start += limit) {
        uint32_t size = count - start < limit ? count - start : limit;
        uint32_t low = sums->terms[start].weight; /* the block's weights count from its lowest */
        uint32_t bits;

        for (uint32_t i = start; i < start + size; i++)
            sums->terms[i].weight -= low;
        bits = add_up(v, sums, class, *wire, sums->terms + start, size, 0, 31);
        for (uint32_t b = 0; b < bits; b++)
            sums->next[made++] = (struct term){*wire, b, low + b};
        ++*wire;
    }
    sums->terms = sums->next;
    sums->next = swap;
    if (made > 1) qsort(sums->terms, made, sizeof *sums->terms, compare_terms);
    return made;
}

static void sum_class(struct vlog *v, struct sums *sums, uint32_t class, const char *out)
{
    const struct netlist *net = v->net;
    uint32_t limit = v->options->chunk < 64 ? 64 : v->options->chunk, wire = 0;
    uint32_t count = list_terms(v, class, sums->terms), width = netlist_score_bits(net), bits;
    uint32_t max = net->group_start[class + 1] - net->group_start[class] + net->bias[class];

    while (count > limit && v->status == ERR_OK)
        count = add_level(v, sums, class, &wire, count, limit);
    if (sums->write && count == 0) {
        vlog_add(v, "    assign %s[%u:%u] = %u'd%u;\n", out, width * (class + 1) - 1, width * class,
                 width, net->bias[class]);
    }
    if (count == 0) return;
    bits =
        add_up(v, sums, class, wire, sums->terms, count, net->bias[class], netlist_bits_for(max));
    if (!sums->write) return;
    vlog_add(v, "    assign %s[%u:%u] = ", out, width * (class + 1) - 1, width * class);
    if (bits < width) {
        vlog_add(v, "{%u'b0, class%u_sum%u};\n", width - bits, class, wire);
    } else {
        vlog_add(v, "class%u_sum%u;\n", class, wire);
    }
}

/* --- group_sum --- */

static void write_group_sum(struct vlog *v, struct sums *sums, const struct vlog_bus *bus)
{
    const struct netlist *net = v->net;
    unsigned depth = net->pipeline.popcount;
    uint32_t width = net->num_classes * netlist_score_bits(net);
    const char *out = depth > 0 ? "next_scores" : "out_scores";
    uint8_t *used = calloc((size_t)bus->count + 1, 1);
    char what[96], ports[96], stages[32];

    if (used == NULL) {
        v->status = err_nomem(v->err, "class sums");
        return;
    }
    for (uint32_t i = 0; i < bus->count; i++)
        used[i] = v->read[bus->signals[i]];
    snprintf(what, sizeof what, "sums of %u classes, %s after them", net->num_classes,
             vlog_stages(stages, depth));
    snprintf(ports, sizeof ports,
             "in_bits: what leaves the last layer; out_scores: class c at [%u*c +: %u]",
             width / net->num_classes, width / net->num_classes);
    vlog_begin(v, "group_sum", what, ports);
    vlog_add(v, "(\n");
    if (depth > 0) vlog_add(v, "    input  wire clk,\n");
    if (bus->count > 0) vlog_add(v, "    input  wire [%u:0] in_bits,\n", bus->count - 1);
    vlog_add(v, "    output wire [%u:0] out_scores\n);\n", width - 1);
    if (depth > 0) vlog_add(v, "    wire [%u:0] next_scores;\n", width - 1);
    for (uint32_t c = 0; c < net->num_classes; c++) {
        vlog_add(v, "\n");
        sum_class(v, sums, c, out);
    }
    vlog_unused(v, "in_bits", used, bus->count);
    if (depth > 0) {
        vlog_add(v, "\n");
        vlog_stage(v, width, depth, "next_scores", "out_scores");
    }
    vlog_end(v);
    free(used);
}

void vlog_group_sum(struct vlog *v, const struct vlog_bus *bus)
{
    struct sums sums = {0};
    size_t most = 64; /* a level never lists more terms than the one before, but for a few */

    if (v->status != ERR_OK) return;
    for (uint32_t c = 0; c < v->net->num_classes; c++) {
        size_t size = v->net->group_start[c + 1] - v->net->group_start[c];

        if (size + 64 > most) most = size + 64;
    }
    sums.terms = malloc(most * sizeof *sums.terms);
    sums.next = malloc(most * sizeof *sums.next);
    if (sums.terms == NULL || sums.next == NULL) v->status = err_nomem(v->err, "class sums");
    if (v->status == ERR_OK) vlog_use_bus(v, bus);
    for (uint32_t c = 0; c < v->net->num_classes && v->status == ERR_OK; c++)
        sum_class(v, &sums, c, "");
    sums.write = true;
    if (v->status == ERR_OK) write_group_sum(v, &sums, bus);
    free(sums.terms);
    free(sums.next);
    free(sums.shapes);
}

/* --- argmax --- */

void vlog_argmax(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t score = netlist_score_bits(net), width = net->num_classes * score;
    uint32_t class = netlist_class_bits(net);
    unsigned depth = net->pipeline.argmax;
    bool scores = v->options->scores;
    const char *out = depth > 0 ? "next_class" : "out_class";
    char what[96], stages[32];

    snprintf(what, sizeof what, "greatest of %u scores of %u bits, %s after it", net->num_classes,
             score, vlog_stages(stages, depth));
    vlog_begin(
        v, "argmax", what,
        scores ? "in_scores; out_class: lowest class of the greatest score; out_scores: its scores"
               : "in_scores; out_class: lowest class of the greatest score");
    vlog_add(v, "(\n%s    input  wire [%u:0] in_scores,\n",
             depth > 0 ? "    input  wire clk,\n" : "", width - 1);
    if (scores) vlog_add(v, "    output wire [%u:0] out_scores,\n", width - 1);
    vlog_add(v, "    output wire [%u:0] out_class\n);\n", class - 1);
    if (depth > 0) vlog_add(v, "    wire [%u:0] next_class;\n", class - 1);
    vlog_add(v,
             "    argmax_tree #(.COUNT(%u), .WIDTH(%u), .LEVELS(%u)) u_argmax (\n"
             "        .in_scores(in_scores), .out_index(%s));\n",
             net->num_classes, score, class, out);
    if (scores && depth > 0) {
        vlog_stage(v, width + class, depth, "{in_scores, next_class}", "{out_scores, out_class}");
    } else if (depth > 0) {
        vlog_stage(v, class, depth, "next_class", "out_class");
    } else if (scores) {
        vlog_add(v, "    assign out_scores = in_scores;\n");
    }
    vlog_end(v);
}
