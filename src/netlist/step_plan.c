#include "step_plan.h"

#include "pass.h"

#include <stdlib.h>

enum {
    FEW_TOGGLES = 2,   /* comparisons up to so many on codes that fit one LUT6 */
    SOME_TOGGLES = 16, /* the same on wider codes */
    WIDEST_TABLE = 10  /* code bits; never a table above */
};

static uint32_t num_toggles(const struct netlist *net, uint32_t bit)
{
    return net->toggle_start[bit + 1] - net->toggle_start[bit];
}

/* Counting sort by feature: counts go two places ahead, so that filling leaves the starts behind. */
static enum err_status fill(struct step_plan *plan, const struct netlist *net, uint8_t *read,
                            struct err *err)
{
    plan->feature_start = calloc((size_t)net->num_features + 2, sizeof *plan->feature_start);
    plan->bits = malloc(((size_t)net->num_steps + 1) * sizeof *plan->bits);
    if (read == NULL || plan->feature_start == NULL || plan->bits == NULL)
        return err_nomem(err, "the encoder's plan");
    pass_mark_read(net, read);
    for (uint32_t s = 0; s < net->num_steps; s++) {
        if (read[s]) plan->feature_start[net->step_feature[s] + 2]++;
    }
    for (uint32_t f = 0; f < net->num_features; f++)
        plan->feature_start[f + 2] += plan->feature_start[f + 1];
    for (uint32_t s = 0; s < net->num_steps; s++) {
        if (read[s]) plan->bits[plan->feature_start[net->step_feature[s] + 1]++] = s;
    }
    plan->count = plan->feature_start[net->num_features];
    return ERR_OK;
}

enum err_status step_plan_create(struct step_plan **out, const struct netlist *net, struct err *err)
{
    struct step_plan *plan = calloc(1, sizeof *plan);
    uint8_t *read = malloc((size_t)net->num_steps + net->num_luts + 1);
    enum err_status status =
        plan != NULL ? fill(plan, net, read, err) : err_nomem(err, "the encoder's plan");

    free(read);
    if (status == ERR_OK) {
        *out = plan;
    } else {
        step_plan_free(plan);
    }
    return status;
}

void step_plan_free(struct step_plan *plan)
{
    if (plan == NULL) return;
    free(plan->feature_start);
    free(plan->bits);
    free(plan);
}

bool step_plan_is_wire(const struct netlist *net, uint32_t bit, unsigned *k)
{
    return netlist_is_code_bit(net, bit, k) &&
           (bit >= net->num_encoder_bits || *k + 1 < net->code_bits);
}

bool step_plan_is_table(const struct netlist *net, uint32_t bit)
{
    uint32_t toggles = num_toggles(net, bit);
    unsigned k;

    if (step_plan_is_wire(net, bit, &k)) return false;
    return net->code_bits <= 6 ? toggles > FEW_TOGGLES
                               : toggles > SOME_TOGGLES && net->code_bits <= WIDEST_TABLE;
}

uint32_t step_plan_table_luts(const struct netlist *net)
{
    uint32_t tables = net->code_bits <= 6 ? 1 : 1u << (net->code_bits - 6);

    return tables + (tables - 1 + 2) / 3; /* a LUT6 chooses among four */
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

enum err_status step_plan_comparators(const struct step_plan *plan, const struct netlist *net,
                                      uint32_t feature, unsigned lut_inputs,
                                      struct comparators **out, struct err *err)
{
    const uint32_t *bits = plan->bits + plan->feature_start[feature];
    uint32_t num_bits = step_plan_size(plan, feature);
    size_t size = 0, distinct = 0;
    uint32_t *toggles;
    enum err_status status;

    for (uint32_t i = 0; i < num_bits; i++)
        size += num_toggles(net, bits[i]);
    toggles = malloc((size + 1) * sizeof *toggles);
    if (toggles == NULL) return err_nomem(err, "thresholds");
    size = 0;
    for (uint32_t i = 0; i < num_bits; i++) {
        unsigned k;

        if (step_plan_is_table(net, bits[i]) || step_plan_is_wire(net, bits[i], &k)) continue;
        for (uint32_t t = 0; t < num_toggles(net, bits[i]); t++)
            toggles[size++] = net->toggles[net->toggle_start[bits[i]] + t];
    }
    if (size > 1) qsort(toggles, size, sizeof *toggles, compare_u32);
    for (size_t i = 0; i < size; i++) {
        if (distinct == 0 || toggles[distinct - 1] != toggles[i]) toggles[distinct++] = toggles[i];
    }
    status = comparators_create(out, toggles, distinct, net->code_bits, lut_inputs, err);
    free(toggles);
    return status;
}

/* LUTs before a comparison's result. */
static uint32_t comparison_depth(const struct comparators *plan, const struct comparator *item)
{
    if (item->chain == COMPARATORS_PLAIN)
        return comparators_plain_luts(item->toggle, plan->code_bits, 6);
    return plan->chains[item->chain].num_steps + 1u;
}

/* How many levels of LUTs with `inputs` inputs bring `count` wires down to one. */
static uint32_t tree_depth(uint32_t count, uint32_t inputs)
{
    uint32_t depth = 0;

    for (; count > 1; depth++)
        count = (count - 1) / inputs + 1;
    return depth;
}

static enum err_status feature_depth(const struct step_plan *plan, const struct netlist *net,
                                     uint32_t feature, uint32_t *depth, struct err *err)
{
    struct comparators *comparators = NULL;
    enum err_status status = step_plan_comparators(plan, net, feature, 6, &comparators, err);
    uint32_t comparison = 0;

    if (status != ERR_OK) return status;
    for (size_t i = 0; i < comparators->count; i++) {
        uint32_t luts = comparison_depth(comparators, &comparators->items[i]);

        if (luts > comparison) comparison = luts;
    }
    for (uint32_t i = plan->feature_start[feature]; i < plan->feature_start[feature + 1]; i++) {
        uint32_t bit = plan->bits[i], luts = comparison + tree_depth(num_toggles(net, bit), 6);
        unsigned k;

        if (step_plan_is_wire(net, bit, &k)) continue;
        if (step_plan_is_table(net, bit))
            luts = 1 + tree_depth(net->code_bits <= 6 ? 1 : 1u << (net->code_bits - 6), 4);
        if (net->code_bits <= 6 && luts > 1) luts = 1; /* any function of the code is one LUT */
        if (luts > *depth) *depth = luts;
    }
    comparators_free(comparators);
    return ERR_OK;
}

enum err_status step_plan_depth(const struct netlist *net, uint32_t *depth, struct err *err)
{
    struct step_plan *plan = NULL;
    enum err_status status = step_plan_create(&plan, net, err);

    *depth = 0;
    if (status != ERR_OK) return status;
    for (uint32_t f = 0; f < net->num_features && status == ERR_OK; f++) {
        if (step_plan_size(plan, f) > 0) status = feature_depth(plan, net, f, depth, err);
    }
    step_plan_free(plan);
    return status;
}
