/* Packing for AMD (Xilinx) devices: a physical LUT has two outputs (primitive LUT6_2), O6 a function of
 * I0..I5 and O5 the lower half of its table, a function of I0..I4. So two LUTs fit one when together they
 * read at most five signals (I5 is then tied to 1), or when one of them is what another of six inputs is
 * while one of these is 0. */
#ifndef DIFFLUT_FLOW_PACK_H
#define DIFFLUT_FLOW_PACK_H

#include "base/err.h"

#include <jansson.h>
#include <stdint.h>

/* Replaces pairs of LUT1..LUT5, INV and LUT6 cells by LUT6_2 cells, module by module, in a mapped
 * netlist as Yosys' write_json writes it. *pairs: how many. The netlist is hostile: ERR_TOOL. */
enum err_status pack_netlist(json_t *netlist, uint64_t *pairs, struct err *err);

#endif
