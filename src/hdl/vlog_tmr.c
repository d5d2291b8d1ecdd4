/* Triple modular redundancy (docs/hardware_guide.md): every part three times, in <name>_tmr.
 *
 * The pipeline has no feedback: an upset register is right again with the next sample, so no copy has to be
 * brought back into step, and the output would be enough to vote at. Voters behind the registers of every
 * part but the last, one a copy, mask one fault in each part at the same time; after flip-flops they
 * cost the least time (Johnson and Wirthlin, "Voter insertion algorithms for FPGA designs using triple modular
 * redundancy", FPGA 2010). One voter stands at each output, where there is one wire only. */
#include "vlog.h"

#include <stdio.h>

/* Three wires of a part: what its copies say, and what is read of it. `stages` 0: the same. */
static void declare(struct vlog *v, const char *name, uint32_t width, uint32_t stages)
{
    vlog_add(v, "    wire [%u:0] %s_copies;  // copy k at [%u*k +: %u]\n", 3 * width - 1, name,
             width, width);
    if (stages > 0) vlog_add(v, "    wire [%u:0] %s_voted;\n", 3 * width - 1, name);
}

static void vote(struct vlog *v, const char *name, uint32_t width, uint32_t stages, uint64_t *luts)
{
    if (stages == 0) return;
    vlog_add(v,
             "            tmr_vote #(.WIDTH(%u)) u_vote_%s (\n"
             "                .in(%s_copies), .out(%s_voted[%u*k+:%u]));\n",
             width, name, name, name, width, width);
    *luts += 3 * (uint64_t)width;
}

/* --- <name>_tmr --- */

static void write_layers(struct vlog *v, const uint32_t *widths, char last[VLOG_SLICE_SIZE + 16])
{
    snprintf(last, VLOG_SLICE_SIZE + 16, "in_bits");
    for (uint32_t i = 0; i < v->num_slices; i++) {
        uint32_t stages = v->slices[i].registers, width = widths[i + 1];
        char name[VLOG_SLICE_SIZE];

        vlog_slice_name(&v->slices[i], name);
        if (width > 0) {
            vlog_add(v, "            %s_%s u_%s (\n                %s", v->net->name, name, name,
                     vlog_clock(stages));
            if (widths[i] > 0) vlog_add(v, ".in_bits(%s[%u*k+:%u]), ", last, widths[i], widths[i]);
            vlog_add(v, ".out_bits(%s_copies[%u*k+:%u]));\n", name, width, width);
            vote(v, name, width, stages, &v->manifest->luts_layers);
        }
        snprintf(last, VLOG_SLICE_SIZE + 16, "%s_%s", name, stages > 0 ? "voted" : "copies");
    }
}

static void write_copies(struct vlog *v, const uint32_t *widths)
{
    const struct netlist *net = v->net;
    uint32_t scores = vlog_scores_width(v), class = netlist_class_bits(net);
    uint32_t sum_stages = vlog_part_stages(v, netlist_part_popcount(net));
    uint32_t input = widths[v->num_slices];
    char last[VLOG_SLICE_SIZE + 16];

    vlog_add(v, "\n    genvar k;\n    generate\n"
                "        for (k = 0; k < 3; k = k + 1) begin : g_copy\n");
    write_layers(v, widths, last);
    vlog_add(v, "            %s_group_sum u_group_sum (\n                %s", net->name,
             vlog_clock(sum_stages));
    if (input > 0) vlog_add(v, ".in_bits(%s[%u*k+:%u]), ", last, input, input);
    vlog_add(v, ".out_scores(scores_copies[%u*k+:%u]));\n", scores, scores);
    vote(v, "scores", scores, sum_stages, &v->manifest->luts_group_sum);
    vlog_add(
        v,
        "            %s_argmax u_argmax (\n                %s.in_scores(scores_%s[%u*k+:%u]),\n"
        "                ",
        net->name, vlog_clock(vlog_part_stages(v, netlist_part_argmax(net))),
        sum_stages > 0 ? "voted" : "copies", scores, scores);
    if (v->options->scores) vlog_add(v, ".out_scores(out_scores[%u*k+:%u]), ", scores, scores);
    vlog_add(v,
             ".out_class(out_class[%u*k+:%u]));\n"
             "            tmr_valid #(.DEPTH(%u)) u_valid (\n"
             "                .clk(clk), .rst(rst), .in(in_valid[k]), .out(out_valid[k]));\n"
             "        end\n    endgenerate\n",
             class, class, vlog_core_latency(v));
}

static void write_tmr(struct vlog *v, const uint32_t *widths)
{
    const struct netlist *net = v->net;
    uint32_t scores = vlog_scores_width(v), class = netlist_class_bits(net), steps = net->num_steps;
    bool read = net->num_layers == 0;

    vlog_template(v, "tmr_vote.v");
    vlog_template(v, "tmr_valid.v");
    vlog_begin(v, "tmr", "three copies of every part, with voters behind the registers of each",
               "copy k of every port at its width * k and up, as in core");
    vlog_add(v,
             "(\n    input  wire clk,\n    input  wire rst,  // clears the valid bits only\n"
             "    input  wire [2:0] in_valid,\n    input  wire [%u:0] in_bits,\n"
             "    output wire [2:0] out_valid,\n",
             3 * steps - 1);
    if (v->options->scores) vlog_add(v, "    output wire [%u:0] out_scores,\n", 3 * scores - 1);
    vlog_add(v, "    output wire [%u:0] out_class\n);\n", 3 * class - 1);
    for (uint32_t i = 0; i < v->num_slices; i++) {
        char name[VLOG_SLICE_SIZE];

        vlog_slice_name(&v->slices[i], name);
        if (widths[i + 1] > 0) declare(v, name, widths[i + 1], v->slices[i].registers);
        read = read || (i == 0 && widths[1] > 0);
    }
    declare(v, "scores", scores, vlog_part_stages(v, netlist_part_popcount(net)));
    if (!read) vlog_add(v, "    wire unused_ok = &{1'b0, in_bits};\n");
    write_copies(v, widths);
    vlog_end(v);
}

/* --- the tops --- */

/* The instance of <name>_tmr and the voters at the outputs. */
static void write_outputs(struct vlog *v, const char *valid, const char *bits)
{
    uint32_t scores = vlog_scores_width(v), class = netlist_class_bits(v->net);

    vlog_add(v, "    wire [2:0] valid_copies;\n    wire [%u:0] class_copies;\n", 3 * class - 1);
    if (v->options->scores) vlog_add(v, "    wire [%u:0] scores_copies;\n", 3 * scores - 1);
    vlog_add(v,
             "    %s_tmr u_tmr (\n        .clk(clk), .rst(rst), .in_valid(%s), .in_bits(%s),\n"
             "        .out_valid(valid_copies), %s.out_class(class_copies));\n",
             v->net->name, valid, bits, v->options->scores ? ".out_scores(scores_copies), " : "");
    vlog_add(v,
             "    tmr_vote #(.WIDTH(1)) u_vote_valid (.in(valid_copies), .out(out_valid));\n"
             "    tmr_vote #(.WIDTH(%u)) u_vote_class (.in(class_copies), .out(out_class));\n",
             class);
    if (v->options->scores)
        vlog_add(v,
                 "    tmr_vote #(.WIDTH(%u)) u_vote_scores (.in(scores_copies), "
                 ".out(out_scores));\n",
                 scores);
}

static void write_core(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[128];

    snprintf(what, sizeof what, "from encoder bits to class, three copies, %u cycles",
             vlog_core_latency(v));
    snprintf(ports, sizeof ports,
             "in_bits: encoder bit b at [b]; out_scores: class c at [%u*c +: %u]", width, width);
    vlog_begin(v, "core", what, ports);
    vlog_top_ports(v, "in_bits", net->num_steps);
    write_outputs(v, "{3{in_valid}}", "{3{in_bits}}");
    vlog_end(v);
}

/* The bits that something reads, highest first, 64 a piece. */
static uint32_t write_read(struct vlog *v)
{
    uint32_t steps = v->net->num_steps, count = 0;

    for (uint32_t piece = (steps + 63) / 64; piece-- > 0;) {
        uint32_t width = steps - 64 * piece < 64 ? steps - 64 * piece : 64;
        unsigned long long bits = 0;
        char item[32];

        for (uint32_t b = 0; b < width; b++) {
            bits |= (unsigned long long)(v->read[64 * piece + b] != 0) << b;
            count += v->read[64 * piece + b] != 0;
        }
        snprintf(item, sizeof item, "%u'h%llx", width, bits);
        vlog_item(v, item, piece == 0, 16);
    }
    return count;
}

/* Encoder bits that something reads get voters. */
static void write_encoder_vote(struct vlog *v)
{
    uint32_t steps = v->net->num_steps;

    vlog_add(v, "            tmr_vote #(.WIDTH(%u), .READ({", steps);
    v->manifest->luts_encoder += 3 * (uint64_t)write_read(v);
    vlog_add(v,
             "})) u_vote_encoder (\n"
             "                .in(bits_copies), .out(bits_voted[%u*k+:%u]));\n",
             steps, steps);
}

static void write_encoders(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t depth = vlog_part_stages(v, 0), steps = net->num_steps;

    vlog_add(v, "    wire [2:0] bits_valid;\n");
    declare(v, "bits", steps, depth);
    vlog_add(v,
             "    genvar k;\n    generate\n        for (k = 0; k < 3; k = k + 1) begin : g_copy\n"
             "            %s_encoder u_encoder (\n"
             "                %s.in_codes(in_codes), .out_bits(bits_copies[%u*k+:%u]));\n",
             net->name, vlog_clock(depth), steps, steps);
    if (depth > 0) write_encoder_vote(v);
    vlog_add(v,
             "            tmr_valid #(.DEPTH(%u)) u_valid (\n"
             "                .clk(clk), .rst(rst), .in(in_valid), .out(bits_valid[k]));\n"
             "        end\n    endgenerate\n",
             depth);
}

static void write_full(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[128];

    snprintf(what, sizeof what, "from integer codes to class, three copies, %u cycles",
             netlist_latency(net));
    snprintf(ports, sizeof ports,
             "in_codes: feature f at [%u*f +: %u]; out_scores: class c at [%u*c +: %u]",
             net->code_bits, net->code_bits, width, width);
    vlog_begin(v, "full", what, ports);
    vlog_top_ports(v, "in_codes", net->num_features * net->code_bits);
    write_encoders(v);
    write_outputs(v, "bits_valid", vlog_part_stages(v, 0) > 0 ? "bits_voted" : "bits_copies");
    vlog_end(v);
    v->manifest->luts_argmax +=
        1 + netlist_class_bits(net) + (v->options->scores ? vlog_scores_width(v) : 0);
}

void vlog_tmr(struct vlog *v, const uint32_t *widths)
{
    write_tmr(v, widths);
    write_core(v);
    write_full(v);
}
