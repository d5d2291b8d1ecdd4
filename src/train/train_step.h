/* One training step: forward, backward and update of one batch. */
#ifndef DIFFLUT_TRAIN_TRAIN_STEP_H
#define DIFFLUT_TRAIN_TRAIN_STEP_H

#include "trainer.h"

/* The next step of the epoch: losses, added in sample order, and weights of the samples go to the
 * trainer's place. *samples is how many there were; returns the learning rate. */
double train_step_next(struct trainer *trainer, size_t *samples);

/* The regularisers' parts of the loss, and the nodes' own penalties. terms [TRAIN_MAX_TERMS]; returns how
 * many there are. */
size_t train_step_terms(struct trainer *trainer, struct train_term *terms);

#endif
