/* Ctrl-C, SIGTERM and hang-up.
 *
 * The signals are blocked in every thread and taken by one thread of ours, so nothing has to be
 * async-signal-safe and no file-scope flag is needed. While a tool runs (cli_interrupt_tool) the
 * signal sets the stop flag that src/flow watches: the tool is ended and the command cleans up after
 * itself. At any other time, or at the second signal, the temporary folder is removed and the program
 * ends at once: results are only ever renamed into place when they are whole. */
#ifndef DIFFLUT_CLI_CLI_INTERRUPT_H
#define DIFFLUT_CLI_CLI_INTERRUPT_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>

struct cli_interrupt;

/* Blocks the signals in the calling thread (and so in all it starts) and begins to listen. */
enum err_status cli_interrupt_create(struct cli_interrupt **out, struct err *err);

/* Says that a tool is (not) running that watches cli_interrupt_flag(). */
void cli_interrupt_tool(struct cli_interrupt *interrupt, bool running);
const volatile sig_atomic_t *cli_interrupt_flag(const struct cli_interrupt *interrupt);

/* A temporary folder to be removed when the program is ended; NULL: none any more. Copied. */
enum err_status cli_interrupt_folder(struct cli_interrupt *interrupt, const char *folder,
                                     struct err *err);

/* Exit code for the signal that came (128 + its number), or 0. */
int cli_interrupt_exit_code(const struct cli_interrupt *interrupt);
void cli_interrupt_free(struct cli_interrupt *interrupt);

#endif
