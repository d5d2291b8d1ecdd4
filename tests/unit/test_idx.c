#include "data/idx.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <zlib.h>

static const uint8_t good[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 11, 12, 13, 14, 255};

static void check_good(const struct idx *idx)
{
    assert_int_equal(idx->rank, 2);
    assert_int_equal(idx->shape[0], 2);
    assert_int_equal(idx->shape[1], 3);
    assert_int_equal(idx->count, 6);
    assert_int_equal(idx->offset, 12);
    assert_memory_equal(idx->values, good + 12, 6);
}

static void test_plain_and_gzipped(void **state)
{
    struct scratch scratch;
    struct idx *idx = NULL;
    struct err err = {""};
    gzFile gz;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_write(scratch_path(&scratch, "a"), good, sizeof good, &err), ERR_OK);
    assert_int_equal(idx_read(&idx, scratch.path, &err), ERR_OK);
    check_good(idx);
    idx_free(idx);

    gz = gzopen(scratch_path(&scratch, "a.gz"), "wb");
    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, good, sizeof good), sizeof good);
    gzclose(gz);
    idx = NULL;
    assert_int_equal(idx_read(&idx, scratch.path, &err), ERR_OK);
    check_good(idx);
    idx_free(idx);

    idx = NULL;
    assert_int_equal(idx_read(&idx, scratch_path(&scratch, "none"), &err), ERR_IO);
    assert_non_null(strstr(err.message, "none"));
    assert_null(idx);
    idx_free(NULL);
    scratch_remove(&scratch);
}

/* Every proper prefix of a file is refused, and so is one with a byte too many. */
static void test_truncated(void **state)
{
    uint8_t longer[sizeof good + 1] = {0};
    struct idx *idx = NULL;
    struct err err = {""};

    (void)state;
    for (size_t size = 0; size < sizeof good; size++) {
        assert_int_equal(idx_parse(&idx, good, size, "f", &err), ERR_FORMAT);
        assert_null(idx);
    }
    assert_string_equal(err.message,
                        "f: offset 17: the IDX header promises 6 values, the file holds 5");
    memcpy(longer, good, sizeof good);
    assert_int_equal(idx_parse(&idx, longer, sizeof longer, "f", &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "promises 6 values, the file holds 7"));
    assert_int_equal(idx_parse(&idx, good, 7, "f", &err), ERR_FORMAT);
    assert_string_equal(err.message, "f: offset 7: the file ends in the IDX header");
}

static void test_hostile(void **state)
{
    static const struct {
        uint8_t data[24];
        size_t size;
        const char *message;
    } cases[] = {
        {{0, 1, 8, 1, 0, 0, 0, 0}, 8, "offset 0: not an IDX file"},
        {{0x1f, 0x8b, 8, 1}, 4, "offset 0: not an IDX file"},
        {{0, 0, 13, 1, 0, 0, 0, 0}, 8, "offset 2: IDX type 0x0d (float)"},
        {{0, 0, 99, 1, 0, 0, 0, 0}, 8, "offset 2: IDX type 0x63 (unknown)"},
        {{0, 0, 8, 0}, 4, "expected 1 to 4 dimensions, found 0"},
        {{0, 0, 8, 5}, 4, "expected 1 to 4 dimensions, found 5"},
        {{0, 0, 8, 1, 255, 255, 255, 255, 1}, 9, "promises 4294967295 values, the file holds 1"},
        /* 2^32 * 2^32 and the like must not wrap to a small number. */
        {{0, 0, 8, 3, 128, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 4}, 16, "promises"},
        {{0, 0, 8, 4, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0}, 20, "promises"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct idx *idx = NULL;
        struct err err = {""};

        assert_int_equal(idx_parse(&idx, cases[i].data, cases[i].size, "f", &err), ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%zu: %s", i, err.message);
        assert_null(idx);
    }
}

static void test_empty_dimension(void **state)
{
    const uint8_t data[] = {0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3};
    struct idx *idx = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(idx_parse(&idx, data, sizeof data, "f", &err), ERR_OK);
    assert_int_equal(idx->count, 0);
    idx_free(idx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_gzipped),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_empty_dimension),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
