#include "levels.h"

#include <stdlib.h>

static void fill(struct levels *levels, const struct netlist *net)
{
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
        uint32_t layer = net->origin[lut].layer, level = net->fan_in_count[lut] > 0;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t from = fan_in[k] - net->num_steps;

            if (fan_in[k] < net->num_steps || net->origin[from].layer != layer) continue;
            if (levels->lut[from] >= level) level = levels->lut[from] + 1;
        }
        levels->lut[lut] = level;
        if (level > levels->layer[layer]) levels->layer[layer] = level;
    }
}

enum err_status levels_create(struct levels **out, const struct netlist *net, struct err *err)
{
    struct levels *levels = calloc(1, sizeof *levels);

    if (levels == NULL) return err_nomem(err, "levels of LUTs");
    levels->lut = malloc(((size_t)net->num_luts + 1) * sizeof *levels->lut);
    levels->layer = calloc((size_t)net->num_layers + 1, sizeof *levels->layer);
    if (levels->lut == NULL || levels->layer == NULL) {
        levels_free(levels);
        return err_nomem(err, "levels of LUTs");
    }
    fill(levels, net);
    *out = levels;
    return ERR_OK;
}

void levels_free(struct levels *levels)
{
    if (levels == NULL) return;
    free(levels->lut);
    free(levels->layer);
    free(levels);
}
