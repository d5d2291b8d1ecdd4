/* Encoders: integer codes to bits.
 *
 * Every bit of every encoder is a step function of one code: it has an initial value at code 0 and a
 * sorted list of codes at which it toggles (value(c) = initial XOR (number of toggles <= c) odd). An
 * encoder kind only fits real-valued state and says what its bits are for a real number; freezing it
 * to step functions is done once, here, by evaluating the kind on all 2^code_bits codes. Afterwards
 * software and hardware use the step functions alone. SPEC section 2 and 0.4. */
#ifndef DIFFLUT_ENCODER_ENCODER_H
#define DIFFLUT_ENCODER_ENCODER_H

#include "base/err.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum { ENCODER_MAX_STATE = 4 };

/* Fitted real numbers of a kind, named as in the original library ("thresholds", "min_value", ...):
 * rows x columns float32, row-major; rows is num_features (or 1 where feature_wise is false). */
struct encoder_state {
    char name[32];
    size_t rows, columns;
    float *values;
};

struct encoder {
    const struct encoder_kind *kind;
    size_t num_features, bits_per_feature;
    unsigned code_bits;
    size_t num_bits; /* num_features * bits_per_feature; bit f * bits_per_feature + i */
    struct encoder_state state[ENCODER_MAX_STATE];
    size_t num_states;
    /* Frozen step functions. */
    uint8_t *initial;       /* [num_bits] value at code 0 */
    uint32_t *toggle_start; /* [num_bits + 1] slices of toggles */
    uint32_t *toggles;      /* codes 1 .. 2^code_bits - 1, strictly ascending in a slice */
};

/* One entry of the registry; one file each in this room. */
struct encoder_kind {
    const char *name;
    const char *meaning; /* one line for help */
    long min_bits, max_bits;
    /* Fits on x [count][num_features] and fills encoder->state. Real numbers, not codes: golden
     * numbers check it so. */
    enum err_status (*fit)(struct encoder *encoder, const float *x, size_t count, bool feature_wise,
                           struct err *err);
    /* Bits of one value of feature f, bits_per_feature bytes of 0 or 1. */
    void (*encode)(const struct encoder *encoder, size_t f, float x, uint8_t *bits);
};
const struct encoder_kind *const *encoder_kinds(size_t *count);

/* Fits on codes [count][num_features] and freezes. ERR_ARG (through config_complain) for an unknown
 * name or a number of bits the kind cannot have. */
enum err_status encoder_fit(struct encoder **out, const struct config *config, const uint16_t *codes,
                            size_t count, struct err *err);

/* Fits on real numbers, without freezing (no codes exist); for golden tests and the C API. */
enum err_status encoder_fit_real(struct encoder **out, const char *name, size_t bits_per_feature,
                                 bool feature_wise, const float *x, size_t count,
                                 size_t num_features, struct err *err);
/* Bits [count][num_bits] of real rows [count][num_features]. */
void encoder_encode_real(const struct encoder *encoder, const float *x, size_t count, uint8_t *bits);

/* An encoder from stored step functions (arrays are copied and checked: ERR_FORMAT). */
enum err_status encoder_from_steps(struct encoder **out, const char *name, size_t num_features,
                                   size_t bits_per_feature, unsigned code_bits,
                                   const uint8_t *initial, const uint32_t *toggle_start,
                                   const uint32_t *toggles, struct err *err);
void encoder_free(struct encoder *encoder);

/* Value of bit b at a code, straight from the definition. */
uint8_t encoder_bit(const struct encoder *encoder, size_t b, uint32_t code);

/* Signal-major block: codes [num_features][stride] -> bits [num_bits][stride], the first `count` of
 * each row; bytes of 0 or 1. Vectorised; this is the trainer's path. */
void encoder_encode(const struct encoder *encoder, const uint16_t *codes, size_t count,
                    size_t stride, uint8_t *bits);

/* Row-major, plain: codes [count][num_features] -> bits [count][num_bits]. The oracle. */
void encoder_encode_rows(const struct encoder *encoder, const uint16_t *codes, size_t count,
                         uint8_t *bits);

#endif
