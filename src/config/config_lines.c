#include "config_lines.h"

#include "config_value.h"

#include <stdlib.h>
#include <string.h>

void config_lines_option(const struct config *config, const struct config_section *section,
                         const struct config_option *option, struct text *out)
{
    text_add(out, "%s%s%s = ", section->name, section->name[0] != '\0' ? "." : "", option->name);
    config_value_write(option, config, out);
    text_add(out, "\n");
}

static int compare_pairs(const void *left, const void *right)
{
    const struct config_pair *const *a = left, *const *b = right;

    return strcmp((*a)->key, (*b)->key);
}

/* Sorted, so that the order in the file does not matter. */
void config_lines_pairs(const char *section, const struct config_pairs *pairs, struct text *out)
{
    const struct config_pair *order[CONFIG_MAX_PAIRS];

    for (size_t i = 0; i < pairs->count; i++)
        order[i] = pairs->items + i;
    if (pairs->count > 0) qsort(order, pairs->count, sizeof *order, compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        text_add(out, "%s.%s = ", section, order[i]->key);
        config_value_write_text(order[i]->value, out);
        text_add(out, "\n");
    }
}

/* --- comparison --- */

/* One "key = value" line; a stretch of the text. */
struct line {
    const char *key, *value;
    int key_length, value_length;
};

/* Within the line: a search beyond it would make many short lines slow. */
static const char *find_separator(const char *line, size_t length)
{
    for (size_t i = 0; i + 3 <= length; i++)
        if (memcmp(line + i, " = ", 3) == 0) return line + i;
    return NULL;
}

static bool next_line(const char **text, struct line *line)
{
    size_t length = strcspn(*text, "\n");
    const char *separator;

    if (**text == '\0') return false;
    *line = (struct line){.key = *text, .value = "", .key_length = (int)length};
    separator = find_separator(*text, length);
    if (separator != NULL) {
        line->key_length = (int)(separator - *text);
        line->value = separator + 3;
        line->value_length = (int)((size_t)(*text + length - separator) - 3);
    }
    *text += length + ((*text)[length] == '\n');
    return true;
}

/* The line of the same key in `text`. */
static bool find_line(const char *text, const struct line *wanted, struct line *found)
{
    while (next_line(&text, found)) {
        if (found->key_length == wanted->key_length &&
            memcmp(found->key, wanted->key, (size_t)wanted->key_length) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_value(const struct line *a, const struct line *b)
{
    return a->value_length == b->value_length &&
           memcmp(a->value, b->value, (size_t)a->value_length) == 0;
}

static enum err_status complain(const struct line *expected, const struct line *found,
                                const char *what, const char *kind, struct err *err)
{
    static const struct line nothing = {"", "nothing", 0, 7};
    const struct line *named = expected != NULL ? expected : found;

    if (expected == NULL) expected = &nothing;
    if (found == NULL) found = &nothing;
    return err_set(err, ERR_ARG, "%.300s: another %s: %.*s is %.*s, but %.*s is expected", what,
                   kind, named->key_length < 120 ? named->key_length : 120, named->key,
                   found->value_length < 200 ? found->value_length : 200, found->value,
                   expected->value_length < 200 ? expected->value_length : 200, expected->value);
}

enum err_status config_lines_compare(const char *expected, const char *found, const char *what,
                                     const char *kind, struct err *err)
{
    const char *rest = expected;
    struct line here, there;

    if (strcmp(expected, found) == 0) return ERR_OK;
    while (next_line(&rest, &here)) {
        if (!find_line(found, &here, &there)) return complain(&here, NULL, what, kind, err);
        if (!same_value(&here, &there)) return complain(&here, &there, what, kind, err);
    }
    rest = found;
    while (next_line(&rest, &there)) { /* a key may be there twice */
        if (!find_line(expected, &there, &here)) return complain(NULL, &there, what, kind, err);
        if (!same_value(&here, &there)) return complain(&here, &there, what, kind, err);
    }
    return ERR_OK;
}
