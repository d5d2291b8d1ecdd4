/* Inference engines for the commands that measure accuracy or speed. */
#ifndef DIFFLUT_CLI_CLI_ENGINE_H
#define DIFFLUT_CLI_CLI_ENGINE_H

#include "engine/engine.h"
#include "model/model.h"

/* Lowers the model, runs every pass and compiles the result. */
enum err_status cli_engine_netlist(struct netlist **out, const struct model *model,
                                   struct err *err);
enum err_status cli_engine_create(struct engine **out, const struct model *model, struct err *err);

/* Classes of a split by the engine: predictions [split->count]. */
enum err_status cli_engine_classify(const struct model *model, const struct dataset_split *split,
                                    unsigned threads, uint32_t *predictions, struct err *err);
/* Fraction of predictions that are the label. */
double cli_engine_accuracy(const struct dataset_split *split, const uint32_t *predictions);

#endif
