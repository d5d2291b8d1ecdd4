/* Depth of LUTs within their layers: the trees of wide nodes make a layer deeper than one LUT. */
#ifndef DIFFLUT_NETLIST_LEVELS_H
#define DIFFLUT_NETLIST_LEVELS_H

#include "netlist/netlist.h"

struct levels {
    uint32_t *lut;   /* [num_luts] LUTs from the layer's inputs to its output; 0 for a constant */
    uint32_t *layer; /* [num_layers] those of its deepest LUT */
};

enum err_status levels_create(struct levels **out, const struct netlist *net, struct err *err);
void levels_free(struct levels *levels);

#endif
