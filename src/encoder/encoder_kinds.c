#include "encoder_kinds.h"

#include <string.h>

static const struct encoder_kind *const registry[] = {
    &thermometer_kind,
    &gaussian_thermometer_kind,
    &distributive_thermometer_kind,
    &gray_kind,
    &onehot_kind,
    &binary_kind,
    &sign_magnitude_kind,
    &logarithmic_kind,
};

const struct encoder_kind *const *encoder_kinds(size_t *count)
{
    *count = sizeof registry / sizeof registry[0];
    return registry;
}

const struct encoder_kind *encoder_kinds_find(const char *name)
{
    for (size_t i = 0; i < sizeof registry / sizeof registry[0]; i++) {
        if (strcmp(registry[i]->name, name) == 0) return registry[i];
    }
    return NULL;
}

void encoder_kinds_encode(const struct encoder *encoder, size_t feature, float x, uint8_t *out)
{
    const float *row[ENCODER_MAX_STATE] = {NULL};

    for (size_t s = 0; s < encoder->num_states; s++) {
        const struct encoder_state *state = &encoder->state[s];

        row[s] = state->values + (state->rows > 1 ? feature * state->columns : 0);
    }
    encoder->kind->encode(row, encoder->bits_per_feature, x, out);
}

void encoder_kinds_compare(const float *const *state, size_t bits, float x, uint8_t *out)
{
    for (size_t i = 0; i < bits; i++)
        out[i] = x > state[0][i];
}

void encoder_kinds_range(const float *x, size_t count, float *low, float *high)
{
    float least = x[0], most = x[0];

    for (size_t i = 1; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *low = least;
    *high = most;
}

uint32_t encoder_kinds_level(float x, float low, float high, size_t bits)
{
    float top = (float)((UINT32_C(1) << bits) - 1);
    float part = (x - low) / (high - low + 1e-8F);

    if (!(part > 0.0F)) return 0; /* NaN too */
    return (uint32_t)((part < 1.0F ? part : 1.0F) * top);
}

void encoder_kinds_write(uint32_t level, size_t bits, uint8_t *out)
{
    for (size_t i = 0; i < bits; i++)
        out[i] = (uint8_t)(level >> (bits - 1 - i) & 1);
}

void encoder_document(struct text *out)
{
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    text_add(out, "\n| encoder | bits | what they are |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        text_add(out, "| `%s` | %ld to %ld | %s |\n", kinds[i]->name, kinds[i]->min_bits,
                 kinds[i]->max_bits, kinds[i]->meaning);
}
