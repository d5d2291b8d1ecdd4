#include "table.h"

/* Addresses whose bit k is 0. */
static const uint64_t LOW_HALF[6] = {
    0x5555555555555555u, 0x3333333333333333u, 0x0f0f0f0f0f0f0f0fu,
    0x00ff00ff00ff00ffu, 0x0000ffff0000ffffu, 0x00000000ffffffffu,
};

uint64_t table_ones(unsigned inputs)
{
    return inputs >= 6 ? UINT64_MAX : ((uint64_t)1 << (1u << inputs)) - 1;
}

/* Address of inputs - 1 bits with a bit put in at position k. */
static unsigned insert_bit(unsigned address, unsigned k, unsigned bit)
{
    unsigned low = address & ((1u << k) - 1);

    return (address - low) << 1 | bit << k | low;
}

uint64_t table_cofactor(uint64_t table, unsigned inputs, unsigned k, unsigned value)
{
    uint64_t result = 0;

    for (unsigned a = 0; a < 1u << (inputs - 1); a++)
        result |= (table >> insert_bit(a, k, value) & 1) << a;
    return result;
}

uint64_t table_merge(uint64_t table, unsigned inputs, unsigned k, unsigned j)
{
    uint64_t result = 0;
    unsigned kept = j > k ? j - 1 : j; /* where input j is once k is gone */

    for (unsigned a = 0; a < 1u << (inputs - 1); a++)
        result |= (table >> insert_bit(a, k, a >> kept & 1) & 1) << a;
    return result;
}

bool table_ignores(uint64_t table, unsigned inputs, unsigned k)
{
    return ((table >> (1u << k) ^ table) & LOW_HALF[k] & table_ones(inputs)) == 0;
}

uint64_t table_invert_input(uint64_t table, unsigned inputs, unsigned k)
{
    uint64_t low = table & LOW_HALF[k], high = table >> (1u << k) & LOW_HALF[k];

    return (low << (1u << k) | high) & table_ones(inputs);
}

uint64_t table_swap(uint64_t table, unsigned i, unsigned j)
{
    unsigned distance = (1u << j) - (1u << i); /* from address ..0..1.. to ..1..0.. of bits j, i */
    uint64_t moving = ~LOW_HALF[i] & LOW_HALF[j]; /* addresses with bit i set and bit j clear */
    uint64_t changed = (table >> distance ^ table) & moving;

    return table ^ changed ^ changed << distance;
}
