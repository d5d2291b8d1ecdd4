/* Texts of one "key = value" a line, the room's own: what the structural hash covers and what a
 * checkpoint belongs to are such texts. */
#ifndef DIFFLUT_CONFIG_CONFIG_LINES_H
#define DIFFLUT_CONFIG_CONFIG_LINES_H

#include "config_table.h"

void config_lines_option(const struct config *config, const struct config_section *section,
                         const struct config_option *option, struct text *out);

/* Sorted, so that the order in the file does not matter. */
void config_lines_pairs(const char *section, const struct config_pairs *pairs, struct text *out);

/* On a difference names the first key that differs (ERR_ARG): "WHAT: another KIND: KEY is A, but B is
 * expected". */
enum err_status config_lines_compare(const char *expected, const char *found, const char *what,
                                     const char *kind, struct err *err);

#endif
