#include "cli/cli_options.h"

#include "base/text.h"
#include "config/config.h"
#include "hdl/vlog_emit.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Values of the options that every command has. */
struct common {
    bool json, quiet, help;
};

static const struct cli_option COMMON[] = {
    {"json", 0, CLI_FLAG, offsetof(struct common, json), "", NULL, 0, 0,
     "one JSON value on standard output, nothing else"},
    {"quiet", 'q', CLI_FLAG, offsetof(struct common, quiet), "", NULL, 0, 0,
     "no progress and no result text; errors only"},
    {"help", 'h', CLI_FLAG, offsetof(struct common, help), "", NULL, 0, 0, "this text"},
};

enum { NUM_COMMON = sizeof COMMON / sizeof COMMON[0], LONG_BASE = 256, NAME_WIDTH = 26 };

/* Option `index` of a command: its own first, then the common ones. */
static const struct cli_option *option_at(const struct cli_command *command, size_t index)
{
    if (index < command->num_options) return &command->options[index];
    return &COMMON[index - command->num_options];
}

static size_t option_count(const struct cli_command *command)
{
    return command->num_options + NUM_COMMON;
}

/* ---- values ---- */

static bool is_word_of(const char *word, const char *choices)
{
    size_t length = strlen(word);

    for (const char *at = choices; *at != '\0'; at += strspn(at, "|")) {
        size_t size = strcspn(at, "|");

        if (size == length && memcmp(at, word, size) == 0) return true;
        at += size;
    }
    return false;
}

static enum err_status read_long(const struct cli_option *option, const char *text, long *value,
                                 struct err *err)
{
    char *end = NULL;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < option->low || number > option->high)
        return err_set(err, ERR_ARG, "--%s: expected a whole number from %ld to %ld%s, found '%s'",
                       option->name, option->low, option->high,
                       option->type == CLI_COUNT ? " or 'all'" : "", text);
    *value = number;
    return ERR_OK;
}

/* An address computed from the table's offset; the table names the member of that type. */
static void *member(void *values, size_t offset)
{
    return (unsigned char *)values + offset;
}

static enum err_status add_item(struct cli_list *list, const char *text, struct err *err)
{
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);

    if (items == NULL) return err_nomem(err, "options");
    list->items = items;
    list->items[list->count++] = text;
    return ERR_OK;
}

static enum err_status store(const struct cli_option *option, const char *text, void *values,
                             struct err *err)
{
    void *at = member(values, option->offset);

    switch (option->type) {
    case CLI_FLAG:
        *(bool *)at = true;
        return ERR_OK;
    case CLI_LIST:
        return add_item(at, text, err);
    case CLI_COUNT:
        if (strcmp(text, "all") == 0) {
            *(long *)at = CLI_ALL;
            return ERR_OK;
        }
        return read_long(option, text, at, err);
    case CLI_LONG:
        return read_long(option, text, at, err);
    case CLI_CHOICE:
        if (!is_word_of(text, option->argument))
            return err_set(err, ERR_ARG, "--%s: expected one of %s, found '%s'", option->name,
                           option->argument, text);
        break;
    case CLI_TEXT:
        if (text[0] == '\0') return err_set(err, ERR_ARG, "--%s: the value is empty", option->name);
        break;
    }
    *(const char **)at = text;
    return ERR_OK;
}

static enum err_status store_defaults(const struct cli_command *command, void *values,
                                      struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < command->num_options && status == ERR_OK; i++) {
        if (command->options[i].default_text != NULL)
            status = store(&command->options[i], command->options[i].default_text, values, err);
    }
    return status;
}

/* ---- getopt ---- */

/* getopt's two descriptions of a command's options. */
struct getopt_tables {
    struct option *rows;
    char letters[64];
};

static enum err_status make_tables(const struct cli_command *command, struct getopt_tables *tables,
                                   struct err *err)
{
    size_t count = option_count(command);
    char *letter = tables->letters;

    tables->rows = calloc(count + 1, sizeof *tables->rows);
    if (tables->rows == NULL) return err_nomem(err, "options");
    *letter++ = ':'; /* report a missing value as ':' */
    for (size_t i = 0; i < count; i++) {
        const struct cli_option *option = option_at(command, i);
        bool takes_value = option->type != CLI_FLAG;

        tables->rows[i].name = option->name;
        tables->rows[i].has_arg = takes_value ? required_argument : no_argument;
        tables->rows[i].val = LONG_BASE + (int)i;
        if (option->letter != 0 && letter + 3 < tables->letters + sizeof tables->letters) {
            *letter++ = option->letter;
            if (takes_value) *letter++ = ':';
        }
    }
    *letter = '\0';
    return ERR_OK;
}

static size_t find_option(const struct cli_command *command, int code)
{
    if (code >= LONG_BASE) return (size_t)(code - LONG_BASE);
    for (size_t i = 0; i < option_count(command); i++) {
        if (option_at(command, i)->letter == code) return i;
    }
    return option_count(command);
}

static enum err_status complain_unknown(const struct cli_command *command, const char *argument,
                                        struct err *err)
{
    const char *names[32];
    size_t count = option_count(command);
    char word[64];
    const char *nearest;

    if (count > sizeof names / sizeof names[0]) count = sizeof names / sizeof names[0];
    for (size_t i = 0; i < count; i++)
        names[i] = option_at(command, i)->name;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(argument, "="), argument);
    nearest = text_nearest(word + strspn(word, "-"), names, count);
    return err_set(err, ERR_ARG, "%s: unknown option '%s'%s%s%s; see 'difflut-hdl %s --help'",
                   command->name, word, nearest != NULL ? "; did you mean '--" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "", command->name);
}

/* What getopt returned '?' or ':' for. */
static enum err_status complain_option(const struct cli_command *command, int code, char **argv,
                                       struct err *err)
{
    size_t index = optopt == 0 ? option_count(command) : find_option(command, optopt);
    char letter[3] = {'-', (char)optopt, '\0'};

    if (index < option_count(command))
        return err_set(err, ERR_ARG, "%s: --%s %s; see 'difflut-hdl %s --help'", command->name,
                       option_at(command, index)->name,
                       code == ':' ? "needs a value" : "takes no value", command->name);
    return complain_unknown(command, optopt == 0 ? argv[optind - 1] : letter, err);
}

static enum err_status parse_all(const struct cli_command *command, int argc, char **argv,
                                 void *values, struct common *common, struct err *err)
{
    struct getopt_tables tables = {0};
    enum err_status status = make_tables(command, &tables, err);
    int code;

    opterr = 0;
    optind = 0; /* glibc: start afresh */
    while (status == ERR_OK &&
           (code = getopt_long(argc, argv, tables.letters, tables.rows, NULL)) != -1) {
        size_t index = find_option(command, code);

        if (code == '?' || code == ':' || index >= option_count(command))
            status = complain_option(command, code, argv, err);
        else
            status = store(option_at(command, index), optarg,
                           index < command->num_options ? values : (void *)common, err);
    }
    free(tables.rows);
    return status;
}

static enum err_status check_positional(const struct cli *cli, struct err *err)
{
    const struct cli_command *command = cli->command;

    if (cli->num_positional < command->min_positional)
        return err_set(err, ERR_ARG,
                       "%s: expected %s; usage: difflut-hdl %s %s [options], and see "
                       "'difflut-hdl %s --help'",
                       command->name, command->arguments, command->name, command->arguments,
                       command->name);
    if (cli->num_positional > command->max_positional)
        return err_set(err, ERR_ARG, "%s: unexpected argument '%s'; usage: difflut-hdl %s %s%s",
                       command->name, cli->positional[command->max_positional], command->name,
                       command->arguments,
                       command->arguments[0] != '\0' ? " [options]" : "[options]");
    for (size_t i = 0; i < cli->num_positional; i++) {
        if (cli->positional[i][0] == '\0')
            return err_set(err, ERR_ARG, "%s: argument %zu is empty", command->name, i + 1);
    }
    return ERR_OK;
}

enum err_status cli_options_parse(struct cli *cli, int argc, char **argv, void **values, bool *help,
                                  struct err *err)
{
    struct common common = {0};
    void *filled = calloc(1, cli->command->values_size + 1);
    enum err_status status = filled == NULL ? err_nomem(err, "options") : ERR_OK;

    if (status == ERR_OK) status = store_defaults(cli->command, filled, err);
    if (status == ERR_OK) status = parse_all(cli->command, argc, argv, filled, &common, err);
    cli->json = cli->json || common.json;
    cli->quiet = common.quiet;
    *help = common.help;
    if (status == ERR_OK && !common.help) {
        cli->positional = argv + optind;
        cli->num_positional = (size_t)(argc - optind);
        status = check_positional(cli, err);
    }
    if (status == ERR_OK)
        *values = filled;
    else
        cli_options_free(cli->command, filled);
    return status;
}

void cli_options_free(const struct cli_command *command, void *values)
{
    if (values == NULL) return;
    for (size_t i = 0; i < command->num_options; i++) {
        if (command->options[i].type == CLI_LIST)
            free(((struct cli_list *)member(values, command->options[i].offset))->items);
    }
    free(values);
}

/* ---- help ---- */

static void print_option(const struct cli_option *option, FILE *out)
{
    char left[128];
    char letter[5] = "    ";
    int width;

    if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    width = snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
                     option->argument[0] != '\0' ? " " : "", option->argument);
    fprintf(out, "%-*s", NAME_WIDTH + 4, left);
    if (width >= NAME_WIDTH + 4) fprintf(out, "\n%-*s", NAME_WIDTH + 4, "");
    for (const char *c = option->meaning; *c != '\0'; c++) {
        fputc(*c, out);
        if (*c == '\n') fprintf(out, "%-*s", NAME_WIDTH + 4, "");
    }
    if (option->default_text != NULL) fprintf(out, " (default %s)", option->default_text);
    fputc('\n', out);
}

void cli_options_help(const struct cli_command *command, FILE *out)
{
    fprintf(out, "difflut-hdl %s: %s\n\nusage: difflut-hdl %s %s%s[options]\n\n%s\n\noptions:\n",
            command->name, command->summary, command->name, command->arguments,
            command->arguments[0] != '\0' ? " " : "", command->description);
    for (size_t i = 0; i < option_count(command); i++)
        print_option(option_at(command, i), out);
    fprintf(out, "\nexample:\n%s\n", command->example);
}

void cli_options_overview(FILE *out)
{
    fputs("difflut-hdl " DIFFLUT_VERSION
          ": differentiable look-up-table networks, from a YAML config to hardware\n\n"
          "usage: difflut-hdl COMMAND [arguments] [options]\n\ncommands:\n",
          out);
    for (const struct cli_command *const *command = cli_commands(); *command != NULL; command++)
        fprintf(out, "  %-8s %s\n", (*command)->name, (*command)->summary);
    fputs(
        "\nMODEL is a pretrained name (difflut-hdl models), a YAML path or a training folder.\n"
        "Every command has --help, --json and --quiet; 'difflut-hdl help keys' lists the keys of\n"
        "--set; 'difflut-hdl --version' prints the version.\n\n"
        "exit status: 0 good; 1 a check found a difference; 2 usage or configuration;\n"
        "             3 a tool is missing; 4 a file could not be read or written\n\n"
        "example:\n  difflut-hdl train configs/quickstart.yaml -o build/train/quickstart\n"
        "  difflut-hdl cosim build/train/quickstart\n",
        out);
}

#define KEY_long(section, name, default, low, high, meaning)                                       \
    fprintf(out, "  %-34s %s (default %ld, %ld to %ld)\n", section #name, meaning,                 \
            (long)(default), (long)(low), (long)(high));
#define KEY_double(section, name, default, low, high, meaning)                                     \
    fprintf(out, "  %-34s %s (default %g, %g to %g)\n", section #name, meaning, (double)(default), \
            (double)(low), (double)(high));
#define KEY_bool(section, name, default, low, high, meaning)                                       \
    fprintf(out, "  %-34s %s (default %s)\n", section #name, meaning, (default) ? "true" : "false");
#define KEY_name(section, name, default, low, high, meaning)                                       \
    fprintf(out, "  %-34s %s%s%s%s\n", section #name, meaning, low[0] != '\0' ? " (" : "", low,    \
            low[0] != '\0' ? ")" : "");
#define KEY_list(section, name, default, low, high, meaning)                                       \
    fprintf(out, "  %-34s %s (a list: 1,2)\n", section #name, meaning);
#define KEY_text(section, name, default, low, high, meaning)                                       \
    fprintf(out, "  %-34s %s\n", section #name, meaning);
#define RUNTIME_KEY(type, ...)  KEY_##type("runtime.", __VA_ARGS__)
#define TRAINING_KEY(type, ...) KEY_##type("training.", __VA_ARGS__)
#define HARDWARE_KEY(type, ...) KEY_##type("hardware.", __VA_ARGS__)
#define PIPELINE_KEY(type, ...) KEY_##type("hardware.pipeline.", __VA_ARGS__)

void cli_options_keys(FILE *out)
{
    fputs("keys of --set KEY=VALUE (structural keys are not among them: they decide what the\n"
          "hardware is, and are set in the YAML alone)\n\n",
          out);
    CONFIG_RUNTIME(RUNTIME_KEY)
    fputs("  runtime.init_kwargs.NAME           option of the initialiser\n"
          "  runtime.regularizers.NAME.weight   weight of a regulariser in the loss\n",
          out);
    CONFIG_TRAINING(TRAINING_KEY)
    CONFIG_HARDWARE(HARDWARE_KEY)
    CONFIG_PIPELINE(PIPELINE_KEY)
}
