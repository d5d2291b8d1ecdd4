/* YAML text as a tree that keeps line numbers. A small, safe part of YAML: one document of maps, lists
 * and scalars; anchors, aliases, tags, control characters, duplicate keys and deep nesting are refused
 * (ERR_ARG). */
#ifndef DIFFLUT_CONFIG_CONFIG_YAML_H
#define DIFFLUT_CONFIG_CONFIG_YAML_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

enum config_yaml_kind { CONFIG_YAML_SCALAR, CONFIG_YAML_MAP, CONFIG_YAML_LIST };

struct config_yaml {
    enum config_yaml_kind kind;
    int line;     /* of the key in a map, else of the value */
    bool quoted;  /* a scalar in quotes or a block: never a number or a truth value */
    char *key;    /* in a map; NULL elsewhere */
    char *text;   /* of a scalar; one printable line of UTF-8 */
    size_t count; /* entries of a map or list */
    struct config_yaml *child, *next;
};

/* The root is a map. `path` is for messages. */
enum err_status config_yaml_parse(struct config_yaml **out, const char *yaml, size_t size,
                                  const char *path, struct err *err);
void config_yaml_free(struct config_yaml *node);

/* A copy of one value and all below it; its key is `key`, or none when that is NULL. */
enum err_status config_yaml_copy(struct config_yaml **out, const struct config_yaml *node,
                                 const char *key, struct err *err);

/* The value on one line, as YAML reads it: 0.1, "a b", [64, 32], {name: gray, num_bits: 4}. */
void config_yaml_write(const struct config_yaml *node, struct text *out);

/* The entry of a map whose key is the first `length` bytes of `key`; NULL when there is none. */
struct config_yaml *config_yaml_find(const struct config_yaml *map, const char *key, size_t length);

/* True for the empty value: `key:`, `key: ~`, `key: null`. */
bool config_yaml_is_null(const struct config_yaml *node);

/* True when `text` is one line of UTF-8 without control characters: what a scalar may hold. */
bool config_yaml_is_plain_line(const char *text, size_t size);

/* config_parse() (config.h) from a tree: its lines, and `path` before them, stand in complaints. */
enum err_status config_read_tree(struct config **out, const struct config_yaml *root,
                                 const char *path, struct err *err);

#endif
