#include "netlist.h"

#include <stdlib.h>

/* Initial value XOR parity of the toggles at or below the code: the definition, without a search. */
static uint8_t eval_step(const struct netlist *net, uint32_t step, uint32_t code)
{
    uint8_t value = net->step_initial[step];

    for (uint32_t t = net->toggle_start[step]; t < net->toggle_start[step + 1]; t++) {
        if (net->toggles[t] > code) break;
        value ^= 1;
    }
    return value;
}

/* signals[0 .. num_steps) are set; computes the LUTs in order. */
static void eval_luts(const struct netlist *net, uint8_t *signals)
{
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
        unsigned address = 0;

        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            address |= (unsigned)signals[fan_in[k]] << k;
        signals[netlist_lut_signal(net, lut)] = net->table[lut] >> address & 1;
    }
}

static uint32_t eval_classes(const struct netlist *net, const uint8_t *signals, uint32_t *scores)
{
    uint32_t best = 0;

    for (uint32_t c = 0; c < net->num_classes; c++) {
        scores[c] = net->bias[c];
        for (uint32_t i = net->group_start[c]; i < net->group_start[c + 1]; i++)
            scores[c] += signals[net->group[i]];
        if (scores[c] > scores[best]) best = c;
    }
    return best;
}

static enum err_status eval_steps(const struct netlist *net, const uint16_t *codes,
                                  uint8_t *signals, size_t sample, struct err *err)
{
    for (uint32_t f = 0; f < net->num_features; f++) {
        if (codes[f] >> net->code_bits != 0) {
            return err_set(err, ERR_ARG,
                           "netlist: sample %zu: code %u of feature %u exceeds %u bits", sample,
                           codes[f], f, net->code_bits);
        }
    }
    for (uint32_t s = 0; s < net->num_steps; s++)
        signals[s] = eval_step(net, s, codes[net->step_feature[s]]);
    return ERR_OK;
}

static size_t num_signals(const struct netlist *net)
{
    return (size_t)net->num_steps + net->num_luts;
}

enum err_status netlist_eval(const struct netlist *net, const uint16_t *codes, size_t count,
                             uint8_t *signals, uint32_t *scores, uint32_t *classes, struct err *err)
{
    enum err_status status = ERR_OK;
    uint8_t *scratch = malloc(num_signals(net) + 1);

    if (scratch == NULL) return err_nomem(err, "the signals of a netlist");
    for (size_t i = 0; i < count && status == ERR_OK; i++) {
        uint8_t *row = signals != NULL ? signals + i * num_signals(net) : scratch;

        status = eval_steps(net, codes + i * net->num_features, row, i, err);
        if (status != ERR_OK) break;
        eval_luts(net, row);
        classes[i] = eval_classes(net, row, scores + i * net->num_classes);
    }
    free(scratch);
    return status;
}

enum err_status netlist_eval_bits(const struct netlist *net, const uint8_t *bits, size_t count,
                                  uint32_t *scores, uint32_t *classes, struct err *err)
{
    uint8_t *scratch = malloc(num_signals(net) + 1);

    if (scratch == NULL) return err_nomem(err, "the signals of a netlist");
    for (size_t i = 0; i < count; i++) {
        for (uint32_t s = 0; s < net->num_steps; s++)
            scratch[s] = bits[i * net->num_steps + s] != 0;
        eval_luts(net, scratch);
        classes[i] = eval_classes(net, scratch, scores + i * net->num_classes);
    }
    free(scratch);
    return ERR_OK;
}
