/* difflut-hdl: finds the subcommand, runs it, and turns its status into an exit code. */
#include "base/text.h"
#include "cli/cli.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_options.h"
#include "hdl/vlog_emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_COMMANDS = 32, EXIT_CANNOT_WRITE = 4 };

static int exit_code(enum err_status status)
{
    switch (status) {
    case ERR_OK:
        return 0;
    case ERR_DIFF:
        return 1;
    case ERR_ARG:
        return 2;
    case ERR_TOOL:
        return 3;
    case ERR_IO:
    case ERR_FORMAT:
    case ERR_NOMEM:
        break;
    }
    return 4;
}

static enum err_status find_command(const struct cli_command **out, const char *name,
                                    struct err *err)
{
    const char *names[MAX_COMMANDS];
    size_t count = 0;
    const char *nearest;

    for (const struct cli_command *const *command = cli_commands(); *command != NULL; command++) {
        if (strcmp((*command)->name, name) == 0) {
            *out = *command;
            return ERR_OK;
        }
        if (count < MAX_COMMANDS) names[count++] = (*command)->name;
    }
    nearest = text_nearest(name, names, count);
    return err_set(err, ERR_ARG, "unknown command '%s'%s%s%s; see 'difflut-hdl --help'", name,
                   nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "'?" : "");
}

static enum err_status run_command(struct cli *cli, int argc, char **argv, struct err *err)
{
    void *values = NULL;
    bool help = false;
    enum err_status status = find_command(&cli->command, argv[0], err);

    if (status == ERR_OK) status = cli_options_parse(cli, argc, argv, &values, &help, err);
    if (status == ERR_OK && help) {
        cli_options_help(cli->command, stdout);
    } else if (status == ERR_OK) {
        status = cli_interrupt_create(&cli->interrupt, err);
        if (status == ERR_OK) status = cli->command->run(cli, values, err);
    }
    if (cli->command != NULL) cli_options_free(cli->command, values);
    return status;
}

/* difflut-hdl help [COMMAND | keys] */
static enum err_status run_help(int argc, char **argv, struct err *err)
{
    const struct cli_command *command = NULL;
    enum err_status status = ERR_OK;

    if (argc < 2)
        cli_options_overview(stdout);
    else if (strcmp(argv[1], "keys") == 0)
        cli_options_keys(stdout);
    else
        status = find_command(&command, argv[1], err);
    if (command != NULL) cli_options_help(command, stdout);
    return status;
}

static enum err_status run(struct cli *cli, int argc, char **argv, struct err *err)
{
    const char *first = argc > 1 ? argv[1] : "";

    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) return run_help(1, argv + 1, err);
    if (strcmp(first, "help") == 0) return run_help(argc - 1, argv + 1, err);
    if (strcmp(first, "--version") == 0) {
        puts("difflut-hdl " DIFFLUT_VERSION);
        return ERR_OK;
    }
    if (argc < 2) return err_set(err, ERR_ARG, "no command; see 'difflut-hdl --help'");
    return run_command(cli, argc - 1, argv + 1, err);
}

/* The one JSON value of this run: the command's result, or the error. */
static void print_json(const struct cli *cli, int code, const struct err *err)
{
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(12) | JSON_ENCODE_ANY;
    json_t *failure;

    if (cli->result != NULL) {
        json_dumpf(cli->result, stdout, flags);
    } else {
        failure = json_pack("{s:s, s:i}", "error", err->message, "exit_code", code);
        if (failure == NULL) /* the message is not UTF-8 */
            failure = json_pack("{s:s, s:i}", "error", "see standard error", "exit_code", code);
        json_dumpf(failure, stdout, flags);
        json_decref(failure);
    }
    putchar('\n');
}

/* --json counts even when the options cannot be parsed. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) return true;
    }
    return false;
}

/* OpenMP's threads spin for milliseconds while they wait for each other, by default. When something else
 * wants a core, the one that holds the others up does not run, and training is many times slower; if
 * they sleep at once, waking them takes a third of a small net's time. So they spin for some ten
 * microseconds. The count is read once, before main(): the program starts itself again with it,
 * unless the user has chosen. */
static void choose_wait_policy(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") != NULL || getenv("GOMP_SPINCOUNT") != NULL) return;
    if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    struct cli cli = {.json = wants_json(argc, argv)};
    struct err err = {.message = ""};
    enum err_status status;
    int code;

    choose_wait_policy(argv);
    status = run(&cli, argc, argv, &err);
    code = exit_code(status);

    if (cli.interrupt != NULL && cli_interrupt_exit_code(cli.interrupt) != 0)
        code = cli_interrupt_exit_code(cli.interrupt);
    if (cli.json && (cli.result != NULL || code != 0)) print_json(&cli, code, &err);
    if (status != ERR_OK) fprintf(stderr, "difflut-hdl: %s\n", err.message);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("difflut-hdl: standard output: cannot be written\n", stderr);
        if (code == 0) code = EXIT_CANNOT_WRITE;
    }
    json_decref(cli.result);
    cli_interrupt_free(cli.interrupt);
    return code;
}
