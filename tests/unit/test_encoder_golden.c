/* Every encoder against the original library's numbers (tests/golden/encoders): fitted state within
 * 1e-5 relative plus 1e-6 absolute, bits exactly. */
#include "encoder/encoder.h"
#include "model/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct safetensors_tensor *require(const struct safetensors *file, const char *name,
                                                size_t rank, size_t rows, size_t columns)
{
    const size_t shape[] = {rows, columns};
    const struct safetensors_tensor *tensor = NULL;
    struct err err = {""};

    if (safetensors_require(file, name, SAFETENSORS_F32, rank, shape, &tensor, &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
    return tensor;
}

static void check_state(const struct safetensors *file, const struct encoder *encoder)
{
    for (size_t s = 0; s < encoder->num_states; s++) {
        const struct encoder_state *state = &encoder->state[s];
        const float *expected;
        char name[64];

        snprintf(name, sizeof name, "state.%s", state->name);
        /* One number a feature is stored without a second dimension. */
        expected = require(file, name, encoder->kind->states[s].per_bit > 0 ? 2 : 1, state->rows,
                           state->columns)
                       ->data;
        for (size_t i = 0; i < state->rows * state->columns; i++) {
            assert_true(fabsf(state->values[i] - expected[i]) <=
                        1e-5F * fabsf(expected[i]) + 1e-6F);
        }
    }
}

static void check_bits(const struct safetensors *file, const struct encoder *encoder)
{
    const struct safetensors_tensor *x = safetensors_find(file, "x");
    size_t rows = x->shape[0], bits = encoder->num_bits;
    const float *expected = require(file, "encoded", 2, rows, bits)->data;
    uint8_t *found = malloc(rows * bits);

    assert_non_null(found);
    encoder_encode_real(encoder, x->data, rows, found);
    for (size_t i = 0; i < rows * bits; i++)
        assert_true((float)found[i] == expected[i]);
    free(found);
}

static void check_case(const char *kind, size_t bits)
{
    char path[256];
    struct safetensors *file = NULL;
    struct encoder *encoder = NULL;
    const struct safetensors_tensor *x;
    struct err err = {""};

    snprintf(path, sizeof path, "tests/golden/encoders/%s_b%zu.safetensors", kind, bits);
    if (safetensors_read(&file, path, &err) != ERR_OK) fail_msg("%s", err.message);
    assert_string_equal(safetensors_metadata(file, "encoder"), kind);
    x = safetensors_find(file, "x_fit");
    assert_non_null(x);
    if (encoder_fit_real(&encoder, kind, bits, true, x->data, x->shape[0], x->shape[1], &err) !=
        ERR_OK) {
        fail_msg("%s", err.message);
    }
    check_state(file, encoder);
    check_bits(file, encoder);
    encoder_free(encoder);
    safetensors_free(file);
}

static void test_golden(void **state)
{
    static const size_t widths[] = {1, 2, 3, 4, 8};
    size_t count, cases = 0;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    (void)state;
    for (size_t k = 0; k < count; k++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            if (widths[w] < (size_t)kinds[k]->min_bits) continue;
            print_message("%s, %zu bits\n", kinds[k]->name, widths[w]);
            check_case(kinds[k]->name, widths[w]);
            cases++;
        }
    }
    print_message("# golden: %zu encoders\n", cases);
    assert_int_equal(cases, 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
