/* Augmentation of images, before encoding: a new draw for every sample of every epoch.
 *
 * The image is moved by up to `shift` pixels, turned by up to `rotation` degrees about its middle,
 * bent by a smooth random field of up to `elastic` pixels (a coarse grid of displacements, spread
 * bilinearly), sampled bilinearly, and noise of up to `noise` codes is added. Pixels from outside are
 * 0. A draw depends only on (seed, sample number). After Simard, Steinkraus and Platt, "Best practices
 * for convolutional neural networks", ICDAR 2003, with a grid in place of the Gaussian filter. */
#ifndef DIFFLUT_TRAIN_AUGMENT_H
#define DIFFLUT_TRAIN_AUGMENT_H

#include "config/config.h"
#include "data/dataset.h"

#include <stdbool.h>

struct augment {
    bool enabled;
    size_t channels, height, width;
    double shift, rotation, elastic, noise;
    double max_code;
};

/* From training.augment_*; ERR_ARG when the data set is not made of images. */
enum err_status augment_create(struct augment *augment, const struct config *config,
                               const struct dataset *dataset, struct err *err);

/* One sample [channels][height][width] of codes from `in` to `out`. */
void augment_sample(const struct augment *augment, uint64_t seed, uint64_t sample,
                    const uint16_t *in, uint16_t *out);

#endif
