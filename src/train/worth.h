/* What every LUT input, LUT and encoder bit of a model does for its classes, measured on samples.
 *
 * Worth comes down from the classes. With t the soft table of an output, a_s its address in sample s (by
 * the hard pass) and N samples:
 *
 *   output of the last layer, of class c   mean of t(a_s) over the samples of class c, less that over
 *                                          the others: the margin it gives its class
 *   input j of a LUT                       sum over its outputs of their worth (0 when negative) times
 *                                          the mean of |t(a_s) - t(a_s with bit j cleared)|: what
 *                                          cutting it (layer_cut()) changes
 *   other output, encoder bit              sum of the worth of all inputs that read it
 *
 * It works for every node type and every wiring, needs no gradient, and gives an input that is cut
 * or never 1 the worth 0. Learned wires count as they are chosen. */
#ifndef DIFFLUT_TRAIN_WORTH_H
#define DIFFLUT_TRAIN_WORTH_H

#include "model/model.h"

#include <stddef.h>
#include <stdint.h>

struct worth {
    size_t num_layers;
    double **slots;   /* [num_layers][instances * n] */
    double **signals; /* [num_layers + 1]: what layer l reads; the last are the outputs */
};

/* Samples order[0..count) of row-major codes, with labels [..] by sample number. The layers must be
 * prepared. *out starts as {0} and must be freed, also after a failure: ERR_NOMEM. */
enum err_status worth_measure(struct worth *out, const struct model *model, const uint16_t *codes,
                              const uint16_t *labels, const uint32_t *order, size_t count,
                              int threads, struct err *err);
void worth_free(struct worth *worth);

#endif
