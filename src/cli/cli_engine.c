#include "cli/cli_engine.h"

enum err_status cli_engine_netlist(struct netlist **out, const struct model *model, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model, &net, err);

    if (status == ERR_OK) status = netlist_optimize(net, NULL, err);
    if (status == ERR_OK)
        *out = net;
    else
        netlist_free(net);
    return status;
}

enum err_status cli_engine_create(struct engine **out, const struct model *model, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = cli_engine_netlist(&net, model, err);

    if (status == ERR_OK) status = engine_create(out, net, err);
    netlist_free(net);
    return status;
}

enum err_status cli_engine_classify(const struct model *model, const struct dataset_split *split,
                                    unsigned threads, uint32_t *predictions, struct err *err)
{
    struct engine *engine = NULL;
    enum err_status status = cli_engine_create(&engine, model, err);

    if (status == ERR_OK)
        status = engine_run(engine, split->codes, split->count, NULL, predictions, threads, err);
    engine_free(engine);
    return status;
}

double cli_engine_accuracy(const struct dataset_split *split, const uint32_t *predictions)
{
    size_t right = 0;

    for (size_t i = 0; i < split->count; i++)
        right += predictions[i] == split->labels[i];
    return (double)right / (double)split->count;
}
