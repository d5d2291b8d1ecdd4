/* Hard accuracy of a living model by the bit-parallel engine: exactly that of the C reference, a third of
 * its time. */
#ifndef DIFFLUT_API_API_ACCURACY_H
#define DIFFLUT_API_API_ACCURACY_H

#include "base/err.h"
#include "data/dataset.h"
#include "model/model.h"

/* As model_accuracy() with mode "deterministic", which measures what cannot be lowered (a pipeline that is
 * not possible stops hardware, not training). threads 0: all cores. */
enum err_status api_accuracy_hard(const struct model *model, const struct dataset_split *split,
                                  unsigned threads, double *accuracy, struct err *err);

#endif
