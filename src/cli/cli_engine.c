#include "cli/cli_engine.h"

#include <stdlib.h>
#include <string.h>

enum { NATIVE_BLOCK = 4096 }; /* samples that a thread takes at a time */

enum err_status cli_engine_netlist(struct netlist **out, const struct model *model, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model, &net, err);

    if (status == ERR_OK) status = netlist_optimize_with(net, netlist_passes_for(NULL), NULL, err);
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

static enum err_status classify_native(struct cli *cli, const struct model *model,
                                       const struct dataset_split *split,
                                       const struct cli_engine_request *request,
                                       uint32_t *predictions, struct err *err)
{
    size_t features = model->encoder->num_features, count = split->count * features;
    bool wide = model->encoder->code_bits > 8;
    uint8_t *bytes = wide ? NULL : malloc(count + 1);
    struct cli_native *native = NULL;
    struct netlist *net = NULL;
    enum err_status status =
        wide || bytes != NULL ? ERR_OK : err_nomem(err, "samples of the native engine");

    for (size_t i = 0; bytes != NULL && i < count; i++)
        bytes[i] = (uint8_t)split->codes[i];
    if (status == ERR_OK) status = cli_engine_netlist(&net, model, err);
    if (status == ERR_OK) status = cli_native_create(cli, &native, net, request->cc, err);
    if (status == ERR_OK) {
        int team = (int)cli_threads(request->threads);

#pragma omp parallel for num_threads(team) schedule(dynamic)
        for (size_t first = 0; first < split->count; first += NATIVE_BLOCK)
            cli_native_classify(native,
                                wide ? (const void *)(split->codes + first * features)
                                     : (const void *)(bytes + first * features),
                                split->count - first < NATIVE_BLOCK ? split->count - first
                                                                    : NATIVE_BLOCK,
                                predictions + first);
    }
    cli_native_free(native);
    netlist_free(net);
    free(bytes);
    return status;
}

enum err_status cli_engine_classify(struct cli *cli, const struct model *model,
                                    const struct dataset_split *split,
                                    const struct cli_engine_request *request, uint32_t *predictions,
                                    struct err *err)
{
    struct engine *engine = NULL;
    enum err_status status;

    if (strcmp(request->engine, "native") == 0)
        return classify_native(cli, model, split, request, predictions, err);
    status = cli_engine_create(&engine, model, err);
    if (status == ERR_OK)
        status = engine_run(engine, split->codes, split->count, NULL, predictions, request->threads,
                            err);
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
