#include "config_value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHOICES = 16 };

struct choices {
    char names[MOST_CHOICES][CONFIG_NAME_SIZE];
    const char *list[MOST_CHOICES];
    size_t count;
};

static void split_choices(const char *text, struct choices *choices)
{
    choices->count = 0;
    while (*text != '\0' && choices->count < MOST_CHOICES) {
        size_t length = strcspn(text, "|");
        char *name = choices->names[choices->count];

        snprintf(name, CONFIG_NAME_SIZE, "%.*s", (int)length, text);
        choices->list[choices->count++] = name;
        text += length + (text[length] == '|');
    }
}

bool config_value_is_name(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length >= CONFIG_NAME_SIZE || !isalnum((unsigned char)text[0])) return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c > 0x7f || (!isalnum(c) && c != '_' && c != '-')) return false;
    }
    return true;
}

struct config_value_hint config_value_nearest(const char *word, const char *const *names,
                                              size_t count)
{
    const char *nearest = text_nearest(word, names, count);
    struct config_value_hint hint = {""};

    if (nearest != NULL) snprintf(hint.text, sizeof hint.text, "; did you mean %s?", nearest);
    return hint;
}

/* --- numbers --- */

/* Steps over digits; leading zeros would be octal to some readers of YAML, so they are no number. */
static bool skip_whole(const char **text)
{
    const char *start = *text;

    while (isdigit((unsigned char)**text))
        ++*text;
    return *text > start && (start[0] != '0' || *text == start + 1);
}

static bool parse_long(const char *text, long *value)
{
    const char *at = text + (*text == '-' || *text == '+');

    if (!skip_whole(&at) || *at != '\0') return false;
    errno = 0;
    *value = strtol(text, NULL, 10);
    return errno == 0;
}

/* Decimal only: strtod() alone would take hexadecimal, "inf" and "nan". */
static bool parse_double(const char *text, double *value)
{
    const char *at = text + (*text == '-' || *text == '+');
    bool digits = false;
    char *end;

    if (isdigit((unsigned char)*at)) {
        if (!skip_whole(&at)) return false;
        digits = true;
    }
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at); at++)
            digits = true;
    }
    if (!digits) return false;
    if (*at == 'e' || *at == 'E') {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        if (!isdigit((unsigned char)*at)) return false;
        while (isdigit((unsigned char)*at))
            at++;
    }
    if (*at != '\0') return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static bool parse_bool(const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return *value || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

/* --- reading --- */

static bool read_long(const struct config_option *option, const char *text, long *place)
{
    long value = 0;

    if (!parse_long(text, &value)) return false;
    if ((double)value < option->low || (double)value > option->high) return false;
    *place = value;
    return true;
}

static bool read_double(const struct config_option *option, const char *text, double *place)
{
    double value = 0.0;

    if (!parse_double(text, &value) || value < option->low || value > option->high) return false;
    *place = value;
    return true;
}

static bool read_bool(const char *text, bool *place)
{
    bool value = false;

    if (!parse_bool(text, &value)) return false;
    *place = value;
    return true;
}

static bool is_choice(const struct config_option *option, const char *text)
{
    struct choices choices;

    if (strcmp(text, option->default_text) == 0 && strlen(text) < CONFIG_NAME_SIZE) return true;
    if (option->choices[0] == '\0') return config_value_is_name(text);
    split_choices(option->choices, &choices);
    for (size_t i = 0; i < choices.count; i++)
        if (strcmp(choices.list[i], text) == 0) return true;
    return false;
}

static bool read_choice(const struct config_option *option, const char *text, char *place)
{
    if (!is_choice(option, text)) return false;
    snprintf(place, CONFIG_NAME_SIZE, "%s", text);
    return true;
}

/* "[1, 2]" or "1,2"; nothing is the empty list. */
static bool read_list(const struct config_option *option, const char *text,
                      struct config_list *place)
{
    struct config_list list = {.count = 0};
    char copy[CONFIG_TEXT_SIZE], *rest = copy, *item;
    size_t length = strlen(text);

    if (length >= sizeof copy) return false;
    memcpy(copy, text, length + 1);
    if (length >= 2 && copy[0] == '[' && copy[length - 1] == ']') {
        copy[length - 1] = '\0';
        rest++;
    }
    if (rest[strspn(rest, " ")] == '\0') {
        *place = list;
        return true;
    }
    while ((item = strsep(&rest, ",")) != NULL) {
        item += strspn(item, " ");
        for (size_t end = strlen(item); end > 0 && item[end - 1] == ' '; end--)
            item[end - 1] = '\0';
        if (list.count == CONFIG_MAX_ITEMS) return false;
        if (!read_long(option, item, &list.items[list.count++])) return false;
    }
    *place = list;
    return true;
}

static bool read_text(const char *text, char *place)
{
    if (strlen(text) >= CONFIG_TEXT_SIZE) return false;
    snprintf(place, CONFIG_TEXT_SIZE, "%s", text);
    return true;
}

static bool read_value(const struct config_option *option, const char *text, void *place)
{
    switch (option->type) {
    case CONFIG_LONG:
        return read_long(option, text, place);
    case CONFIG_DOUBLE:
        return read_double(option, text, place);
    case CONFIG_BOOL:
        return read_bool(text, place);
    case CONFIG_CHOICE:
        return read_choice(option, text, place);
    case CONFIG_LIST:
        return read_list(option, text, place);
    case CONFIG_TEXT:
        return read_text(text, place);
    }
    return false;
}

void config_value_expected(const struct config_option *option, struct text *out)
{
    struct choices choices;

    switch (option->type) {
    case CONFIG_LONG:
        text_add(out, "a whole number from %.0f to %.0f", option->low, option->high);
        return;
    case CONFIG_DOUBLE:
        text_add(out, "a number from %.12g to %.12g", option->low, option->high);
        return;
    case CONFIG_BOOL:
        text_add(out, "true or false");
        return;
    case CONFIG_LIST:
        text_add(out, "a list of at most %d whole numbers from %.0f to %.0f", CONFIG_MAX_ITEMS,
                 option->low, option->high);
        return;
    case CONFIG_TEXT:
        text_add(out, "a text of at most %d bytes", CONFIG_TEXT_SIZE - 1);
        return;
    case CONFIG_CHOICE:
        break;
    }
    split_choices(option->choices, &choices);
    if (choices.count == 0) {
        text_add(out, "a name of letters, digits, _ and -, at most %d long", CONFIG_NAME_SIZE - 1);
        return;
    }
    if (option->default_text != NULL && option->default_text[0] == '\0') {
        text_add(out, "nothing or ");
    }
    text_add(out, "%s", choices.count > 1 ? "one of " : "");
    for (size_t i = 0; i < choices.count; i++)
        text_add(out, "%s%s", i > 0 ? ", " : "", choices.list[i]);
}

static void explain(const struct config_option *option, const char *text, bool quoted,
                    struct config_value_problem *problem)
{
    struct config_value_hint hint = {""};
    struct text expected = {0};

    config_value_expected(option, &expected);
    if (option->type == CONFIG_CHOICE && option->choices[0] != '\0') {
        struct choices choices;

        split_choices(option->choices, &choices);
        hint = config_value_nearest(text, choices.list, choices.count);
    }
    snprintf(problem->text, sizeof problem->text, "expected %s (found %s\"%.80s\")%s",
             expected.data != NULL ? expected.data : "another value", quoted ? "the text " : "",
             text, hint.text);
    text_free(&expected);
}

bool config_value_read(const struct config_option *option, const char *text, bool quoted,
                       void *base, struct config_value_problem *problem)
{
    void *place = (char *)base + option->offset;

    bool plain = !quoted || option->type == CONFIG_CHOICE || option->type == CONFIG_TEXT;

    if (plain && read_value(option, text, place)) return true;
    explain(option, text, quoted, problem);
    return false;
}

void config_value_reset(const struct config_option *option, void *base)
{
    void *place = (char *)base + option->offset;

    /* A default may lie outside the range: 0 for "chosen by the component". */
    switch (option->type) {
    case CONFIG_LONG:
        *(long *)place = strtol(option->default_text, NULL, 10);
        return;
    case CONFIG_DOUBLE:
        *(double *)place = strtod(option->default_text, NULL);
        return;
    case CONFIG_BOOL:
        parse_bool(option->default_text, place);
        return;
    case CONFIG_CHOICE:
        snprintf(place, CONFIG_NAME_SIZE, "%s", option->default_text);
        return;
    case CONFIG_LIST:
        read_list(option, option->default_text, place);
        return;
    case CONFIG_TEXT:
        read_text(option->default_text, place);
        return;
    }
}

size_t config_value_size(const struct config_option *option)
{
    static const size_t sizes[] = {
        [CONFIG_LONG] = sizeof(long),
        [CONFIG_DOUBLE] = sizeof(double),
        [CONFIG_BOOL] = sizeof(bool),
        [CONFIG_CHOICE] = CONFIG_NAME_SIZE,
        [CONFIG_LIST] = sizeof(struct config_list),
        [CONFIG_TEXT] = CONFIG_TEXT_SIZE,
    };

    return sizes[option->type];
}

/* --- writing --- */

/* The shortest decimal text that reads back as the same number. */
static void write_double(double value, struct text *out)
{
    char text[40];

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    text_add(out, "%s", text);
}

void config_value_write_text(const char *value, struct text *out)
{
    size_t length = strlen(value);
    bool plain =
        length > 0 && (isalnum((unsigned char)value[0]) || value[0] == '/' || value[0] == '_' ||
                       (value[0] == '-' && isdigit((unsigned char)value[1])));

    for (size_t i = 0; i < length && plain; i++) {
        unsigned char c = (unsigned char)value[i];

        plain = c < 0x80 && (isalnum(c) || strchr("_-+./", c) != NULL);
    }
    if (plain && strcmp(value, "null") != 0) {
        text_add(out, "%s", value);
        return;
    }
    text_add(out, "\"");
    for (size_t i = 0; i < length; i++)
        text_add(out, "%s%c", value[i] == '"' || value[i] == '\\' ? "\\" : "", value[i]);
    text_add(out, "\"");
}

static void write_list(const struct config_list *list, struct text *out)
{
    text_add(out, "[");
    for (size_t i = 0; i < list->count; i++)
        text_add(out, "%s%ld", i > 0 ? ", " : "", list->items[i]);
    text_add(out, "]");
}

void config_value_write(const struct config_option *option, const void *base, struct text *out)
{
    const void *place = (const char *)base + option->offset;

    switch (option->type) {
    case CONFIG_LONG:
        text_add(out, "%ld", *(const long *)place);
        return;
    case CONFIG_DOUBLE:
        write_double(*(const double *)place, out);
        return;
    case CONFIG_BOOL:
        text_add(out, "%s", *(const bool *)place ? "true" : "false");
        return;
    case CONFIG_CHOICE:
    case CONFIG_TEXT:
        config_value_write_text(place, out);
        return;
    case CONFIG_LIST:
        write_list(place, out);
        return;
    }
}
