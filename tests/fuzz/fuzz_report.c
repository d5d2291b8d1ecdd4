/* report.json, whatever it holds, as a page: no text of it becomes a tag. */
#include "fuzz.h"

#include "base/json.h"
#include "flow/report_html.h"

#include <stdlib.h>
#include <string.h>

static size_t count(const char *text, const char *word)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        found++;
    return found;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    json_t *report = NULL;
    json_error_t where;
    struct text page = {0};
    struct err err;

    if (json_parse(&report, (const char *)data, size, JSON_REJECT_DUPLICATES, &where, &err) !=
        ERR_OK)
        return;
    report_html(report, &page);
    if (page.data == NULL || count(page.data, "<script") > 0 || count(page.data, "</html>") != 1)
        abort();
    text_free(&page);
    json_decref(report);
}
