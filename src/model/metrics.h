/* Figures of a classification beyond accuracy: who is taken for whom.
 *
 * With c the class: recall is the share of its samples that were found, precision the share of right
 * ones among the predictions of c, F1 their harmonic mean. A share of nothing is 0, as in scikit-learn
 * with zero_division=0. Macro figures are means over the classes that have samples or predictions. */
#ifndef DIFFLUT_MODEL_METRICS_H
#define DIFFLUT_MODEL_METRICS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { METRICS_MAX_CONFUSION = 256 }; /* classes up to which the matrix is kept */

struct metrics_class {
    uint64_t samples, predictions, right;
    double recall, precision, f1;
};

struct metrics {
    size_t num_classes;
    struct metrics_class *classes; /* [num_classes] */
    uint64_t
        *confusion; /* [num_classes label][num_classes prediction]; NULL for too many classes */
    double accuracy, macro_f1, macro_precision;
    double balanced_accuracy; /* mean recall over the classes that have samples */
};

/* Labels and predictions below num_classes. *out starts as {0}; the caller frees. ERR_NOMEM. */
enum err_status metrics_compute(struct metrics *out, const uint16_t *labels,
                                const uint32_t *predictions, size_t count, size_t num_classes,
                                struct err *err);
void metrics_free(struct metrics *metrics);

#endif
