#include "upset.h"

#include <stdlib.h>

static unsigned lut_places(const struct netlist *net, uint32_t lut)
{
    unsigned inputs = net->fan_in_count[lut];

    return (1u << inputs) + inputs;
}

uint64_t upset_places(const struct netlist *net)
{
    uint64_t places = 0;

    for (uint32_t lut = 0; lut < net->num_luts; lut++)
        places += lut_places(net, lut);
    return places;
}

/* The table that sees input k inverted. */
static uint64_t invert_input(uint64_t table, unsigned inputs, unsigned k)
{
    uint64_t result = 0;

    for (unsigned address = 0; address < 1u << inputs; address++)
        result |= (table >> (address ^ 1u << k) & 1) << address;
    return result;
}

void upset_lut(struct netlist *net, uint32_t lut, unsigned place)
{
    unsigned inputs = net->fan_in_count[lut];

    if (place < 1u << inputs)
        net->table[lut] ^= (uint64_t)1 << place;
    else
        net->table[lut] = invert_input(net->table[lut], inputs, place - (1u << inputs));
}

/* Selection sampling (Knuth, Seminumerical Algorithms, 3.4.2, algorithm S): one pass, no memory. */
enum err_status upset_count(struct netlist *net, uint64_t count, struct rng *rng, struct err *err)
{
    uint64_t left = upset_places(net);

    if (count > left)
        return err_set(err, ERR_ARG, "%llu upsets, but the netlist has only %llu places for them",
                       (unsigned long long)count, (unsigned long long)left);
    for (uint32_t lut = 0; lut < net->num_luts && count > 0; lut++) {
        unsigned places = lut_places(net, lut);

        for (unsigned place = 0; place < places; place++) {
            if (rng_below(rng, left--) >= count) continue;
            upset_lut(net, lut, place);
            count--;
        }
    }
    return ERR_OK;
}

enum err_status upset_rate(struct netlist *net, double rate, struct rng *rng, uint64_t *count,
                           struct err *err)
{
    uint64_t bound = (uint64_t)(rate * 4294967296.0);

    *count = 0;
    if (!(rate >= 0.0 && rate <= 1.0))
        return err_set(err, ERR_ARG, "an upset rate of %g: expected 0 to 1", rate);
    for (uint32_t lut = 0; lut < net->num_luts; lut++) {
        unsigned places = lut_places(net, lut);

        for (unsigned place = 0; place < places; place++) {
            if (rng_below(rng, (uint64_t)1 << 32) >= bound) continue;
            upset_lut(net, lut, place);
            ++*count;
        }
    }
    return ERR_OK;
}
