#include "netlist.h"

#include "pass.h"
#include "popcount.h"
#include "step_plan.h"

#include <stdlib.h>
#include <string.h>

/* LUTs of a step bit beside those of the comparisons that its feature's bits share. */
static uint64_t bit_luts(const struct netlist *net, uint32_t bit)
{
    const uint32_t *toggle = net->toggles + net->toggle_start[bit];
    uint32_t toggles = net->toggle_start[bit + 1] - net->toggle_start[bit];

    /* A code that fits a LUT needs one LUT a bit, whatever the function, or a wire. */
    if (net->code_bits <= 6)
        return toggles == 1 ? comparators_plain_luts(*toggle, net->code_bits, 6) : 1;
    if (step_plan_is_table(net, bit)) return step_plan_table_luts(net);
    return toggles < 2 ? 0 : (toggles - 1 + 4) / 5; /* exclusive or of the comparisons */
}

static enum err_status cost_encoder(const struct netlist *net, struct netlist_cost *cost,
                                    struct err *err)
{
    struct step_plan *plan = NULL;
    enum err_status status = step_plan_create(&plan, net, err);

    if (status != ERR_OK) return status;
    cost->steps_read = plan->count;
    for (uint32_t f = 0; f < net->num_features && status == ERR_OK; f++) {
        struct comparators *comparators = NULL;

        if (step_plan_size(plan, f) == 0) continue;
        status = step_plan_comparators(plan, net, f, 6, &comparators, err);
        if (status != ERR_OK) break;
        cost->encoder += net->code_bits <= 6 ? 0 : comparators->luts;
        for (uint32_t i = plan->feature_start[f]; i < plan->feature_start[f + 1]; i++)
            cost->encoder += bit_luts(net, plan->bits[i]);
        comparators_free(comparators);
    }
    step_plan_free(plan);
    return status;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* A signal that a class lists m times is summed once with each weight in m. */
static struct popcount_shape class_shape(const struct netlist *net, uint32_t class,
                                         uint32_t *sorted)
{
    struct popcount_shape shape = {.bias = net->bias[class]};
    uint32_t size = net->group_start[class + 1] - net->group_start[class];

    if (size == 0) return shape;
    memcpy(sorted, net->group + net->group_start[class], size * sizeof *sorted);
    qsort(sorted, size, sizeof *sorted, compare_u32);
    for (uint32_t i = 0; i < size;) {
        uint32_t first = i;

        while (i < size && sorted[i] == sorted[first])
            i++;
        for (unsigned w = 0; (i - first) >> w != 0; w++)
            shape.inputs[w] += (i - first) >> w & 1;
    }
    return shape;
}

static enum err_status cost_group_sum(const struct netlist *net, struct netlist_cost *cost,
                                      struct err *err)
{
    uint32_t *sorted = malloc(((size_t)net->group_start[net->num_classes] + 1) * sizeof *sorted);

    if (sorted == NULL) return err_nomem(err, "the cost of class sums");
    for (uint32_t c = 0; c < net->num_classes; c++) {
        struct popcount_shape shape = class_shape(net, c, sorted);

        cost->group_sum += popcount_luts(&shape);
    }
    free(sorted);
    return ERR_OK;
}

/* hdl_templates/argmax_tree.v and greater.v: each pair compares two scores, chooses the greater one
 * (not at the root) and the number so far. */
static uint64_t cost_argmax(const struct netlist *net)
{
    uint32_t width = netlist_score_bits(net);
    uint64_t luts = 0;

    for (uint64_t level = 1, nodes = net->num_classes; nodes > 1; level++) {
        uint64_t pairs = nodes / 2;

        luts += pairs * (1 + (width > 3 ? (width - 2) / 2 : 0));
        luts += pairs * (level - 1);
        nodes -= pairs;
        if (nodes > 1) luts += pairs * width;
    }
    return luts;
}

/* Signals on the bus behind each layer: LUTs of the layer or before that something later reads. */
static enum err_status count_buses(const struct netlist *net, uint64_t *bits, struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint32_t *last_use = calloc(signals + 1, sizeof *last_use);

    *bits = 0;
    if (last_use == NULL) return err_nomem(err, "the cost of registers");
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            last_use[net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]] = net->origin[lut].layer;
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        last_use[net->group[i]] = net->num_layers;
    for (size_t s = 0; s < signals; s++) {
        uint32_t made = s < net->num_steps ? 0 : net->origin[s - net->num_steps].layer;

        if (last_use[s] > made) *bits += last_use[s] - made;
    }
    free(last_use);
    return ERR_OK;
}

enum err_status netlist_cost(const struct netlist *net, struct netlist_cost *cost, struct err *err)
{
    const struct netlist_pipeline *p = &net->pipeline;
    uint64_t bus_bits = 0, scores = (uint64_t)net->num_classes * netlist_score_bits(net);
    enum err_status status;

    memset(cost, 0, sizeof *cost);
    status = cost_encoder(net, cost, err);
    if (status == ERR_OK) status = cost_group_sum(net, cost, err);
    if (status == ERR_OK) status = count_buses(net, &bus_bits, err);
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        cost->layers += net->fan_in_count[lut] > 0;
    cost->argmax = cost_argmax(net);
    cost->total = cost->encoder + cost->layers + cost->group_sum + cost->argmax;
    cost->registers = cost->steps_read * p->encoder + bus_bits * p->layers + scores * p->popcount +
                      (scores + netlist_class_bits(net)) * p->argmax + netlist_latency(net);
    return status;
}
