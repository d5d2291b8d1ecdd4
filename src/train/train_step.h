/* One training step: forward, backward and update of one batch. */
#ifndef DIFFLUT_TRAIN_TRAIN_STEP_H
#define DIFFLUT_TRAIN_TRAIN_STEP_H

#include "trainer.h"

/* One step on the samples order[first..first + batch). Returns the summed losses of the batch, added in
 * sample order, and adds the weights of its samples to *weight. */
double train_step_run(struct trainer *trainer, size_t first, size_t batch, double rate,
                      double *weight);

/* The regularisers' parts of the loss, and the nodes' own penalties. terms [TRAIN_MAX_TERMS]; returns how
 * many there are. */
size_t train_step_terms(struct trainer *trainer, struct train_term *terms);

#endif
