/* Gradient stabilisation (SPEC 3.3): optionally subtract the mean of a gradient, then scale it so that
 * its mean square is the target: g * sqrt(target / (mean(g^2) + 1e-8)).
 *
 * Gradients are blocks [rows][LAYER_TILE]; the first `samples` columns count. "batchwise" does it for
 * each sample apart, "layerwise" for the whole batch: measure every tile, add up, apply. */
#ifndef DIFFLUT_LAYER_STABILIZE_H
#define DIFFLUT_LAYER_STABILIZE_H

#include <stdbool.h>
#include <stddef.h>

struct stabilize_sums {
    double sum, square;
    size_t count;
};

struct stabilize_options {
    double target_variance; /* the mean square aimed at */
    bool subtract_mean;
};

void stabilize_columns(float *grad, size_t rows, size_t samples,
                       const struct stabilize_options *options);

/* Adds a tile's sums to *sums. */
void stabilize_measure(const float *grad, size_t rows, size_t samples, struct stabilize_sums *sums);
void stabilize_apply(float *grad, size_t rows, size_t samples, const struct stabilize_sums *sums,
                     const struct stabilize_options *options);

#endif
