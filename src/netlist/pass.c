#include "pass.h"

#include <stdlib.h>
#include <string.h>

void pass_drop_fan_in(struct netlist *net, uint32_t lut, unsigned k, uint64_t table)
{
    uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned count = --net->fan_in_count[lut];

    memmove(fan_in + k, fan_in + k + 1, (count - k) * sizeof *fan_in);
    fan_in[count] = 0;
    net->table[lut] = table;
}

void pass_mark_read(const struct netlist *net, uint8_t *read)
{
    memset(read, 0, (size_t)net->num_steps + net->num_luts);
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            read[net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]] = 1;
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        read[net->group[i]] = 1;
}

enum err_status pass_readers_create(struct pass_readers *r, const struct netlist *net,
                                    struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts, count = 0;

    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        count += net->fan_in_count[lut];
    r->start = calloc(signals + 2, sizeof *r->start);
    r->readers = malloc((count + 1) * sizeof *r->readers);
    if (r->start == NULL || r->readers == NULL) return err_nomem(err, "who reads a signal");
    /* Counts go two places ahead, so that filling leaves the starts behind. */
    for (unsigned fill = 0; fill < 2; fill++) {
        for (uint32_t lut = 0; lut < net->num_luts; lut++) {
            const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

            for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
                if (fill) {
                    r->readers[r->start[fan_in[k] + 1]++] = lut;
                } else {
                    r->start[fan_in[k] + 2]++;
                }
            }
        }
        for (size_t s = 0; fill == 0 && s < signals; s++)
            r->start[s + 2] += r->start[s + 1];
    }
    return ERR_OK;
}

void pass_readers_free(struct pass_readers *r)
{
    free(r->start);
    free(r->readers);
}

/* Moves the LUTs that stay to the front; new_signal[lut] is where each went. */
static uint32_t compact(struct netlist *net, const uint8_t *gone, uint32_t *new_signal)
{
    uint32_t kept = 0;

    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        uint32_t *to = net->fan_in + (size_t)kept * NETLIST_MAX_FAN_IN;
        const uint32_t *from = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

        new_signal[lut] = net->num_steps + kept;
        if (gone[lut]) continue;
        net->fan_in_count[kept] = net->fan_in_count[lut];
        net->table[kept] = net->table[lut];
        net->origin[kept] = net->origin[lut];
        for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++) {
            uint32_t signal = from[k];

            to[k] = signal < net->num_steps ? signal : new_signal[signal - net->num_steps];
        }
        kept++;
    }
    return kept;
}

enum err_status pass_remove_luts(struct netlist *net, const uint8_t *gone, uint64_t *removed,
                                 struct err *err)
{
    uint32_t *new_signal;
    uint32_t kept;

    *removed = 0;
    if (net->num_luts == 0) return ERR_OK;
    new_signal = malloc(net->num_luts * sizeof *new_signal);
    if (new_signal == NULL) return err_nomem(err, "renumbering LUTs");
    kept = compact(net, gone, new_signal);
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++) {
        if (net->group[i] >= net->num_steps)
            net->group[i] = new_signal[net->group[i] - net->num_steps];
    }
    free(new_signal);
    *removed = net->num_luts - kept;
    net->num_luts = kept;
    return ERR_OK;
}
