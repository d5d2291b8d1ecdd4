/* Learning-rate schedules: a pure function of the place in training.
 *
 *   constant   learning_rate
 *   step       times step_factor every step_epochs epochs
 *   multistep  times step_factor after each of the milestones (epochs)
 *   cosine     half a cosine from learning_rate to learning_rate_min (Loshchilov and Hutter, SGDR,
 *              ICLR 2017, eq. 5 without restarts)
 *   plateau    times step_factor whenever more than plateau_epochs epochs were not the best so far,
 *              not below learning_rate_min
 *   onecycle   cosine up from learning_rate / cycle_start over cycle_rise of the training, then down
 *              to 1 / cycle_end of the start (Smith and Topin, "Super-convergence", 2018)
 *
 * All but onecycle rise linearly over the first warmup_epochs; cosine takes the rest of the
 * training. The rules are those of PyTorch's schedulers of these names, taken once a step. */
#ifndef DIFFLUT_TRAIN_SCHEDULE_H
#define DIFFLUT_TRAIN_SCHEDULE_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What plateau remembers between epochs. */
struct schedule_plateau {
    uint64_t waited;     /* epochs since the last best one or reduction */
    uint64_t reductions; /* so far */
};

/* Keys that do not fit together: ERR_ARG. */
enum err_status schedule_check(const struct config *config, struct err *err);

/* Rate of step `step` (from 0) of `steps_per_epoch` * training.epochs in all. */
double schedule_rate(const struct config *config, const struct schedule_plateau *plateau,
                     uint64_t step, uint64_t steps_per_epoch);

/* At the end of an epoch. */
void schedule_judge(const struct config *config, struct schedule_plateau *plateau, bool best);

#endif
