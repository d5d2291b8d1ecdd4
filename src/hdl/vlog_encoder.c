/* The encoder: each step bit as comparisons of its feature's code. Comparisons of one code share their
 * low bits where that saves LUTs (netlist/comparators.h). */
#include "vlog.h"

#include "netlist/step_plan.h"

#include <stdio.h>
#include <stdlib.h>

/* A run of features that one module encodes. */
struct part {
    uint32_t first, last; /* features first .. last - 1 */
    const char *out;      /* name of the output bus */
    bool compact;         /* in_codes and outputs hold only what is live, in order */
    uint32_t inputs;      /* compact: features so far */
    uint32_t outputs;     /* compact: bits so far */
};

static uint32_t num_toggles(const struct netlist *net, uint32_t bit)
{
    return net->toggle_start[bit + 1] - net->toggle_start[bit];
}

/* --- one feature --- */

static void write_plain(struct vlog *v, uint32_t feature, uint32_t toggle)
{
    vlog_add(v, "code%u > %u'd%u", feature, v->net->code_bits, toggle - 1);
}

static int compare_comparator(const void *key, const void *item)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct comparator *)item)->toggle;

    return a < b ? -1 : a > b;
}

static const struct comparator *find_comparator(const struct comparators *plan, uint32_t toggle)
{
    return bsearch(&toggle, plan->items, plan->count, sizeof *plan->items, compare_comparator);
}

static void write_comparison(struct vlog *v, uint32_t feature, const struct comparators *plan,
                             uint32_t toggle)
{
    const struct comparator *item = find_comparator(plan, toggle);
    unsigned top = v->net->code_bits - 1, low;

    if (item->chain == COMPARATORS_PLAIN) {
        write_plain(v, feature, toggle);
    } else {
        const struct comparators_chain *chain = &plan->chains[item->chain];

        low = v->net->code_bits - chain->top_bits;
        vlog_add(v, "{code%u[%u:%u], code%u_low%u_%u} > %u'd%u", feature, top, low, feature,
                 item->chain, chain->num_steps - 1u, chain->top_bits + 1u, toggle >> low << 1);
    }
}

/* The values of a bit for all codes, as one literal with the last code first. */
static void write_table(struct vlog *v, uint32_t bit)
{
    const struct netlist *net = v->net;
    uint32_t codes = (uint32_t)1 << net->code_bits, t = net->toggle_start[bit + 1];
    unsigned value = (net->step_initial[bit] ^ num_toggles(net, bit)) & 1, digit = 0;

    vlog_add(v, "%u'h", codes);
    for (uint32_t code = codes; code-- > 0;) {
        digit = digit << 1 | value;
        if (t > net->toggle_start[bit] && net->toggles[t - 1] == code) {
            value ^= 1;
            t--;
        }
        if (code % 4 == 0) {
            vlog_add(v, "%x", digit);
            digit = 0;
        }
    }
}

static void write_bit_table(struct vlog *v, uint32_t feature, uint32_t bit, const char *out,
                            uint32_t index)
{
    if (v->net->code_bits <= 6) {
        vlog_add(v, "    lut_node #(.K(%u), .TABLE(", v->net->code_bits);
        write_table(v, bit);
        vlog_add(v, ")) u_bit%u (.addr(code%u), .out(%s[%u]));\n", bit, feature, out, index);
    } else {
        vlog_add(v, "    wire [%u:0] table%u =\n        ", (1u << v->net->code_bits) - 1, bit);
        write_table(v, bit);
        vlog_add(v, ";\n    assign %s[%u] = table%u[code%u];\n", out, index, bit, feature);
    }
}

/* Exclusive or of comparisons: the bit toggles at each of its codes. */
static void write_bit_steps(struct vlog *v, uint32_t feature, const struct comparators *plan,
                            uint32_t bit, const char *out, uint32_t index)
{
    const struct netlist *net = v->net;
    const uint32_t *toggles = net->toggles + net->toggle_start[bit];
    uint32_t count = num_toggles(net, bit);
    bool inverted = count > 0 && net->step_initial[bit];

    vlog_add(v, "    assign %s[%u] = %s", out, index, inverted ? "~(" : "");
    if (count == 0) vlog_add(v, "1'b%u", net->step_initial[bit]);
    for (uint32_t t = 0; t < count; t++) {
        if (t > 0) vlog_add(v, t % 4 == 0 ? "\n        ^ " : " ^ ");
        if (count > 1) vlog_add(v, "(");
        write_comparison(v, feature, plan, toggles[t]);
        if (count > 1) vlog_add(v, ")");
    }
    vlog_add(v, "%s;", inverted ? ")" : "");
    if (count == 1 && find_comparator(plan, toggles[0])->chain != COMPARATORS_PLAIN)
        vlog_add(v, "  // code%u > %u", feature, toggles[0] - 1);
    vlog_add(v, "\n");
}

/* The LUTs that compare the low bits for several thresholds. */
static void write_chain(struct vlog *v, uint32_t feature, const struct comparators_chain *chain,
                        uint32_t number)
{
    for (uint32_t i = 0; i < chain->num_steps; i++) {
        const struct comparators_step *s = &chain->steps[i];
        unsigned inputs = (unsigned)chain->num_select + s->num_bits + (i > 0 ? 1u : 0u);
        uint32_t bits[6], used = 0;
        char bus[32], name[80];

        snprintf(bus, sizeof bus, "code%u", feature);
        for (unsigned k = 0; k < s->num_bits; k++)
            bits[used++] = s->first_bit + k;
        for (unsigned k = 0; k < chain->num_select; k++)
            bits[used++] = chain->select_bits[k];
        snprintf(name, sizeof name, "%s_low%u_%u", bus, number, i);
        vlog_add(v, "    wire %s;\n", name);
        vlog_lut(v, inputs, s->table, name);
        vlog_add(v, "        .addr(");
        if (i > 0) vlog_add(v, "{");
        vlog_pick(v, bus, bits, used, 14);
        if (i > 0) vlog_add(v, ", %s_low%u_%u}", bus, number, i - 1);
        vlog_add(v, "), .out(%s));\n", name);
    }
}

/* Code bits that nothing reads would be left over; they are named, so that a lint does not take them for
 * a mistake. */
static void write_unused(struct vlog *v, uint32_t feature, const uint32_t *bits, uint32_t count,
                         const struct comparators *plan)
{
    unsigned lowest = v->net->code_bits, wires = 0, k;

    for (uint32_t i = 0; i < count; i++) {
        if (step_plan_is_table(v->net, bits[i])) return;
        if (step_plan_is_wire(v->net, bits[i], &k)) wires |= 1u << k;
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->items[i].chain == COMPARATORS_PLAIN) return;
    }
    for (size_t i = 0; i < plan->num_chains; i++) {
        if (plan->chains[i].steps[0].first_bit < lowest)
            lowest = plan->chains[i].steps[0].first_bit;
    }
    wires |= ~0u << lowest;
    if (~wires == 0) return;
    vlog_add(v, "    wire code%u_unused_ok = &{1'b0", feature);
    for (unsigned high = lowest; high-- > 0;) {
        unsigned low = high;

        if (wires >> high & 1) continue;
        while (low > 0 && !(wires >> (low - 1) & 1))
            low--;
        vlog_add(v, ", code%u[%u:%u]", feature, high, low);
        high = low;
    }
    vlog_add(v, "};\n");
}

static void write_feature(struct vlog *v, const struct step_plan *e, uint32_t feature,
                          struct part *part)
{
    const uint32_t *bits = e->bits + e->feature_start[feature];
    uint32_t count = step_plan_size(e, feature);
    uint32_t slot = part->compact ? part->inputs : feature, width = v->net->code_bits;
    struct comparators *plan = NULL;

    if (v->status == ERR_OK)
        v->status = step_plan_comparators(
            e, v->net, feature, vlog_target_lut_inputs(v->options->target), &plan, v->err);
    if (v->status != ERR_OK) return;
    vlog_add(v, "\n    wire [%u:0] code%u = in_codes[%u:%u];\n", width - 1, feature,
             width * (slot + 1) - 1, width * slot);
    for (uint32_t i = 0; i < plan->num_chains; i++)
        write_chain(v, feature, &plan->chains[i], i);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = part->compact ? part->outputs + i : bits[i];
        unsigned k;

        if (step_plan_is_wire(v->net, bits[i], &k)) {
            vlog_add(v, "    assign %s[%u] = code%u[%u];\n", part->out, index, feature, k);
        } else if (step_plan_is_table(v->net, bits[i])) {
            write_bit_table(v, feature, bits[i], part->out, index);
        } else {
            write_bit_steps(v, feature, plan, bits[i], part->out, index);
        }
    }
    write_unused(v, feature, bits, count, plan);
    part->inputs++;
    part->outputs += count;
    comparators_free(plan);
}

/* --- modules --- */

static void write_features(struct vlog *v, const struct step_plan *e, struct part *part)
{
    if (v->net->code_bits > 6) {
        vlog_add(v, "\n    // Each bit is code > threshold. Where thresholds of one code share a "
                    "\"low\" wire, it "
                    "says\n    // whether the code's low bits exceed those of the one that could "
                    "matter.\n");
    }
    for (uint32_t f = part->first; f < part->last; f++) {
        if (step_plan_size(e, f) > 0) write_feature(v, e, f, part);
    }
}

/* One past the last feature of the part that starts at `first`: at most `chunk` bits, but whole
 * features. */
static uint32_t part_end(const struct vlog *v, const struct step_plan *e, uint32_t first)
{
    uint32_t last = first + 1;

    while (last < v->net->num_features &&
           e->feature_start[last + 1] - e->feature_start[first] <= v->options->chunk)
        last++;
    return last;
}

static void write_part_module(struct vlog *v, const struct step_plan *e, uint32_t number,
                              uint32_t first, uint32_t last)
{
    struct part part = {.first = first, .last = last, .out = "out_bits", .compact = true};
    uint32_t features = 0, bits = e->feature_start[last] - e->feature_start[first];
    char suffix[40], what[80];

    for (uint32_t f = first; f < last; f++)
        features += step_plan_size(e, f) > 0;
    snprintf(suffix, sizeof suffix, "encoder_part%u", number);
    snprintf(what, sizeof what, "encoder, features %u to %u", first, last - 1);
    vlog_begin(v, suffix, what,
               "in_codes: codes of the features that are read; out_bits: their bits that are read");
    vlog_add(v, "(\n    input  wire [%u:0] in_codes,\n    output wire [%u:0] out_bits\n);",
             features * v->net->code_bits - 1, bits - 1);
    write_features(v, e, &part);
    vlog_end(v);
}

static void write_part_instance(struct vlog *v, const struct step_plan *e, uint32_t number,
                                uint32_t first, uint32_t last, const char *out)
{
    uint32_t width = v->net->code_bits, count = 0;
    const uint32_t *bits = e->bits + e->feature_start[first];
    uint32_t num_bits = e->feature_start[last] - e->feature_start[first];
    uint32_t *picked = malloc((size_t)(last - first) * width * sizeof *picked);
    char name[32];

    if (picked == NULL) {
        v->status = err_nomem(v->err, "encoder parts");
        return;
    }
    for (uint32_t f = first; f < last; f++) {
        for (uint32_t k = 0; k < width && step_plan_size(e, f) > 0; k++)
            picked[count++] = f * width + k;
    }
    snprintf(name, sizeof name, "part%u_bits", number);
    vlog_add(v, "\n    wire [%u:0] %s;\n    %s_encoder_part%u u_part%u (\n        .in_codes(",
             num_bits - 1, name, v->net->name, number, number);
    vlog_pick(v, "in_codes", picked, count, 8);
    vlog_add(v, "),\n        .out_bits(%s));\n", name);
    vlog_spread(v, out, bits, name, num_bits);
    free(picked);
}

/* Bits and codes that nothing reads. */
static void write_unread(struct vlog *v, const struct step_plan *e, const char *out)
{
    const struct netlist *net = v->net;
    size_t codes = (size_t)net->num_features * net->code_bits;
    uint8_t *used = malloc(codes);
    bool any = false;

    if (used == NULL) {
        v->status = err_nomem(v->err, "encoder inputs");
        return;
    }
    for (uint32_t start = 0; start < net->num_steps;) {
        uint32_t end = start + 1;

        while (end < net->num_steps && v->read[end] == v->read[start])
            end++;
        if (!v->read[start]) {
            vlog_add(v, "%s    assign %s[%u:%u] = %u'b0;\n",
                     any ? "" : "\n    // Bits that nothing reads are not computed.\n", out,
                     end - 1, start, end - start);
            any = true;
        }
        start = end;
    }
    for (size_t i = 0; i < codes; i++)
        used[i] = step_plan_size(e, (uint32_t)(i / net->code_bits)) > 0;
    vlog_unused(v, "in_codes", used, (uint32_t)codes);
    free(used);
}

static void write_parts(struct vlog *v, const struct step_plan *e)
{
    uint32_t number = 0;

    for (uint32_t f = 0; f < v->net->num_features;) {
        uint32_t end = part_end(v, e, f);

        if (e->feature_start[end] > e->feature_start[f]) write_part_module(v, e, number++, f, end);
        f = end;
    }
}

static void write_main(struct vlog *v, const struct step_plan *e, bool parts)
{
    const struct netlist *net = v->net;
    uint32_t depth = vlog_part_stages(v, 0);
    const char *out = depth > 0 ? "next_bits" : "out_bits";
    struct part whole = {.last = net->num_features, .out = out};
    char what[80], ports[128], stages[32];
    bool codes = net->num_encoder_bits < net->num_steps;

    snprintf(what, sizeof what, "%u encoder bits%s, %s after them", net->num_encoder_bits,
             codes ? " and the codes" : "", vlog_stages(stages, depth));
    snprintf(ports, sizeof ports,
             "in_codes: feature f at [%u*f +: %u]; out_bits: encoder bit b at [b]%s",
             net->code_bits, net->code_bits, codes ? ", then the codes" : "");
    vlog_begin(v, "encoder", what, ports);
    vlog_add(v, "(\n%s    input  wire [%u:0] in_codes,\n    output wire [%u:0] out_bits\n);\n",
             depth > 0 ? "    input  wire clk,\n" : "", net->num_features * net->code_bits - 1,
             net->num_steps - 1);
    if (depth > 0) vlog_add(v, "    wire [%u:0] next_bits;\n", net->num_steps - 1);
    if (!parts) write_features(v, e, &whole);
    for (uint32_t f = 0, number = 0; parts && f < net->num_features;) {
        uint32_t end = part_end(v, e, f);

        if (e->feature_start[end] > e->feature_start[f])
            write_part_instance(v, e, number++, f, end, out);
        f = end;
    }
    write_unread(v, e, out);
    if (depth > 0) {
        vlog_add(v, "\n");
        vlog_stage(v, net->num_steps, depth, "next_bits", "out_bits");
    }
    vlog_end(v);
}

void vlog_encoder(struct vlog *v)
{
    struct step_plan *e = NULL;

    if (v->status == ERR_OK) v->status = step_plan_create(&e, v->net, v->err);
    if (v->status == ERR_OK) {
        bool parts = e->count > v->options->chunk;

        if (parts) write_parts(v, e);
        write_main(v, e, parts);
    }
    step_plan_free(e);
}
