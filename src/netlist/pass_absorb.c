/* LUTs that fit into the LUTs that read them. */
#include "pass.h"

#include <stdlib.h>
#include <string.h>

/* The inputs of `reader` and of `lut`, without `lut` and each once; how many, or more than fit. */
static unsigned merge_inputs(const struct netlist *net, uint32_t lut, uint32_t reader,
                             uint32_t merged[2 * NETLIST_MAX_FAN_IN])
{
    const uint32_t sources[2] = {reader, lut};
    unsigned count = 0;

    for (unsigned s = 0; s < 2; s++) {
        const uint32_t *fan_in = net->fan_in + (size_t)sources[s] * NETLIST_MAX_FAN_IN;

        for (unsigned k = 0; k < net->fan_in_count[sources[s]]; k++) {
            unsigned at = 0;

            if (fan_in[k] == netlist_lut_signal(net, lut)) continue;
            while (at < count && merged[at] != fan_in[k])
                at++;
            if (at == count) merged[count++] = fan_in[k];
        }
    }
    return count;
}

/* Output of a LUT when bit i of `values` is the value of signals[i], and that of `lut` is `own`. */
static unsigned value_of(const struct netlist *net, uint32_t which, const uint32_t *signals,
                         unsigned values, uint32_t lut, unsigned own)
{
    const uint32_t *fan_in = net->fan_in + (size_t)which * NETLIST_MAX_FAN_IN;
    unsigned address = 0;

    for (unsigned k = 0; k < net->fan_in_count[which]; k++) {
        unsigned at = 0;

        if (fan_in[k] == netlist_lut_signal(net, lut)) {
            address |= own << k;
            continue;
        }
        while (signals[at] != fan_in[k])
            at++;
        address |= (values >> at & 1) << k;
    }
    return net->table[which] >> address & 1;
}

static void absorb(struct netlist *net, uint32_t lut, uint32_t reader)
{
    uint32_t merged[2 * NETLIST_MAX_FAN_IN];
    unsigned count = merge_inputs(net, lut, reader, merged);
    uint64_t table = 0;

    for (unsigned values = 0; values < 1u << count; values++) {
        unsigned own = value_of(net, lut, merged, values, lut, 0);

        table |= (uint64_t)value_of(net, reader, merged, values, lut, own) << values;
    }
    for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++)
        net->fan_in[(size_t)reader * NETLIST_MAX_FAN_IN + k] = k < count ? merged[k] : 0;
    net->fan_in_count[reader] = (uint8_t)count;
    net->table[reader] = table;
}

static bool fits_everywhere(const struct netlist *net, const struct pass_readers *r, uint32_t lut)
{
    const uint32_t *start = r->start + netlist_lut_signal(net, lut);
    uint32_t merged[2 * NETLIST_MAX_FAN_IN];

    for (uint32_t i = start[0]; i < start[1]; i++) {
        if (merge_inputs(net, lut, r->readers[i], merged) > NETLIST_MAX_FAN_IN) return false;
    }
    return start[1] > start[0];
}

/* One round over all LUTs. They are met in ascending order, and what an absorbed one read comes before
 * it, so the lists of readers of those still to come stay true. */
static enum err_status absorb_round(struct netlist *net, uint64_t *removed, struct err *err)
{
    uint8_t *gone = calloc(2 * (size_t)net->num_luts + 1, 1); /* then: what a class sums */
    struct pass_readers r = {NULL, NULL};
    enum err_status status = pass_readers_create(&r, net, err);

    if (status == ERR_OK && gone == NULL) status = err_nomem(err, "absorbing LUTs");
    if (status == ERR_OK) {
        uint8_t *summed = gone + net->num_luts;

        for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++) {
            if (net->group[i] >= net->num_steps) summed[net->group[i] - net->num_steps] = 1;
        }
        for (uint32_t lut = 0; lut < net->num_luts; lut++) {
            const uint32_t *start = r.start + netlist_lut_signal(net, lut);

            if (summed[lut] || !fits_everywhere(net, &r, lut)) continue;
            for (uint32_t i = start[0]; i < start[1]; i++)
                absorb(net, lut, r.readers[i]);
            gone[lut] = 1;
        }
        status = pass_remove_luts(net, gone, removed, err);
    }
    free(gone);
    pass_readers_free(&r);
    return status;
}

enum err_status pass_absorb(struct netlist *net, uint64_t *removed, struct err *err)
{
    enum err_status status;
    uint64_t round;

    *removed = 0;
    do {
        round = 0;
        status = absorb_round(net, &round, err);
        *removed += round;
    } while (status == ERR_OK && round > 0);
    return status;
}
