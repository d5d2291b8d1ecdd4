#include "cli/cli_commands.h"

const struct cli_command *const *cli_commands(void)
{
    static const struct cli_command *const commands[] = {
        &cmd_models, &cmd_info,  &cmd_train,  &cmd_sweep, &cmd_eval,   &cmd_emit,  &cmd_cosim,
        &cmd_prove,  &cmd_synth, &cmd_report, &cmd_data,  &cmd_export, &cmd_bench, NULL};

    return commands;
}
