/* Learned wiring (selection.h): every LUT input learns which signal it reads. SPEC 3.2.
 *
 * The temperature of the softmax is annealed by the trainer (training.tau_start, training.tau_end); in
 * evaluation the hard choice is wired. */
#include "layer_kinds.h"

#include <string.h>

struct options {
    config_name selection;
    long candidates;
};

static const struct config_option option_table[] = {
    {.name = "selection",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, selection),
     .choices = "soft|hard",
     .default_text = "soft",
     .meaning = "train on the softmax mixture, or on the chosen wire (torch-dwn)"},
    {.name = "candidates",
     .type = CONFIG_LONG,
     .offset = offsetof(struct options, candidates),
     .low = 0,
     .high = 1 << 20,
     .default_text = "0",
     .meaning = "signals a LUT input chooses among, drawn for each; 0: all"},
};

static enum err_status build(struct layer_list *list, struct layer_shape *shape,
                             const struct config *config, size_t index, const void *options,
                             struct rng *rng, struct err *err)
{
    const struct options *chosen = options;
    struct layer *layer = NULL;
    enum err_status status = layer_dense(&layer, config, index, layer_signals(shape), err);

    if (status == ERR_OK && (size_t)chosen->candidates > layer->num_inputs)
        status = config_complain(config, "layer_config", err,
                                 "candidates: entry %zu of layer_type has %zu inputs to choose "
                                 "among, not %ld; 0 takes all",
                                 index, layer->num_inputs, chosen->candidates);
    if (status == ERR_OK)
        status = selection_create(&layer->selection, layer->width * layer->desc.num_inputs,
                                  layer->num_inputs, (size_t)chosen->candidates,
                                  strcmp(chosen->selection, "hard") == 0, rng, err);
    return layer_list_add(list, shape, layer, status, err);
}

const struct layer_kind layer_learnable = {
    .name = "learnable",
    .meaning = "wires learned by a softmax over candidates",
    .options = option_table,
    .num_options = sizeof option_table / sizeof option_table[0],
    .options_size = sizeof(struct options),
    .build = build,
};
