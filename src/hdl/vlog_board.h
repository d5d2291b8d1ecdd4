/* Tops for boards one can buy: <name>_stream behind a serial line (hdl_templates/uart_board.v), with the
 * pins in constraints/. */
#ifndef DIFFLUT_HDL_VLOG_BOARD_H
#define DIFFLUT_HDL_VLOG_BOARD_H

#include <stdbool.h>
#include <stdint.h>

enum { VLOG_BOARD_BAUD = 115200, VLOG_BOARD_WIDTH = 8 /* of its stream: a byte is a beat */ };

/* What is on a board, for who places a design on it. */
struct vlog_board_parts {
    const char *target; /* "ice40", "ecp5" */
    const char *device; /* as `synth --device` takes it: "up5k:sg48" */
    uint32_t clock_hz;
};

/* Whether there is a board of that name. */
bool vlog_is_board(const char *top);
/* Its parts, or NULL when there is no such board. */
const struct vlog_board_parts *vlog_board_parts(const char *top);

#endif
