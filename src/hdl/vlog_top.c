/* The two tops: core, from encoder bits, and full, from integer codes. */
#include "vlog.h"

#include <stdio.h>

/* Ports after the inputs, common to both tops. */
static void write_outputs(struct vlog *v)
{
    const struct netlist *net = v->net;
    uint32_t width = net->num_classes * netlist_score_bits(net);

    vlog_add(v, "    output wire out_valid,\n");
    if (v->options->scores) vlog_add(v, "    output wire [%u:0] out_scores,\n", width - 1);
    vlog_add(v, "    output wire [%u:0] out_class\n);\n", netlist_class_bits(net) - 1);
}

static uint32_t core_latency(const struct netlist *net)
{
    return netlist_latency(net) - net->pipeline.encoder;
}

static const char *clock(unsigned depth)
{
    return depth > 0 ? ".clk(clk), " : "";
}

/* in_bits when no part reads it: then every score is a constant. */
static void write_unread(struct vlog *v)
{
    vlog_add(v, "    wire unused_ok = &{1'b0, in_bits};\n");
}

static void write_layers(struct vlog *v, const uint32_t *widths, char last[32])
{
    const struct netlist *net = v->net;
    bool read = false;

    snprintf(last, 32, "in_bits");
    for (uint32_t l = 0; l < net->num_layers; l++) {
        if (widths[l + 1] > 0) {
            vlog_add(v, "    wire [%u:0] layer%u_bits;\n    %s_layer%u u_layer%u (%s",
                     widths[l + 1] - 1, l, net->name, l, l, clock(net->pipeline.layers));
            if (widths[l] > 0) vlog_add(v, ".in_bits(%s), ", last);
            vlog_add(v, ".out_bits(layer%u_bits));\n", l);
        }
        read = read || (l == 0 && widths[1] > 0);
        snprintf(last, 32, "layer%u_bits", l);
    }
    if (!read && net->num_layers > 0) write_unread(v);
}

void vlog_core(struct vlog *v, const uint32_t *widths)
{
    const struct netlist *net = v->net;
    uint32_t scores = net->num_classes * netlist_score_bits(net);
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[128], last[32];

    snprintf(what, sizeof what, "from encoder bits to class, %u cycles, one sample a cycle",
             core_latency(net));
    snprintf(ports, sizeof ports,
             "in_bits: encoder bit b at [b]; out_scores: class c at [%u*c +: %u]", width, width);
    vlog_begin(v, "core", what, ports);
    vlog_add(v,
             "(\n    input  wire clk,\n    input  wire rst,  // clears the valid bits only\n"
             "    input  wire in_valid,\n    input  wire [%u:0] in_bits,\n",
             net->num_steps - 1);
    write_outputs(v);
    write_layers(v, widths, last);
    vlog_add(v, "    wire [%u:0] scores;\n    %s_group_sum u_group_sum (%s", scores - 1, net->name,
             clock(net->pipeline.popcount));
    if (widths[net->num_layers] > 0) vlog_add(v, ".in_bits(%s), ", last);
    vlog_add(v,
             ".out_scores(scores));\n    %s_argmax u_argmax (\n"
             "        %s.in_scores(scores), %s.out_class(out_class));\n",
             net->name, clock(net->pipeline.argmax),
             v->options->scores ? ".out_scores(out_scores), " : "");
    vlog_add(v,
             "    pipe_valid #(.DEPTH(%u)) u_valid (\n"
             "        .clk(clk), .rst(rst), .in(in_valid), .out(out_valid));\n",
             core_latency(net));
    vlog_end(v);
}

void vlog_full(struct vlog *v)
{
    const struct netlist *net = v->net;
    unsigned depth = net->pipeline.encoder;
    uint32_t width = netlist_score_bits(net);
    char what[96], ports[128];

    snprintf(what, sizeof what, "from integer codes to class, %u cycles, one sample a cycle",
             netlist_latency(net));
    snprintf(ports, sizeof ports,
             "in_codes: feature f at [%u*f +: %u]; out_scores: class c at [%u*c +: %u]",
             net->code_bits, net->code_bits, width, width);
    vlog_begin(v, "full", what, ports);
    vlog_add(v,
             "(\n    input  wire clk,\n    input  wire rst,  // clears the valid bits only\n"
             "    input  wire in_valid,\n    input  wire [%u:0] in_codes,\n",
             net->num_features * net->code_bits - 1);
    write_outputs(v);
    vlog_add(v,
             "    wire [%u:0] bits;\n    wire bits_valid;\n"
             "    %s_encoder u_encoder (%s.in_codes(in_codes), .out_bits(bits));\n",
             net->num_steps - 1, net->name, clock(depth));
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
