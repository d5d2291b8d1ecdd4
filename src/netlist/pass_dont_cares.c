/* Exact don't-cares: what a table says of an address that no code leads to is free. */
#include "base/partial.h"
#include "pass.h"
#include "reachable.h"
#include "table.h"

#include <stdlib.h>

/* Returns how many inputs went. What is never asked becomes 0, so that tables that are equal where they
 * are asked become equal, which the pass of duplicates finds. */
static unsigned clean_lut(struct netlist *net, uint32_t lut, const uint8_t *small,
                          const uint32_t *readers)
{
    uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    uint64_t table = net->table[lut], asked = reachable_addresses(net, small, lut), zeros;
    struct partial p = {&table, &asked, net->fan_in_count[lut]};
    uint64_t worth[NETLIST_MAX_FAN_IN];
    unsigned kept, left = 0;

    if (asked == table_ones(p.inputs)) return 0;
    for (unsigned k = 0; k < p.inputs; k++) /* what many read would stay in any case */
        worth[k] = readers[fan_in[k]];
    kept = partial_choose(&p, worth);
    partial_sort(&p, kept, &net->table[lut], &zeros);
    for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++) {
        if (kept >> k & 1) fan_in[left++] = fan_in[k];
    }
    for (unsigned k = left; k < NETLIST_MAX_FAN_IN; k++)
        fan_in[k] = 0;
    net->fan_in_count[lut] = (uint8_t)left;
    return p.inputs - left;
}

enum err_status pass_dont_cares(struct netlist *net, uint64_t *removed, struct err *err)
{
    uint32_t *readers = calloc((size_t)net->num_steps + net->num_luts + 1, sizeof *readers);
    uint8_t *small = malloc((size_t)net->num_luts + 1);

    *removed = 0;
    if (readers == NULL || small == NULL) {
        free(readers);
        free(small);
        return err_nomem(err, "don't-cares");
    }
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            readers[net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]]++;
    }
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        *removed += clean_lut(net, lut, small, readers);
        small[lut] = reachable_is_small(net, small, lut);
    }
    free(readers);
    free(small);
    return ERR_OK;
}
