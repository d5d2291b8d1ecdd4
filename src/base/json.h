/* What jansson leaves to its callers: telling a lack of memory from a wrong text, and building a value of
 * many parts, each of which may find no memory.
 *
 * A value for which a part could not be made is freed and becomes NULL. All functions here take NULL for
 * such a value, json_pack() refuses it, and so whoever uses the whole need look only once. */
#ifndef DIFFLUT_BASE_JSON_H
#define DIFFLUT_BASE_JSON_H

#include "err.h"

#include <jansson.h>

/* json_object_set_new() and json_array_append_new() on a value that the caller owns. */
void json_put(json_t **object, const char *key, json_t *value);
void json_push(json_t **array, json_t *value);

/* json_loadb(). ERR_NOMEM; ERR_FORMAT for a wrong text, with *where filled in and the message left to the
 * caller. A large text with more than one object in 8 bytes, which no tool writes, is wrong too: it would
 * take a hundred times its size. */
enum err_status json_parse(json_t **out, const char *text, size_t size, size_t flags,
                           json_error_t *where, struct err *err);

/* json_parse() of a file of at most `limit` bytes; ERR_IO too. */
enum err_status json_read(json_t **out, const char *path, size_t limit, json_error_t *where,
                          struct err *err);

#endif
