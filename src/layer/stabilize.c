#include "stabilize.h"

#include "layer.h"

#include <math.h>

static const double EPSILON = 1e-8;

static void factors(const struct stabilize_sums *sums, const struct stabilize_options *options,
                    float *mean, float *scale)
{
    double average = options->subtract_mean ? sums->sum / (double)sums->count : 0;
    double square = sums->square / (double)sums->count - average * average;

    *mean = (float)average;
    *scale = (float)sqrt(options->target_variance / (fmax(square, 0) + EPSILON));
}

void stabilize_columns(float *grad, size_t rows, size_t samples,
                       const struct stabilize_options *options)
{
    for (size_t s = 0; s < samples; s++) {
        struct stabilize_sums sums = {.count = rows};
        float mean, scale;

        for (size_t r = 0; r < rows; r++) {
            double g = (double)grad[r * LAYER_TILE + s];

            sums.sum += g;
            sums.square += g * g;
        }
        factors(&sums, options, &mean, &scale);
        for (size_t r = 0; r < rows; r++)
            grad[r * LAYER_TILE + s] = (grad[r * LAYER_TILE + s] - mean) * scale;
    }
}

void stabilize_measure(const float *grad, size_t rows, size_t samples, struct stabilize_sums *sums)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t s = 0; s < samples; s++) {
            double g = (double)grad[r * LAYER_TILE + s];

            sums->sum += g;
            sums->square += g * g;
        }
    }
    sums->count += rows * samples;
}

void stabilize_apply(float *grad, size_t rows, size_t samples, const struct stabilize_sums *sums,
                     const struct stabilize_options *options)
{
    float mean, scale;

    factors(sums, options, &mean, &scale);
    for (size_t r = 0; r < rows; r++) {
        for (size_t s = 0; s < samples; s++)
            grad[r * LAYER_TILE + s] = (grad[r * LAYER_TILE + s] - mean) * scale;
    }
}
