#include "data/npy.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* An NPY file in memory: version, header text and the data behind it. */
struct file {
    uint8_t bytes[512];
    size_t size;
};

static struct file make(uint8_t version, const char *header, const void *data, size_t size)
{
    struct file file = {.bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0}};
    size_t length = strlen(header), at = version == 1 ? 10 : 12;

    file.bytes[8] = (uint8_t)length;
    file.bytes[9] = (uint8_t)(length >> 8);
    memcpy(file.bytes + at, header, length);
    if (size > 0) memcpy(file.bytes + at + length, data, size);
    file.size = at + length + size;
    return file;
}

static enum err_status parse(struct npy **npy, const struct file *file, struct err *err)
{
    return npy_parse(npy, file->bytes, file->size, "f", err);
}

static void test_types(void **state)
{
    static const struct {
        const char *descr;
        uint8_t data[8];
        size_t size;
        double value;
    } cases[] = {
        {"|u1", {200}, 1, 200},
        {"|i1", {200}, 1, -56},
        {"|b1", {1}, 1, 1},
        {"<u2", {1, 2}, 2, 513},
        {">u2", {1, 2}, 2, 258},
        {"<i2", {0, 128}, 2, -32768},
        {"<i4", {255, 255, 255, 255}, 4, -1},
        {">i4", {0, 0, 1, 0}, 4, 256},
        {"<u4", {0, 0, 0, 128}, 4, 2147483648.0},
        {"<i8", {254, 255, 255, 255, 255, 255, 255, 255}, 8, -2},
        {"<u8", {0, 0, 0, 0, 0, 0, 0, 128}, 8, 9223372036854775808.0},
        {"<f4", {0, 0, 0xc0, 0xbf}, 4, -1.5},
        {">f4", {0xbf, 0xc0, 0, 0}, 4, -1.5},
        {"<f8", {0, 0, 0, 0, 0, 0, 0xd0, 0x3f}, 8, 0.25},
        {">f8", {0x3f, 0xd0, 0, 0, 0, 0, 0, 0}, 8, 0.25},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint8_t version = 1; version <= 3; version++) {
            char header[128];
            struct file file;
            struct npy *npy = NULL;
            struct err err = {""};

            snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (1,), }  \n",
                     cases[i].descr);
            file = make(version, header, cases[i].data, cases[i].size);
            if (parse(&npy, &file, &err) != ERR_OK) fail_msg("%s", err.message);
            assert_int_equal(npy->rank, 1);
            assert_int_equal(npy->count, 1);
            assert_true(npy->values[0] == cases[i].value);
            npy_free(npy);
        }
    }
}

static void test_shapes(void **state)
{
    const uint8_t data[6] = {0, 1, 2, 3, 4, 5};
    /* Other key orders and quotes than NumPy's are fine. */
    struct file file = make(1, "{\"shape\":(2,3),'fortran_order':False,'descr':'|u1'}", data, 6);
    struct npy *npy = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(parse(&npy, &file, &err), ERR_OK);
    assert_int_equal(npy->rank, 2);
    assert_int_equal(npy->shape[0], 2);
    assert_int_equal(npy->shape[1], 3);
    for (size_t i = 0; i < 6; i++)
        assert_true(npy->values[i] == (double)i);
    npy_free(npy);
    npy = NULL;
    file = make(1, "{'descr': '|u1', 'fortran_order': True, 'shape': ()}", data, 1);
    assert_int_equal(parse(&npy, &file, &err), ERR_OK);
    assert_int_equal(npy->rank, 0);
    assert_int_equal(npy->count, 1);
    npy_free(npy);
    npy = NULL;
    file = make(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 7)}", data, 0);
    assert_int_equal(parse(&npy, &file, &err), ERR_OK);
    assert_int_equal(npy->count, 0);
    npy_free(npy);
    npy_free(NULL);
}

static void test_hostile_headers(void **state)
{
    static const struct {
        const char *header, *message;
    } cases[] = {
        {"", "expected '{'"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,)", "expected ',' or '}'"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,", "expected a dimension"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1", "expected ',' or ')'"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}", "expected ',' or ')'"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", "expected a dimension"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': 1}", "expected a shape"},
        {"{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1,)}", "expected True or False"},
        {"{'descr': '|u1', 'fortran_order': False}", "expected descr, fortran_order and shape"},
        {"{'descr': '|u1', 'descr': '|u1'}", "expected each key once"},
        {"{'shape': (1,), 'shape': (1,)}", "expected each key once"},
        {"{'colour': 'red'}", "expected descr, fortran_order or shape"},
        {"{'a very long key indeed': 1}", "expected a shorter string"},
        {"{descr: 1}", "expected a string"},
        {"{'descr", "expected the string's end"},
        {"{'descr' '|u1'}", "expected ':'"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "expected a string"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x", "expected its end"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
         "expected at most 8 dimensions"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         "expected a smaller dimension"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "promises"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}", "promises"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
         "promises 2 values of 1 bytes, the file holds 1 bytes"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}", "promises 0 values"},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (1, 1)}", "Fortran order"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "NPY type \"|O\" is not read"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "NPY type \"<f2\""},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "NPY type \"<c8\""},
        {"{'descr': '|u2', 'fortran_order': False, 'shape': (1,)}", "NPY type \"|u2\""},
        {"{'descr': '<u3', 'fortran_order': False, 'shape': (1,)}", "NPY type \"<u3\""},
        {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "NPY type \"\""},
        {"{'descr': '<', 'fortran_order': False, 'shape': (1,)}", "NPY type \"<\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t data[1] = {0};
        struct file file = make(1, cases[i].header, data, 1);
        struct npy *npy = NULL;
        struct err err = {""};

        /* The byte behind an unfinished header must not be taken for a part of it. */
        assert_int_equal(parse(&npy, &file, &err), ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%zu: %s", i, err.message);
        assert_null(npy);
    }
}

static void test_truncated(void **state)
{
    const uint8_t data[4] = {0};
    struct err err = {""};
    struct npy *npy = NULL;

    (void)state;
    for (uint8_t version = 1; version <= 2; version++) {
        struct file file =
            make(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", data, 4);
        size_t size = file.size;

        for (file.size = 0; file.size < size; file.size++) {
            assert_int_equal(parse(&npy, &file, &err), ERR_FORMAT);
            assert_null(npy);
        }
        file.size = 20;
        assert_int_equal(parse(&npy, &file, &err), ERR_FORMAT);
        assert_string_equal(err.message, "f: offset 20: the file ends in the NPY header");
        file.bytes[6] = 4;
        file.size = size;
        assert_int_equal(parse(&npy, &file, &err), ERR_FORMAT);
        assert_string_equal(err.message, "f: offset 6: NPY version 4 is not known");
        file.bytes[0] = 0;
        assert_int_equal(parse(&npy, &file, &err), ERR_FORMAT);
        assert_string_equal(err.message, "f: offset 0: not an NPY file (wrong magic)");
    }
}

static void test_read(void **state)
{
    const uint8_t data[2] = {3, 4};
    struct file file =
        make(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n", data, 2);
    struct scratch scratch;
    struct npy *npy = NULL;
    struct err err = {""};

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_write(scratch_path(&scratch, "x.npy"), file.bytes, file.size, &err),
                     ERR_OK);
    assert_int_equal(npy_read(&npy, scratch.path, &err), ERR_OK);
    assert_true(npy->values[0] == 3 && npy->values[1] == 4);
    npy_free(npy);
    npy = NULL;
    assert_int_equal(npy_read(&npy, scratch_path(&scratch, "none.npy"), &err), ERR_IO);
    assert_null(npy);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
