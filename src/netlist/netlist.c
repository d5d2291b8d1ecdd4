#include "netlist.h"

#include <stdlib.h>
#include <string.h>

/* One slab holds the struct and all its arrays, so that netlist_free() is one call. `at` walks the
 * offsets once to measure (base NULL) and once to hand out. */
struct slab {
    char *base;
    size_t at;
};

static void *slab_take(struct slab *slab, size_t count, size_t size)
{
    const size_t align = sizeof(uint64_t);
    size_t start = (slab->at + align - 1) / align * align;

    slab->at = start + count * size;
    return slab->base != NULL ? slab->base + start : NULL;
}

static void slab_layout(struct slab *slab, struct netlist *net, const struct netlist_sizes *sizes)
{
    size_t luts = sizes->num_luts;

    slab_take(slab, 1, sizeof *net);
    net->step_feature = slab_take(slab, sizes->num_steps, sizeof *net->step_feature);
    net->step_initial = slab_take(slab, sizes->num_steps, sizeof *net->step_initial);
    net->toggle_start = slab_take(slab, (size_t)sizes->num_steps + 1, sizeof *net->toggle_start);
    net->toggles = slab_take(slab, sizes->num_toggles, sizeof *net->toggles);
    net->fan_in_count = slab_take(slab, luts, sizeof *net->fan_in_count);
    net->fan_in = slab_take(slab, luts * NETLIST_MAX_FAN_IN, sizeof *net->fan_in);
    net->table = slab_take(slab, luts, sizeof *net->table);
    net->origin = slab_take(slab, luts, sizeof *net->origin);
    net->group_start = slab_take(slab, (size_t)sizes->num_classes + 1, sizeof *net->group_start);
    net->group = slab_take(slab, sizes->num_group, sizeof *net->group);
    net->bias = slab_take(slab, sizes->num_classes, sizeof *net->bias);
}

enum err_status netlist_create(struct netlist **out, const struct netlist_sizes *sizes,
                               struct err *err)
{
    struct netlist measure;
    struct slab slab = {NULL, 0};
    struct netlist *net;

    if ((uint64_t)sizes->num_steps + sizes->num_luts > UINT32_MAX) {
        return err_set(err, ERR_ARG, "netlist: %u step bits and %u LUTs are too many signals",
                       sizes->num_steps, sizes->num_luts);
    }
    slab_layout(&slab, &measure, sizes);
    net = calloc(1, slab.at);
    if (net == NULL) return err_nomem(err, "a netlist");
    slab = (struct slab){(char *)net, 0};
    slab_layout(&slab, net, sizes);
    net->num_features = sizes->num_features;
    net->code_bits = sizes->code_bits;
    net->num_steps = sizes->num_steps;
    net->num_encoder_bits = sizes->num_steps;
    net->num_luts = sizes->num_luts;
    net->num_classes = sizes->num_classes;
    *out = net;
    return ERR_OK;
}

enum err_status netlist_copy(struct netlist **out, const struct netlist *from, struct err *err)
{
    struct netlist_sizes sizes = {
        .num_features = from->num_features,
        .code_bits = from->code_bits,
        .num_steps = from->num_steps,
        .num_toggles = from->toggle_start[from->num_steps],
        .num_luts = from->num_luts,
        .num_classes = from->num_classes,
        .num_group = from->group_start[from->num_classes],
    };
    struct netlist *net = NULL;
    enum err_status status = netlist_create(&net, &sizes, err);

    if (status != ERR_OK) return status;
    memcpy(net->name, from->name, sizeof net->name);
    memcpy(net->model_hash, from->model_hash, sizeof net->model_hash);
    memcpy(net->config_line, from->config_line, sizeof net->config_line);
    net->num_encoder_bits = from->num_encoder_bits;
    net->num_layers = from->num_layers;
    net->full_adders = from->full_adders;
    net->pipeline = from->pipeline;
    net->num_cuts = from->num_cuts;
    memcpy(net->cuts, from->cuts, sizeof net->cuts);
    memcpy(net->step_feature, from->step_feature, sizes.num_steps * sizeof *net->step_feature);
    memcpy(net->step_initial, from->step_initial, sizes.num_steps * sizeof *net->step_initial);
    memcpy(net->toggle_start, from->toggle_start,
           ((size_t)sizes.num_steps + 1) * sizeof *net->toggle_start);
    memcpy(net->toggles, from->toggles, sizes.num_toggles * sizeof *net->toggles);
    memcpy(net->fan_in_count, from->fan_in_count, sizes.num_luts * sizeof *net->fan_in_count);
    memcpy(net->fan_in, from->fan_in,
           (size_t)sizes.num_luts * NETLIST_MAX_FAN_IN * sizeof *net->fan_in);
    memcpy(net->table, from->table, sizes.num_luts * sizeof *net->table);
    memcpy(net->origin, from->origin, sizes.num_luts * sizeof *net->origin);
    memcpy(net->group_start, from->group_start,
           ((size_t)sizes.num_classes + 1) * sizeof *net->group_start);
    memcpy(net->group, from->group, sizes.num_group * sizeof *net->group);
    memcpy(net->bias, from->bias, sizes.num_classes * sizeof *net->bias);
    *out = net;
    return ERR_OK;
}

void netlist_free(struct netlist *net)
{
    if (net != NULL) free(net->more_steps);
    free(net);
}

bool netlist_is_code_bit(const struct netlist *net, uint32_t step, unsigned *k)
{
    const uint32_t *toggles = net->toggles + net->toggle_start[step];
    uint32_t count = net->toggle_start[step + 1] - net->toggle_start[step];

    if (count == 0 || net->step_initial[step]) return false;
    for (*k = 0; toggles[0] != 1u << *k; (*k)++) {
        if (toggles[0] < 1u << *k) return false;
    }
    if (count != (1u << net->code_bits >> *k) - 1) return false;
    for (uint32_t t = 0; t < count; t++) {
        if (toggles[t] != (t + 1) << *k) return false;
    }
    return true;
}

/* Fills in the steps from num_encoder_bits on; those before are in place. */
static void fill_code_bits(struct netlist *net)
{
    uint32_t step = net->num_encoder_bits, used = net->toggle_start[step];

    for (uint32_t f = 0; f < net->num_features; f++) {
        for (unsigned k = 0; k < net->code_bits; k++, step++) {
            net->step_feature[step] = f;
            for (uint32_t code = 1u << k; code < 1u << net->code_bits; code += 1u << k)
                net->toggles[used++] = code;
            net->toggle_start[step + 1] = used;
        }
    }
}

/* Moves the step bits to where there is room for so many. */
static enum err_status move_steps(struct netlist *net, uint32_t num_steps, uint32_t num_toggles,
                                  struct err *err)
{
    uint32_t old = net->num_steps, old_toggles = net->toggle_start[old];
    size_t words = 2 * (size_t)num_steps + 1 + num_toggles;
    uint32_t *more = calloc(1, words * sizeof *more + num_steps);

    if (more == NULL) return err_nomem(err, "code bits of a netlist");
    memcpy(more, net->step_feature, old * sizeof *more);
    memcpy(more + num_steps, net->toggle_start, ((size_t)old + 1) * sizeof *more);
    memcpy(more + 2 * (size_t)num_steps + 1, net->toggles, old_toggles * sizeof *more);
    memcpy(more + words, net->step_initial, old);
    net->step_feature = more;
    net->toggle_start = more + num_steps;
    net->toggles = more + 2 * (size_t)num_steps + 1;
    net->step_initial = (uint8_t *)(more + words);
    net->more_steps = more;
    return ERR_OK;
}

enum err_status netlist_add_code_bits(struct netlist *net, struct err *err)
{
    uint64_t added = (uint64_t)net->num_features * net->code_bits;
    uint64_t toggles = net->toggle_start[net->num_steps] +
                       net->num_features * ((2ull << net->code_bits) - 2 - net->code_bits);
    uint32_t old = net->num_steps;
    enum err_status status;

    if (net->num_encoder_bits < old) return ERR_OK;
    if (old + added + net->num_luts > UINT32_MAX || toggles > UINT32_MAX)
        return err_set(err, ERR_ARG, "netlist: the codes have too many bits to be signals");
    status = move_steps(net, (uint32_t)(old + added), (uint32_t)toggles, err);
    if (status != ERR_OK) return status;
    net->num_steps = (uint32_t)(old + added);
    fill_code_bits(net);
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            if (fan_in[k] >= old) fan_in[k] += (uint32_t)added;
        }
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++) {
        if (net->group[i] >= old) net->group[i] += (uint32_t)added;
    }
    return ERR_OK;
}

uint32_t netlist_bits_for(uint32_t max)
{
    uint32_t bits = 1;

    while (bits < 32 && max >> bits != 0)
        bits++;
    return bits;
}

uint32_t netlist_max_score(const struct netlist *net)
{
    uint32_t max = 0;

    for (uint32_t c = 0; c < net->num_classes; c++) {
        uint32_t score = net->group_start[c + 1] - net->group_start[c] + net->bias[c];

        if (score > max) max = score;
    }
    return max;
}

uint32_t netlist_score_bits(const struct netlist *net)
{
    return netlist_bits_for(netlist_max_score(net));
}

uint32_t netlist_class_bits(const struct netlist *net)
{
    return netlist_bits_for(net->num_classes - 1);
}

uint32_t netlist_latency(const struct netlist *net)
{
    return net->num_cuts;
}

uint32_t netlist_count_cuts(const struct netlist *net, uint32_t part, uint32_t first, uint32_t last)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < net->num_cuts; i++) {
        const struct netlist_cut *cut = &net->cuts[i];

        count += cut->part == part && cut->level >= first && cut->level <= last;
    }
    return count;
}
