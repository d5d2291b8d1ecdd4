#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `extra` more bytes and a NUL. */
static bool reserve(struct text *text, size_t extra)
{
    size_t capacity = text->capacity > 0 ? text->capacity : 256;
    char *data;

    if (text->failed) return false;
    if (extra >= SIZE_MAX / 2 - text->size) {
        text->failed = true;
        return false;
    }
    while (capacity <= text->size + extra)
        capacity *= 2;
    if (capacity == text->capacity) return true;
    data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if (!reserve(text, (size_t)length)) return;
    va_start(arguments, format);
    vsnprintf(text->data + text->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->size += (size_t)length;
}

void text_add_bytes(struct text *text, const void *data, size_t size)
{
    if (!reserve(text, size)) return;
    if (size > 0) memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

enum err_status text_status(const struct text *text, const char *what, struct err *err)
{
    return text->failed ? err_nomem(err, what) : ERR_OK;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

enum { LONGEST_WORD = 127 };

/* Levenshtein distance, one row at a time; SIZE_MAX when a word is too long to be a near miss. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > LONGEST_WORD || length_b > LONGEST_WORD) return SIZE_MAX;
    for (size_t j = 0; j <= length_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t diagonal = row[0]; /* distance(i - 1, j - 1) */

        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[length_b];
}

const char *text_nearest(const char *word, const char *const *names, size_t count)
{
    size_t length = strlen(word);
    size_t limit = length / 3 > 2 ? length / 3 : 2;
    const char *nearest = NULL;

    /* A suggestion that shares no letter with the word is noise. */
    if (limit >= length) limit = length > 0 ? length - 1 : 0;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);

        if (distance > limit || distance >= strlen(names[i])) continue;
        if (distance == 0) return names[i];
        nearest = names[i];
        limit = distance - 1; /* only strictly nearer ones from here: ties keep the first */
    }
    return nearest;
}
