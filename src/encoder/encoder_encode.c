#include "encoder_kinds.h"

#include <string.h>

enum {
    MAX_CODES = 1 << 16,
    LOOKUP_FROM = 16 /* toggles; so many vector comparisons cost about one look-up */
};

uint8_t encoder_bit(const struct encoder *encoder, size_t b, uint32_t code)
{
    uint8_t value = encoder->initial[b];

    for (size_t t = encoder->toggle_start[b]; t < encoder->toggle_start[b + 1]; t++) {
        value ^= encoder->toggles[t] <= code;
    }
    return value;
}

void encoder_encode_rows(const struct encoder *encoder, const uint16_t *codes, size_t count,
                         uint8_t *bits)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < encoder->num_bits; b++) {
            *bits++ = encoder_bit(encoder, b, codes[b / encoder->bits_per_feature]);
        }
        codes += encoder->num_features;
    }
}

void encoder_encode_real(const struct encoder *encoder, const float *x, size_t count, uint8_t *bits)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < encoder->num_features; f++) {
            encoder_kinds_encode(encoder, f, *x++, bits);
            bits += encoder->bits_per_feature;
        }
    }
}

/* bits[i] = (codes[i] >= toggle) ^ flip: all there is to a thermometer bit. */
static void encode_first(const uint16_t *restrict codes, size_t count, uint16_t toggle,
                         uint8_t flip, uint8_t *restrict bits)
{
    for (size_t i = 0; i < count; i++)
        bits[i] = (uint8_t)((codes[i] >= toggle) ^ flip);
}

/* bits[i] ^= codes[i] >= toggle */
static void encode_next(const uint16_t *restrict codes, size_t count, uint16_t toggle,
                        uint8_t *restrict bits)
{
    for (size_t i = 0; i < count; i++)
        bits[i] ^= codes[i] >= toggle;
}

/* By table: for the low bits of binary codes, which toggle at nearly every code. */
static void encode_lookup(const struct encoder *encoder, size_t b, const uint16_t *restrict codes,
                          size_t count, uint8_t *restrict bits)
{
    uint8_t table[MAX_CODES];
    size_t last = ((size_t)1 << encoder->code_bits) - 1;
    size_t code = 0;
    uint8_t value = encoder->initial[b];

    for (size_t t = encoder->toggle_start[b]; t < encoder->toggle_start[b + 1]; t++) {
        while (code < encoder->toggles[t])
            table[code++] = value;
        value ^= 1;
    }
    while (code <= last)
        table[code++] = value;
    for (size_t i = 0; i < count; i++)
        bits[i] = table[codes[i] < last ? codes[i] : last];
}

static void encode_bit(const struct encoder *encoder, size_t b, const uint16_t *codes, size_t count,
                       uint8_t *bits)
{
    const uint32_t *toggles = encoder->toggles + encoder->toggle_start[b];
    size_t num_toggles = encoder->toggle_start[b + 1] - encoder->toggle_start[b];

    if (num_toggles > LOOKUP_FROM) {
        encode_lookup(encoder, b, codes, count, bits);
    } else if (num_toggles == 0) {
        memset(bits, encoder->initial[b], count);
    } else {
        encode_first(codes, count, (uint16_t)toggles[0], encoder->initial[b], bits);
        for (size_t t = 1; t < num_toggles; t++) {
            encode_next(codes, count, (uint16_t)toggles[t], bits);
        }
    }
}

void encoder_encode(const struct encoder *encoder, const uint16_t *codes, size_t count,
                    size_t stride, uint8_t *bits)
{
    for (size_t b = 0; b < encoder->num_bits; b++) {
        encode_bit(encoder, b, codes + b / encoder->bits_per_feature * stride, count,
                   bits + b * stride);
    }
}
