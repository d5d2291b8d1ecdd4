/* A layer that has registers inside, within the trees of wide nodes, is emitted as several modules, one
 * for each stage: a slice of its LUTs. Other layers are one slice. */
#include "vlog.h"

#include "netlist/levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which of the layer's slices a LUT is in: as many cuts are before it. */
static uint32_t stage_of(const struct netlist *net, uint32_t layer, uint32_t level)
{
    uint32_t stage = 0;
    uint16_t last = 0;

    for (uint32_t i = 0; i < net->num_cuts; i++) {
        const struct netlist_cut *cut = &net->cuts[i];

        if (cut->part != layer + 1 || cut->level >= level || cut->level == last) continue;
        last = cut->level;
        stage++;
    }
    return stage;
}

/* The slices of a layer that is `depth` deep: their registers are the cuts of one level, the last one's
 * those behind the layer. */
static uint32_t add_slices(const struct netlist *net, uint32_t layer, uint32_t depth,
                           struct vlog_slice *slices)
{
    uint32_t stages = stage_of(net, layer, depth) + 1, stage = 0, last = 0;

    for (uint32_t s = 0; s < stages; s++)
        slices[s] = (struct vlog_slice){.layer = layer, .stage = s, .stages = stages};
    for (uint32_t i = 0; i < net->num_cuts; i++) {
        const struct netlist_cut *cut = &net->cuts[i];

        if (cut->part != layer + 1) continue;
        if (last > 0 && cut->level != last && stage + 1 < stages) stage++;
        if (cut->level >= depth) stage = stages - 1;
        last = cut->level;
        slices[stage].registers++;
    }
    return stages;
}

/* Puts the LUTs in the order of `from`: new LUT i is old LUT from[i]. */
static enum err_status reorder(struct netlist *net, const uint32_t *from, struct err *err)
{
    struct netlist *old = NULL;
    uint32_t *to = malloc(((size_t)net->num_luts + 1) * sizeof *to);
    enum err_status status = to != NULL ? netlist_copy(&old, net, err) : err_nomem(err, "stages");

    for (uint32_t i = 0; i < net->num_luts && status == ERR_OK; i++)
        to[from[i]] = net->num_steps + i;
    for (uint32_t i = 0; i < net->num_luts && status == ERR_OK; i++) {
        const uint32_t *fan_in = old->fan_in + (size_t)from[i] * NETLIST_MAX_FAN_IN;

        net->fan_in_count[i] = old->fan_in_count[from[i]];
        net->table[i] = old->table[from[i]];
        net->origin[i] = old->origin[from[i]];
        for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++)
            net->fan_in[(size_t)i * NETLIST_MAX_FAN_IN + k] =
                fan_in[k] < net->num_steps ? fan_in[k] : to[fan_in[k] - net->num_steps];
    }
    for (uint32_t i = 0; status == ERR_OK && i < net->group_start[net->num_classes]; i++) {
        if (old->group[i] >= net->num_steps) net->group[i] = to[old->group[i] - net->num_steps];
    }
    netlist_free(old);
    free(to);
    return status;
}

/* Fills first and last of the slices; from[] gets the LUTs slice by slice. */
static void deal(const struct netlist *net, const struct levels *levels, struct vlog_slice *slices,
                 uint32_t count, uint32_t *from)
{
    uint32_t start = 0, end = 0, next = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct vlog_slice *slice = &slices[i];

        if (slice->stage == 0) start = end;
        while (end < net->num_luts && net->origin[end].layer == slice->layer)
            end++;
        slice->first = next;
        for (uint32_t lut = start; lut < end; lut++) {
            if (slice->stages == 1 || stage_of(net, slice->layer, levels->lut[lut]) == slice->stage)
                from[next++] = lut;
        }
        slice->last = next;
    }
}

enum err_status vlog_slices(struct netlist *net, struct vlog_slice **out, uint32_t *count,
                            struct err *err)
{
    struct levels *levels = NULL;
    struct vlog_slice *slices =
        malloc(((size_t)net->num_layers + net->num_cuts + 1) * sizeof *slices);
    uint32_t *from = malloc(((size_t)net->num_luts + 1) * sizeof *from), made = 0;
    enum err_status status = slices != NULL && from != NULL ? levels_create(&levels, net, err)
                                                            : err_nomem(err, "stages");

    for (uint32_t l = 0; l < net->num_layers && status == ERR_OK; l++)
        made += add_slices(net, l, levels->layer[l], slices + made);
    if (status == ERR_OK) deal(net, levels, slices, made, from);
    if (status == ERR_OK && made > net->num_layers) status = reorder(net, from, err);
    levels_free(levels);
    free(from);
    if (status == ERR_OK) {
        *out = slices;
        *count = made;
    } else {
        free(slices);
    }
    return status;
}

void vlog_slice_name(const struct vlog_slice *slice, char name[VLOG_SLICE_SIZE])
{
    if (slice->stages == 1) {
        snprintf(name, VLOG_SLICE_SIZE, "layer%u", slice->layer);
    } else {
        snprintf(name, VLOG_SLICE_SIZE, "layer%u_stage%u", slice->layer, slice->stage);
    }
}
