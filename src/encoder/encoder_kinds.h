/* The kinds of this room, and the arithmetic that several of them share. A new kind is one file, one
 * line here and one line in the table of encoder_kinds.c. */
#ifndef DIFFLUT_ENCODER_ENCODER_KINDS_H
#define DIFFLUT_ENCODER_ENCODER_KINDS_H

#include "encoder.h"

extern const struct encoder_kind thermometer_kind;
extern const struct encoder_kind gaussian_thermometer_kind;
extern const struct encoder_kind distributive_thermometer_kind;
extern const struct encoder_kind gray_kind;
extern const struct encoder_kind onehot_kind;
extern const struct encoder_kind binary_kind;
extern const struct encoder_kind sign_magnitude_kind;
extern const struct encoder_kind logarithmic_kind;

/* The entry called `name`, or NULL. */
const struct encoder_kind *encoder_kinds_find(const char *name);

/* The kind's bits of one value of a feature, from the encoder's state. */
void encoder_kinds_encode(const struct encoder *encoder, size_t feature, float x, uint8_t *out);

/* Bit i is x > state[0][i], strictly: encode() of every thermometer. */
void encoder_kinds_compare(const float *const *state, size_t bits, float x, uint8_t *out);

/* Smallest and largest of count >= 1 values. */
void encoder_kinds_range(const float *x, size_t count, float *low, float *high);

/* The level of x among 0 .. 2^bits - 1 (bits <= ENCODER_KINDS_MAX_LEVEL_BITS) when [low, high] is cut
 * evenly: trunc(clamp((x - low) / (high - low + 1e-8), 0, 1) * (2^bits - 1)); 0 where that is NaN.
 * The 1e-8 belongs to the original: it keeps the top level out of reach of tiny ranges. */
uint32_t encoder_kinds_level(float x, float low, float high, size_t bits);

/* Writes the low `bits` bits of level, most significant first. */
void encoder_kinds_write(uint32_t level, size_t bits, uint8_t *out);

/* Every level up to 2^24 - 1 is a float32; the thermometers stop at the configuration's limit. */
enum { ENCODER_KINDS_MAX_LEVEL_BITS = 24, ENCODER_KINDS_MAX_BITS = 256 };

#endif
