/* Random fixed wiring (wiring.h). SPEC 3.1. */
#include "layer_kinds.h"
#include "wiring.h"

#include <string.h>

struct options {
    config_name mode;
    long groups;
};

static const struct config_option option_table[] = {
    {.name = "mode",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, mode),
     .choices = "coverage|independent|grouped",
     .default_text = "coverage",
     .meaning = "use every input equally often, draw each node apart, or keep a node in one group"},
    {.name = "groups",
     .type = CONFIG_LONG,
     .offset = offsetof(struct options, groups),
     .low = 1,
     .high = 1 << 20,
     .default_text = "1",
     .meaning = "mode grouped: equal slices of the inputs; must divide their number"},
};

static enum err_status wire(struct layer *layer, const struct config *config,
                            const struct options *chosen, struct rng *rng, struct err *err)
{
    size_t n = layer->desc.num_inputs, inputs = layer->num_inputs, groups = (size_t)chosen->groups;

    if (strcmp(chosen->mode, "coverage") == 0)
        return wiring_coverage(layer->wiring, layer->width, n, inputs, layer->desc.upstream, rng,
                               err);
    if (strcmp(chosen->mode, "grouped") == 0) {
        if (inputs % groups != 0)
            return config_complain(config, "layer_config", err,
                                   "groups: %zu does not divide the layer's %zu inputs", groups,
                                   inputs);
        return wiring_grouped(layer->wiring, layer->width, n, inputs, groups, rng, err);
    }
    wiring_independent(layer->wiring, layer->width, n, inputs, rng);
    return ERR_OK;
}

static enum err_status build(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, const void *options,
                             struct rng *rng, struct err *err)
{
    struct layer *layer = NULL;
    enum err_status status = layer_dense(&layer, config, index, layer_signals(shape), err);

    if (status == ERR_OK) status = wire(layer, config, options, rng, err);
    return layer_list_add(list, shape, layer, status, err);
}

const struct layer_kind layer_random = {
    .name = "random",
    .meaning = "fixed random wires",
    .options = option_table,
    .num_options = sizeof option_table / sizeof option_table[0],
    .options_size = sizeof(struct options),
    .build = build,
};
