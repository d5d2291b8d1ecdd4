/* Thermometer whose thresholds are evenly spaced quantiles of a normal distribution with the
 * feature's mean and (N - 1) standard deviation. */
#include "encoder_kinds.h"

#include <math.h>

/* The standard normal quantile of rank / of, by bisection of the distribution function; exactly 0 in
 * the middle and exactly odd around it. */
static double normal_quantile(size_t rank, size_t of)
{
    double low = 0.0, high = 10.0;

    if (2 * rank == of) return 0.0;
    if (2 * rank < of) return -normal_quantile(of - rank, of);
    for (int i = 0; i < 64; i++) {
        double middle = 0.5 * (low + high);

        /* The upper tail keeps its digits where the distribution function nears 1. */
        if (0.5 * erfc(middle * M_SQRT1_2) > (double)(of - rank) / (double)of)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void gaussian_thermometer_fit(float *x, size_t count, size_t bits, float *const *state)
{
    double mean = 0.0, squares = 0.0;
    float deviation;

    for (size_t i = 0; i < count; i++)
        mean += (double)x[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    deviation = count > 1 ? (float)sqrt(squares / (double)(count - 1)) : 0.0F;
    for (size_t i = 0; i < bits; i++) {
        state[0][i] = (float)normal_quantile(i + 1, bits + 1) * deviation + (float)mean;
    }
}

const struct encoder_kind gaussian_thermometer_kind = {
    .name = "gaussian_thermometer",
    .meaning = "thresholds at the quantiles of a normal distribution fitted to the feature",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_BITS,
    .states = {{"thresholds", 1, 0}},
    .fit = gaussian_thermometer_fit,
    .encode = encoder_kinds_compare,
};
