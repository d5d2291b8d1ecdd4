/* docs/nodes.md lists exactly the node types and options that the program knows. DIFFLUT_GOLDEN=write
 * puts the current list there. */
#include "base/file.h"
#include "node/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char PATH[] = "docs/nodes.md";
static const char BEGIN[] = "<!-- begin: node_document -->\n";
static const char END[] = "<!-- end: node_document -->";

static struct err err;

static void test_reference(void **state)
{
    const char *mode = getenv("DIFFLUT_GOLDEN");
    struct text expected = {0}, page = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    const char *begin, *end;

    (void)state;
    assert_int_equal(file_read(PATH, 1 << 20, &data, &size, &err), ERR_OK);
    begin = strstr((const char *)data, BEGIN);
    assert_non_null(begin);
    begin += sizeof BEGIN - 1;
    end = strstr(begin, END);
    assert_non_null(end);
    node_document(&expected);
    assert_int_equal(text_status(&expected, PATH, &err), ERR_OK);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        text_add_bytes(&page, data, (size_t)(begin - (const char *)data));
        text_add_bytes(&page, expected.data, expected.size);
        text_add(&page, "\n%s", end);
        assert_int_equal(file_write(PATH, page.data, page.size, &err), ERR_OK);
        text_free(&page);
    } else if ((size_t)(end - begin) != expected.size + 1 ||
               memcmp(begin, expected.data, expected.size) != 0) {
        fail_msg("%s is behind the program; `make golden` rewrites it", PATH);
    }
    text_free(&expected);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference)};

    return cmocka_run_group_tests_name("node_golden", tests, NULL, NULL);
}
