#include "config_sweep.h"

#include "base/file.h"
#include "config_value.h"
#include "config_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20, MOST_SEEDS = 1000 };

static enum err_status complain(const struct config_sweep *sweep, int line, const char *key,
                                const char *problem, struct err *err)
{
    return err_set(err, ERR_ARG, "%s:%d: %.100s: %s", sweep->path, line, key, problem);
}

/* --- points --- */

static const struct config_yaml *find(const struct config_yaml *map, const char *key)
{
    return config_yaml_find(map, key, strlen(key));
}

static const struct config_yaml *item(const struct config_yaml *list, size_t index)
{
    const struct config_yaml *node = list->child;

    while (index-- > 0)
        node = node->next;
    return node;
}

/* What a point has for a key; NULL: what the base has. */
static const struct config_yaml *value_of(const struct config_sweep *sweep, size_t point,
                                          const char *key)
{
    const struct config_yaml *points = find(sweep->root, "points");
    const struct config_yaml *grid = find(sweep->root, "grid");
    const struct config_yaml *found =
        points != NULL ? find(item(points, point / sweep->grid_size), key) : NULL;
    size_t stride = sweep->grid_size;

    if (found != NULL || grid == NULL) return found;
    for (const struct config_yaml *axis = grid->child; axis != NULL; axis = axis->next) {
        stride /= axis->count;
        if (strcmp(axis->key, key) == 0) return item(axis, point / stride % axis->count);
    }
    return NULL;
}

/* Puts a copy of `value` at the dotted key, in the place of what is there. Its line is that of the place
 * in the base, whose path stands in complaints. */
static enum err_status put(struct config_yaml *map, const char *key,
                           const struct config_yaml *value, struct err *err)
{
    size_t length = strcspn(key, ".");
    const struct config_yaml empty = {.kind = CONFIG_YAML_MAP};
    struct config_yaml *place = config_yaml_find(map, key, length), *made = NULL;
    bool last = key[length] == '\0', replaced;
    char name[CONFIG_NAME_SIZE * 2];
    enum err_status status;

    if (length == 0 || length >= sizeof name)
        return err_set(err, ERR_ARG, "%.100s: not a key", key);
    snprintf(name, sizeof name, "%.*s", (int)length, key);
    replaced = last || place == NULL || config_yaml_is_null(place);
    if (replaced) {
        status = config_yaml_copy(&made, last ? value : &empty, name, err);
        if (status != ERR_OK) return status;
        made->line = place != NULL ? place->line : map->line;
    }
    if (replaced && place != NULL) { /* in its place: the other value goes */
        struct config_yaml old = *place;

        made->next = old.next;
        *place = *made;
        *made = old;
        made->next = NULL;
        config_yaml_free(made);
    } else if (replaced) {
        struct config_yaml **tail = &map->child;

        while (*tail != NULL)
            tail = &(*tail)->next;
        *tail = place = made;
        map->count++;
    }
    if (last) return ERR_OK;
    if (place->kind != CONFIG_YAML_MAP)
        return err_set(err, ERR_ARG, "%s: is a value in the base, not a section with \"%.80s\"",
                       name, key + length + 1);
    return put(place, key + length + 1, value, err);
}

void config_sweep_describe(const struct config_sweep *sweep, size_t point, struct text *out)
{
    const char *separator = "";

    text_add(out, "%s: point %zu {", sweep->path, point + 1);
    for (size_t k = 0; k < sweep->num_keys; k++) {
        if (value_of(sweep, point, sweep->keys[k]) == NULL) continue;
        text_add(out, "%s%s: ", separator, sweep->keys[k]);
        config_sweep_value(sweep, point, k, out);
        separator = ", ";
    }
    text_add(out, "}");
}

enum err_status config_sweep_config(const struct config_sweep *sweep, size_t point,
                                    struct config **out, struct err *err)
{
    struct config_yaml *tree = NULL;
    struct text what = {0};
    struct err inner = {.message = ""};
    enum err_status status = config_yaml_copy(&tree, sweep->base, NULL, &inner);

    for (size_t k = 0; k < sweep->num_keys && status == ERR_OK; k++) {
        const struct config_yaml *value = value_of(sweep, point, sweep->keys[k]);

        if (value != NULL) status = put(tree, sweep->keys[k], value, &inner);
    }
    if (status == ERR_OK) status = config_read_tree(out, tree, sweep->base_path, &inner);
    config_yaml_free(tree);
    if (status != ERR_OK) {
        config_sweep_describe(sweep, point, &what);
        err_set(err, status, "%.400s: %s", what.data != NULL ? what.data : "", inner.message);
    }
    text_free(&what);
    return status;
}

void config_sweep_value(const struct config_sweep *sweep, size_t point, size_t key,
                        struct text *out)
{
    const struct config_yaml *value = value_of(sweep, point, sweep->keys[key]);

    if (value != NULL) config_yaml_write(value, out);
}

/* --- the file --- */

/* Two keys of which one is the other, or the section that holds it, would undo each other. */
static bool overlap(const char *a, const char *b)
{
    size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

    return strncmp(a, b, length) == 0 && (a[length] == '\0' || a[length] == '.') &&
           (b[length] == '\0' || b[length] == '.');
}

static enum err_status add_key(struct config_sweep *sweep, const struct config_yaml *node,
                               bool again, struct err *err)
{
    char problem[CONFIG_NAME_SIZE + 64];

    for (size_t k = 0; k < sweep->num_keys; k++) {
        if (again && strcmp(sweep->keys[k], node->key) == 0) return ERR_OK;
        if (!overlap(sweep->keys[k], node->key)) continue;
        snprintf(problem, sizeof problem, "%.80s is swept too: one would undo the other",
                 sweep->keys[k]);
        return complain(sweep, node->line, node->key, problem, err);
    }
    if (sweep->num_keys == CONFIG_SWEEP_MAX_KEYS)
        return complain(sweep, node->line, node->key, "too many keys: at most 32", err);
    sweep->keys[sweep->num_keys++] = node->key;
    return ERR_OK;
}

static enum err_status read_points(struct config_sweep *sweep, struct err *err)
{
    const struct config_yaml *points = find(sweep->root, "points");
    enum err_status status = ERR_OK;

    if (points == NULL) return ERR_OK;
    if (points->kind != CONFIG_YAML_LIST || points->count == 0)
        return complain(sweep, points->line, "points", "expected a list of {key: value, ...}", err);
    for (const struct config_yaml *entry = points->child; entry != NULL; entry = entry->next) {
        if (entry->kind != CONFIG_YAML_MAP || entry->count == 0)
            return complain(sweep, entry->line, "points", "expected a list of {key: value, ...}",
                            err);
        for (const struct config_yaml *key = entry->child; key != NULL && status == ERR_OK;
             key = key->next)
            status = add_key(sweep, key, true, err);
    }
    sweep->num_points = points->count;
    return status;
}

static enum err_status read_grid(struct config_sweep *sweep, struct err *err)
{
    const struct config_yaml *grid = find(sweep->root, "grid");
    enum err_status status = ERR_OK;

    if (grid == NULL) return ERR_OK;
    if (grid->kind != CONFIG_YAML_MAP || grid->count == 0)
        return complain(sweep, grid->line, "grid", "expected \"key: [value, value]\" lines", err);
    for (const struct config_yaml *axis = grid->child; axis != NULL; axis = axis->next) {
        if (axis->kind != CONFIG_YAML_LIST || axis->count == 0)
            return complain(sweep, axis->line, axis->key, "expected a list of values", err);
        status = add_key(sweep, axis, false, err);
        if (status != ERR_OK) return status;
        sweep->grid_size *= axis->count;
        if (sweep->grid_size > CONFIG_SWEEP_MAX_POINTS)
            return complain(sweep, axis->line, axis->key,
                            "too many combinations: at most 4096 points", err);
    }
    return ERR_OK;
}

static enum err_status read_seeds(struct config_sweep *sweep, struct err *err)
{
    static const struct config_option option = {.name = "seeds",
                                                .type = CONFIG_LONG,
                                                .offset = offsetof(struct config_sweep, seeds),
                                                .low = 1,
                                                .high = MOST_SEEDS,
                                                .default_text = "1"};
    const struct config_yaml *seeds = find(sweep->root, "seeds");
    struct config_value_problem problem = {"expected a whole number from 1 to 1000"};

    sweep->seeds = 1;
    if (seeds == NULL) return ERR_OK;
    if (seeds->kind == CONFIG_YAML_SCALAR &&
        config_value_read(&option, seeds->text, seeds->quoted, sweep, &problem))
        return ERR_OK;
    return complain(sweep, seeds->line, "seeds", problem.text, err);
}

/* A path relative to the sweep's folder, or the configuration itself. */
static enum err_status read_base(struct config_sweep *sweep, struct err *err)
{
    const struct config_yaml *base = find(sweep->root, "base");
    char *folder = file_folder(sweep->path);
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status;

    if (base == NULL) {
        status = err_set(err, ERR_ARG, "%s: the required key base is missing", sweep->path);
    } else if (base->kind == CONFIG_YAML_MAP) {
        sweep->base_path = strdup(sweep->path);
        status = config_yaml_copy(&sweep->base, base, NULL, err);
    } else if (base->kind != CONFIG_YAML_SCALAR || base->text[0] == '\0') {
        status = complain(sweep, base->line, "base", "expected the path of a configuration", err);
    } else {
        sweep->base_path = folder != NULL ? file_join(folder, base->text) : NULL;
        status = sweep->base_path == NULL
                     ? err_nomem(err, "a path")
                     : file_read(sweep->base_path, LARGEST_FILE, &data, &size, err);
        if (status == ERR_OK)
            status =
                config_yaml_parse(&sweep->base, (const char *)data, size, sweep->base_path, err);
    }
    if (status == ERR_OK && sweep->base_path == NULL) status = err_nomem(err, "a path");
    free(folder);
    free(data);
    return status;
}

static enum err_status check_keys(const struct config_sweep *sweep, struct err *err)
{
    static const char *const names[] = {"base", "seeds", "grid", "points"};
    enum { NUM_NAMES = sizeof names / sizeof names[0] };

    for (const struct config_yaml *node = sweep->root->child; node != NULL; node = node->next) {
        struct config_value_hint hint = config_value_nearest(node->key, names, NUM_NAMES);
        char problem[sizeof hint.text + 64];
        bool known = false;

        for (size_t i = 0; i < NUM_NAMES; i++)
            known = known || strcmp(names[i], node->key) == 0;
        snprintf(problem, sizeof problem, "unknown key%s (a sweep has base, seeds, grid, points)",
                 hint.text);
        if (!known) return complain(sweep, node->line, node->key, problem, err);
    }
    return ERR_OK;
}

static enum err_status read_sweep(struct config_sweep *sweep, struct err *err)
{
    enum err_status status = check_keys(sweep, err);

    sweep->num_points = sweep->grid_size = 1;
    if (status == ERR_OK) status = read_seeds(sweep, err);
    if (status == ERR_OK) status = read_points(sweep, err);
    if (status == ERR_OK) status = read_grid(sweep, err);
    if (status == ERR_OK) status = read_base(sweep, err);
    if (status != ERR_OK) return status;
    if (sweep->num_keys == 0)
        return err_set(err, ERR_ARG, "%s: nothing to sweep: give grid or points", sweep->path);
    if (sweep->num_points * sweep->grid_size > CONFIG_SWEEP_MAX_POINTS)
        return err_set(err, ERR_ARG, "%s: %zu points; at most %d", sweep->path,
                       sweep->num_points * sweep->grid_size, CONFIG_SWEEP_MAX_POINTS);
    sweep->num_points *= sweep->grid_size;
    for (size_t point = 0; point < sweep->num_points && status == ERR_OK; point++) {
        struct config *config = NULL;

        status = config_sweep_config(sweep, point, &config, err);
        config_free(config);
    }
    return status;
}

enum err_status config_sweep_parse(struct config_sweep **out, const char *yaml, size_t size,
                                   const char *path, struct err *err)
{
    struct config_sweep *sweep = calloc(1, sizeof *sweep);
    char *stem = file_stem(path);
    enum err_status status = ERR_OK;

    if (sweep != NULL) sweep->path = strdup(path);
    if (sweep == NULL || stem == NULL || sweep->path == NULL)
        status = err_nomem(err, "the sweep");
    else
        snprintf(sweep->name, sizeof sweep->name, "%.60s", stem);
    if (status == ERR_OK) status = config_yaml_parse(&sweep->root, yaml, size, path, err);
    if (status == ERR_OK) status = read_sweep(sweep, err);
    free(stem);
    if (status == ERR_OK)
        *out = sweep;
    else
        config_sweep_free(sweep);
    return status;
}

enum err_status config_sweep_read(struct config_sweep **out, const char *path, struct err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status = file_read(path, LARGEST_FILE, &data, &size, err);

    if (status == ERR_OK) status = config_sweep_parse(out, (const char *)data, size, path, err);
    free(data);
    return status;
}

void config_sweep_free(struct config_sweep *sweep)
{
    if (sweep == NULL) return;
    config_yaml_free(sweep->root);
    config_yaml_free(sweep->base);
    free(sweep->path);
    free(sweep->base_path);
    free(sweep);
}
