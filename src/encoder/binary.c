/* The level of x between the smallest and largest value as a binary number, most significant bit
 * first. */
#include "encoder_kinds.h"

static void binary_fit(float *x, size_t count, size_t bits, float *const *state)
{
    (void)bits;
    encoder_kinds_range(x, count, state[0], state[1]);
}

static void binary_encode(const float *const *state, size_t bits, float x, uint8_t *out)
{
    encoder_kinds_write(encoder_kinds_level(x, *state[0], *state[1], bits), bits, out);
}

const struct encoder_kind binary_kind = {
    .name = "binary",
    .meaning = "the level between smallest and largest value, in binary, MSB first",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_LEVEL_BITS,
    .states = {{"min_value", 0, 1}, {"max_value", 0, 1}},
    .fit = binary_fit,
    .encode = binary_encode,
};
