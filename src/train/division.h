/* How the trainer divides the training split: what it trains on, and the validation part that chooses
 * the epoch. Drawn from training.seed, so that later measurements can keep to the same parts. */
#ifndef DIFFLUT_TRAIN_DIVISION_H
#define DIFFLUT_TRAIN_DIVISION_H

#include "data/dataset.h"

/* A permutation of the samples: the first num_train are trained on, the num_validation behind them are
 * kept apart (0: no validation part), the rest is left out (training.samples). */
struct division {
    uint32_t *order;
    size_t num_train, num_validation;
};

/* ERR_ARG for a data set without training samples. */
enum err_status division_create(struct division *out, const struct config *config,
                                const struct dataset *dataset, struct err *err);
void division_free(struct division *division);

/* Copies the training samples order[first .. first + count). dataset_split_free() frees them. */
enum err_status division_copy(struct dataset_split *out, const struct dataset *dataset,
                              const struct division *division, size_t first, size_t count,
                              struct err *err);

#endif
