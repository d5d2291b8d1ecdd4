#include "netlist.h"

#include "profile.h"

#include <stdlib.h>

static enum err_status add_cut(struct netlist *net, uint32_t part, uint32_t level, uint32_t depth,
                               struct err *err)
{
    if (net->num_cuts == NETLIST_MAX_CUTS)
        return err_set(err, ERR_ARG, "pipeline: more than %d registers in all", NETLIST_MAX_CUTS);
    if (level >= NETLIST_END && level < depth)
        return err_set(err, ERR_ARG, "pipeline: part %u is too deep for registers, %u LUTs", part,
                       depth);
    net->cuts[net->num_cuts++] = (struct netlist_cut){
        (uint16_t)part, level < depth ? (uint16_t)level : (uint16_t)NETLIST_END};
    return ERR_OK;
}

/* --- by count --- */

/* Stages of equal depth; what does not divide makes the first ones deeper. */
static enum err_status place_part(struct netlist *net, uint32_t part, unsigned count,
                                  uint32_t depth, struct err *err)
{
    enum err_status status = ERR_OK;

    for (unsigned k = 1; k <= count && status == ERR_OK; k++)
        status =
            add_cut(net, part, (uint32_t)(((uint64_t)depth * k + count - 1) / count), depth, err);
    return status;
}

static enum err_status place_counts(struct netlist *net, const struct profile *p, struct err *err)
{
    const struct netlist_pipeline want = net->pipeline;
    uint32_t popcount = netlist_part_popcount(net);
    enum err_status status = place_part(net, 0, want.encoder, 0, err);

    for (uint32_t part = 1; part < popcount && status == ERR_OK; part++)
        status = place_part(net, part, want.layers, profile_depth(p, part), err);
    if (status == ERR_OK)
        status = place_part(net, popcount, want.popcount, profile_depth(p, popcount), err);
    if (status == ERR_OK)
        status = place_part(net, popcount + 1, want.argmax, profile_depth(p, popcount + 1), err);
    return status;
}

/* --- by depth --- */

/* The best way to have a register at a position: registers and flip-flops up to it, and the position
 * of the register before it (0: none). */
struct way {
    uint32_t registers, before;
    uint64_t flip_flops;
};

static bool is_better(const struct way *a, const struct way *b)
{
    if (a->registers != b->registers) return a->registers < b->registers;
    return a->flip_flops <= b->flip_flops; /* of equal ones the later position */
}

static void find_ways(struct way *ways, const struct profile *p, uint32_t depth)
{
    ways[0] = (struct way){0};
    for (uint32_t x = 1; x <= profile_length(p); x++) {
        ways[x] = (struct way){.registers = UINT32_MAX};
        if (x < p->start[1]) continue; /* no register within the encoder */
        for (uint32_t from = x > depth ? x - depth : 0; from < x; from++) {
            struct way way = {ways[from].registers + 1, from, ways[from].flip_flops + p->width[x]};

            if (ways[from].registers < UINT32_MAX && is_better(&way, &ways[x])) ways[x] = way;
        }
    }
}

/* Turns the chosen positions, found from the end, into cuts. A position between two parts belongs to
 * the first of them. */
static enum err_status place_ways(struct netlist *net, const struct profile *p,
                                  const struct way *ways, struct err *err)
{
    uint32_t count = ways[profile_length(p)].registers, *at, part = 0;
    enum err_status status = ERR_OK;

    if (count > NETLIST_MAX_CUTS)
        return err_set(err, ERR_ARG, "pipeline: more than %d registers in all", NETLIST_MAX_CUTS);
    at = malloc((count + 1) * sizeof *at);
    if (at == NULL) return err_nomem(err, "registers");
    for (uint32_t x = profile_length(p), i = count; i > 0; x = ways[x].before)
        at[--i] = x;
    for (uint32_t i = 0; i < count && status == ERR_OK; i++) {
        while (p->start[part + 1] < at[i])
            part++;
        status = add_cut(net, part, at[i] - p->start[part], profile_depth(p, part), err);
    }
    free(at);
    return status;
}

static enum err_status place_depth(struct netlist *net, const struct profile *p, struct err *err)
{
    uint32_t length = profile_length(p), depth = net->pipeline.depth;
    struct way *ways = malloc(((size_t)length + 1) * sizeof *ways);
    enum err_status status = ERR_OK;

    if (ways == NULL) return err_nomem(err, "registers");
    find_ways(ways, p, depth);
    if (ways[length].registers == UINT32_MAX) {
        status = err_set(err, ERR_ARG,
                         "hardware.pipeline.depth: the encoder is %u LUTs deep and cannot be "
                         "split; at least %u is possible, not %u",
                         p->start[1], p->start[1], depth);
    } else {
        status = place_ways(net, p, ways, err);
    }
    free(ways);
    return status;
}

enum err_status netlist_place_registers(struct netlist *net, struct err *err)
{
    struct profile *p = NULL;
    enum err_status status = profile_create(&p, net, err);

    if (status != ERR_OK) return status;
    net->num_cuts = 0;
    status = net->pipeline.depth > 0 ? place_depth(net, p, err) : place_counts(net, p, err);
    profile_free(p);
    return status;
}

/* --- timing --- */

enum err_status netlist_timing(const struct netlist *net, struct netlist_timing *timing,
                               struct err *err)
{
    struct profile *p = NULL;
    uint32_t last = 0, popcount = netlist_part_popcount(net);
    enum err_status status = profile_create(&p, net, err);

    if (status != ERR_OK) return status;
    *timing = (struct netlist_timing){
        .through = profile_length(p),
        .stages_encoder = netlist_count_cuts(net, 0, 0, NETLIST_END),
        .stages_popcount = netlist_count_cuts(net, popcount, 0, NETLIST_END),
        .stages_argmax = netlist_count_cuts(net, popcount + 1, 0, NETLIST_END),
    };
    timing->stages_layers =
        net->num_cuts - timing->stages_encoder - timing->stages_popcount - timing->stages_argmax;
    for (uint32_t i = 0; i < net->num_cuts; i++) {
        uint32_t at = profile_position(p, &net->cuts[i]);

        if (at - last > timing->depth) timing->depth = at - last;
        last = at;
    }
    if (timing->through - last > timing->depth) timing->depth = timing->through - last;
    profile_free(p);
    return ERR_OK;
}
