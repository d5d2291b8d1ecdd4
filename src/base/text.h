/* A growing text buffer for everything we print into files, and the nearest-name search used by
 * "did you mean" messages. */
#ifndef DIFFLUT_BASE_TEXT_H
#define DIFFLUT_BASE_TEXT_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;  /* NUL-terminated once anything was added; NULL before */
    size_t size; /* bytes without the NUL */
    size_t capacity;
    bool failed; /* an allocation failed: later additions do nothing; text_status() tells */
};

/* A struct text starts as {0}. Additions never fail on their own: check text_status() once. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *data, size_t size);
enum err_status text_status(const struct text *text, const char *what, struct err *err);
void text_free(struct text *text); /* frees the data and resets to {0} */

/* The entry of names[0..count) nearest to `word` by edit distance, or NULL when none is near
 * (distance above a third of the word's length, at least 2). */
const char *text_nearest(const char *word, const char *const *names, size_t count);

#endif
