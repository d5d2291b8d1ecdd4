#include "base/hash.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* FIPS 180-4 examples. */
static const char EMPTY[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char MILLION_A[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void test_known(void **state)
{
    char text[HASH_TEXT_SIZE];
    char block[1000];
    struct hash *hash = NULL;
    struct err err = {""};

    (void)state;
    hash_bytes("", 0, text);
    assert_string_equal(text, EMPTY);
    hash_bytes("abc", 3, text);
    assert_string_equal(text, ABC);
    memset(block, 'a', sizeof block);
    assert_int_equal(hash_create(&hash, &err), ERR_OK);
    for (int i = 0; i < 1000; i++)
        hash_add(hash, block, sizeof block);
    hash_add(hash, NULL, 0);
    hash_finish(hash, text);
    hash_free(hash);
    assert_string_equal(text, MILLION_A);
    hash_free(NULL);
}

static void test_file(void **state)
{
    struct scratch scratch;
    struct err err = {""};
    char text[HASH_TEXT_SIZE];

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_write(scratch_path(&scratch, "f"), "abc", 3, &err), ERR_OK);
    assert_int_equal(hash_file(scratch.path, text, &err), ERR_OK);
    assert_string_equal(text, ABC);
    assert_int_equal(hash_file(scratch_path(&scratch, "none"), text, &err), ERR_IO);
    assert_non_null(strstr(err.message, "none: No such file"));
    assert_int_equal(hash_file(scratch.folder, text, &err), ERR_IO);
    assert_non_null(strstr(err.message, "Is a directory"));
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
