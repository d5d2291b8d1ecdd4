/* The option table of a subcommand: parsed with getopt_long, checked, and printed by --help. */
#ifndef DIFFLUT_CLI_CLI_OPTIONS_H
#define DIFFLUT_CLI_CLI_OPTIONS_H

#include "cli/cli.h"

#include <stdio.h>

enum cli_option_type {
    CLI_FLAG,   /* bool; takes no value */
    CLI_TEXT,   /* const char *, not empty */
    CLI_LONG,   /* long, low..high */
    CLI_CHOICE, /* const char *, one of the words in `argument`, separated by '|' */
    CLI_COUNT,  /* long, 0..high, or the word "all" as CLI_ALL */
    CLI_LIST    /* struct cli_list; may be given many times */
};

enum { CLI_ALL = -1 };

struct cli_list {
    const char **items;
    size_t count;
};

struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* short name, or 0 */
    enum cli_option_type type;
    size_t offset;            /* of the value in the command's struct */
    const char *argument;     /* shown in the help; the words of a choice */
    const char *default_text; /* parsed like an argument; NULL: value stays zero */
    long low, high;
    const char *meaning;
};

/* Rows that several commands share. */
#define CLI_OPTION_DATA(type, field)                                                               \
    {                                                                                              \
        "data", 0, CLI_TEXT, offsetof(type, field), "DIR", NULL, 0, 0,                             \
            "folder of data sets (else $DIFFLUT_DATA, ~/.cache/difflut)"                           \
    }
#define CLI_OPTION_SET(type, field)                                                                \
    {                                                                                              \
        "set", 0, CLI_LIST, offsetof(type, field), "KEY=VALUE", NULL, 0, 0,                        \
            "override a runtime, training or hardware key (difflut-hdl help keys)"                 \
    }
#define CLI_OPTION_STREAM_WIDTH(type, field)                                                       \
    {                                                                                              \
        "stream-width", 0, CLI_LONG, offsetof(type, field), "BITS", NULL, 8, 512,                  \
            "bits of a beat of the stream top (default: the configuration's)"                      \
    }
#define CLI_OPTION_THREADS(type, field)                                                            \
    {                                                                                              \
        "threads", 0, CLI_LONG, offsetof(type, field), "N", "0", 0, 4096,                          \
            "threads; 0: all cores (the result is the same for any number)"                        \
    }
/* A tool that is not the one on the PATH. */
#define CLI_OPTION_TOOL(type, tool)                                                                \
    {                                                                                              \
#tool, 0, CLI_TEXT, offsetof(type, tool), "PROGRAM", NULL, 0, 0,                           \
            "program to run as " #tool " (else the one on the PATH)"                               \
    }
#define CLI_OPTION_TIME_LIMIT(type, field)                                                         \
    {                                                                                              \
        "time-limit", 0, CLI_LONG, offsetof(type, field), "SECONDS", "3600", 1, 1000000,           \
            "end a tool, with all that it started, after so long"                                  \
    }
#define CLI_OPTION_SEED(type, field, text, meaning)                                                \
    {                                                                                              \
        "seed", 0, CLI_LONG, offsetof(type, field), "N", text, -1, 9007199254740991, meaning       \
    }

/* Reads the command's options and positional arguments from argv[0..argc), argv[0] being the
 * command's name. Sets cli->positional, json and quiet, and fills *values (calloc'ed, to be freed with
 * cli_options_free()). *help is set when --help was there; then nothing else is checked. */
enum err_status cli_options_parse(struct cli *cli, int argc, char **argv, void **values, bool *help,
                                  struct err *err);
void cli_options_free(const struct cli_command *command, void *values);

/* Help texts. */
void cli_options_help(const struct cli_command *command, FILE *out);
void cli_options_overview(FILE *out); /* difflut-hdl --help */
void cli_options_keys(FILE *out);     /* difflut-hdl help keys */

#endif
