#include "vlog_stream.h"

#include "vlog.h"
#include "vlog_board.h"

#include <stdio.h>
#include <string.h>

bool vlog_has_stream(const char *top)
{
    return strcmp(top, "stream") == 0 || vlog_is_board(top);
}

/* Whole bytes, a power of two of them, so that software reads an array. */
static uint32_t slot(uint32_t bits)
{
    return bits <= 8 ? 8 : bits <= 16 ? 16 : 32;
}

static uint32_t num_beats(uint64_t words, uint32_t bits, uint32_t width)
{
    return (uint32_t)((words * bits + width - 1) / width);
}

struct manifest_stream vlog_stream_layout(const struct netlist *net, uint32_t width, bool scores)
{
    uint32_t result = netlist_class_bits(net);
    uint32_t words = 1 + (scores ? net->num_classes : 0);
    struct manifest_stream stream = {.width = width, .code_slot = slot(net->code_bits)};

    if (scores && netlist_score_bits(net) > result) result = netlist_score_bits(net);
    stream.result_slot = slot(result);
    stream.result_words = words;
    stream.beats_in = num_beats(net->num_features, stream.code_slot, width);
    stream.beats_out = num_beats(words, stream.result_slot, width);
    return stream;
}

static void write_ports(struct vlog *v)
{
    vlog_add(v,
             "    input  wire clk,\n    input  wire rst,  // drops whatever is on its way\n"
             "    input  wire [WIDTH-1:0] s_axis_tdata,\n    input  wire s_axis_tvalid,\n"
             "    output wire s_axis_tready,\n    input  wire s_axis_tlast,\n"
             "    output wire [WIDTH-1:0] m_axis_tdata,\n    output wire m_axis_tvalid,\n"
             "    input  wire m_axis_tready,\n    output wire m_axis_tlast,\n"
             "    output wire [15:0] error_count  // frames dropped: TLAST too early or too late\n"
             ");\n");
}

static void write_body(struct vlog *v, const struct manifest_stream *stream)
{
    const struct netlist *net = v->net;
    uint32_t class_bits = netlist_class_bits(net), score_bits = netlist_score_bits(net);
    uint32_t codes = net->num_features * net->code_bits;
    bool scores = v->options->scores;

    vlog_add(v,
             "    wire room, issue, codes_valid, result_valid;\n    wire [%u:0] codes;\n"
             "    wire [%u:0] result;\n",
             codes - 1, class_bits + (scores ? net->num_classes * score_bits : 0) - 1);
    vlog_add(v,
             "    stream_in #(.WIDTH(WIDTH), .SLOT(%u), .CODE(%u), .FEATURES(%u)) u_in (\n"
             "        .clk(clk), .rst(rst), .s_axis_tdata(s_axis_tdata), "
             ".s_axis_tvalid(s_axis_tvalid),\n        .s_axis_tready(s_axis_tready), "
             ".s_axis_tlast(s_axis_tlast), .room(room), .issue(issue),\n"
             "        .out_valid(codes_valid), .out_codes(codes), .error_count(error_count));\n",
             stream->code_slot, net->code_bits, net->num_features);
    vlog_add(v,
             "    %s_full u_full (\n        .clk(clk), .rst(rst), .in_valid(codes_valid), "
             ".in_codes(codes),\n        .out_valid(result_valid), .out_class(result[%u:0])",
             net->name, class_bits - 1);
    if (scores)
        vlog_add(v, ",\n        .out_scores(result[%u:%u])",
                 class_bits + net->num_classes * score_bits - 1, class_bits);
    vlog_add(v,
             ");\n    stream_out #(\n        .WIDTH(WIDTH), .SLOT(%u), .CLASS(%u), .SCORES(%u), "
             ".SCORE(%u), .LATENCY(%u),\n        .PERIOD((%llu + WIDTH - 1) / WIDTH)\n"
             "    ) u_out (\n",
             stream->result_slot, class_bits, scores ? net->num_classes : 0,
             scores ? score_bits : 1, netlist_latency(net),
             (unsigned long long)net->num_features * stream->code_slot);
    vlog_add(v,
             "        .clk(clk), .rst(rst), .issue(issue), .room(room), .in_valid(result_valid),\n"
             "        .in_result(result), .m_axis_tdata(m_axis_tdata), "
             ".m_axis_tvalid(m_axis_tvalid),\n        .m_axis_tready(m_axis_tready), "
             ".m_axis_tlast(m_axis_tlast));\n");
}

void vlog_stream(struct vlog *v)
{
    static const char *const TEMPLATES[] = {"stream_in.v", "stream_fifo.v", "stream_out.v"};
    const struct manifest_stream *stream = &v->manifest->stream;
    char what[128], ports[160];

    for (size_t i = 0; i < sizeof TEMPLATES / sizeof TEMPLATES[0]; i++)
        vlog_template(v, TEMPLATES[i]);
    snprintf(what, sizeof what, "AXI4-Stream of codes to AXI4-Stream of results, %u cycles between",
             netlist_latency(v->net) + 3);
    snprintf(ports, sizeof ports,
             "s_axis: feature f in bits %u*f and up of a frame; m_axis: the class%s, in words of "
             "%u bits",
             stream->code_slot, v->options->scores ? ", then each score" : "", stream->result_slot);
    vlog_begin(v, "stream", what, ports);
    vlog_add(v,
             "#(\n    parameter integer WIDTH = %u  // bits of a beat: 8 to %d, whole bytes\n) (\n",
             stream->width, VLOG_STREAM_MAX_WIDTH);
    write_ports(v);
    write_body(v, stream);
    vlog_end(v);
}
