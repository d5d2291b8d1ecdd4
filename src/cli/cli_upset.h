/* `eval --flip-bits` and `--seu`: accuracy of the hardware with upsets (netlist/upset.h). */
#ifndef DIFFLUT_CLI_CLI_UPSET_H
#define DIFFLUT_CLI_CLI_UPSET_H

#include "cli/cli.h"
#include "data/dataset.h"
#include "model/model.h"

#include <stdint.h>

struct cli_upset_request {
    long flips;      /* upsets at most, 0: not asked for */
    const char *seu; /* probability of an upset of each place, NULL: not asked for */
    long repeats;    /* draws that a point of the curve is averaged over */
    uint64_t seed;
    unsigned threads;
};

/* Measures the curve (0 upsets, then doubling up to what was asked), prints it, and adds it to
 * cli->result as "upsets". Nothing when neither was asked for; ERR_ARG for both or a rate out of range. */
enum err_status cli_upset(struct cli *cli, const struct model *model,
                          const struct dataset_split *split,
                          const struct cli_upset_request *request, struct err *err);

#endif
