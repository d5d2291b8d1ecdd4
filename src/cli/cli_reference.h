/* The model as data for `prove`: from its trained parameters, not from a netlist. */
#ifndef DIFFLUT_CLI_CLI_REFERENCE_H
#define DIFFLUT_CLI_CLI_REFERENCE_H

#include "flow/prove.h"
#include "model/model.h"

/* Step functions of the encoder, wires of every node, its table from the node type's own mathematics at
 * every address (layer_hard_table()), and the GroupSum. */
enum err_status cli_reference_make(struct prove_reference **out, const struct model *model,
                                   struct err *err);

#endif
