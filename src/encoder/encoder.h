/* Encoders: integer codes to bits.
 *
 * Every bit of every encoder is a step function of one code: it has an initial value at code 0 and a
 * sorted list of codes at which it toggles (value(c) = initial XOR (number of toggles <= c) odd). An
 * encoder kind only fits real-valued state and says what its bits are for a real number; freezing it
 * to step functions is done once, here, by evaluating the kind on all 2^code_bits codes. Afterwards
 * software and hardware use the step functions alone. SPEC section 2 and 0.4.
 *
 * All of a kind's arithmetic is float32 and rounds as PyTorch's does, so that thresholds and bits are
 * those of the original library. A number that is not finite never hangs or traps: NaN takes the
 * lowest code of a kind, and a threshold that is NaN is below nothing. */
#ifndef DIFFLUT_ENCODER_ENCODER_H
#define DIFFLUT_ENCODER_ENCODER_H

#include "base/err.h"
#include "base/words.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENCODER_MAX_STATE = 4 };

/* Fitted real numbers of a kind, named as in the original library ("thresholds", "min_value", ...):
 * rows x columns float32, row-major; rows is num_features (or 1 where feature_wise is false). */
struct encoder_state {
    char name[32];
    size_t rows, columns; /* rows is 0 and values NULL until fitted or set */
    float *values;
};

struct encoder {
    const struct encoder_kind *kind;
    size_t num_features, bits_per_feature;
    unsigned code_bits; /* 0 until frozen */
    size_t num_bits;    /* num_features * bits_per_feature; bit f * bits_per_feature + i */
    struct encoder_state state[ENCODER_MAX_STATE];
    size_t num_states;
    /* Frozen step functions; NULL before. */
    uint8_t *initial;       /* [num_bits] value at code 0 */
    uint32_t *toggle_start; /* [num_bits + 1] slices of toggles */
    uint32_t *toggles;      /* codes 1 .. 2^code_bits - 1, strictly ascending in a slice */
};

/* A state array of a kind has per_bit * bits_per_feature + extra columns. */
struct encoder_state_shape {
    const char *name; /* NULL ends the list */
    unsigned per_bit, extra;
};

/* One entry of the registry; one file each in this room. Kinds see one feature at a time: `state[s]`
 * is the feature's row of state s. */
struct encoder_kind {
    const char *name;
    const char *meaning; /* one line for help */
    long min_bits, max_bits;
    struct encoder_state_shape states[ENCODER_MAX_STATE];
    /* Fits one row of state on count >= 1 finite values, which may be reordered. Real numbers, not
     * codes: golden numbers check it so. */
    void (*fit)(float *x, size_t count, size_t bits, float *const *state);
    /* Bits of one value, bytes of 0 or 1. */
    void (*encode)(const float *const *state, size_t bits, float x, uint8_t *out);
};
const struct encoder_kind *const *encoder_kinds(size_t *count);
/* The kinds and the bits they may have, as Markdown (docs/layers.md). */
void encoder_document(struct text *out);

/* What encoder_config says, before there are data: ERR_ARG (through config_complain) for an unknown
 * name or key, or a number of bits that the kind cannot have. */
enum err_status encoder_check(const struct config *config, struct err *err);

/* Fits on codes [count][config->input_size], each below 2^config->input_bits, and freezes. ERR_ARG
 * as encoder_check(); ERR_NOMEM. */
enum err_status encoder_fit(struct encoder **out, const struct config *config,
                            const uint16_t *codes, size_t count, struct err *err);

/* Fits on real numbers [count][num_features], without freezing (no codes exist); for golden tests and
 * the C API. ERR_ARG for an unknown name, a wrong number of bits, no rows, or a value that is not
 * finite (named by row and feature). */
enum err_status encoder_fit_real(struct encoder **out, const char *name, size_t bits_per_feature,
                                 bool feature_wise, const float *x, size_t count,
                                 size_t num_features, struct err *err);

/* The same in pieces, for encoders that were fitted elsewhere: an encoder without state, then its
 * state (copied; rows is num_features or 1; ERR_FORMAT when the kind has no such array or its shape
 * differs), then the step functions over all codes. `value` [2^code_bits] is the real number that
 * each code stands for (a foreign model's whole preprocessing); NULL when that is the code itself. */
enum err_status encoder_create(struct encoder **out, const char *name, size_t num_features,
                               size_t bits_per_feature, struct err *err);
enum err_status encoder_set_state(struct encoder *encoder, const char *name, size_t rows,
                                  size_t columns, const float *values, struct err *err);
enum err_status encoder_freeze(struct encoder *encoder, unsigned code_bits, const float *value,
                               struct err *err);

/* Bits [count][num_bits] of real rows [count][num_features]; needs state. */
void encoder_encode_real(const struct encoder *encoder, const float *x, size_t count,
                         uint8_t *bits);

/* An encoder from stored step functions: initial [num_bits], toggle_start [num_bits + 1], toggles
 * [num_toggles], copied and checked as hostile (ERR_FORMAT). It has no state until that is set. */
enum err_status encoder_from_steps(struct encoder **out, const char *name, size_t num_features,
                                   size_t bits_per_feature, unsigned code_bits,
                                   const uint8_t *initial, const uint32_t *toggle_start,
                                   const uint32_t *toggles, size_t num_toggles, struct err *err);
void encoder_free(struct encoder *encoder);

/* Value of bit b at a code, straight from the definition. */
uint8_t encoder_bit(const struct encoder *encoder, size_t b, uint32_t code);

/* Up to 64 samples at once, rows [count] of codes [num_features] -> words [num_bits], bit s of a word for
 * row s; count is a multiple of 16, bits past it mean nothing. Vectorised; this is the trainer's path. */
void encoder_encode(const struct encoder *encoder, const uint16_t *const *rows, size_t count,
                    uint64_t *words);

/* Row-major, plain: codes [count][num_features] -> bits [count][num_bits]. The oracle. */
void encoder_encode_rows(const struct encoder *encoder, const uint16_t *codes, size_t count,
                         uint8_t *bits);

#endif
