/* How `cosim` says where a mismatch starts (flow/locate.h). */
#ifndef DIFFLUT_CLI_CLI_LOCATED_H
#define DIFFLUT_CLI_CLI_LOCATED_H

#include "cli/cli.h"
#include "cli/cli_vectors.h"
#include "flow/cosim.h"

/* Null when there was nothing to locate. */
json_t *cli_located_json(const struct cosim_result *result, uint32_t num_features);
/* One or two lines; none when there was nothing to locate. */
void cli_located_say(const struct cli *cli, const struct cosim_result *result,
                     const struct cli_vectors *set);

#endif
