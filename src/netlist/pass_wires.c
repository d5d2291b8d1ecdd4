#include "pass.h"
#include "table.h"

#include <stdlib.h>

enum { COPY = 2, INVERTER = 1 }; /* tables of one input */

struct wires {
    uint8_t *summed;  /* [signals] a class sum reads it */
    uint8_t *gone;    /* [luts] forwarded */
    uint32_t *source; /* [luts] of a forwarded LUT: the signal instead; inverted for an INVERTER */
};

/* Reads each fan-in past forwarded LUTs, then decides about the LUT itself. Its fan-ins come before it,
 * so sources are never forwarded ones. */
static void forward_lut(struct netlist *net, uint32_t lut, struct wires *w)
{
    uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned count = net->fan_in_count[lut];

    for (unsigned k = 0; k < count; k++) {
        uint32_t from = fan_in[k] - net->num_steps; /* LUT number, if it is one */

        if (fan_in[k] < net->num_steps || !w->gone[from]) continue;
        fan_in[k] = w->source[from];
        if (net->table[from] == INVERTER)
            net->table[lut] = table_invert_input(net->table[lut], count, k);
    }
    w->source[lut] = fan_in[0];
    w->gone[lut] =
        count == 1 && (net->table[lut] == COPY ||
                       (net->table[lut] == INVERTER && !w->summed[netlist_lut_signal(net, lut)]));
}

enum err_status pass_wires(struct netlist *net, uint64_t *removed, struct err *err)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    struct wires w = {
        .summed = calloc(signals + 1, 1),
        .gone = calloc((size_t)net->num_luts + 1, 1),
        .source = calloc((size_t)net->num_luts + 1, sizeof *w.source),
    };
    uint32_t num_group = net->group_start[net->num_classes];
    enum err_status status = ERR_OK;

    if (w.summed == NULL || w.gone == NULL || w.source == NULL) {
        status = err_nomem(err, "forwarding wires");
    } else {
        for (uint32_t i = 0; i < num_group; i++)
            w.summed[net->group[i]] = 1;
        for (uint32_t lut = 0; lut < net->num_luts; lut++)
            forward_lut(net, lut, &w);
        for (uint32_t i = 0; i < num_group; i++) {
            uint32_t from = net->group[i] - net->num_steps;

            if (net->group[i] >= net->num_steps && w.gone[from]) net->group[i] = w.source[from];
        }
        status = pass_remove_luts(net, w.gone, removed, err);
    }
    free(w.summed);
    free(w.gone);
    free(w.source);
    return status;
}
