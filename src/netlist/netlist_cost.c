#include "netlist.h"

#include "argmax.h"
#include "class_sum.h"
#include "profile.h"
#include "step_plan.h"

#include <string.h>

/* LUTs of a step bit beside those of the comparisons that its feature's bits share. */
static uint64_t bit_luts(const struct netlist *net, uint32_t bit)
{
    const uint32_t *toggle = net->toggles + net->toggle_start[bit];
    uint32_t toggles = net->toggle_start[bit + 1] - net->toggle_start[bit];
    unsigned k;

    if (step_plan_is_wire(net, bit, &k)) return 0;
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

static enum err_status cost_group_sum(const struct netlist *net, struct netlist_cost *cost,
                                      struct err *err)
{
    for (uint32_t c = 0; c < net->num_classes; c++) {
        struct class_sum *sum = NULL;
        enum err_status status = class_sum_create(&sum, net, c, err);

        if (status != ERR_OK) return status;
        cost->group_sum += sum->luts;
        class_sum_free(sum);
    }
    return ERR_OK;
}

/* Flip-flops of all registers, and the valid bit beside each. */
static enum err_status cost_registers(const struct netlist *net, struct netlist_cost *cost,
                                      struct err *err)
{
    struct profile *profile = NULL;
    enum err_status status = profile_create(&profile, net, err);

    if (status != ERR_OK) return status;
    for (uint32_t i = 0; i < net->num_cuts; i++)
        cost->registers += profile->width[profile_position(profile, &net->cuts[i])] + 1;
    profile_free(profile);
    return ERR_OK;
}

enum err_status netlist_cost(const struct netlist *net, struct netlist_cost *cost, struct err *err)
{
    enum err_status status;

    memset(cost, 0, sizeof *cost);
    status = cost_encoder(net, cost, err);
    if (status == ERR_OK) status = cost_group_sum(net, cost, err);
    if (status == ERR_OK) status = cost_registers(net, cost, err);
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        cost->layers += net->fan_in_count[lut] > 0;
    cost->argmax = argmax_plan(net).luts;
    cost->total = cost->encoder + cost->layers + cost->group_sum + cost->argmax;
    return status;
}
