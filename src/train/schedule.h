/* Learning-rate schedules: a pure function of the place in training. */
#ifndef DIFFLUT_TRAIN_SCHEDULE_H
#define DIFFLUT_TRAIN_SCHEDULE_H

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

/* Rate of step `step` (from 0) of `steps_per_epoch` * training.epochs in all.
 * constant: learning_rate; step: times step_factor every step_epochs epochs; cosine: half a cosine from
 * learning_rate to 0 (Loshchilov and Hutter, SGDR, ICLR 2017, eq. 5 without restarts). */
double schedule_rate(const struct config *config, uint64_t step, uint64_t steps_per_epoch);

#endif
