#include "base/rng.h"
#include "base/text.h"
#include "model/safetensors.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <string.h>

static struct err err;

/* A file of the given header and `data_size` zero bytes of data, as the bytes of a file. */
static void compose(struct text *out, const char *header, uint64_t stated, size_t data_size)
{
    static const char zeros[64];

    text_add_bytes(out, &stated, sizeof stated);
    text_add_bytes(out, header, strlen(header));
    text_add_bytes(out, zeros, data_size);
}

static enum err_status parse(const char *header, size_t data_size)
{
    struct safetensors *file = NULL;
    struct text bytes = {0};
    enum err_status status;
    char *exact;

    compose(&bytes, header, strlen(header), data_size);
    exact = malloc(bytes.size); /* so that reading past the end is noticed */
    assert_non_null(exact);
    memcpy(exact, bytes.data, bytes.size);
    status = safetensors_parse(&file, exact, bytes.size, "f", &err);
    assert_true((status == ERR_OK) == (file != NULL));
    safetensors_free(file);
    free(exact);
    text_free(&bytes);
    return status;
}

static void test_round_trip(void **state)
{
    static const float weights[6] = {1, -2, 3.5F, 0, 1e30F, -0.0F};
    static const size_t shape[2] = {2, 3}, empty[3] = {4, 0, 2};
    static const uint8_t bytes[3] = {1, 0, 1};
    static const double scalar = 0.1;
    const size_t three = 3;
    struct safetensors *file = NULL, *again = NULL;
    const struct safetensors_tensor *tensor = NULL;
    char hash[65], hash_again[65];
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(safetensors_create(&file, &err), ERR_OK);
    assert_int_equal(safetensors_add(file, "odd", SAFETENSORS_BOOL, 1, &three, bytes, &err), 0);
    assert_int_equal(
        safetensors_add(file, "w \"\xc3\xa9", SAFETENSORS_F32, 2, shape, weights, &err), 0);
    assert_int_equal(safetensors_add(file, "a", SAFETENSORS_F64, 0, NULL, &scalar, &err), 0);
    assert_int_equal(safetensors_add(file, "none", SAFETENSORS_I64, 3, empty, NULL, &err), 0);
    assert_int_equal(safetensors_set_metadata(file, "b", "1", &err), 0);
    assert_int_equal(safetensors_set_metadata(file, "a", "line\n\"two\"", &err), 0);
    assert_int_equal(safetensors_set_metadata(file, "b", "2", &err), 0);
    assert_int_equal(safetensors_write(file, scratch_path(&scratch, "f.safetensors"), &err), 0);
    assert_int_equal(safetensors_hash(file, hash, &err), ERR_OK);
    safetensors_free(file);

    assert_int_equal(safetensors_read(&again, scratch.path, &err), ERR_OK);
    assert_int_equal(safetensors_count(again), 4);
    assert_string_equal(safetensors_at(again, 0)->name, "odd");
    assert_string_equal(safetensors_at(again, 3)->name, "none");
    assert_string_equal(safetensors_metadata(again, "a"), "line\n\"two\"");
    assert_string_equal(safetensors_metadata(again, "b"), "2");
    assert_null(safetensors_metadata(again, "c"));
    assert_null(safetensors_find(again, "c"));
    assert_int_equal(
        safetensors_require(again, "w \"\xc3\xa9", SAFETENSORS_F32, 2, shape, &tensor, &err), 0);
    assert_int_equal(tensor->count, 6);
    assert_memory_equal(tensor->data, weights, sizeof weights);
    tensor = safetensors_find(again, "a");
    assert_int_equal(tensor->count, 1);
    assert_memory_equal(tensor->data, &scalar, sizeof scalar);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal((uintptr_t)safetensors_at(again, i)->data % 8, 0);
    assert_int_equal(safetensors_find(again, "none")->count, 0);
    assert_int_equal(safetensors_hash(again, hash_again, &err), ERR_OK);
    assert_string_equal(hash, hash_again);
    safetensors_free(again);
    scratch_remove(&scratch);
}

/* The exact bytes are the format's promise of canonical output. */
static void test_canonical_bytes(void **state)
{
    static const char header[] = "{\"__metadata__\":{\"a\":\"x\",\"b\":\"y\"},"
                                 "\"n\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    static const int16_t values[2] = {258, -1};
    const size_t two = 2;
    struct safetensors *file = NULL;
    struct scratch scratch;
    uint8_t *data = NULL;
    size_t size = 0;
    uint64_t length = 0;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(safetensors_create(&file, &err), ERR_OK);
    assert_int_equal(safetensors_add(file, "n", SAFETENSORS_I16, 1, &two, values, &err), ERR_OK);
    assert_int_equal(safetensors_set_metadata(file, "b", "y", &err), ERR_OK);
    assert_int_equal(safetensors_set_metadata(file, "a", "x", &err), ERR_OK);
    assert_int_equal(safetensors_write(file, scratch_path(&scratch, "f"), &err), ERR_OK);
    assert_int_equal(file_read(scratch.path, 1000, &data, &size, &err), ERR_OK);
    memcpy(&length, data, sizeof length);
    assert_int_equal(length % 8, 0);
    assert_int_equal(length, (sizeof header - 1 + 7) / 8 * 8);
    assert_int_equal(size, 8 + length + 4);
    assert_memory_equal(data + 8, header, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < length; i++)
        assert_int_equal(data[8 + i], ' ');
    assert_memory_equal(data + 8 + length, "\x02\x01\xff\xff", 4);
    free(data);
    safetensors_free(file);
    scratch_remove(&scratch);
}

static void test_hash_differs(void **state)
{
    static const uint8_t data[6] = {0, 1, 2, 3, 4, 5};
    static const struct {
        const char *name;
        enum safetensors_type type;
        size_t shape[2];
        const void *data;
    } cases[] = {
        {"n", SAFETENSORS_U8, {1, 4}, data},     {"m", SAFETENSORS_U8, {1, 4}, data},
        {"n", SAFETENSORS_I8, {1, 4}, data},     {"n", SAFETENSORS_U8, {4, 1}, data},
        {"n", SAFETENSORS_U8, {1, 4}, data + 1},
    };
    enum { NUM_CASES = sizeof cases / sizeof *cases };
    char hashes[NUM_CASES][65];

    (void)state;
    for (size_t i = 0; i < NUM_CASES; i++) {
        struct safetensors *file = NULL;

        assert_int_equal(safetensors_create(&file, &err), ERR_OK);
        assert_int_equal(safetensors_add(file, cases[i].name, cases[i].type, 2, cases[i].shape,
                                         cases[i].data, &err),
                         ERR_OK);
        assert_int_equal(safetensors_set_metadata(file, "k", i % 2 == 0 ? "0" : "1", &err), ERR_OK);
        assert_int_equal(safetensors_hash(file, hashes[i], &err), ERR_OK);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(hashes[i], hashes[j]);
        safetensors_free(file);
    }
}

#define TENSOR(type, shape, begin, end)                                                            \
    "{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void test_accepted(void **state)
{
    static const struct {
        const char *header;
        size_t data_size;
    } cases[] = {
        {"{}", 0},
        {"{}      \n\t ", 0},
        {"{\"a\":" TENSOR("U8", "[3]", 0, 3) "}", 3},
        {"{\"b\":" TENSOR("U8", "[1]", 3, 4) ",\"a\":" TENSOR("U8", "[3]", 0, 3) "}", 4},
        {"{\"a\":" TENSOR("F32", "[]", 0, 4) "}", 4},
        {"{\"a\":" TENSOR("F32", "[0,9223372036854775807,9223372036854775807]", 0, 0) "}", 0},
        {"{\"e\":" TENSOR("U8", "[0]", 2, 2) ",\"a\":" TENSOR("U8", "[2]", 0, 2) ",\"b\":" TENSOR(
             "I8", "[1]", 2, 3) "}",
         3},
        {"{\"__metadata__\":{},\"a\":" TENSOR("BOOL", "[2]", 0, 2) "}", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(parse(cases[i].header, cases[i].data_size), ERR_OK);
}

static void test_refused(void **state)
{
    static const struct {
        const char *header;
        size_t data_size;
        const char *message;
    } cases[] = {
        {"", 0, "does not begin with '{'"},
        {"[]", 0, "does not begin with '{'"},
        {" {}", 0, "does not begin with '{'"},
        {"{} x", 0, "f: header, byte"},
        {"{\"a\":", 0, "f: header, byte"},
        {"{\"a\\u0000b\":1}", 0, "f: header, byte"},
        {"{\"\xff\":1}", 0, "f: header, byte"},
        {"{\"a\":" TENSOR("U8", "[1]", 0, 1) ",\"a\":" TENSOR("U8", "[1]", 0, 1) "}", 1,
         "duplicate object key"},
        {"{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "duplicate object key"},
        {"{\"__metadata__\":[]}", 0, "f: __metadata__ is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "value of 'k' is not a string"},
        {"{\"__metadata__\":{\"k\":{\"l\":\"\"}}}", 0, "value of 'k' is not a string"},
        {"{\"a\":1}", 0, "tensor 'a': not an object of exactly dtype, shape and data_offsets"},
        {"{\"a\":{}}", 0, "not an object of exactly"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1,
         "not an object of exactly"},
        {"{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "dtype is not a string"},
        {"{\"a\":{\"type\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
         "dtype is not a string"},
        {"{\"a\":" TENSOR("F16", "[1]", 0, 2) "}", 2, "dtype 'F16' is not supported"},
        {"{\"a\":" TENSOR("U8", "1", 0, 1) "}", 1, "shape is not a list"},
        {"{\"a\":" TENSOR("U8", "[-1]", 0, 1) "}", 1, "shape is not a list"},
        {"{\"a\":" TENSOR("U8", "[1.0]", 0, 1) "}", 1, "shape is not a list"},
        {"{\"a\":" TENSOR("U8", "[[1]]", 0, 1) "}", 1, "shape is not a list"},
        {"{\"a\":" TENSOR("U8", "[1,1,1,1,1,1,1,1,1]", 0, 1) "}", 1, "shape is not a list"},
        {"{\"a\":" TENSOR("U8", "[99999999999999999999]", 0, 1) "}", 1, "too big integer"},
        {"{\"a\":" TENSOR("U8", "[4294967296,4294967296]", 0, 0) "}", 0, "shape too large"},
        {"{\"a\":" TENSOR("F64", "[2305843009213693952]", 0, 0) "}", 0, "shape too large"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1]}}", 1,
         "data_offsets is not a list of two"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1,
         "data_offsets is not a list of two"},
        {"{\"a\":" TENSOR("U8", "[1]", -1, 0) "}", 1, "data_offsets is not a list of two"},
        {"{\"a\":" TENSOR("U8", "[2]", 2, 0) "}", 2, "data_offsets 2 to 0"},
        {"{\"a\":" TENSOR("F32", "[2]", 0, 4) "}", 4, "but type and shape take 8 bytes"},
        {"{\"a\":" TENSOR("U8", "[3]", 0, 3) ",\"b\":" TENSOR("U8", "[3]", 2, 5) "}", 5,
         "tensor 'b': its data begin at 2, inside the data of another tensor, which end at 3"},
        {"{\"a\":" TENSOR("U8", "[3]", 0, 3) ",\"b\":" TENSOR("U8", "[3]", 0, 3) "}", 3,
         "inside the data of another tensor"},
        {"{\"a\":" TENSOR("U8", "[3]", 0, 3) ",\"b\":" TENSOR("U8", "[1]", 4, 5) "}", 5,
         "tensor 'b': its data begin at 4, but the data before it end at 3"},
        {"{\"a\":" TENSOR("U8", "[1]", 1, 2) "}", 2, "begin at 1, but the data before it end at 0"},
        {"{\"a\":" TENSOR("U8", "[4]", 0, 4) "}", 3, "its data end at 4, but the file has 3 bytes"},
        {"{\"a\":" TENSOR("U8", "[4]", 0, 4) "}", 5, "1 bytes of data belong to no tensor"},
        {"{}", 1, "1 bytes of data belong to no tensor"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err.message[0] = '\0';
        assert_int_equal(parse(cases[i].header, cases[i].data_size), ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL) {
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.message, cases[i].message);
        }
        assert_memory_equal(err.message, "f: ", 3);
    }
}

static void test_sizes_refused(void **state)
{
    static const struct {
        uint64_t stated;
        const char *message;
    } cases[] = {
        {3, "truncated: the header takes 3 bytes, 2 are there"},
        {100000000, "truncated"},
        {100000001, "not a safetensors file (header of 100000001 bytes"},
        {UINT64_MAX, "not a safetensors file"},
        {1, "does not begin"},
        {0, "does not begin"},
    };
    struct safetensors *file = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text bytes = {0};

        compose(&bytes, "{}", cases[i].stated, 0);
        assert_int_equal(safetensors_parse(&file, bytes.data, bytes.size, "f", &err), ERR_FORMAT);
        assert_non_null(strstr(err.message, cases[i].message));
        text_free(&bytes);
    }
    assert_int_equal(safetensors_parse(&file, "1234567", 7, "f", &err), ERR_FORMAT);
    assert_string_equal(err.message, "f: 7 bytes are too few for a safetensors file");
    assert_int_equal(safetensors_read(&file, "/nonexistent/f", &err), ERR_IO);
    assert_null(file);
}

static void test_bool_refused(void **state)
{
    static const char header[] = "{\"a\":" TENSOR("BOOL", "[1]", 0, 1) "}";
    struct safetensors *file = NULL;
    struct text bytes = {0};

    (void)state;
    compose(&bytes, header, sizeof header - 1, 1);
    bytes.data[bytes.size - 1] = 2;
    assert_int_equal(safetensors_parse(&file, bytes.data, bytes.size, "f", &err), ERR_FORMAT);
    assert_string_equal(err.message, "f: tensor 'a': a BOOL is neither 0 nor 1");
    text_free(&bytes);
}

static void test_require(void **state)
{
    static const float data[6];
    const size_t shape[2] = {2, 3}, other[2] = {3, 2};
    const struct safetensors_tensor *tensor = NULL;
    struct safetensors *file = NULL;

    (void)state;
    assert_int_equal(safetensors_create(&file, &err), ERR_OK);
    assert_int_equal(safetensors_add(file, "w", SAFETENSORS_F32, 2, shape, data, &err), ERR_OK);
    assert_int_equal(safetensors_require(file, "w", SAFETENSORS_F32, 2, other, &tensor, &err),
                     ERR_FORMAT);
    assert_string_equal(err.message, ": tensor 'w': expected F32 [3, 2], found F32 [2, 3]");
    assert_int_equal(safetensors_require(file, "w", SAFETENSORS_I32, 2, shape, &tensor, &err),
                     ERR_FORMAT);
    assert_int_equal(safetensors_require(file, "w", SAFETENSORS_F32, 1, shape, &tensor, &err),
                     ERR_FORMAT);
    assert_int_equal(safetensors_require(file, "v", SAFETENSORS_F32, 0, NULL, &tensor, &err),
                     ERR_FORMAT);
    assert_string_equal(err.message, ": tensor 'v': expected F32 [], found none");
    assert_null(tensor);
    safetensors_free(file);
    safetensors_free(NULL);
}

static void test_add_refused(void **state)
{
    const size_t shape[9] = {SIZE_MAX, 2, 1, 1, 1, 1, 1, 1, 1}, one = 1;
    struct safetensors *file = NULL;
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(safetensors_create(&file, &err), ERR_OK);
    assert_int_equal(safetensors_add(file, "a", SAFETENSORS_U8, 1, &one, "x", &err), ERR_OK);
    assert_int_equal(safetensors_add(file, "a", SAFETENSORS_U8, 1, &one, "x", &err), ERR_ARG);
    assert_string_equal(err.message, "tensor 'a': the name is taken");
    assert_int_equal(safetensors_add(file, "__metadata__", SAFETENSORS_U8, 1, &one, "x", &err),
                     ERR_ARG);
    assert_int_equal(safetensors_add(file, "b", SAFETENSORS_U8, 9, shape, "x", &err), ERR_ARG);
    assert_int_equal(safetensors_add(file, "b", SAFETENSORS_U8, 2, shape, "x", &err), ERR_ARG);
    assert_string_equal(err.message, "tensor 'b': shape too large");
    assert_int_equal(safetensors_add(file, "\xff", SAFETENSORS_U8, 1, &one, "x", &err), ERR_OK);
    assert_int_equal(safetensors_write(file, scratch_path(&scratch, "f"), &err), ERR_ARG);
    assert_non_null(strstr(err.message, "not UTF-8"));
    assert_false(file_exists(scratch.path));
    safetensors_free(file);
    scratch_remove(&scratch);
}

/* Many tensors, found by name whatever the order they came in. */
static void test_many(void **state)
{
    enum { COUNT = 500 };
    struct safetensors *file = NULL, *again = NULL;
    uint32_t order[COUNT];
    struct scratch scratch;
    struct rng rng;
    char name[32];

    (void)state;
    scratch_create(&scratch);
    rng_seed(&rng, 5, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        order[i] = i;
    rng_shuffle(&rng, order, COUNT);
    assert_int_equal(safetensors_create(&file, &err), ERR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t one = 1;

        snprintf(name, sizeof name, "layers.%u", order[i]);
        assert_int_equal(safetensors_add(file, name, SAFETENSORS_U32, 1, &one, order + i, &err), 0);
    }
    assert_int_equal(safetensors_write(file, scratch_path(&scratch, "f"), &err), ERR_OK);
    assert_int_equal(safetensors_read(&again, scratch.path, &err), ERR_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "layers.%u", i);
        assert_memory_equal(safetensors_find(again, name)->data, &i, sizeof i);
        assert_string_equal(safetensors_at(again, i)->name, safetensors_at(file, i)->name);
    }
    safetensors_free(file);
    safetensors_free(again);
    scratch_remove(&scratch);
}

/* Random damage is refused or read, never trusted: the sanitizers watch. */
static void test_mutations(void **state)
{
    static const char header[] = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" TENSOR(
        "U8", "[2,3]", 0, 6) ",\"b\":" TENSOR("F32", "[2]", 6, 14) "}";
    const uint64_t seed = 20240501;
    struct text bytes = {0};
    struct rng rng;

    (void)state;
    compose(&bytes, header, sizeof header - 1, 14);
    rng_seed(&rng, seed, 0);
    for (int round = 0; round < 20000; round++) {
        size_t size = rng_below(&rng, 4) == 0 ? (size_t)rng_below(&rng, bytes.size) : bytes.size;
        uint8_t *copy = malloc(size + 1);
        struct safetensors *file = NULL;

        assert_non_null(copy);
        memcpy(copy, bytes.data, size);
        for (uint64_t i = rng_below(&rng, 4); i > 0 && size > 0; i--)
            copy[rng_below(&rng, size)] = (uint8_t)rng_next(&rng);
        if (safetensors_parse(&file, copy, size, "f", &err) == ERR_OK) safetensors_free(file);
        free(copy);
    }
    text_free(&bytes);
}

/* Files that the original library wrote. */
static void test_foreign(void **state)
{
    const struct safetensors_tensor *tensor = NULL;
    struct safetensors *file = NULL;
    const size_t shape[2] = {5, 2};
    glob_t found = {0};

    (void)state;
    assert_int_equal(glob("tests/golden/*/*.safetensors", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (safetensors_read(&file, found.gl_pathv[i], &err) != ERR_OK) fail_msg("%s", err.message);
        assert_true(safetensors_count(file) > 0);
        safetensors_free(file);
    }
    globfree(&found);
    assert_int_equal(
        safetensors_read(&file, "tests/golden/encoders/thermometer_b2.safetensors", &err), ERR_OK);
    assert_int_equal(safetensors_count(file), 4);
    assert_int_equal(
        safetensors_require(file, "state.thresholds", SAFETENSORS_F32, 2, shape, &tensor, &err),
        ERR_OK);
    assert_string_equal(safetensors_metadata(file, "encoder"), "thermometer");
    safetensors_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_canonical_bytes),
        cmocka_unit_test(test_hash_differs), cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_sizes_refused),
        cmocka_unit_test(test_bool_refused), cmocka_unit_test(test_require),
        cmocka_unit_test(test_add_refused),  cmocka_unit_test(test_many),
        cmocka_unit_test(test_mutations),    cmocka_unit_test(test_foreign),
    };

    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
