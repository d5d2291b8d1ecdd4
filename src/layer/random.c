/* Random fixed wiring. SPEC 3.1.
 *
 * coverage (default): full permutations of the inputs one after the other, then part of one more, cut
 * into rows of n, so inputs are used equally often over the layer. A row that straddles two
 * permutations may hold an input twice; unless upstream behaviour is asked for, such an entry changes
 * places with a later one, which keeps the use counts.
 * independent: every node draws n distinct inputs of its own (with repeats when n > inputs). */
#include "layer_kinds.h"

#include <stdlib.h>
#include <string.h>

struct options {
    config_name mode;
};

static const struct config_option option_table[] = {
    {.name = "mode",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct options, mode),
     .choices = "coverage|independent",
     .default_text = "coverage",
     .meaning = "use every input equally often over the layer, or draw each node apart"},
};

static bool holds(const uint32_t *row, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (row[i] == value) return true;
    }
    return false;
}

/* Entry i repeats an earlier one of its row: exchange it with an entry of another row such that neither
 * row gets a repeat. Searches forward, around the end; gives up only when no partner exists. */
static void repair(uint32_t *wires, size_t total, size_t n, size_t i)
{
    uint32_t *row = wires + i / n * n;

    for (size_t step = 1; step < total; step++) {
        size_t k = (i + step) % total;
        uint32_t *other = wires + k / n * n;

        if (other == row || holds(row, n, wires[k])) continue;
        if (holds(other, n, wires[i])) continue;

        uint32_t swap = wires[i];

        wires[i] = wires[k];
        wires[k] = swap;
        return;
    }
}

static enum err_status coverage(struct layer *layer, struct rng *rng, struct err *err)
{
    size_t n = layer->desc.num_inputs, total = layer->width * n, inputs = layer->num_inputs;
    uint32_t *order = malloc(inputs * sizeof *order);

    if (order == NULL) return err_nomem(err, "a wiring permutation");
    for (size_t start = 0; start < total; start += inputs) {
        size_t count = total - start < inputs ? total - start : inputs;

        for (size_t i = 0; i < inputs; i++)
            order[i] = (uint32_t)i;
        rng_shuffle(rng, order, inputs);
        memcpy(layer->wiring + start, order, count * sizeof *order);
    }
    free(order);
    if (n > inputs || layer->desc.upstream) return ERR_OK;
    for (size_t i = 0; i < total; i++) {
        if (holds(layer->wiring + i / n * n, i % n, layer->wiring[i]))
            repair(layer->wiring, total, n, i);
    }
    return ERR_OK;
}

static void independent(struct layer *layer, struct rng *rng)
{
    size_t n = layer->desc.num_inputs;

    for (size_t i = 0; i < layer->width * n; i++) {
        const uint32_t *row = layer->wiring + i / n * n;
        uint32_t wire;

        do
            wire = (uint32_t)rng_below(rng, layer->num_inputs);
        while (n <= layer->num_inputs && holds(row, i % n, wire));
        layer->wiring[i] = wire;
    }
}

static enum err_status wire_layer(struct layer *layer, const void *options, struct rng *rng,
                                  struct err *err)
{
    const struct options *chosen = options;

    if (strcmp(chosen->mode, "coverage") == 0) return coverage(layer, rng, err);
    independent(layer, rng);
    return ERR_OK;
}

const struct layer_kind layer_random = {
    .name = "random",
    .meaning = "fixed random wires",
    .options = option_table,
    .num_options = sizeof option_table / sizeof option_table[0],
    .options_size = sizeof(struct options),
    .wire = wire_layer,
};
