/* The subcommands: one row each here, in cli_commands.c, and a file cmd_NAME.c. */
#ifndef DIFFLUT_CLI_CLI_COMMANDS_H
#define DIFFLUT_CLI_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cmd_models, cmd_info, cmd_train, cmd_eval, cmd_emit, cmd_cosim,
    cmd_prove, cmd_synth, cmd_report, cmd_data, cmd_sweep, cmd_bench, cmd_export;

#endif
