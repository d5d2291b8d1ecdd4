/* One scalar: from text into its typed place and back. */
#ifndef DIFFLUT_CONFIG_CONFIG_VALUE_H
#define DIFFLUT_CONFIG_CONFIG_VALUE_H

#include "config.h"

/* Room for "expected one of ..." with every choice. */
struct config_value_problem {
    char text[512];
};

/* Reads `text` into base + option->offset. On a bad value the place is untouched, false is returned
 * and the problem says "expected ... (found ...)", with the nearest choice. `quoted`: the text stood
 * in quotes, so it is no number. */
bool config_value_read(const struct config_option *option, const char *text, bool quoted,
                       void *base, struct config_value_problem *problem);

/* Writes the value at base + option->offset as YAML that reads back the same. */
void config_value_write(const struct config_option *option, const void *base, struct text *out);

/* Sets the default. */
void config_value_reset(const struct config_option *option, void *base);

/* Bytes of one value. */
size_t config_value_size(const struct config_option *option);

/* "a whole number from 1 to 9", "one of a, b, c", ... */
void config_value_expected(const struct config_option *option, struct text *out);

/* Free text as a YAML scalar, in quotes where it needs them. */
void config_value_write_text(const char *value, struct text *out);

/* Letters, digits, '_' and '-', the first a letter or digit; at most CONFIG_NAME_SIZE - 1. */
bool config_value_is_name(const char *text);

/* The nearest of `names`, as "; did you mean X?", or "". */
struct config_value_hint {
    char text[CONFIG_NAME_SIZE * 2 + 32];
};
struct config_value_hint config_value_nearest(const char *word, const char *const *names,
                                              size_t count);

#endif
