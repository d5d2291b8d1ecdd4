#include "pass.h"
#include "table.h"

#include <stdlib.h>

enum { UNKNOWN = 2 }; /* beside the constants 0 and 1 */

static void fold_lut(struct netlist *net, uint32_t lut, uint8_t *value)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    uint8_t *own = &value[netlist_lut_signal(net, lut)];

    for (unsigned k = net->fan_in_count[lut]; k-- > 0;) {
        unsigned tied = value[fan_in[k]];

        if (tied == UNKNOWN) continue;
        pass_drop_fan_in(net, lut, k,
                         table_cofactor(net->table[lut], net->fan_in_count[lut], k, tied));
    }
    if (net->table[lut] == 0) *own = 0;
    if (net->table[lut] == table_ones(net->fan_in_count[lut])) *own = 1;
}

/* Takes constants out of the class sums; the list is closed up in place. */
static void fold_groups(struct netlist *net, const uint8_t *value)
{
    uint32_t kept = 0, start = 0;

    for (uint32_t c = 0; c < net->num_classes; c++) {
        uint32_t end = net->group_start[c + 1];

        for (uint32_t i = start; i < end; i++) {
            if (value[net->group[i]] == UNKNOWN) {
                net->group[kept++] = net->group[i];
            } else {
                net->bias[c] += value[net->group[i]];
            }
        }
        start = end;
        net->group_start[c + 1] = kept;
    }
}

enum err_status pass_constants(struct netlist *net, uint64_t *removed, struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint8_t *value = malloc(2 * signals + 1);
    uint8_t *read;
    uint64_t steps = 0;
    enum err_status status;

    if (value == NULL) return err_nomem(err, "folding constants");
    read = value + signals;
    pass_mark_read(net, read);
    for (uint32_t s = 0; s < net->num_steps; s++) {
        bool constant = net->toggle_start[s] == net->toggle_start[s + 1];

        value[s] = constant ? net->step_initial[s] : UNKNOWN;
        if (constant && read[s]) steps++;
    }
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        value[netlist_lut_signal(net, lut)] = UNKNOWN;
        fold_lut(net, lut, value);
    }
    fold_groups(net, value);
    for (uint32_t lut = 0; lut < net->num_luts; lut++) /* now: which LUTs to remove */
        value[lut] = value[netlist_lut_signal(net, lut)] != UNKNOWN;
    status = pass_remove_luts(net, value, removed, err);
    *removed += steps;
    free(value);
    return status;
}
