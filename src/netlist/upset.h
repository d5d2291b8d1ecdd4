/* Upsets: what radiation does to the configuration of an FPGA that holds a netlist.
 *
 * A LUT of k inputs has 2^k + k places: its table bits, each of which may be turned over, and its address
 * wires, each of which may arrive inverted. An upset of a place changes one LUT for every sample until the
 * device is configured again. Upsetting a place twice puts it back. */
#ifndef DIFFLUT_NETLIST_UPSET_H
#define DIFFLUT_NETLIST_UPSET_H

#include "base/rng.h"
#include "netlist/netlist.h"

/* All places of the netlist. */
uint64_t upset_places(const struct netlist *net);

/* Upsets `count` different places, each choice as likely. ERR_ARG: there are not so many. */
enum err_status upset_count(struct netlist *net, uint64_t count, struct rng *rng, struct err *err);

/* Upsets each place with probability `rate`, 0..1; *count becomes how many. */
enum err_status upset_rate(struct netlist *net, double rate, struct rng *rng, uint64_t *count,
                           struct err *err);

/* Upsets place `place` of LUT `lut`: a table bit, or from 2^k on the wire of fan-in place - 2^k. */
void upset_lut(struct netlist *net, uint32_t lut, unsigned place);

#endif
