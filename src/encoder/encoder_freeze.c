/* Freezing: the one place where real numbers become step functions of integer codes. It asks the
 * kind about every code, with the kind's own float32 operations, so there is nothing to derive and no
 * formula to round (SPEC 0.4: floor(t * M) is wrong for most code widths). */
#include "encoder_kinds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct steps {
    uint8_t *initial;
    uint32_t *toggle_start, *toggles;
    size_t count, capacity; /* of toggles */
};

static void steps_free(struct steps *steps)
{
    free(steps->initial);
    free(steps->toggle_start);
    free(steps->toggles);
}

static enum err_status steps_add(struct steps *steps, uint32_t code, struct err *err)
{
    if (steps->count == steps->capacity) {
        size_t capacity = steps->capacity * 2;
        uint32_t *grown;

        if (capacity > UINT32_MAX) {
            return err_set(err, ERR_ARG, "encoder: more than %zu toggle codes; use fewer bits",
                           steps->count);
        }
        grown = realloc(steps->toggles, capacity * sizeof *grown);
        if (grown == NULL) return err_nomem(err, "encoder toggle codes");
        steps->toggles = grown;
        steps->capacity = capacity;
    }
    steps->toggles[steps->count++] = code;
    return ERR_OK;
}

/* Fills table[bits][codes] with the bits of every code of one feature. */
static void tabulate(const struct encoder *encoder, size_t feature, const float *value,
                     size_t codes, uint8_t *table)
{
    uint8_t bits[ENCODER_KINDS_MAX_BITS];

    for (size_t c = 0; c < codes; c++) {
        encoder_kinds_encode(encoder, feature, value != NULL ? value[c] : (float)c, bits);
        for (size_t i = 0; i < encoder->bits_per_feature; i++)
            table[i * codes + c] = bits[i];
    }
}

/* Turns table[bits][codes] into the step functions of one feature. */
static enum err_status walk(const struct encoder *encoder, size_t feature, const uint8_t *table,
                            size_t codes, struct steps *steps, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < encoder->bits_per_feature; i++) {
        size_t b = feature * encoder->bits_per_feature + i;
        const uint8_t *row = table + i * codes;

        steps->initial[b] = row[0];
        for (size_t c = 1; c < codes && status == ERR_OK; c++) {
            if (row[c] != row[c - 1]) status = steps_add(steps, (uint32_t)c, err);
        }
        steps->toggle_start[b + 1] = (uint32_t)steps->count;
    }
    return status;
}

static enum err_status freeze(const struct encoder *encoder, const float *value, size_t codes,
                              uint8_t *table, struct steps *steps, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t f = 0; f < encoder->num_features && status == ERR_OK; f++) {
        tabulate(encoder, f, value, codes, table);
        status = walk(encoder, f, table, codes, steps, err);
    }
    return status;
}

enum err_status encoder_freeze(struct encoder *encoder, unsigned code_bits, const float *value,
                               struct err *err)
{
    size_t codes = (size_t)1 << code_bits;
    uint8_t *table = malloc(encoder->bits_per_feature * codes);
    struct steps steps = {.capacity = encoder->num_bits};
    enum err_status status = ERR_OK;

    assert(code_bits >= 1 && code_bits <= 16);
    for (size_t s = 0; s < encoder->num_states; s++)
        assert(encoder->state[s].rows > 0); /* fitted */
    steps.initial = malloc(encoder->num_bits);
    steps.toggle_start = calloc(encoder->num_bits + 1, sizeof *steps.toggle_start);
    steps.toggles = malloc(steps.capacity * sizeof *steps.toggles);
    if (!table || !steps.initial || !steps.toggle_start || !steps.toggles) {
        status = err_nomem(err, "encoder step functions");
    }
    if (status == ERR_OK) status = freeze(encoder, value, codes, table, &steps, err);
    if (status == ERR_OK) {
        struct steps old = {encoder->initial, encoder->toggle_start, encoder->toggles, 0, 0};

        encoder->initial = steps.initial;
        encoder->toggle_start = steps.toggle_start;
        encoder->toggles = steps.toggles;
        encoder->code_bits = code_bits;
        steps = old;
    }
    steps_free(&steps);
    free(table);
    return status;
}
