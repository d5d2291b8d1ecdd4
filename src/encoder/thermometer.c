/* Thermometer with evenly spaced thresholds between the smallest and largest value; for a constant
 * feature all thresholds are that constant. */
#include "encoder_kinds.h"

static void thermometer_fit(float *x, size_t count, size_t bits, float *const *state)
{
    float low, high;

    encoder_kinds_range(x, count, &low, &high);
    for (size_t i = 0; i < bits; i++) {
        /* One division and one product, in the original's order: that decides the last bit. */
        state[0][i] = low + (float)(i + 1) * ((high - low) / (float)(bits + 1));
    }
}

const struct encoder_kind thermometer_kind = {
    .name = "thermometer",
    .meaning = "thresholds evenly spaced between the smallest and largest value",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_BITS,
    .states = {{"thresholds", 1, 0}},
    .fit = thermometer_fit,
    .encode = encoder_kinds_compare,
};
