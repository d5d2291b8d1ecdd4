#include "netlist.h"

#include "decompose.h"
#include "pass.h"

#include <stdlib.h>
#include <string.h>

static enum err_status make_plans(struct decompose_plan **out, const struct netlist *net,
                                  const struct decompose_device *device, struct err *err)
{
    struct decompose_plan *plans = calloc((size_t)net->num_luts + 1, sizeof *plans);

    if (plans == NULL) return err_nomem(err, "decomposing tables");
#pragma omp parallel for schedule(dynamic, 16)
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        if (net->fan_in_count[lut] > 4)
            decompose(net->table[lut], net->fan_in_count[lut], device, &plans[lut]);
    }
    *out = plans;
    return ERR_OK;
}

/* A netlist like `net` with room for so many LUTs and none in it. */
static enum err_status create_like(struct netlist **out, const struct netlist *net,
                                   uint32_t num_luts, struct err *err)
{
    const struct netlist_sizes sizes = {
        .num_features = net->num_features,
        .code_bits = net->code_bits,
        .num_steps = net->num_steps,
        .num_toggles = net->toggle_start[net->num_steps],
        .num_luts = num_luts,
        .num_classes = net->num_classes,
        .num_group = net->group_start[net->num_classes],
    };
    struct netlist *to = NULL;
    enum err_status status = netlist_create(&to, &sizes, err);

    if (status != ERR_OK) return status;
    memcpy(to->name, net->name, sizeof to->name);
    memcpy(to->model_hash, net->model_hash, sizeof to->model_hash);
    memcpy(to->config_line, net->config_line, sizeof to->config_line);
    memcpy(to->step_feature, net->step_feature, net->num_steps * sizeof *to->step_feature);
    memcpy(to->step_initial, net->step_initial, net->num_steps * sizeof *to->step_initial);
    memcpy(to->toggle_start, net->toggle_start, (net->num_steps + 1) * sizeof *to->toggle_start);
    memcpy(to->toggles, net->toggles, sizes.num_toggles * sizeof *to->toggles);
    memcpy(to->group_start, net->group_start, (net->num_classes + 1) * sizeof *to->group_start);
    memcpy(to->bias, net->bias, net->num_classes * sizeof *to->bias);
    to->num_encoder_bits = net->num_encoder_bits;
    to->num_layers = net->num_layers;
    to->pipeline = net->pipeline;
    to->full_adders = true;
    to->num_luts = 0;
    *out = to;
    return ERR_OK;
}

/* Appends a LUT; `origin` names the LUT of the model, the part is the next one of it. */
static uint32_t append(struct netlist *to, struct netlist_origin origin, uint64_t table,
                       const uint32_t *fan_in, unsigned count)
{
    uint32_t lut = to->num_luts++;
    const struct netlist_origin *last = lut > 0 ? &to->origin[lut - 1] : NULL;

    origin.part = 0;
    if (last != NULL && last->layer == origin.layer && last->lut == origin.lut)
        origin.part = (uint16_t)(last->part + 1);
    to->origin[lut] = origin;
    to->table[lut] = table;
    to->fan_in_count[lut] = (uint8_t)count;
    memcpy(to->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN, fan_in, count * sizeof *fan_in);
    return netlist_lut_signal(to, lut);
}

/* The LUT or its parts; returns the signal of the whole. */
static uint32_t append_plan(struct netlist *to, const struct netlist *net, uint32_t lut,
                            const uint32_t *inputs, const struct decompose_plan *plan)
{
    uint32_t signal[NETLIST_MAX_FAN_IN + DECOMPOSE_MAX_PARTS];

    if (plan->count == 0)
        return append(to, net->origin[lut], net->table[lut], inputs, net->fan_in_count[lut]);
    memcpy(signal, inputs, NETLIST_MAX_FAN_IN * sizeof *signal);
    for (unsigned p = 0; p < plan->count; p++) {
        const struct decompose_part *part = &plan->part[p];
        uint32_t fan_in[NETLIST_MAX_FAN_IN];

        for (unsigned k = 0; k < part->inputs; k++)
            fan_in[k] = signal[part->from[k]];
        signal[NETLIST_MAX_FAN_IN + p] =
            append(to, net->origin[lut], part->table, fan_in, part->inputs);
    }
    return signal[NETLIST_MAX_FAN_IN + plan->count - 1];
}

static void append_all(struct netlist *to, const struct netlist *net,
                       const struct decompose_plan *plans, uint32_t *new_signal)
{
    for (uint32_t s = 0; s < net->num_steps; s++)
        new_signal[s] = s;
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
        uint32_t inputs[NETLIST_MAX_FAN_IN] = {0};

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            inputs[k] = new_signal[fan_in[k]];
        new_signal[netlist_lut_signal(net, lut)] = append_plan(to, net, lut, inputs, &plans[lut]);
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        to->group[i] = new_signal[net->group[i]];
}

/* LUTs that the plans make; 0 when that, or the parts of one LUT, are too many to number. */
static uint32_t count_luts(const struct netlist *net, const struct decompose_plan *plans)
{
    uint64_t total = 0;

    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        total += plans[lut].count > 0 ? plans[lut].count : 1;
        if (net->origin[lut].part > UINT16_MAX / DECOMPOSE_MAX_PARTS) return 0;
    }
    return total + net->num_steps < UINT32_MAX ? (uint32_t)total : 0;
}

enum err_status netlist_decompose(struct netlist **net, const char *target, struct err *err)
{
    const struct decompose_device *device = decompose_device(target);
    struct decompose_plan *plans = NULL;
    struct netlist *to = NULL;
    uint32_t *new_signal = NULL, num_luts;
    uint64_t merged;
    enum err_status status;

    if (device == NULL) return ERR_OK;
    if ((*net)->num_luts == 0) {
        (*net)->full_adders = true;
        return netlist_place_registers(*net, err);
    }
    status = pass_unused_inputs(*net, &merged, err); /* which decompose() relies on */
    if (status == ERR_OK) status = make_plans(&plans, *net, device, err);
    if (status != ERR_OK) return status;
    num_luts = count_luts(*net, plans);
    new_signal = malloc(((size_t)(*net)->num_steps + (*net)->num_luts) * sizeof *new_signal);
    if (new_signal == NULL) status = err_nomem(err, "decomposing tables");
    if (status == ERR_OK && num_luts == 0)
        status = err_set(err, ERR_ARG, "netlist: too many LUTs to be taken apart for %s", target);
    if (status == ERR_OK) status = create_like(&to, *net, num_luts, err);
    if (status == ERR_OK) {
        append_all(to, *net, plans, new_signal);
        status = pass_duplicates(to, &merged, err);
        if (status == ERR_OK) status = netlist_place_registers(to, err);
        if (status == ERR_OK) status = netlist_check(to, err);
    }
    free(plans);
    free(new_signal);
    if (status != ERR_OK) {
        netlist_free(to);
        return status;
    }
    netlist_free(*net);
    *net = to;
    return ERR_OK;
}
