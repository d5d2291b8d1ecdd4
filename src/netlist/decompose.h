/* Taking a table apart into smaller ones, for devices whose LUTs have fewer inputs than the table.
 *
 * The forms tried are f = F(g(A), B) and f = F(g(A), h(A), B), over every choice of A and B, which may
 * share inputs; parts that are still too wide are taken apart again. What nothing simpler fits is a
 * multiplexer of four quarters. Sources: R. L. Ashenhurst, The decomposition of switching functions,
 * 1957; H. A. Curtis, A new approach to the design of switching circuits, 1962. */
#ifndef DIFFLUT_NETLIST_DECOMPOSE_H
#define DIFFLUT_NETLIST_DECOMPOSE_H

#include <stdint.h>

enum { DECOMPOSE_MAX_PARTS = 8 };

/* What a table of so many inputs takes, in LUTs of the device; 0: the device has no such table. Those of
 * up to 4 inputs take one. */
struct decompose_device {
    uint8_t cost[7];
};

/* The device of a target: ice40 has LUTs of 4 inputs; ecp5 has multiplexers too that join two or four of
 * them. NULL: tables of 6 inputs are what the target is made of. */
const struct decompose_device *decompose_device(const char *target);

struct decompose_part {
    uint64_t table;
    uint8_t inputs;
    uint8_t from[6]; /* 0..5: input of the whole table; 6 + p: part p, which comes before */
};

struct decompose_plan {
    unsigned cost;  /* in LUTs of the device */
    unsigned count; /* the last part is the whole */
    struct decompose_part part[DECOMPOSE_MAX_PARTS];
};

/* The cheapest plan found for a table that depends on each of its 1..6 inputs; of equal ones the first
 * found, which has fewest levels. About half a millisecond for a table of six inputs. */
void decompose(uint64_t table, unsigned inputs, const struct decompose_device *device,
               struct decompose_plan *plan);

#endif
