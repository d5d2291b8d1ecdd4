/* Inference engines for the commands that measure accuracy or speed. */
#ifndef DIFFLUT_CLI_CLI_ENGINE_H
#define DIFFLUT_CLI_CLI_ENGINE_H

#include "cli/cli_native.h"
#include "engine/engine.h"
#include "model/model.h"

/* Lowers the model and runs every pass. */
enum err_status cli_engine_netlist(struct netlist **out, const struct model *model,
                                   struct err *err);
/* ... and compiles the result for the interpreter. */
enum err_status cli_engine_create(struct engine **out, const struct model *model, struct err *err);

/* How cli_engine_classify() is to work. */
struct cli_engine_request {
    const char *engine, *cc; /* "interpreted" or "native", and that one's compiler */
    unsigned threads;
};
/* Classes of a split: predictions [split->count]. */
enum err_status cli_engine_classify(struct cli *cli, const struct model *model,
                                    const struct dataset_split *split,
                                    const struct cli_engine_request *request, uint32_t *predictions,
                                    struct err *err);
/* Fraction of predictions that are the label. */
double cli_engine_accuracy(const struct dataset_split *split, const uint32_t *predictions);

#endif
