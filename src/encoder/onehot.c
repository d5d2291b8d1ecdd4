/* One bit for each of B equal bins between the smallest and largest value. The hot bit's position is
 * the number of interior edges strictly below x, so a value on an edge belongs to the lower bin. */
#include "encoder_kinds.h"

#include <string.h>

static void onehot_fit(float *x, size_t count, size_t bits, float *const *state)
{
    float low, high, step;

    encoder_kinds_range(x, count, &low, &high);
    step = (high - low) / (float)bits;
    /* linspace() as PyTorch has it: from the left up to the middle, from the right beyond. */
    for (size_t i = 0; i <= bits; i++) {
        state[0][i] = i < (bits + 1) / 2 ? low + step * (float)i : high - step * (float)(bits - i);
    }
}

static void onehot_encode(const float *const *state, size_t bits, float x, uint8_t *out)
{
    size_t hot = 0;

    for (size_t i = 1; i < bits; i++)
        hot += x > state[0][i];
    memset(out, 0, bits);
    out[hot] = 1;
}

const struct encoder_kind onehot_kind = {
    .name = "onehot",
    .meaning = "one bit for each of num_bits equal bins",
    .min_bits = 1,
    .max_bits = ENCODER_KINDS_MAX_BITS,
    .states = {{"bin_edges", 1, 1}},
    .fit = onehot_fit,
    .encode = onehot_encode,
};
