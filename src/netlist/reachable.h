/* Which addresses of a LUT can occur at all.
 *
 * Step bits of one feature imply each other: of two thermometer bits the higher one is never set
 * alone, of one-hot bits never two are. What a LUT can meet is found by running through all codes of
 * the features that its fan-ins depend on, as far as they are few: fan-ins that share a feature are
 * taken together, through LUTs in between; fan-ins of different features are independent. Where that
 * would be too much work, addresses count as reachable, so the answer never leaves one out. */
#ifndef DIFFLUT_NETLIST_REACHABLE_H
#define DIFFLUT_NETLIST_REACHABLE_H

#include "netlist/netlist.h"

#include <stdbool.h>

/* Whether what the LUT depends on is little enough to be run through. A LUT above one that is not is
 * not either: small[i] is the answer for each LUT i before this one. */
bool reachable_is_small(const struct netlist *net, const uint8_t *small, uint32_t lut);

/* Bit a is set when address a of the LUT may occur; no bits beyond 2^fan-ins. The netlist is a checked
 * one; `small` as above. Bounded work, no memory. */
uint64_t reachable_addresses(const struct netlist *net, const uint8_t *small, uint32_t lut);

#endif
