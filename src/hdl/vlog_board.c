#include "vlog_board.h"

#include "template.h"
#include "vlog.h"

#include <stdio.h>
#include <string.h>

/* Pins that are not `clk`, `rx` and `tx`, and what they mean in terms of uart_board's ports. */
static const char ICEBREAKER_PORTS[] =
    "    input  wire button_n,\n"
    "    output wire led_good_n,  // lit: the last frame was right\n"
    "    output wire led_bad_n,   // lit: it was not\n"
    "    output wire [4:0] leds   // the class\n";
static const char ICEBREAKER_PINS[] =
    "    assign button     = !button_n;\n"
    "    assign led_good_n = !good;\n"
    "    assign led_bad_n  = !bad;\n"
    "    assign leds       = first_byte[4:0];\n"
    "    wire unused_ok    = &{1'b0, dropped, first_byte[7:5]};\n";
static const char ULX3S_PORTS[] =
    "    input  wire button,      // FIRE1\n"
    "    output wire wifi_gpio0,  // high: the radio module leaves the board alone\n"
    "    output wire [7:0] leds   // {the last frame was not right, it was, class}\n";
static const char ULX3S_PINS[] = "    assign wifi_gpio0 = 1'b1;\n"
                                 "    assign leds       = {bad, good, first_byte[5:0]};\n"
                                 "    wire unused_ok    = &{1'b0, dropped, first_byte[7:6]};\n";

static const struct board {
    const char *name, *title, *pins_file;
    struct vlog_board_parts parts;
    const char *ports, *wires, *pins;
} BOARDS[] = {
    {"icebreaker",
     "iCEBreaker (iCE40UP5K)",
     "icebreaker.pcf",
     {"ice40", "up5k:sg48", 12000000},
     ICEBREAKER_PORTS,
     "    wire button;\n",
     ICEBREAKER_PINS},
    {"ulx3s",
     "ULX3S (ECP5)",
     "ulx3s.lpf",
     {"ecp5", "85k:CABGA381", 25000000},
     ULX3S_PORTS,
     "",
     ULX3S_PINS},
};

static const struct board *find_board(const char *name)
{
    for (size_t i = 0; i < sizeof BOARDS / sizeof BOARDS[0]; i++) {
        if (strcmp(BOARDS[i].name, name) == 0) return &BOARDS[i];
    }
    return NULL;
}

bool vlog_is_board(const char *top)
{
    return find_board(top) != NULL;
}

const struct vlog_board_parts *vlog_board_parts(const char *top)
{
    const struct board *board = find_board(top);

    return board != NULL ? &board->parts : NULL;
}

static void write_body(struct vlog *v, const struct board *board)
{
    vlog_add(v, "    wire rst, good, bad;\n    wire [7:0] first_byte;\n    wire [15:0] dropped;\n");
    text_add(&v->text, "%s", board->wires);
    vlog_add(v, "    wire [7:0] in_data, out_data;\n"
                "    wire in_valid, in_ready, in_last, out_valid, out_ready, out_last;\n");
    vlog_add(v,
             "    uart_board #(.DIVIDER(DIVIDER), .BYTES(%u), .TIMEOUT(TIMEOUT)) u_board (\n"
             "        .clk(clk), .button(button), .rx(rx), .tx(tx), .rst(rst),\n"
             "        .m_axis_tvalid(in_valid), .m_axis_tready(in_ready), "
             ".m_axis_tdata(in_data),\n        .m_axis_tlast(in_last), "
             ".s_axis_tvalid(out_valid), .s_axis_tready(out_ready),\n"
             "        .s_axis_tdata(out_data), .s_axis_tlast(out_last),\n"
             "        .first_byte(first_byte), .good(good), .bad(bad));\n",
             v->manifest->stream.beats_in);
    vlog_add(v,
             "    %s_stream #(.WIDTH(8)) u_stream (\n        .clk(clk), .rst(rst),\n"
             "        .s_axis_tdata(in_data), .s_axis_tvalid(in_valid), "
             ".s_axis_tready(in_ready),\n        .s_axis_tlast(in_last), "
             ".m_axis_tdata(out_data), .m_axis_tvalid(out_valid),\n"
             "        .m_axis_tready(out_ready), .m_axis_tlast(out_last), "
             ".error_count(dropped));\n",
             v->net->name);
    text_add(&v->text, "%s", board->pins);
}

static void copy_pins(struct vlog *v, const struct board *board)
{
    const struct embedded *pins = template_find(board->pins_file);
    char path[64];

    snprintf(path, sizeof path, "constraints/%s", board->pins_file);
    if (v->status == ERR_OK && pins == NULL)
        v->status = err_set(v->err, ERR_ARG, "%s is not in this program", board->pins_file);
    if (v->status == ERR_OK) vlog_file(v, path, pins->text, pins->size, "constraint");
}

void vlog_board(struct vlog *v)
{
    static const char *const TEMPLATES[] = {"uart_rx.v", "uart_tx.v", "uart_frames.v",
                                            "uart_board.v"};
    const struct board *board = find_board(v->options->top);
    char what[128], ports[128];

    for (size_t i = 0; i < sizeof TEMPLATES / sizeof TEMPLATES[0]; i++)
        vlog_template(v, TEMPLATES[i]);
    snprintf(what, sizeof what, "for %s: a frame in by serial line, the class out", board->title);
    snprintf(ports, sizeof ports, "rx, tx: %d baud, 8 data bits, no parity; pins: constraints/%s",
             VLOG_BOARD_BAUD, board->pins_file);
    vlog_begin(v, board->name, what, ports);
    vlog_add(
        v,
        "#(\n    parameter integer DIVIDER = %u,  // %u Hz / %d baud\n"
        "    parameter integer TIMEOUT = %u  // cycles without a byte that end a frame: 1/8 s\n"
        ") (\n    input  wire clk,\n    input  wire rx,\n    output wire tx,\n",
        (board->parts.clock_hz + VLOG_BOARD_BAUD / 2) / VLOG_BOARD_BAUD, board->parts.clock_hz,
        VLOG_BOARD_BAUD, board->parts.clock_hz / 8);
    text_add(&v->text, "%s);\n", board->ports);
    write_body(v, board);
    vlog_end(v);
    copy_pins(v, board);
}
