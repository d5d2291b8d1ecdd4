#include "pass.h"

#include <stdlib.h>

/* dead[lut] becomes 0 for LUTs that a class sum depends on. Readers come after what they read, so one
 * walk from the last LUT to the first sees every reader before its fan-ins. */
static void mark_live(const struct netlist *net, uint8_t *dead)
{
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        dead[lut] = 1;
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++) {
        if (net->group[i] >= net->num_steps) dead[net->group[i] - net->num_steps] = 0;
    }
    for (uint32_t lut = net->num_luts; lut-- > 0;) {
        if (dead[lut]) continue;
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++) {
            uint32_t signal = net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k];

            if (signal >= net->num_steps) dead[signal - net->num_steps] = 0;
        }
    }
}

enum err_status pass_dead(struct netlist *net, uint64_t *removed, struct err *err)
{
    uint8_t *dead = malloc((size_t)net->num_luts + 1);
    enum err_status status;

    if (dead == NULL) return err_nomem(err, "finding dead LUTs");
    mark_live(net, dead);
    status = pass_remove_luts(net, dead, removed, err);
    free(dead);
    return status;
}
