#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_grows(void **state)
{
    struct text text = {0};
    struct err err = {""};
    size_t expected = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        text_add(&text, "%d,", i);
        expected += (size_t)snprintf(NULL, 0, "%d,", i);
        assert_int_equal(text.size, expected);
        assert_int_equal(strlen(text.data), expected);
    }
    text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.size, expected + 3);
    assert_memory_equal(text.data + expected, "a\0b", 4);
    assert_int_equal(text_status(&text, "x", &err), ERR_OK);
    text_free(&text);
    assert_null(text.data);
    text_add(&text, "%s", "");
    assert_string_equal(text.data, "");
    text_free(&text);
}

static void test_failure_sticks(void **state)
{
    struct text text = {0};
    struct err err = {""};

    (void)state;
    text_add(&text, "kept");
    text_add_bytes(&text, "", SIZE_MAX / 2); /* cannot be had; nothing is read */
    assert_true(text.failed);
    text_add(&text, "lost");
    assert_string_equal(text.data, "kept");
    assert_int_equal(text_status(&text, "a report", &err), ERR_NOMEM);
    assert_string_equal(err.message, "out of memory for a report");
    text_free(&text);
}

static void test_nearest(void **state)
{
    static const char *const names[] = {"temperature", "eval_mode",   "tau",
                                        "dropout",     "thermometer", "epochs"};
    static const struct {
        const char *word, *expected;
    } cases[] = {
        {"temprature", "temperature"},
        {"evalmode", "eval_mode"},
        {"epoch", "epochs"},
        {"ta", "tau"},
        {"temperature", "temperature"},
        {"thermometre", "thermometer"},
        {"xyz", NULL},
        {"", NULL},
        {"q", NULL},
        {"learning_rate", NULL},
    };
    char huge[400];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = text_nearest(cases[i].word, names, sizeof names / sizeof *names);

        if (cases[i].expected == NULL) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_string_equal(found, cases[i].expected);
        }
    }
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(text_nearest(huge, names, 6));
    assert_null(text_nearest("tau", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
