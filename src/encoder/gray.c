/* The level of x between the smallest and largest value in Gray code, most significant bit first:
 * neighbouring levels differ in one bit. */
#include "encoder_kinds.h"

static void gray_fit(float *x, size_t count, size_t bits, float *const *state)
{
    (void)bits;
    encoder_kinds_range(x, count, state[0], state[1]);
}

static void gray_encode(const float *const *state, size_t bits, float x, uint8_t *out)
{
    uint32_t level = encoder_kinds_level(x, *state[0], *state[1], bits);

    encoder_kinds_write(level ^ level >> 1, bits, out);
}

const struct encoder_kind gray_kind = {
    .name = "gray",
    .meaning = "the level between smallest and largest value, in Gray code, MSB first",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_LEVEL_BITS,
    .states = {{"min_value", 0, 1}, {"max_value", 0, 1}},
    .fit = gray_fit,
    .encode = gray_encode,
};
