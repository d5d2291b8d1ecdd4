/* Tops for boards one can buy: <name>_stream behind a serial line (hdl_templates/uart_board.v), with the
 * pins in constraints/. */
#ifndef DIFFLUT_HDL_VLOG_BOARD_H
#define DIFFLUT_HDL_VLOG_BOARD_H

#include <stdbool.h>
#include <stdint.h>

enum { VLOG_BOARD_BAUD = 115200, VLOG_BOARD_WIDTH = 8 /* of its stream: a byte is a beat */ };

/* Whether there is a board of that name. */
bool vlog_is_board(const char *top);

#endif
