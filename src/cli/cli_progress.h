/* Progress for people, on standard error: a bar that redraws itself on a terminal, plain lines in a
 * log, nothing under --quiet. */
#ifndef DIFFLUT_CLI_CLI_PROGRESS_H
#define DIFFLUT_CLI_CLI_PROGRESS_H

#include "cli/cli.h"

struct cli_progress {
    bool silent, terminal;
    bool bar_shown;
    double last_drawn; /* cli_now() of the last bar */
};

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli);

/* Redraws the bar, at most ten times a second; shown on terminals only. */
void cli_progress_bar(struct cli_progress *progress, double fraction, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line that stays. */
void cli_progress_line(struct cli_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipes a bar that is still shown. */
void cli_progress_end(struct cli_progress *progress);

/* For src/flow: passes a line on; `user` is the struct cli_progress. */
void cli_progress_flow(const char *line, void *user);

/* "1:05" or "2:03:07". */
void cli_progress_time(char text[48], double seconds);

/* "115,204" */
void cli_progress_number(char text[32], double number);

#endif
