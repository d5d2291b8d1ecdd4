/* The vectors file: round trips over swept sizes, and every way it can be wrong. */
#include "base/hash.h"
#include "base/rng.h"
#include "flow/vectors.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { HEADER = 52, HASH = 64 };

static struct vectors *random_vectors(struct rng *rng, size_t count, uint32_t features,
                                      uint32_t code_bits, uint32_t bits, uint32_t classes)
{
    struct vectors *made = NULL;
    struct err err = {""};

    assert_int_equal(vectors_create(&made, count, features, code_bits, bits, classes, &err),
                     ERR_OK);
    strcpy(made->build_id, "0123456789abcdef");
    for (size_t i = 0; i < count * features; i++)
        made->codes[i] = (uint16_t)rng_below(rng, (uint64_t)1 << code_bits);
    for (size_t i = 0; i < count * bits; i++)
        made->bits[i] = (uint8_t)rng_below(rng, 2);
    for (size_t i = 0; i < count * classes; i++)
        made->scores[i] = (uint32_t)rng_next(rng);
    for (size_t i = 0; i < count; i++)
        made->classes[i] = (uint32_t)rng_below(rng, classes);
    return made;
}

static void assert_same(const struct vectors *a, const struct vectors *b)
{
    assert_string_equal(a->build_id, b->build_id);
    assert_int_equal(a->num_features, b->num_features);
    assert_int_equal(a->code_bits, b->code_bits);
    assert_int_equal(a->num_bits, b->num_bits);
    assert_int_equal(a->num_classes, b->num_classes);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->codes, b->codes, a->count * a->num_features * 2);
    assert_memory_equal(a->bits, b->bits, a->count * a->num_bits);
    assert_memory_equal(a->scores, b->scores, a->count * a->num_classes * 4);
    assert_memory_equal(a->classes, b->classes, a->count * 4);
}

static void test_round_trip(void **state)
{
    static const uint32_t sizes[] = {1, 2, 7, 8, 9, 31, 33, 300};
    const uint64_t seed = 20;
    struct scratch scratch;
    struct rng rng;

    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    rng_seed(&rng, seed, 0);
    scratch_create(&scratch);
    for (uint32_t i = 0; i < 200; i++) {
        struct vectors *read = NULL;
        struct err err = {""};
        struct vectors *made =
            random_vectors(&rng, sizes[rng_below(&rng, 8)], sizes[rng_below(&rng, 8)], i % 16 + 1,
                           sizes[rng_below(&rng, 8)], sizes[rng_below(&rng, 7) + 1]);

        assert_int_equal(vectors_write(made, scratch_path(&scratch, "v"), &err), ERR_OK);
        assert_int_equal(vectors_read(&read, scratch.path, &err), ERR_OK);
        assert_same(made, read);
        vectors_free(made);
        vectors_free(read);
    }
    scratch_remove(&scratch);
}

/* A good file in memory that a test may damage; reseal() makes the hash right again. */
struct image {
    uint8_t *data;
    size_t size;
};

static struct image make_image(void)
{
    struct scratch scratch;
    struct image image;
    struct rng rng;
    struct err err = {""};
    struct vectors *made;

    rng_seed(&rng, 1, 0);
    made = random_vectors(&rng, 5, 3, 6, 11, 4);
    scratch_create(&scratch);
    assert_int_equal(vectors_write(made, scratch_path(&scratch, "v"), &err), ERR_OK);
    assert_int_equal(file_read(scratch.path, 1 << 20, &image.data, &image.size, &err), ERR_OK);
    scratch_remove(&scratch);
    vectors_free(made);
    return image;
}

static void reseal(struct image *image)
{
    char hash[HASH_TEXT_SIZE];

    hash_bytes(image->data, image->size - HASH, hash);
    memcpy(image->data + image->size - HASH, hash, HASH);
}

static void assert_refused(struct image *image, const char *message)
{
    struct vectors *read = NULL;
    struct err err = {""};

    assert_int_equal(vectors_parse(&read, image->data, image->size, "v.bin", &err), ERR_FORMAT);
    if (strstr(err.message, message) == NULL) fail_msg("'%s' is not '%s'", err.message, message);
    assert_null(read);
    free(image->data);
}

/* Byte `at` becomes `value` under a right hash. */
static void assert_byte_refused(size_t at, uint8_t value, const char *message)
{
    struct image image = make_image();

    assert_int_not_equal(image.data[at], value);
    image.data[at] = value;
    reseal(&image);
    assert_refused(&image, message);
}

static void test_wrong_header(void **state)
{
    (void)state;
    assert_byte_refused(0, 'd', "v.bin: not a file of test vectors");
    assert_byte_refused(8, 2, "v.bin: version 2 of test vectors, this program reads 1");
    assert_byte_refused(12, 'G', "header has a number out of range");
    assert_byte_refused(27, 0, "header has a number out of range");
    assert_byte_refused(28, 0, "header has a number out of range");  /* no features */
    assert_byte_refused(32, 17, "header has a number out of range"); /* code bits */
    assert_byte_refused(36, 0, "header has a number out of range");  /* no bits */
    assert_byte_refused(40, 1, "header has a number out of range");  /* one class */
    assert_byte_refused(44, 0, "header has a number out of range");  /* no vectors */
    assert_byte_refused(44, 6, "bytes do not fit its header");
    assert_byte_refused(31, 0xff, "bytes do not fit its header");
    assert_byte_refused(51, 0xff, "bytes do not fit its header"); /* 2^63 vectors: overflow */
}

static void test_wrong_data(void **state)
{
    size_t codes = HEADER, bits = codes + 5 * 3, classes = bits + 5 * 2 + 5 * 4 * 4;

    (void)state;
    assert_byte_refused(codes + 4, 64, "v.bin: vector 1: code 64 has more than 6 bits");
    assert_byte_refused(bits + 3, 0x88, "v.bin: vector 1: bits beyond the last");
    assert_byte_refused(classes + 8, 4, "v.bin: vector 2: class 4 of 4");
}

static void test_damage_without_new_hash(void **state)
{
    struct image image = make_image();
    size_t size = image.size;

    (void)state;
    free(image.data);
    for (size_t at = 0; at < size; at++) {
        struct vectors *read = NULL;
        struct err err = {""};

        image = make_image();
        image.data[at] ^= 1;
        assert_int_equal(vectors_parse(&read, image.data, image.size, "v", &err), ERR_FORMAT);
        free(image.data);
    }
}

static void test_truncated_and_extended(void **state)
{
    struct image image = make_image();
    uint8_t *longer = malloc(image.size + 1);
    struct vectors *read = NULL;
    struct err err = {""};

    (void)state;
    for (size_t size = 0; size < image.size; size++) {
        uint8_t *part = malloc(size + 1); /* its own block, so that a sanitizer sees the end */

        memcpy(part, image.data, size);
        assert_int_equal(vectors_parse(&read, part, size, "v", &err), ERR_FORMAT);
        free(part);
    }
    memcpy(longer, image.data, image.size);
    longer[image.size] = 0;
    assert_int_equal(vectors_parse(&read, longer, image.size + 1, "v", &err), ERR_FORMAT);
    free(longer);
    free(image.data);
    assert_int_equal(vectors_read(&read, "/no/such/file", &err), ERR_IO);
    assert_null(read);
}

static void test_sizes_out_of_range(void **state)
{
    struct vectors *made = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(vectors_create(&made, 0, 1, 1, 1, 2, &err), ERR_ARG);
    assert_int_equal(vectors_create(&made, 1, 0, 1, 1, 2, &err), ERR_ARG);
    assert_int_equal(vectors_create(&made, 1, 1, 0, 1, 2, &err), ERR_ARG);
    assert_int_equal(vectors_create(&made, 1, 1, 17, 1, 2, &err), ERR_ARG);
    assert_int_equal(vectors_create(&made, 1, 1, 1, 0, 2, &err), ERR_ARG);
    assert_int_equal(vectors_create(&made, 1, 1, 1, 1, 1, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "sizes out of range: 1 vectors, 1 features of 1 bits"));
    assert_int_equal(vectors_create(&made, SIZE_MAX / 2, 1, 1, 1, 2, &err), ERR_NOMEM);
    assert_null(made);
    vectors_free(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_wrong_header),
        cmocka_unit_test(test_wrong_data),
        cmocka_unit_test(test_damage_without_new_hash),
        cmocka_unit_test(test_truncated_and_extended),
        cmocka_unit_test(test_sizes_out_of_range),
    };

    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
