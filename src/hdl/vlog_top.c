/* The two tops: core, from encoder bits, and full, from integer codes. */
#include "vlog.h"

#include <stdio.h>

enum { LAST_SIZE = VLOG_SLICE_SIZE + 8 }; /* name of the bus that a part reads */

void vlog_top_ports(struct vlog *v, const char *input, uint32_t width)
{
    vlog_add(v,
             "(\n    input  wire clk,\n    input  wire rst,  // clears the valid bits only\n"
             "    input  wire in_valid,\n    input  wire [%u:0] %s,\n    output wire out_valid,\n",
             width - 1, input);
    if (v->options->scores)
        vlog_add(v, "    output wire [%u:0] out_scores,\n", vlog_scores_width(v) - 1);
    vlog_add(v, "    output wire [%u:0] out_class\n);\n", netlist_class_bits(v->net) - 1);
}

uint32_t vlog_core_latency(const struct vlog *v)
{
    return netlist_latency(v->net) - vlog_part_stages(v, 0);
}

uint32_t vlog_scores_width(const struct vlog *v)
{
    return v->net->num_classes * netlist_score_bits(v->net);
}

const char *vlog_clock(uint32_t stages)
{
    return stages > 0 ? ".clk(clk), " : "";
}

/* in_bits when no part reads it: then every score is a constant. */
static void write_unread(struct vlog *v)
{
    vlog_add(v, "    wire unused_ok = &{1'b0, in_bits};\n");
}

static void write_layers(struct vlog *v, const uint32_t *widths, char last[LAST_SIZE])
{
    const struct netlist *net = v->net;
    bool read = false;

    snprintf(last, LAST_SIZE, "in_bits");
    for (uint32_t i = 0; i < v->num_slices; i++) {
        char name[VLOG_SLICE_SIZE];

        vlog_slice_name(&v->slices[i], name);
        if (widths[i + 1] > 0) {
            vlog_add(v, "    wire [%u:0] %s_bits;\n    %s_%s u_%s (%s", widths[i + 1] - 1, name,
                     net->name, name, name, vlog_clock(v->slices[i].registers));
            if (widths[i] > 0) vlog_add(v, ".in_bits(%s), ", last);
            vlog_add(v, ".out_bits(%s_bits));\n", name);
        }
        read = read || (i == 0 && widths[1] > 0);
        snprintf(last, LAST_SIZE, "%s_bits", name);
    }
    if (!read && net->num_layers > 0) write_unread(v);
}

void vlog_core(struct vlog *v, const uint32_t *widths)
{
    const struct netlist *net = v->net;
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[144], last[LAST_SIZE], codes[64] = "";

    snprintf(what, sizeof what, "from encoder bits to class, %u cycles, one sample a cycle",
             vlog_core_latency(v));
    if (net->num_encoder_bits < net->num_steps)
        snprintf(codes, sizeof codes, ", then the codes from [%u] on", net->num_encoder_bits);
    snprintf(ports, sizeof ports,
             "in_bits: encoder bit b at [b]%s; out_scores: class c at [%u*c +: %u]", codes, width,
             width);
    vlog_begin(v, "core", what, ports);
    vlog_top_ports(v, "in_bits", net->num_steps);
    write_layers(v, widths, last);
    vlog_add(v, "    wire [%u:0] scores;\n    %s_group_sum u_group_sum (%s",
             vlog_scores_width(v) - 1, net->name,
             vlog_clock(vlog_part_stages(v, netlist_part_popcount(net))));
    if (widths[v->num_slices] > 0) vlog_add(v, ".in_bits(%s), ", last);
    vlog_add(v,
             ".out_scores(scores));\n    %s_argmax u_argmax (\n"
             "        %s.in_scores(scores), %s.out_class(out_class));\n",
             net->name, vlog_clock(vlog_part_stages(v, netlist_part_argmax(net))),
             v->options->scores ? ".out_scores(out_scores), " : "");
    vlog_add(v,
             "    pipe_valid #(.DEPTH(%u)) u_valid (\n"
             "        .clk(clk), .rst(rst), .in(in_valid), .out(out_valid));\n",
             vlog_core_latency(v));
    vlog_end(v);
}

void vlog_full(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t depth = vlog_part_stages(v, 0);
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[128];

    snprintf(what, sizeof what, "from integer codes to class, %u cycles, one sample a cycle",
             netlist_latency(net));
    snprintf(ports, sizeof ports,
             "in_codes: feature f at [%u*f +: %u]; out_scores: class c at [%u*c +: %u]",
             net->code_bits, net->code_bits, width, width);
    vlog_begin(v, "full", what, ports);
    vlog_top_ports(v, "in_codes", net->num_features * net->code_bits);
    vlog_add(v,
             "    wire [%u:0] bits;\n    wire bits_valid;\n"
             "    %s_encoder u_encoder (%s.in_codes(in_codes), .out_bits(bits));\n",
             net->num_steps - 1, net->name, vlog_clock(depth));
    vlog_add(v,
             "    pipe_valid #(.DEPTH(%u)) u_valid (\n"
             "        .clk(clk), .rst(rst), .in(in_valid), .out(bits_valid));\n",
             depth);
    vlog_add(v,
             "    %s_core u_core (\n        .clk(clk), .rst(rst), .in_valid(bits_valid), "
             ".in_bits(bits),\n        .out_valid(out_valid), %s.out_class(out_class));\n",
             net->name, v->options->scores ? ".out_scores(out_scores), " : "");
    vlog_end(v);
}
