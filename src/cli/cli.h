/* What every subcommand shares: the registry row, the state of one run, and how to speak.
 *
 * A subcommand is one file cmd_NAME.c that ends in a `const struct cli_command`, and one line in
 * cli_commands.c. Options are declared once, in a table (cli_options.h); the parser, the range checks
 * and `--help` all read it. Results for machines go into cli->result; main prints it once. */
#ifndef DIFFLUT_CLI_CLI_H
#define DIFFLUT_CLI_CLI_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct cli_interrupt;
struct cli_option;
struct cli;

struct cli_command {
    const char *name;
    const char *arguments;   /* "MODEL", "list | info NAME" */
    const char *summary;     /* one line for the list of commands */
    const char *description; /* lines of at most 90 characters */
    const char *example;     /* commands that work as they stand */
    const struct cli_option *options;
    size_t num_options;
    size_t values_size; /* of the struct that the options' offsets point into */
    size_t min_positional, max_positional;
    enum err_status (*run)(struct cli *cli, const void *values, struct err *err);
};

/* The registry (cli_commands.c), NULL-terminated, in the order of the help text. */
const struct cli_command *const *cli_commands(void);

struct cli {
    const struct cli_command *command;
    char *const *positional;
    size_t num_positional;
    bool json;      /* one JSON value on standard output, everything for people on standard error */
    bool quiet;     /* no progress and no result text */
    json_t *result; /* set by the command; owned here */
    struct cli_interrupt *interrupt;
};

/* Result text for people: standard output, or standard error under --json; nothing under --quiet. */
void cli_say(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets cli->result to `result` (a new reference, taken over). ERR_NOMEM when it is NULL. */
enum err_status cli_set_result(struct cli *cli, json_t *result, struct err *err);

/* A path as a JSON string; bytes that are not UTF-8 become '?'. NULL when out of memory. */
json_t *cli_json_path(const char *path);

/* A number for --threads: `wanted`, or all cores when it is 0. */
unsigned cli_threads(long wanted);

/* Seconds since an arbitrary moment, monotonic. */
double cli_now(void);

#endif
