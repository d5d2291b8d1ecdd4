/* The native engine: a model's generated C (engine_c.h), compiled by this machine's C compiler and loaded. */
#ifndef DIFFLUT_CLI_CLI_NATIVE_H
#define DIFFLUT_CLI_CLI_NATIVE_H

#include "cli/cli_options.h"
#include "netlist/netlist.h"

struct cli_native;

/* Needs the compiler `cc`: ERR_TOOL without it, or when it fails. The files are gone on return. */
enum err_status cli_native_create(struct cli *cli, struct cli_native **out,
                                  const struct netlist *net, const char *cc, struct err *err);
void cli_native_free(struct cli_native *native);
/* codes [count][num_features], bytes for at most 8 code bits, else uint16_t; classes [count]. On this
 * thread. */
void cli_native_classify(const struct cli_native *native, const void *codes, size_t count,
                         uint32_t *classes);
/* One sample by tables; its class. */
uint32_t cli_native_classify_one(const struct cli_native *native, const void *codes);

#define CLI_OPTION_CC(type, field)                                                                 \
    {                                                                                              \
        "cc", 0, CLI_TEXT, offsetof(type, field), "FILE", "cc", 0, 0,                              \
            "C compiler of the native engine"                                                      \
    }

#endif
