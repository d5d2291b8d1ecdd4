/* The level of log2(x + offset) between its smallest and largest value as a binary number, most
 * significant bit first. The offset makes the smallest fitted value 1 when there are negative ones.
 * Below -offset there is no logarithm: such a value takes level 0, where the original's result is an
 * undefined conversion of NaN. */
#include "encoder_kinds.h"

#include <math.h>

/* The double logarithm, rounded, is the same on every machine to all practical purposes. */
static float logarithm(float x, float offset)
{
    float base = 0.693147180559945309417F;

    return (float)log((double)(x + offset + 1e-8F)) / base;
}

static void logarithmic_fit(float *x, size_t count, size_t bits, float *const *state)
{
    float low, high, offset;

    (void)bits;
    encoder_kinds_range(x, count, &low, &high);
    offset = low < 0.0F ? 1.0F - low : 0.0F;
    *state[0] = offset;
    *state[1] = logarithm(low, offset); /* the logarithm is monotonic */
    *state[2] = logarithm(high, offset);
}

static void logarithmic_encode(const float *const *state, size_t bits, float x, uint8_t *out)
{
    float value = logarithm(x, *state[0]);

    encoder_kinds_write(encoder_kinds_level(value, *state[1], *state[2], bits), bits, out);
}

const struct encoder_kind logarithmic_kind = {
    .name = "logarithmic",
    .meaning = "the level of the value's logarithm, in binary, MSB first",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_LEVEL_BITS,
    .states = {{"offset", 0, 1}, {"min_log", 0, 1}, {"max_log", 0, 1}},
    .fit = logarithmic_fit,
    .encode = logarithmic_encode,
};
