/* What of a model is used: inputs and LUTs that something reads, tables that are not constant. */
#ifndef DIFFLUT_MODEL_MODEL_USAGE_H
#define DIFFLUT_MODEL_MODEL_USAGE_H

#include "model.h"

struct model_usage_layer {
    size_t luts, unread; /* outputs of the layer; those that no LUT which is itself read reads, but
                            for LUTs that training.prune_luts removed */
    size_t tables, constant; /* one for each node and output; those with one value only */
};

struct model_usage {
    size_t bits, unread_bits;         /* of the encoder */
    size_t features, unread_features; /* integer inputs; those of which no bit is read */
    size_t num_layers;
    struct model_usage_layer *layers;
};

/* Counts along the wires, hard choices of learned ones. *out starts as {0}; the caller frees. */
enum err_status model_usage_measure(struct model_usage *out, const struct model *model,
                                    struct err *err);
void model_usage_free(struct model_usage *usage);

#endif
