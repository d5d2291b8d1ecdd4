/* Inference engines for the commands that measure accuracy or speed. */
#ifndef DIFFLUT_CLI_CLI_ENGINE_H
#define DIFFLUT_CLI_CLI_ENGINE_H

#include "cli/cli.h"
#include "engine/engine.h"
#include "model/model.h"

/* Lowers the model and runs every pass. */
enum err_status cli_engine_netlist(struct netlist **out, const struct model *model,
                                   struct err *err);
/* ... and compiles the result for the interpreter. */
enum err_status cli_engine_create(struct engine **out, const struct model *model, struct err *err);

/* The generated C, compiled and loaded. */
struct cli_native;
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
