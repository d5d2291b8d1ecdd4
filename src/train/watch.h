/* What goes wrong in training, said with numbers. */
#ifndef DIFFLUT_TRAIN_WATCH_H
#define DIFFLUT_TRAIN_WATCH_H

#include "trainer.h"

/* ERR_DIFF when the loss or a parameter is not finite, naming the layer. Call the first after each
 * step, the second before parameters are kept. */
enum err_status watch_loss(const struct trainer *trainer, double loss, double rate,
                           struct err *err);
enum err_status watch_params(const struct trainer *trainer, struct err *err);

/* After each epoch: warns when soft minus hard accuracy is above two points and has grown for three
 * epochs. */
void watch_gap(const struct trainer *trainer);

/* Warns of inputs and LUTs that nothing reads (before the training of fixed wires, else after it) and of
 * LUTs that became constant (after it). */
enum err_status watch_use(const struct trainer *trainer, bool trained, struct err *err);

#endif
