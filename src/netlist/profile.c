#include "profile.h"

#include "argmax.h"
#include "class_sum.h"
#include "levels.h"
#include "step_plan.h"

#include <stdlib.h>

/* What is known of the class sums before the axis is laid out. */
struct sums {
    uint64_t *width; /* [depth + 1] flip-flops after each level */
    uint32_t depth, capacity;
    uint64_t bits; /* of all scores */
};

/* --- class sums --- */

static enum err_status reserve(struct sums *sums, uint32_t depth, struct err *err)
{
    uint32_t capacity = depth + 1;
    uint64_t *width;

    if (depth < sums->capacity) return ERR_OK;
    width = realloc(sums->width, capacity * sizeof *width);
    if (width == NULL) return err_nomem(err, "class sums");
    /* The sums so far are ready before the new levels, and wait there. */
    for (uint32_t level = sums->capacity; level < capacity; level++)
        width[level] = sums->bits;
    sums->width = width;
    sums->capacity = capacity;
    sums->depth = depth;
    return ERR_OK;
}

static enum err_status add_class(struct sums *sums, const struct netlist *net, uint32_t class,
                                 struct err *err)
{
    struct class_sum *sum = NULL;
    enum err_status status = class_sum_create(&sum, net, class, err);

    if (status != ERR_OK) return status;
    status = reserve(sums, sum->depth, err);
    for (uint32_t level = 0; status == ERR_OK && level < sums->capacity; level++)
        sums->width[level] += class_sum_width(sum, level);
    if (sum->num_blocks > 0) sums->bits += sum->blocks[sum->num_blocks - 1].plan->num_bits;
    class_sum_free(sum);
    return status;
}

/* --- the axis --- */

static enum err_status lay_out(struct profile *p, const struct netlist *net,
                               const struct levels *levels, const struct sums *sums,
                               struct err *err)
{
    uint32_t encoder;
    enum err_status status = step_plan_depth(net, &encoder, err);

    if (status != ERR_OK) return status;
    p->num_parts = net->num_layers + 3;
    p->start = calloc((size_t)p->num_parts + 1, sizeof *p->start);
    if (p->start == NULL) return err_nomem(err, "the path");
    p->start[1] = encoder;
    for (uint32_t l = 0; l < net->num_layers; l++)
        p->start[l + 2] = p->start[l + 1] + levels->layer[l];
    p->start[p->num_parts - 1] = p->start[p->num_parts - 2] + sums->depth;
    p->start[p->num_parts] = p->start[p->num_parts - 1] + argmax_plan(net).depth;
    p->width = calloc((size_t)profile_length(p) + 2, sizeof *p->width);
    return p->width != NULL ? ERR_OK : err_nomem(err, "the path");
}

/* Position of a signal: behind so many LUTs. */
static uint32_t position(const struct profile *p, const struct netlist *net,
                         const struct levels *levels, uint32_t signal)
{
    uint32_t lut = signal - net->num_steps;

    if (signal < net->num_steps) return p->start[1];
    return p->start[1 + net->origin[lut].layer] + levels->lut[lut];
}

/* From the encoder's end to the class sums: a signal is registered from where it is made to its last
 * reader. Counted as differences first. */
static enum err_status add_layers(struct profile *p, const struct netlist *net,
                                  const struct levels *levels, struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint32_t *last = calloc(signals + 1, sizeof *last);
    uint32_t end = p->start[net->num_layers + 1];

    if (last == NULL) return err_nomem(err, "readers");
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        uint32_t reader = position(p, net, levels, net->num_steps + lut);

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t *used = &last[net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]];

            if (reader > *used) *used = reader;
        }
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        last[net->group[i]] = end + 1;
    for (size_t s = 0; s < signals; s++) {
        uint32_t made = position(p, net, levels, (uint32_t)s);

        if (last[s] <= made) continue;
        p->width[made]++;
        p->width[last[s]]--;
    }
    for (uint32_t x = p->start[1] + 1; x <= end; x++)
        p->width[x] += p->width[x - 1];
    p->width[end + 1] = 0;
    free(last);
    return ERR_OK;
}

static void add_sums(struct profile *p, const struct netlist *net, const struct sums *sums)
{
    const struct argmax_plan argmax = argmax_plan(net);
    uint32_t start = p->start[netlist_part_popcount(net)];

    for (uint32_t level = 1; level <= sums->depth; level++)
        p->width[start + level] = sums->width[level];
    start += sums->depth;
    for (uint32_t level = 1; level < argmax.depth; level++)
        p->width[start + level] = argmax_width(&argmax, level) + sums->bits;
    p->width[start + argmax.depth] = netlist_class_bits(net) + sums->bits;
}

static enum err_status fill(struct profile *p, const struct netlist *net, struct sums *sums,
                            struct err *err)
{
    struct levels *levels = NULL;
    enum err_status status = levels_create(&levels, net, err);

    if (status == ERR_OK) status = reserve(sums, 0, err);
    for (uint32_t c = 0; c < net->num_classes && status == ERR_OK; c++)
        status = add_class(sums, net, c, err);
    if (status == ERR_OK) status = lay_out(p, net, levels, sums, err);
    if (status == ERR_OK) status = add_layers(p, net, levels, err);
    if (status == ERR_OK) add_sums(p, net, sums);
    levels_free(levels);
    return status;
}

enum err_status profile_create(struct profile **out, const struct netlist *net, struct err *err)
{
    struct profile *profile = calloc(1, sizeof *profile);
    struct sums sums = {0};
    enum err_status status =
        profile != NULL ? fill(profile, net, &sums, err) : err_nomem(err, "the path");

    free(sums.width);
    if (status == ERR_OK) {
        *out = profile;
    } else {
        profile_free(profile);
    }
    return status;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL) return;
    free(profile->start);
    free(profile->width);
    free(profile);
}

uint32_t profile_position(const struct profile *profile, const struct netlist_cut *cut)
{
    uint32_t depth = profile_depth(profile, cut->part);

    return profile->start[cut->part] + (cut->level < depth ? cut->level : depth);
}
