/* Exact don't-cares: what a table says of an address that no code leads to is free. */
#include "pass.h"
#include "reachable.h"
#include "table.h"

#include <stdlib.h>

/* A table that is only asked at some addresses. */
struct partial {
    uint64_t table, asked;
    unsigned inputs;
};

/* The address that is left of one when only the inputs in `kept` are. */
static unsigned project(unsigned address, unsigned kept, unsigned inputs)
{
    unsigned rest = 0, at = 0;

    for (unsigned k = 0; k < inputs; k++) {
        if (kept >> k & 1) rest |= (address >> k & 1) << at++;
    }
    return rest;
}

/* The table over the inputs in `kept`, 0 where it is never asked; false when they do not decide. */
static bool keep_inputs(const struct partial *p, unsigned kept, uint64_t *table)
{
    uint64_t ones = 0, zeros = 0;

    for (unsigned a = 0; a < 1u << p->inputs; a++) {
        uint64_t bit = (uint64_t)1 << project(a, kept, p->inputs);

        if (!(p->asked >> a & 1)) continue;
        if (p->table >> a & 1) {
            ones |= bit;
        } else {
            zeros |= bit;
        }
    }
    *table = ones;
    return (ones & zeros) == 0;
}

static uint64_t count_readers(const uint32_t *readers, const uint32_t *fan_in, unsigned kept)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < NETLIST_MAX_FAN_IN; k++)
        sum += kept >> k & 1 ? readers[fan_in[k]] : 0;
    return sum;
}

/* The fewest inputs that decide; of equally many those with the most readers, which would stay in any
 * case. */
static unsigned choose_inputs(const struct partial *p, const uint32_t *fan_in,
                              const uint32_t *readers)
{
    unsigned best = (1u << p->inputs) - 1, best_count = p->inputs;
    uint64_t best_readers = count_readers(readers, fan_in, best);

    for (unsigned kept = 0; kept < (1u << p->inputs) - 1; kept++) {
        unsigned count = (unsigned)__builtin_popcount(kept);
        uint64_t sum = count_readers(readers, fan_in, kept), table;

        if (count > best_count || (count == best_count && sum <= best_readers)) continue;
        if (!keep_inputs(p, kept, &table)) continue;
        best = kept;
        best_count = count;
        best_readers = sum;
    }
    return best;
}

/* Returns how many inputs went. What is never asked becomes 0, so that tables that are equal where they
 * are asked become equal, which the pass of duplicates finds. */
static unsigned clean_lut(struct netlist *net, uint32_t lut, const uint8_t *small,
                          const uint32_t *readers)
{
    uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    struct partial p = {net->table[lut], reachable_addresses(net, small, lut),
                        net->fan_in_count[lut]};
    unsigned kept, left = 0;

    if (p.asked == table_ones(p.inputs)) return 0;
    kept = choose_inputs(&p, fan_in, readers);
    keep_inputs(&p, kept, &net->table[lut]);
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
