#include "data/csv.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <zlib.h>

static struct csv *parsed(const char *text)
{
    struct csv *csv = NULL;
    struct err err = {""};

    if (csv_parse(&csv, text, strlen(text), "f.csv", &err) != ERR_OK) fail_msg("%s", err.message);
    return csv;
}

static void test_plain(void **state)
{
    struct csv *csv = parsed("a,b,label\n1,2.5,0\n-3,4e2,1\n");
    struct err err = {""};
    double value = 0;

    (void)state;
    assert_int_equal(csv->rows, 2);
    assert_int_equal(csv->columns, 3);
    assert_string_equal(csv->names[0], "a");
    assert_string_equal(csv->names[2], "label");
    assert_string_equal(csv_cell(csv, 0, 1), "2.5");
    assert_int_equal(csv_number(csv, 1, 1, &value, &err), ERR_OK);
    assert_true(value == 400);
    assert_int_equal(csv_number(csv, 1, 0, &value, &err), ERR_OK);
    assert_true(value == -3);
    assert_int_equal(csv->lines[0], 2);
    assert_int_equal(csv->lines[1], 3);
    csv_free(csv);
    csv_free(NULL);
}

/* The same table however it is written. */
static void test_spellings(void **state)
{
    static const char *const texts[] = {
        "x,y\n1,2\n3,4\n",
        "x,y\n1,2\n3,4",
        "x,y\r\n1,2\r\n3,4\r\n",
        "x,y\r\n1,2\r\n3,4",
        "\xef\xbb\xbfx,y\n1,2\n3,4\n",
        "\xef\xbb\xbf\"x\",\"y\"\r\n\"1\",\"2\"\r\n\"3\",\"4\"\r\n",
        " x , y \n 1\t, 2\n3 ,\t4 \n",
        "\n\nx,y\n\n1,2\n   \n3,4\n\n\n",
        "\"x\" , \"y\"\n1,2\n3,4\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct csv *csv = parsed(texts[i]);

        assert_int_equal(csv->rows, 2);
        assert_int_equal(csv->columns, 2);
        assert_string_equal(csv->names[0], "x");
        assert_string_equal(csv->names[1], "y");
        assert_string_equal(csv_cell(csv, 0, 0), "1");
        assert_string_equal(csv_cell(csv, 0, 1), "2");
        assert_string_equal(csv_cell(csv, 1, 0), "3");
        assert_string_equal(csv_cell(csv, 1, 1), "4");
        csv_free(csv);
    }
}

static void test_quotes(void **state)
{
    struct csv *csv = parsed("name,text\n1,\"a, \"\"b\"\"\n c\"\n2,\"\"\n3,x\"y\n");

    (void)state;
    assert_int_equal(csv->rows, 3);
    assert_string_equal(csv_cell(csv, 0, 1), "a, \"b\"\n c");
    assert_string_equal(csv_cell(csv, 1, 1), "");
    assert_string_equal(csv_cell(csv, 2, 1), "x\"y");
    assert_int_equal(csv->lines[0], 2);
    assert_int_equal(csv->lines[1], 4); /* the quoted cell ran over two lines */
    csv_free(csv);
}

static void test_header_or_not(void **state)
{
    struct csv *csv = parsed("1,2,cat\n3,4,dog\n");
    struct err err = {""};
    size_t column = 9;

    (void)state;
    assert_null(csv->names);
    assert_int_equal(csv->rows, 2);
    assert_int_equal(csv->lines[0], 1);
    assert_int_equal(csv_column(csv, "2", &column, &err), ERR_OK);
    assert_int_equal(column, 2);
    assert_int_equal(csv_column(csv, "-1", &column, &err), ERR_OK);
    assert_int_equal(column, 2);
    assert_int_equal(csv_column(csv, "-3", &column, &err), ERR_OK);
    assert_int_equal(column, 0);
    assert_int_equal(csv_column(csv, "label", &column, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "f.csv: there is no column \"label\": the first line holds "
                                        "numbers, so it is no header, and the columns are 0 to 2"));
    assert_int_equal(csv_column(csv, "3", &column, &err), ERR_FORMAT);
    assert_int_equal(csv_column(csv, "-4", &column, &err), ERR_FORMAT);
    assert_int_equal(csv_column(csv, "", &column, &err), ERR_FORMAT);
    csv_free(csv);

    csv = parsed("a,b,c\n1,2,3\n");
    assert_int_equal(csv_column(csv, "b", &column, &err), ERR_OK);
    assert_int_equal(column, 1);
    assert_int_equal(csv_column(csv, "2", &column, &err), ERR_OK);
    assert_int_equal(column, 2);
    assert_int_equal(csv_column(csv, "d", &column, &err), ERR_FORMAT);
    assert_string_equal(err.message, "f.csv: there is no column \"d\"; there are: a, b, c");
    csv_free(csv);
}

static void test_complaints(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "f.csv:1: the file has no rows"},
        {"\n\n  \n", "f.csv:4: the file has no rows"},
        {"a,b\n", "f.csv: there are no rows below the header"},
        {"a,b\n1,2\n3\n", "f.csv:3: expected 2 cells, found 1"},
        {"a,b\n1,2\n\n3,4,5\n", "f.csv:4: expected 2 cells, found 3"},
        {"a,b\n1,2,\n", "f.csv:2: expected 2 cells, found 3"},
        {"a,b\n1,\"2\n3,4\n", "f.csv:2: this quote is never closed"},
        {"a,b\n1,\"2\"x\n", "f.csv:2: text after a closing quote"},
        {"a;b\n1;2\n", "f.csv:1: one cell, with semicolons; cells are separated by commas"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct csv *csv = NULL;
        struct err err = {""};

        assert_int_equal(csv_parse(&csv, cases[i].text, strlen(cases[i].text), "f.csv", &err),
                         ERR_FORMAT);
        assert_string_equal(err.message, cases[i].message);
        assert_null(csv);
    }
}

static void test_nul(void **state)
{
    struct csv *csv = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(csv_parse(&csv, "a,b\n1,\0002\n", 9, "f.csv", &err), ERR_FORMAT);
    assert_string_equal(err.message, "f.csv: offset 6: a NUL byte; this is no CSV file");
    assert_null(csv);
}

static void test_numbers(void **state)
{
    static const struct {
        const char *cell, *message;
        double value;
    } cases[] = {
        {"7", NULL, 7},
        {"-0.5", NULL, -0.5},
        {"+1e3", NULL, 1000},
        {".5", NULL, 0.5},
        {"5.", NULL, 5},
        {"", "f.csv:3: column 1 (y): the value is missing", 0},
        {"?", "f.csv:3: column 1 (y): the value is missing", 0},
        {"NA", "f.csv:3: column 1 (y): the value is missing", 0},
        {"nan", "f.csv:3: column 1 (y): the value is missing", 0},
        {"inf", "f.csv:3: column 1 (y): \"inf\" is not a decimal number", 0},
        {"0x10", "f.csv:3: column 1 (y): \"0x10\" is not a decimal number", 0},
        {"tcp", "f.csv:3: column 1 (y): \"tcp\" is not a decimal number", 0},
        {"1 2", "f.csv:3: column 1 (y): \"1 2\" is not a decimal number", 0},
        {"1e", "f.csv:3: column 1 (y): \"1e\" is not a decimal number", 0},
        {"e", "f.csv:3: column 1 (y): \"e\" is not a decimal number", 0},
        {"--1", "f.csv:3: column 1 (y): \"--1\" is not a decimal number", 0},
        {"1e999", "f.csv:3: column 1 (y): \"1e999\" is too large", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        struct csv *csv;
        struct err err = {""};
        double value = -1;

        snprintf(text, sizeof text, "x,y\n1,2\n3,%s\n", cases[i].cell);
        csv = parsed(text);
        if (cases[i].message == NULL) {
            assert_int_equal(csv_number(csv, 1, 1, &value, &err), ERR_OK);
            assert_true(value == cases[i].value);
        } else {
            assert_int_equal(csv_number(csv, 1, 1, &value, &err), ERR_FORMAT);
            assert_string_equal(err.message, cases[i].message);
        }
        csv_free(csv);
    }
}

static void test_read(void **state)
{
    const char text[] = "1,2\n";
    struct scratch scratch;
    struct csv *csv = NULL;
    struct err err = {""};
    gzFile gz;

    (void)state;
    scratch_create(&scratch);
    gz = gzopen(scratch_path(&scratch, "x.csv.gz"), "wb");
    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, text, 4), 4);
    gzclose(gz);
    assert_int_equal(csv_read(&csv, scratch.path, &err), ERR_OK);
    assert_string_equal(csv_cell(csv, 0, 1), "2");
    csv_free(csv);
    csv = NULL;
    assert_int_equal(csv_read(&csv, scratch_path(&scratch, "none.csv"), &err), ERR_IO);
    assert_null(csv);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_quotes),     cmocka_unit_test(test_header_or_not),
        cmocka_unit_test(test_complaints), cmocka_unit_test(test_nul),
        cmocka_unit_test(test_numbers),    cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
