/* Encoders: fitting, freezing, encoding. The source of the latter is part of this program, so that versions
 * can be called which the machine would not choose. */
#include "base/rng.h"
#include "encoder/encoder.h"
#include "encoder/encoder_encode.c"
#include "encoder/encoder_snap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const thermometers[] = {"thermometer", "gaussian_thermometer",
                                           "distributive_thermometer"};

/* --- helpers --- */

static struct config *new_config(const char *encoder, long bits, long features, long code_bits)
{
    struct config *config = calloc(1, sizeof *config);

    assert_non_null(config);
    snprintf(config->encoder_config.name, sizeof config->encoder_config.name, "%s", encoder);
    config->encoder_config.num_bits = bits;
    config->encoder_config.feature_wise = true;
    config->input_size = features;
    config->input_bits = code_bits;
    return config;
}

static uint16_t *random_codes(struct rng *rng, size_t count, unsigned code_bits)
{
    uint16_t *codes = malloc(count * sizeof *codes);
    uint64_t bound = UINT64_C(1) << code_bits;

    assert_non_null(codes);
    for (size_t i = 0; i < count; i++) {
        /* Skewed, so that quantiles fall together and levels stay empty. */
        codes[i] = (uint16_t)(rng_below(rng, bound) / (rng_below(rng, 3) == 0 ? 1 : 5));
    }
    return codes;
}

static struct encoder *fitted(const char *name, size_t bits, const float *x, size_t count,
                              size_t features)
{
    struct encoder *encoder = NULL;
    struct err err = {""};

    if (encoder_fit_real(&encoder, name, bits, true, x, count, features, &err) != ERR_OK) {
        fail_msg("%s: %s", name, err.message);
    }
    return encoder;
}

static const struct encoder_state *state_of(const struct encoder *encoder, const char *name)
{
    for (size_t s = 0; s < encoder->num_states; s++) {
        if (strcmp(encoder->state[s].name, name) == 0) return &encoder->state[s];
    }
    fail_msg("no state %s", name);
    return NULL;
}

/* The frozen functions against the kind on every code; both ways of encoding against them. */
static void check_frozen(const struct encoder *encoder, const float *value)
{
    size_t codes = (size_t)1 << encoder->code_bits;
    size_t features = encoder->num_features, bits = encoder->num_bits;
    float *x = malloc(codes * features * sizeof *x);
    uint16_t *rows = malloc(codes * features * sizeof *rows);
    const uint16_t *block[16];
    uint64_t *words = malloc(bits * sizeof *words);
    uint8_t *expected = malloc(codes * bits), *found = malloc(codes * bits);

    assert_true(x && rows && words && expected && found);
    for (size_t c = 0; c < codes; c++) {
        for (size_t f = 0; f < features; f++) {
            x[c * features + f] = value != NULL ? value[c] : (float)c;
            rows[c * features + f] = (uint16_t)c;
        }
    }
    encoder_encode_real(encoder, x, codes, expected);
    encoder_encode_rows(encoder, rows, codes, found);
    assert_memory_equal(expected, found, codes * bits);
    for (size_t first = 0; first < codes; first += 16) {
        for (size_t s = 0; s < 16; s++)
            block[s] = rows + (first + s < codes ? first + s : codes - 1) * features;
        encoder_encode(encoder, block, 16, words);
        for (size_t s = 0; s < 16 && first + s < codes; s++) {
            for (size_t b = 0; b < bits; b++)
                assert_int_equal(words[b] >> s & 1, expected[(first + s) * bits + b]);
        }
    }
    free(x);
    free(rows);
    free(words);
    free(expected);
    free(found);
}

static void assert_toggles(const struct encoder *encoder, size_t b, uint8_t initial, size_t count,
                           const uint32_t *codes)
{
    assert_int_equal(encoder->initial[b], initial);
    assert_int_equal(encoder->toggle_start[b + 1] - encoder->toggle_start[b], count);
    for (size_t t = 0; t < count; t++) {
        assert_int_equal(encoder->toggles[encoder->toggle_start[b] + t], codes[t]);
    }
}

/* --- thresholds --- */

/* SPEC 0.4: an even thermometer on 0..255 has thresholds exactly on codes, and the comparison is
 * strict: a pixel of value 51 is not above threshold 51. */
static void test_thresholds_on_codes(void **state)
{
    static const size_t widths[] = {2, 4, 14, 16};
    uint16_t codes[256];
    struct err err = {""};

    (void)state;
    for (size_t i = 0; i < 256; i++)
        codes[i] = (uint16_t)i;
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        struct config *config = new_config("thermometer", (long)widths[w], 1, 8);
        struct encoder *encoder = NULL;

        assert_int_equal(encoder_fit(&encoder, config, codes, 256, &err), ERR_OK);
        for (size_t i = 0; i < widths[w]; i++) {
            uint32_t threshold = (uint32_t)((i + 1) * 255 / (widths[w] + 1));

            assert_true(state_of(encoder, "thresholds")->values[i] == (float)threshold);
            assert_toggles(encoder, i, 0, 1, &(uint32_t){threshold + 1});
            assert_int_equal(encoder_bit(encoder, i, threshold), 0);
            assert_int_equal(encoder_bit(encoder, i, threshold + 1), 1);
        }
        encoder_free(encoder);
        free(config);
    }
}

/* Thresholds that are real numbers of codes k / M, for widths where floor(t * M) is wrong. */
static void test_thresholds_of_preprocessed_codes(void **state)
{
    struct err err = {""};

    (void)state;
    for (unsigned code_bits = 1; code_bits <= 10; code_bits++) {
        size_t codes = (size_t)1 << code_bits;
        float *value = malloc(codes * sizeof *value);
        struct encoder *encoder = NULL;

        assert_non_null(value);
        for (size_t c = 0; c < codes; c++)
            value[c] = (float)c / (float)(codes - 1);
        assert_int_equal(encoder_create(&encoder, "thermometer", codes, 1, &err), ERR_OK);
        assert_int_equal(encoder_set_state(encoder, "thresholds", codes, 1, value, &err), ERR_OK);
        assert_int_equal(encoder_freeze(encoder, code_bits, value, &err), ERR_OK);
        for (size_t f = 0; f < codes; f++) {
            uint32_t toggle = (uint32_t)f + 1;

            assert_toggles(encoder, f, 0, toggle < codes, &toggle);
        }
        encoder_free(encoder);
        free(value);
    }
}

static void test_thresholds_not_finite(void **state)
{
    const float values[] = {NAN, INFINITY, -INFINITY, -1.0F, 3.0F, 1e30F, 7.0F, 6.99F};
    const uint32_t four = 4, seven = 7;
    struct encoder *encoder = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(encoder_create(&encoder, "thermometer", 1, 8, &err), ERR_OK);
    assert_int_equal(encoder_set_state(encoder, "thresholds", 1, 8, values, &err), ERR_OK);
    assert_int_equal(encoder_freeze(encoder, 3, NULL, &err), ERR_OK);
    assert_toggles(encoder, 0, 0, 0, NULL);
    assert_toggles(encoder, 1, 0, 0, NULL);
    assert_toggles(encoder, 2, 1, 0, NULL);
    assert_toggles(encoder, 3, 1, 0, NULL);
    assert_toggles(encoder, 4, 0, 1, &four);
    assert_toggles(encoder, 5, 0, 0, NULL);
    assert_toggles(encoder, 6, 0, 0, NULL); /* above the last code */
    assert_toggles(encoder, 7, 0, 1, &seven);
    check_frozen(encoder, NULL);
    encoder_free(encoder);
}

/* Any kind, any state: freezing ends, and codes beyond a number's reach stay well defined. */
static void test_state_not_finite(void **state)
{
    const float odd[] = {NAN, INFINITY, -INFINITY, 0.0F, -0.0F, 3e38F, -3e38F, 1e-45F};
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);
    struct err err = {""};

    (void)state;
    for (size_t k = 0; k < count; k++) {
        size_t bits = kinds[k]->min_bits < 3 ? 3 : (size_t)kinds[k]->min_bits;

        for (size_t i = 0; i < 8 * 8 * 8; i++) {
            struct encoder *encoder = NULL;

            assert_int_equal(encoder_create(&encoder, kinds[k]->name, 1, bits, &err), ERR_OK);
            for (size_t s = 0; s < encoder->num_states; s++) {
                float values[4] = {odd[(i >> 3 * s) % 8], odd[i % 8], odd[i / 8 % 8], odd[i / 64]};

                assert_int_equal(encoder_set_state(encoder, encoder->state[s].name, 1,
                                                   encoder->state[s].columns, values, &err),
                                 ERR_OK);
            }
            assert_int_equal(encoder_freeze(encoder, 3, odd, &err), ERR_OK);
            check_frozen(encoder, odd);
            encoder_free(encoder);
        }
    }
}

static void test_constant_feature(void **state)
{
    const float x[] = {5, 5, 5, 5, 5, 5};
    struct err err = {""};
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    (void)state;
    for (size_t k = 0; k < sizeof thermometers / sizeof thermometers[0]; k++) {
        struct encoder *encoder = fitted(thermometers[k], 3, x, 6, 1);

        assert_int_equal(encoder_freeze(encoder, 4, NULL, &err), ERR_OK);
        for (size_t i = 0; i < 3; i++) {
            assert_true(encoder->state[0].values[i] == 5.0F);
            assert_toggles(encoder, i, 0, 1, &(uint32_t){6});
        }
        encoder_free(encoder);
    }
    for (size_t k = 0; k < count; k++) {
        struct encoder *encoder = fitted(kinds[k]->name, 4, x, 6, 1);

        assert_int_equal(encoder_freeze(encoder, 4, NULL, &err), ERR_OK);
        check_frozen(encoder, NULL);
        encoder_free(encoder);
    }
}

/* The formulas of SPEC 2 on numbers small enough for the margin of a page. */
static void test_fits(void **state)
{
    const float x[] = {0, 10, 1, 20, 2, 30, 3, 90}; /* columns 0 1 2 3 and 10 20 30 90 */
    const float even[] = {1, 2, 30 + 20.0F / 3, 60 + 10.0F / 3};
    const float places[] = {1, 2, 20, 30}; /* floor(4 / 3) = 1, floor(8 / 3) = 2 */
    struct encoder *encoder = fitted("thermometer", 2, x, 4, 2);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_float_equal(encoder->state[0].values[i], even[i], 1e-5);
    }
    encoder_free(encoder);
    encoder = fitted("distributive_thermometer", 2, x, 4, 2);
    for (size_t i = 0; i < 4; i++)
        assert_true(encoder->state[0].values[i] == places[i]);
    encoder_free(encoder);
    encoder = fitted("gaussian_thermometer", 3, x, 4, 2);
    /* Quartiles of the normal distribution: 0.6744897501960817 deviations from the mean. */
    assert_float_equal(encoder->state[0].values[0], 1.5F - 0.67448975F * sqrtf(5.0F / 3), 1e-6);
    assert_true(encoder->state[0].values[1] == 1.5F);
    assert_float_equal(encoder->state[0].values[2], 1.5F + 0.67448975F * sqrtf(5.0F / 3), 1e-6);
    encoder_free(encoder);
    encoder = fitted("gaussian_thermometer", 2, x, 1, 2); /* one row: no deviation */
    assert_true(encoder->state[0].values[0] == 0.0F && encoder->state[0].values[3] == 10.0F);
    encoder_free(encoder);
}

static void test_distributive_is_the_sorted_place(void **state)
{
    uint64_t seed = 20240611;
    struct rng rng;

    (void)state;
    rng_seed(&rng, seed, 0);
    for (size_t round = 0; round < 40; round++) {
        size_t count = 1 + rng_below(&rng, 300), bits = 1 + rng_below(&rng, 12);
        size_t values = round % 2 ? 7 : 100000; /* counted or sorted */
        float *x = malloc(count * sizeof *x);
        struct encoder *encoder;

        assert_non_null(x);
        for (size_t i = 0; i < count; i++) {
            x[i] = (float)rng_below(&rng, values) - (round % 3 == 0 ? 3.5F : 0.0F);
        }
        encoder = fitted("distributive_thermometer", bits, x, count, 1);
        for (size_t i = 0; i < bits; i++) {
            size_t place = count * (i + 1) / (bits + 1), below = 0, equal = 0;

            for (size_t j = 0; j < count; j++) {
                below += x[j] < encoder->state[0].values[i];
                equal += x[j] == encoder->state[0].values[i];
            }
            if (!(below <= place && place < below + equal)) {
                fail_msg("seed %llu round %zu", (unsigned long long)seed, round);
            }
        }
        encoder_free(encoder);
        free(x);
    }
}

static void test_feature_wise_false(void **state)
{
    uint16_t codes[] = {0, 100, 10, 200, 20, 250, 30, 40};
    uint16_t sorted[] = {0, 10, 20, 30, 40, 100, 200, 250};
    struct err err = {""};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct config *config = new_config(thermometers[k], 3, 2, 8);
        struct config *pooled = new_config(thermometers[k], 3, 1, 8);
        struct encoder *encoder = NULL, *expected = NULL;

        config->encoder_config.feature_wise = false;
        assert_int_equal(encoder_fit(&encoder, config, codes, 4, &err), ERR_OK);
        assert_int_equal(encoder_fit(&expected, pooled, sorted, 8, &err), ERR_OK);
        assert_int_equal(encoder->state[0].rows, 1);
        assert_memory_equal(encoder->state[0].values, expected->state[0].values, 3 * sizeof(float));
        for (size_t b = 0; b < 6; b++) {
            assert_toggles(encoder, b, expected->initial[b % 3], 1, &expected->toggles[b % 3]);
        }
        check_frozen(encoder, NULL);
        encoder_free(encoder);
        encoder_free(expected);
        free(config);
        free(pooled);
    }
}

/* --- freezing --- */

static void test_frozen_equals_kind(void **state)
{
    uint64_t seed = 7771;
    struct err err = {""};
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    (void)state;
    for (size_t k = 0; k < count; k++) {
        for (unsigned code_bits = 1; code_bits <= 16; code_bits++) {
            struct rng rng;
            long low = kinds[k]->min_bits;
            long bits, features = code_bits > 12 ? 1 : 3;
            uint16_t *codes;
            struct config *config;
            struct encoder *encoder = NULL;

            rng_seed(&rng, seed, k * 100 + code_bits);
            bits = low + (long)rng_below(&rng, code_bits > 12 ? 9 : 20);
            codes = random_codes(&rng, 50 * (size_t)features, code_bits);
            config = new_config(kinds[k]->name, bits, features, code_bits);
            config->encoder_config.feature_wise = code_bits % 3 != 0;
            if (encoder_fit(&encoder, config, codes, 50, &err) != ERR_OK) {
                fail_msg("%s, %ld bits: %s", kinds[k]->name, bits, err.message);
            }
            print_message("%s: %ld bits, %u code bits, seed %llu\n", kinds[k]->name, bits,
                          code_bits, (unsigned long long)seed);
            check_frozen(encoder, NULL);
            encoder_free(encoder);
            free(config);
            free(codes);
        }
    }
}

typedef void encode_version(const struct encoder *, const uint16_t *const *, size_t, uint64_t *);

/* 16 to 64 rows, of features that leave part of a block, in any order. */
static void check_words(const struct encoder *encoder, encode_version *encode, struct rng *rng)
{
    size_t features = encoder->num_features, each = encoder->bits_per_feature;
    uint16_t *codes = random_codes(rng, features * WORDS_LANES, 8);
    uint64_t *words = malloc(encoder->num_bits * sizeof *words);
    const uint16_t *rows[WORDS_LANES];

    for (size_t i = 0; i < WORDS_LANES; i++)
        rows[i] = codes + rng_below(rng, WORDS_LANES) * features;
    for (size_t count = 16; count <= WORDS_LANES; count += 16) {
        encode(encoder, rows, count, words);
        for (size_t b = 0; b < encoder->num_bits; b++) {
            for (size_t i = 0; i < count; i++)
                assert_int_equal(words[b] >> i & 1, encoder_bit(encoder, b, rows[i][b / each]));
        }
    }
    free(words);
    free(codes);
}

/* Every version, also on bits with so many toggles that they are searched. */
static void test_encode_words(void **state)
{
    static const char *const names[] = {"thermometer", "gray", "onehot", "binary"};
    struct rng rng;
    struct err err = {""};

    (void)state;
    rng_seed(&rng, 5, 0);
    for (size_t features = 1; features < 75; features += 1 + features / 3) {
        for (size_t n = 0; n < 4; n++) {
            struct config *config = new_config(names[n], 8, (long)features, 8);
            uint16_t *codes = random_codes(&rng, features * WORDS_LANES, 8);
            struct encoder *encoder = NULL;

            assert_int_equal(encoder_fit(&encoder, config, codes, WORDS_LANES, &err), ERR_OK);
            check_words(encoder, encoder_encode, &rng);
            check_words(encoder, encoder_encode_baseline, &rng);
#if SIMD_X86
            if (SIMD_HAS_AVX2) check_words(encoder, encoder_encode_avx2, &rng);
            if (SIMD_HAS_AVX512) check_words(encoder, encoder_encode_avx512, &rng);
#endif
            encoder_free(encoder);
            free(config);
            free(codes);
        }
    }
}

/* --- stored step functions --- */

static void test_from_steps(void **state)
{
    struct rng rng;
    struct err err = {""};
    struct config *config = new_config("gray", 5, 3, 8);
    uint16_t *codes;
    struct encoder *first = NULL, *second = NULL;
    size_t toggles;

    (void)state;
    rng_seed(&rng, 3, 0);
    codes = random_codes(&rng, 90, 8);
    assert_int_equal(encoder_fit(&first, config, codes, 30, &err), ERR_OK);
    toggles = first->toggle_start[first->num_bits];
    assert_int_equal(encoder_from_steps(&second, "gray", 3, 5, 8, first->initial,
                                        first->toggle_start, first->toggles, toggles, &err),
                     ERR_OK);
    for (size_t b = 0; b < first->num_bits; b++) {
        for (uint32_t c = 0; c < 256; c++) {
            assert_int_equal(encoder_bit(first, b, c), encoder_bit(second, b, c));
        }
    }
    for (size_t s = 0; s < first->num_states; s++) {
        const struct encoder_state *from = &first->state[s];

        assert_int_equal(second->state[s].rows, 0);
        assert_int_equal(
            encoder_set_state(second, from->name, from->rows, from->columns, from->values, &err),
            ERR_OK);
    }
    check_frozen(second, NULL);
    encoder_free(first);
    encoder_free(second);
    free(config);
    free(codes);
}

static void test_from_steps_hostile(void **state)
{
    /* One thing wrong in each: two features of two bits, three code bits. */
    static const struct {
        uint8_t initial[4];
        uint32_t start[5], toggles[4];
        size_t num_toggles;
        unsigned code_bits;
        const char *name, *message;
    } cases[] = {
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 3, "thermometer", ""},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 3, 3, "thermometer", "slices do not cover"},
        {{0, 0, 1, 0}, {1, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 3, "thermometer", "slices do not cover"},
        {{0, 0, 2, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 3, "thermometer", "initial value 2"},
        {{0, 0, 1, 0}, {0, 3, 2, 2, 4}, {1, 2, 3, 3}, 4, 3, "thermometer", "runs backwards"},
        {{0, 0, 1, 0}, {0, 9, 2, 2, 4}, {1, 2, 3, 3}, 4, 3, "thermometer", "runs backwards"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {0, 7, 2, 3}, 4, 3, "thermometer", "toggle code 0"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 8, 2, 3}, 4, 3, "thermometer", "toggle code 8"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 3, 3}, 4, 3, "thermometer", "toggle code 3"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, UINT32_MAX, 2, 3}, 4, 3, "thermometer", "toggle code"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 0, "thermometer", "1 to 16 code bits"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 17, "thermometer", "1 to 16 code bits"},
        {{0, 0, 1, 0}, {0, 1, 2, 2, 4}, {1, 7, 2, 3}, 4, 3, "thermo", "no encoder \"thermo\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct encoder *encoder = NULL;
        struct err err = {""};
        enum err_status status =
            encoder_from_steps(&encoder, cases[i].name, 2, 2, cases[i].code_bits, cases[i].initial,
                               cases[i].start, cases[i].toggles, cases[i].num_toggles, &err);

        assert_int_equal(status, cases[i].message[0] == '\0' ? ERR_OK : ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%zu: %s", i, err.message);
        if (status != ERR_OK) assert_null(encoder);
        encoder_free(encoder);
    }
}

/* --- complaints --- */

static void test_arguments(void **state)
{
    const float x[] = {0, 1, 2, NAN, 4, INFINITY};
    struct encoder *encoder = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(encoder_fit_real(&encoder, "thermometre", 3, true, x, 1, 2, &err), ERR_ARG);
    assert_string_equal(err.message, "there is no encoder \"thermometre\"");
    assert_int_equal(encoder_fit_real(&encoder, "thermometer", 0, true, x, 1, 2, &err), ERR_ARG);
    assert_string_equal(err.message,
                        "thermometer encoder: expected 1 to 256 bits a feature, got 0");
    assert_int_equal(encoder_fit_real(&encoder, "binary", 25, true, x, 1, 2, &err), ERR_ARG);
    assert_int_equal(encoder_fit_real(&encoder, "sign_magnitude", 1, true, x, 1, 2, &err), ERR_ARG);
    assert_string_equal(err.message,
                        "sign_magnitude encoder: expected 2 to 25 bits a feature, got 1");
    assert_int_equal(encoder_fit_real(&encoder, "binary", 3, true, x, 0, 2, &err), ERR_ARG);
    assert_string_equal(err.message, "there are no rows to fit the encoder on");
    assert_int_equal(encoder_fit_real(&encoder, "binary", 3, true, x, 1, 0, &err), ERR_ARG);
    assert_int_equal(encoder_fit_real(&encoder, "binary", 3, true, x, 3, 2, &err), ERR_ARG);
    assert_string_equal(err.message, "row 1, feature 1: the encoder cannot be fitted on nan");
    assert_int_equal(encoder_fit_real(&encoder, "binary", 3, true, x + 4, 1, 2, &err), ERR_ARG);
    assert_string_equal(err.message, "row 0, feature 1: the encoder cannot be fitted on inf");
    assert_null(encoder);

    assert_int_equal(encoder_create(&encoder, "onehot", 7, 4, &err), ERR_OK);
    assert_int_equal(encoder_set_state(encoder, "thresholds", 1, 5, x, &err), ERR_FORMAT);
    assert_string_equal(err.message, "onehot encoder: it has no \"thresholds\"");
    assert_int_equal(encoder_set_state(encoder, "bin_edges", 1, 4, x, &err), ERR_FORMAT);
    assert_int_equal(encoder_set_state(encoder, "bin_edges", 2, 5, x, &err), ERR_FORMAT);
    assert_string_equal(err.message,
                        "onehot encoder: bin_edges: expected 1 or 7 rows of 5, found 2 of 5");
    encoder_free(encoder);
    encoder_free(NULL);
}

static void test_config_complaints(void **state)
{
    struct config *config = new_config("thermometr", 4, 1, 8);
    struct encoder *encoder = NULL;
    struct err err = {""};
    uint16_t code = 0;

    (void)state;
    assert_int_equal(encoder_fit(&encoder, config, &code, 1, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "encoder_config.name"));
    assert_non_null(strstr(err.message, "did you mean thermometer"));
    strcpy(config->encoder_config.name, "sign_magnitude");
    config->encoder_config.num_bits = 1;
    assert_int_equal(encoder_fit(&encoder, config, &code, 1, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "encoder_config.num_bits"));
    assert_non_null(strstr(err.message, "expected 2 to 25"));
    config->encoder_config.num_bits = 3;
    config->encoder_config.options.count = 1;
    strcpy(config->encoder_config.options.items[0].key, "clip_inputs");
    assert_int_equal(encoder_fit(&encoder, config, &code, 1, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "clip_inputs"));
    config->encoder_config.options.count = 0;
    assert_int_equal(encoder_fit(&encoder, config, &code, 0, &err), ERR_ARG);
    assert_null(encoder);
    free(config);
}

/* --- snap --- */

static void test_snap_by_hand(void **state)
{
    static const struct {
        long percent;
        float to[4];
    } cases[] = {
        {1, {51, 103, 151, 203}}, /* toggles 52, 104, 152, 204: two values may be passed */
        {5, {63, 95, 159, 207}},  /* 64, 96, 160, 208 */
    };
    size_t counts[256];

    (void)state;
    for (size_t c = 0; c < 256; c++)
        counts[c] = 1;
    for (size_t i = 0; i < 2; i++) {
        float thresholds[4] = {51, 102, 153, 204};

        encoder_snap_row(thresholds, 4, counts, 8, cases[i].percent);
        assert_memory_equal(thresholds, cases[i].to, sizeof thresholds);
    }
    memset(counts, 0,
           sizeof counts); /* a pixel that is always 0: nothing is passed on the way to 128 */
    counts[0] = 100;
    {
        float thresholds[4] = {0, 0, 0, 0};

        encoder_snap_row(thresholds, 4, counts, 8, 1);
        for (size_t i = 0; i < 4; i++)
            assert_true(thresholds[i] == 127.0F);
    }
}

static size_t values_between(const size_t *counts, uint32_t a, uint32_t b)
{
    size_t sum = 0;

    for (uint32_t c = a < b ? a : b; c < (a < b ? b : a); c++)
        sum += counts[c];
    return sum;
}

/* Every place that was allowed is tried: none has more zeros, none of equally many is nearer. */
static void check_snapped(const uint32_t *from, const uint32_t *to, size_t bits, uint32_t codes,
                          const size_t *counts, size_t most)
{
    for (size_t i = 0; i < bits; i++) {
        uint32_t low = 1, high = codes - 1;

        if (i > 0 && from[i] == from[i - 1]) {
            assert_int_equal(to[i], to[i - 1]);
            continue;
        }
        if (i > 0) low = to[i - 1] + 1;
        for (size_t j = bits; j-- > i + 1;) {
            if (from[j] > from[i]) high = from[j] - 1;
        }
        assert_in_range(to[i], low, high);
        assert_true(values_between(counts, from[i], to[i]) <= most);
        for (uint32_t t = low; t <= high; t++) {
            if (values_between(counts, from[i], t) > most) continue;
            assert_true(__builtin_ctz(t) <= __builtin_ctz(to[i]));
            if (__builtin_ctz(t) == __builtin_ctz(to[i]))
                assert_true(values_between(counts, from[i], to[i]) <=
                            values_between(counts, from[i], t));
        }
    }
}

static void test_snap_random(void **state)
{
    unsigned moved = 0;

    (void)state;
    for (uint64_t round = 0; round < 300; round++) {
        unsigned code_bits = 1 + (unsigned)(round % 10);
        uint32_t codes = 1u << code_bits, from[12], to[12], at = 1;
        size_t counts[1024], total = 0, bits = 0;
        float thresholds[12];
        long percent = (long)(round % 7);
        struct rng rng;

        rng_seed(&rng, 99, round);
        for (uint32_t c = 0; c < codes; c++)
            total += counts[c] = (size_t)rng_below(&rng, rng_below(&rng, 3) == 0 ? 50 : 2);
        for (; bits < 12 && at < codes; at += (uint32_t)rng_below(&rng, codes / 8 + 2)) {
            from[bits] = at;
            thresholds[bits++] = (float)(at - 1) + (rng_below(&rng, 2) == 0 ? 0.0F : 0.25F);
        }
        encoder_snap_row(thresholds, bits, counts, code_bits, percent);
        for (size_t i = 0; i < bits; i++) {
            to[i] = (uint32_t)thresholds[i] + 1;
            moved += to[i] != from[i];
        }
        check_snapped(from, to, bits, codes, counts, total * (size_t)percent / 100);
    }
    assert_true(moved > 300);
}

/* Through the configuration: every kind with thresholds takes it, and no other. */
static void test_snap_config(void **state)
{
    uint16_t codes[256];
    struct err err = {""};
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    (void)state;
    for (size_t i = 0; i < 256; i++)
        codes[i] = (uint16_t)i;
    for (size_t k = 0; k < count; k++) {
        struct config *config = new_config(kinds[k]->name, 3, 1, 8);
        struct encoder *encoder = NULL;
        bool thresholds = strcmp(kinds[k]->states[0].name, "thresholds") == 0;

        config->encoder_config.options.count = 1;
        strcpy(config->encoder_config.options.items[0].key, "snap");
        strcpy(config->encoder_config.options.items[0].value, "4");
        assert_int_equal(encoder_fit(&encoder, config, codes, 256, &err),
                         thresholds ? ERR_OK : ERR_ARG);
        if (thresholds) assert_toggles(encoder, 1, 0, 1, &(uint32_t){128}); /* the median */
        if (!thresholds) assert_non_null(strstr(err.message, "encoder_config.snap: a "));
        encoder_free(encoder);
        free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_on_codes),
        cmocka_unit_test(test_thresholds_of_preprocessed_codes),
        cmocka_unit_test(test_thresholds_not_finite),
        cmocka_unit_test(test_state_not_finite),
        cmocka_unit_test(test_constant_feature),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_distributive_is_the_sorted_place),
        cmocka_unit_test(test_feature_wise_false),
        cmocka_unit_test(test_frozen_equals_kind),
        cmocka_unit_test(test_encode_words),
        cmocka_unit_test(test_from_steps),
        cmocka_unit_test(test_snap_by_hand),
        cmocka_unit_test(test_snap_random),
        cmocka_unit_test(test_snap_config),
        cmocka_unit_test(test_from_steps_hostile),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_config_complaints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
