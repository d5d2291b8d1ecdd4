/* Regularisers: a value of the soft tables, weighted into the loss.
 *
 * With p an entry of a soft table (clamped to [0, 1]): entropy is the mean over all entries of the
 * model of the binary entropy of p in bits, clarity the mean of 4 p (1 - p). Both push entries towards
 * 0 or 1, which closes the gap between soft and hard accuracy. */
#ifndef DIFFLUT_TRAIN_REGULARIZER_H
#define DIFFLUT_TRAIN_REGULARIZER_H

#include "config/config.h"

#include <stddef.h>

struct regularizer {
    const char *name, *meaning;
    /* Sum over table[0..count) of the entry's value. */
    double (*value)(const float *table, size_t count);
    /* grad[i] += scale * d value(table[i]) / d table[i]. */
    void (*gradient)(const float *table, float scale, float *grad, size_t count);
};

const struct regularizer *regularizer_find(const char *name);
/* Every runtime.regularizers name is known, or a complaint naming its line. */
enum err_status regularizer_check(const struct config *config, struct err *err);

#endif
