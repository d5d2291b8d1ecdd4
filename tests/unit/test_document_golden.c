/* Pages of docs/ list exactly the components and options that the program knows: each part between
 * "<!-- begin: NAME -->" and its end is what a function prints. DIFFLUT_GOLDEN=write puts it there. */
#include "base/file.h"
#include "encoder/encoder.h"
#include "layer/layer.h"
#include "node/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct part {
    const char *path, *name;
    void (*print)(struct text *out);
} PARTS[] = {
    {"docs/nodes.md", "node_document", node_document},
    {"docs/layers.md", "encoder_document", encoder_document},
    {"docs/layers.md", "layer_document", layer_document},
};

static void check_part(const struct part *part)
{
    const char *mode = getenv("DIFFLUT_GOLDEN");
    char open[80], close[80];
    struct text expected = {0}, page = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    const char *begin, *end;
    struct err err = {""};

    snprintf(open, sizeof open, "<!-- begin: %s -->\n", part->name);
    snprintf(close, sizeof close, "<!-- end: %s -->", part->name);
    assert_int_equal(file_read(part->path, 1 << 20, &data, &size, &err), ERR_OK);
    begin = strstr((const char *)data, open);
    assert_non_null(begin);
    begin += strlen(open);
    end = strstr(begin, close);
    assert_non_null(end);
    part->print(&expected);
    text_add(&expected, "\n");
    assert_int_equal(text_status(&expected, part->path, &err), ERR_OK);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        text_add_bytes(&page, data, (size_t)(begin - (const char *)data));
        text_add(&page, "%s%s", expected.data, end);
        assert_int_equal(file_write(part->path, page.data, page.size, &err), ERR_OK);
        text_free(&page);
    } else if ((size_t)(end - begin) != expected.size ||
               memcmp(begin, expected.data, expected.size) != 0) {
        fail_msg("%s is behind the program; `make golden` rewrites it", part->path);
    }
    text_free(&expected);
    free(data);
}

static void test_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        check_part(&PARTS[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages)};

    return cmocka_run_group_tests_name("document_golden", tests, NULL, NULL);
}
