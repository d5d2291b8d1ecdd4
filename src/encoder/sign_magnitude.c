/* Bit 0 is the sign (1 below zero); the others are the magnitude's level between 0 and the largest
 * magnitude, most significant bit first. Codes are never negative, so in hardware the sign bit is
 * constant unless codes stand for real numbers (encoder_freeze). */
#include "encoder_kinds.h"

#include <math.h>

static void sign_magnitude_fit(float *x, size_t count, size_t bits, float *const *state)
{
    float most = 0.0F;

    (void)bits;
    for (size_t i = 0; i < count; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    *state[0] = most;
}

static void sign_magnitude_encode(const float *const *state, size_t bits, float x, uint8_t *out)
{
    out[0] = x < 0.0F;
    encoder_kinds_write(encoder_kinds_level(fabsf(x), 0.0F, *state[0], bits - 1), bits - 1,
                        out + 1);
}

const struct encoder_kind sign_magnitude_kind = {
    .name = "sign_magnitude",
    .meaning = "a sign bit, then the level of the magnitude, in binary, MSB first",
    .min_bits = 2,
    .max_bits = ENCODER_KINDS_MAX_LEVEL_BITS + 1,
    .states = {{"max_abs_value", 0, 1}},
    .fit = sign_magnitude_fit,
    .encode = sign_magnitude_encode,
};
