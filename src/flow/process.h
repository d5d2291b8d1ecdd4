/* Child processes: no shell, a time limit, and everything a tool started ends with it.
 *
 * A tool runs in its own process group, under a small guardian process of the same group. The guardian
 * ends the group (SIGTERM, two seconds later SIGKILL) when the time is up, when the caller's stop flag
 * is set, and also when this program itself dies, however it dies: so Ctrl-C needs no signal handler
 * here, and no compiler or simulator is left running behind. */
#ifndef DIFFLUT_FLOW_PROCESS_H
#define DIFFLUT_FLOW_PROCESS_H

#include "base/err.h"

#include <signal.h>
#include <stddef.h>

struct process_options {
    const char *const
        *argv;           /* NULL-terminated; argv[0] is looked up on the PATH unless it has a '/' */
    const char *folder;  /* working folder, or NULL; argv[0] is never relative to it */
    double time_limit;   /* seconds; 0: none */
    size_t output_limit; /* bytes of output kept, the last ones; 0: 16 MiB */
    const char *tool;    /* its name in messages; NULL: argv[0] */
    const char *install; /* how to get it: "apt-get install yosys"; or NULL */
    /* A flag that a signal handler of the caller's sets to end the tool early; NULL: none. */
    const volatile sig_atomic_t *stop;
};

struct process_result {
    int exit_code; /* 128 + signal when killed by one */
    char *output;  /* standard output and error, NUL-terminated; free with process_result_free() */
    size_t output_size;
    double seconds;
    size_t
        max_rss; /* bytes, of the largest process; Linux counts this program's own size before exec */
};

/* ERR_TOOL: not found (with how to get it), not executable, out of time, or stopped; *result is then
 * all zero. A non-zero exit is not an error here: see process_check(). */
enum err_status process_run(const struct process_options *options, struct process_result *result,
                            struct err *err);

/* ERR_OK after exit 0; else ERR_TOOL with the exit code and the line of the output that tells most:
 * the first that says "error", else the last. */
enum err_status process_check(const struct process_options *options,
                              const struct process_result *result, struct err *err);
void process_result_free(struct process_result *result);

/* process_run() and process_check() in one, for a tool whose output matters only when it fails. */
enum err_status process_call(const struct process_options *options, struct err *err);

/* `yosys -q -p commands` in a folder. program NULL: on the PATH; time_limit 0: an hour. */
enum err_status process_yosys(const char *program, const char *folder, const char *commands,
                              double time_limit, const volatile sig_atomic_t *stop,
                              struct err *err);

/* First line with a digit in it that `argv` (for instance "yosys -V") prints, cut to `size`: the version
 * that goes into reports. A tool may say other things first. Without such a line, the first. */
enum err_status process_version(const struct process_options *options, char *line, size_t size,
                                struct err *err);

#endif
