/* How fast whole training steps are: gather, encode, forward, backward, update. Nothing is evaluated or
 * written. The steps are those of train_run(), at the start of a training. */
#ifndef DIFFLUT_TRAIN_TRAIN_SPEED_H
#define DIFFLUT_TRAIN_TRAIN_SPEED_H

#include "base/err.h"
#include "data/dataset.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>

struct train_speed_request {
    unsigned threads; /* 0: all cores */
    size_t runs;
    double seconds; /* a run is so long at least, and one step at least */
    bool processor; /* in processor time of all threads together, not by the clock on the wall */
};

/* samples_per_second [runs], after a run that is not counted. The encoder must
 * be fitted; the parameters are initialised, and are trained ones afterwards. Errors as train_run(). */
enum err_status train_speed(struct model *model, const struct dataset *dataset,
                            const struct train_speed_request *request, double *samples_per_second,
                            struct err *err);

#endif
