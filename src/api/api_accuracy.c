#include "api_accuracy.h"

#include "engine/engine.h"

#include <stdlib.h>

static enum err_status by_reference(const struct model *model, const struct dataset_split *split,
                                    unsigned threads, double *accuracy, struct err *err)
{
    struct model_mode mode = {.name = "deterministic", .threads = threads};

    return model_accuracy(model, split, &mode, accuracy, NULL, err);
}

static enum err_status by_engine(const struct netlist *net, const struct dataset_split *split,
                                 unsigned threads, double *accuracy, struct err *err)
{
    uint32_t *classes = malloc((split->count + 1) * sizeof *classes);
    struct engine *engine = NULL;
    enum err_status status = classes == NULL ? err_nomem(err, "predictions") : ERR_OK;
    size_t right = 0;

    if (status == ERR_OK) status = engine_create(&engine, net, err);
    if (status == ERR_OK)
        status = engine_run(engine, split->codes, split->count, NULL, classes, threads, err);
    for (size_t i = 0; status == ERR_OK && i < split->count; i++)
        right += classes[i] == split->labels[i];
    if (status == ERR_OK) *accuracy = split->count > 0 ? (double)right / (double)split->count : 0.0;
    engine_free(engine);
    free(classes);
    return status;
}

/* As lowered: the passes would take longer than they save on one split. */
enum err_status api_accuracy_hard(const struct model *model, const struct dataset_split *split,
                                  unsigned threads, double *accuracy, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model, &net, err);

    if (status == ERR_ARG) return by_reference(model, split, threads, accuracy, err);
    if (status == ERR_OK) status = by_engine(net, split, threads, accuracy, err);
    netlist_free(net);
    return status;
}
