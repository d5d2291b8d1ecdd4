#include "pass.h"
#include "table.h"

/* The first input that is the same signal as input k, or k itself. */
static unsigned first_equal(const uint32_t *fan_in, unsigned k)
{
    unsigned j = 0;

    while (fan_in[j] != fan_in[k])
        j++;
    return j;
}

/* Merging comes first, because an input may turn out ignored once two others are known to be equal. */
static unsigned clean_lut(struct netlist *net, uint32_t lut)
{
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned before = net->fan_in_count[lut];

    for (unsigned k = before; k-- > 0;) {
        unsigned j = first_equal(fan_in, k);

        if (j == k) continue;
        pass_drop_fan_in(net, lut, k, table_merge(net->table[lut], net->fan_in_count[lut], k, j));
    }
    for (unsigned k = net->fan_in_count[lut]; k-- > 0;) {
        unsigned count = net->fan_in_count[lut];

        if (!table_ignores(net->table[lut], count, k)) continue;
        pass_drop_fan_in(net, lut, k, table_cofactor(net->table[lut], count, k, 0));
    }
    return before - net->fan_in_count[lut];
}

enum err_status pass_unused_inputs(struct netlist *net, uint64_t *removed, struct err *err)
{
    (void)err; /* allocates nothing */
    *removed = 0;
    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        *removed += clean_lut(net, lut);
    return ERR_OK;
}
