#include "encoder.h"

#include "encoder_kinds.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CODE_BITS = 16, MAX_ENCODER_BITS = 1 << 28 };

enum err_status encoder_create(struct encoder **out, const char *name, size_t num_features,
                               size_t bits_per_feature, struct err *err)
{
    const struct encoder_kind *kind = encoder_kinds_find(name);
    struct encoder *encoder;

    if (kind == NULL) return err_set(err, ERR_ARG, "there is no encoder \"%s\"", name);
    if (bits_per_feature < (size_t)kind->min_bits || bits_per_feature > (size_t)kind->max_bits) {
        return err_set(err, ERR_ARG, "%s encoder: expected %ld to %ld bits a feature, got %zu",
                       name, kind->min_bits, kind->max_bits, bits_per_feature);
    }
    if (num_features == 0 || num_features > MAX_ENCODER_BITS / bits_per_feature) {
        return err_set(err, ERR_ARG, "%s encoder: expected 1 to %zu features, got %zu", name,
                       MAX_ENCODER_BITS / bits_per_feature, num_features);
    }
    encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return err_nomem(err, "an encoder");
    encoder->kind = kind;
    encoder->num_features = num_features;
    encoder->bits_per_feature = bits_per_feature;
    encoder->num_bits = num_features * bits_per_feature;
    for (size_t s = 0; s < ENCODER_MAX_STATE && kind->states[s].name != NULL; s++) {
        struct encoder_state *state = &encoder->state[encoder->num_states++];

        assert(strlen(kind->states[s].name) < sizeof state->name);
        snprintf(state->name, sizeof state->name, "%s", kind->states[s].name);
        state->columns = kind->states[s].per_bit * bits_per_feature + kind->states[s].extra;
    }
    *out = encoder;
    return ERR_OK;
}

enum err_status encoder_set_state(struct encoder *encoder, const char *name, size_t rows,
                                  size_t columns, const float *values, struct err *err)
{
    struct encoder_state *state = NULL;
    float *copy;

    for (size_t s = 0; s < encoder->num_states; s++) {
        if (strcmp(encoder->state[s].name, name) == 0) state = &encoder->state[s];
    }
    if (state == NULL) {
        return err_set(err, ERR_FORMAT, "%s encoder: it has no \"%s\"", encoder->kind->name, name);
    }
    if ((rows != 1 && rows != encoder->num_features) || columns != state->columns) {
        return err_set(
            err, ERR_FORMAT, "%s encoder: %s: expected 1 or %zu rows of %zu, found %zu of %zu",
            encoder->kind->name, name, encoder->num_features, state->columns, rows, columns);
    }
    copy = malloc(rows * columns * sizeof *copy);
    if (copy == NULL) return err_nomem(err, "encoder state");
    memcpy(copy, values, rows * columns * sizeof *copy);
    free(state->values);
    state->values = copy;
    state->rows = rows;
    return ERR_OK;
}

void encoder_free(struct encoder *encoder)
{
    if (encoder == NULL) return;
    for (size_t s = 0; s < encoder->num_states; s++)
        free(encoder->state[s].values);
    free(encoder->initial);
    free(encoder->toggle_start);
    free(encoder->toggles);
    free(encoder);
}

/* ERR_FORMAT unless the step functions are what the header promises. */
static enum err_status check_steps(const struct encoder *encoder, const uint8_t *initial,
                                   const uint32_t *toggle_start, const uint32_t *toggles,
                                   size_t num_toggles, struct err *err)
{
    if (toggle_start[0] != 0 || toggle_start[encoder->num_bits] != num_toggles) {
        return err_set(err, ERR_FORMAT, "encoder: the slices do not cover the %zu toggle codes",
                       num_toggles);
    }
    for (size_t b = 0; b < encoder->num_bits; b++) {
        if (initial[b] > 1) {
            return err_set(err, ERR_FORMAT, "encoder bit %zu: initial value %u is not 0 or 1", b,
                           initial[b]);
        }
        if (toggle_start[b] > toggle_start[b + 1] || toggle_start[b + 1] > num_toggles) {
            return err_set(err, ERR_FORMAT, "encoder bit %zu: its toggle slice runs backwards", b);
        }
        for (size_t t = toggle_start[b]; t < toggle_start[b + 1]; t++) {
            uint32_t least = t > toggle_start[b] ? toggles[t - 1] + 1 : 1;

            if (toggles[t] < least || toggles[t] >> encoder->code_bits != 0) {
                return err_set(err, ERR_FORMAT,
                               "encoder bit %zu: toggle code %u is not in ascending order below %u",
                               b, toggles[t], 1U << encoder->code_bits);
            }
        }
    }
    return ERR_OK;
}

/* A copy that is not NULL for size 0. */
static void *copy_of(const void *data, size_t size)
{
    void *copy = malloc(size + 1);

    if (copy != NULL && size > 0) memcpy(copy, data, size);
    return copy;
}

enum err_status encoder_from_steps(struct encoder **out, const char *name, size_t num_features,
                                   size_t bits_per_feature, unsigned code_bits,
                                   const uint8_t *initial, const uint32_t *toggle_start,
                                   const uint32_t *toggles, size_t num_toggles, struct err *err)
{
    struct encoder *encoder = NULL;
    enum err_status status = encoder_create(&encoder, name, num_features, bits_per_feature, err);

    if (status != ERR_OK) return status == ERR_ARG ? ERR_FORMAT : status;
    encoder->code_bits = code_bits;
    if (code_bits < 1 || code_bits > MAX_CODE_BITS) {
        status = err_set(err, ERR_FORMAT, "encoder: expected 1 to %d code bits, found %u",
                         MAX_CODE_BITS, code_bits);
    }
    if (status == ERR_OK) {
        status = check_steps(encoder, initial, toggle_start, toggles, num_toggles, err);
    }
    if (status == ERR_OK) {
        encoder->initial = copy_of(initial, encoder->num_bits);
        encoder->toggle_start = copy_of(toggle_start, (encoder->num_bits + 1) * sizeof(uint32_t));
        encoder->toggles = copy_of(toggles, num_toggles * sizeof(uint32_t));
        if (!encoder->initial || !encoder->toggle_start || !encoder->toggles) {
            status = err_nomem(err, "encoder step functions");
        }
    }
    if (status == ERR_OK)
        *out = encoder;
    else
        encoder_free(encoder);
    return status;
}
