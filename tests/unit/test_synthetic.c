#include "base/hash.h"
#include "data/synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = SYNTHETIC_SIDE * SYNTHETIC_SIDE };

static void test_samples_are_independent(void **state)
{
    struct raw *whole = NULL, *part = NULL;
    struct err err = {""};
    uint8_t pixels[PIXELS], other[PIXELS];

    (void)state;
    assert_int_equal(synthetic_read(&whole, 0, 60, &err), ERR_OK);
    assert_int_equal(synthetic_read(&part, 40, 20, &err), ERR_OK);
    assert_int_equal(whole->count, 60);
    assert_int_equal(whole->num_features, PIXELS);
    assert_memory_equal(whole->bytes + (size_t)40 * PIXELS, part->bytes, (size_t)20 * PIXELS);
    assert_memory_equal(whole->labels + 40, part->labels, 20 * sizeof(uint16_t));
    raw_free(whole);
    raw_free(part);
    synthetic_draw(1, 7, pixels);
    memset(other, 0xff, sizeof other);
    synthetic_draw(1, 7, other);
    assert_memory_equal(pixels, other, PIXELS);
    synthetic_draw(2, 7, other);
    assert_memory_not_equal(pixels, other, PIXELS);
    synthetic_draw(1, 8, other);
    assert_memory_not_equal(pixels, other, PIXELS);
}

/* Every class occurs about equally often, and every image has ink and paper. */
static void test_classes_and_ink(void **state)
{
    struct raw *raw = NULL;
    struct err err = {""};
    size_t counts[10] = {0};

    (void)state;
    assert_int_equal(synthetic_read(&raw, 0, 2000, &err), ERR_OK);
    for (size_t i = 0; i < raw->count; i++) {
        size_t ink = 0;

        assert_in_range(raw->labels[i], 0, 9);
        counts[raw->labels[i]]++;
        for (size_t p = 0; p < PIXELS; p++)
            ink += raw->bytes[i * PIXELS + p] > 100;
        assert_in_range(ink, 10, 350);
    }
    for (size_t c = 0; c < 10; c++)
        assert_in_range(counts[c], 150, 250);
    raw_free(raw);
}

/* Committed results are trained on exactly these bytes. */
static void test_bytes_are_the_published_ones(void **state)
{
    struct raw *raw = NULL;
    struct err err = {""};
    char text[HASH_TEXT_SIZE];

    (void)state;
    assert_int_equal(synthetic_read(&raw, 0, 1000, &err), ERR_OK);
    hash_bytes(raw->bytes, raw->count * PIXELS, text);
    assert_string_equal(text, "a1394a0006286a6d8d68ebab8cbc88768784384645da7076b776772ded7da740");
    raw_free(raw);
}

/* Nearest class mean: far better than chance, far from perfect. */
static void test_learnable_not_trivial(void **state)
{
    enum { TRAIN = 1500, TEST = 500 };
    struct raw *raw = NULL;
    struct err err = {""};
    double *mean = calloc((size_t)10 * PIXELS, sizeof *mean);
    size_t counts[10] = {0}, right = 0;

    (void)state;
    assert_non_null(mean);
    assert_int_equal(synthetic_read(&raw, 0, TRAIN + TEST, &err), ERR_OK);
    for (size_t i = 0; i < TRAIN; i++)
        counts[raw->labels[i]]++;
    for (size_t i = 0; i < TRAIN; i++) {
        for (size_t p = 0; p < PIXELS; p++) {
            mean[raw->labels[i] * PIXELS + p] +=
                (double)raw->bytes[i * PIXELS + p] / (double)counts[raw->labels[i]];
        }
    }
    for (size_t i = TRAIN; i < TRAIN + TEST; i++) {
        double nearest = 1e30;
        size_t best = 0;

        for (size_t c = 0; c < 10; c++) {
            double distance = 0;

            for (size_t p = 0; p < PIXELS; p++) {
                double d = (double)raw->bytes[i * PIXELS + p] - mean[c * PIXELS + p];

                distance += d * d;
            }
            if (distance < nearest) {
                nearest = distance;
                best = c;
            }
        }
        right += best == raw->labels[i];
    }
    print_message("nearest mean: %zu of %d\n", right, TEST);
    assert_in_range(right, TEST / 2, TEST * 95 / 100);
    raw_free(raw);
    free(mean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_are_independent),
        cmocka_unit_test(test_classes_and_ink),
        cmocka_unit_test(test_bytes_are_the_published_ones),
        cmocka_unit_test(test_learnable_not_trivial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
