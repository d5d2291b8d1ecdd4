#include "json.h"

#include "file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_OBJECTS = 1 << 16, BYTES_PER_OBJECT = 8 };

static void drop(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

void json_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) != 0) drop(object);
}

void json_push(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) != 0) drop(array);
}

/* An empty object takes 200 bytes, and 3 of the text. */
static bool is_dense(const char *text, size_t size)
{
    size_t objects = 0;

    for (size_t i = 0; i < size; i++)
        objects += text[i] == '{';
    return objects > FEW_OBJECTS && objects > size / BYTES_PER_OBJECT;
}

/* Without memory jansson calls a token a wrong one; errno knows better. (Where its buffer for the longest
 * token cannot grow, jansson 2.14 goes on without a byte, or asserts: that is beyond us.) */
enum err_status json_parse(json_t **out, const char *text, size_t size, size_t flags,
                           json_error_t *where, struct err *err)
{
    json_t *value;

    if (is_dense(text, size)) {
        memset(where, 0, sizeof *where);
        snprintf(where->text, sizeof where->text, "too many objects for its size");
        return ERR_FORMAT;
    }
    errno = 0;
    value = json_loadb(text, size, flags, where);
    if (errno == ENOMEM) {
        json_decref(value);
        return err_nomem(err, "JSON");
    }
    if (value == NULL) return ERR_FORMAT;
    *out = value;
    return ERR_OK;
}

enum err_status json_read(json_t **out, const char *path, size_t limit, json_error_t *where,
                          struct err *err)
{
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = file_read(path, limit, &text, &size, err);

    if (status == ERR_OK)
        status = json_parse(out, (const char *)text, size, JSON_REJECT_DUPLICATES, where, err);
    free(text);
    return status;
}
