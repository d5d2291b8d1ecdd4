#include "base/file.h"
#include "config.h"
#include "config_complain.h"
#include "config_pairs.h"
#include "config_table.h"
#include "config_value.h"
#include "config_yaml.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20, KEY_SIZE = 160, MOST_NAMES = 64 };

/* --- keys --- */

static void join_key(const char *section, const char *name, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "%.60s%s%.90s", section, section[0] != '\0' ? "." : "", name);
}

static void note_line(struct config *config, const char *key, int line)
{
    enum { MOST = sizeof config->lines / sizeof *config->lines };
    struct config_pair *item = config->lines + config->num_lines;

    if (config->num_lines == MOST || strlen(key) >= sizeof item->key) return;
    snprintf(item->key, sizeof item->key, "%s", key);
    item->line = line;
    config->num_lines++;
}

static enum err_status complain_unknown(const struct config *config, const struct config_yaml *node,
                                        const char *section, const char *const *names, size_t count,
                                        struct err *err)
{
    struct config_value_hint hint = config_value_nearest(node->key, names, count);
    char key[KEY_SIZE];

    join_key(section, node->key, key);
    return config_complain_at(config, node->line, key, err, "unknown key%s", hint.text);
}

/* --- values --- */

static const char *scalar_text(const struct config_yaml *node)
{
    return config_yaml_is_null(node) ? "" : node->text;
}

/* A list of scalars as "a,b,c": what a list option reads. */
static enum err_status read_items(struct config *config, const struct config_option *option,
                                  const struct config_yaml *node, const char *key, void *base,
                                  struct err *err)
{
    struct config_value_problem problem = {""};
    struct text items = {0};
    bool plain = true;
    enum err_status status;

    for (const struct config_yaml *item = node->child; item != NULL; item = item->next) {
        plain = plain && item->kind == CONFIG_YAML_SCALAR && !item->quoted;
        text_add(&items, "%s%s", item != node->child ? "," : "", plain ? scalar_text(item) : "?");
    }
    status = text_status(&items, key, err);
    if (status == ERR_OK &&
        !config_value_read(option, items.data != NULL ? items.data : "", false, base, &problem))
        status = config_complain_at(config, node->line, key, err, "%s", problem.text);
    text_free(&items);
    return status;
}

static enum err_status read_scalar(struct config *config, const struct config_option *option,
                                   const struct config_yaml *node, const char *key, void *base,
                                   struct err *err)
{
    struct config_value_problem problem = {""};
    struct text expected = {0};
    enum err_status status;

    if (option->type == CONFIG_LIST && node->kind == CONFIG_YAML_LIST)
        return read_items(config, option, node, key, base, err);
    if (node->kind == CONFIG_YAML_SCALAR) {
        if (config_value_read(option, scalar_text(node), node->quoted, base, &problem)) {
            return ERR_OK;
        }
        return config_complain_at(config, node->line, key, err, "%s", problem.text);
    }
    config_value_expected(option, &expected);
    status = text_status(&expected, key, err);
    if (status == ERR_OK) {
        status = config_complain_at(config, node->line, key, err, "expected %s (found a %s)",
                                    expected.data, node->kind == CONFIG_YAML_MAP ? "map" : "list");
    }
    text_free(&expected);
    return status;
}

static enum err_status read_option(struct config *config, const struct config_section *section,
                                   const struct config_option *option,
                                   const struct config_yaml *node, struct err *err)
{
    char key[KEY_SIZE];

    join_key(section->name, option->name, key);
    note_line(config, key, node->line);
    return read_scalar(config, option, node, key, config, err);
}

/* A section is a map; an empty one may be written as nothing. */
static enum err_status check_map(struct config *config, const struct config_yaml *node,
                                 const char *key, struct err *err)
{
    note_line(config, key, node->line);
    if (node->kind == CONFIG_YAML_MAP || config_yaml_is_null(node)) return ERR_OK;
    return config_complain_at(config, node->line, key, err, "expected a map of \"key: value\"");
}

static enum err_status read_pair(struct config *config, struct config_pairs *pairs,
                                 const char *section, const struct config_yaml *node,
                                 struct err *err)
{
    char key[KEY_SIZE];

    if (node->kind == CONFIG_YAML_SCALAR) {
        return config_pairs_put(config, pairs, section, node->key, scalar_text(node), node->line,
                                err);
    }
    join_key(section, node->key, key);
    return config_complain_at(config, node->line, key, err, "expected one value (found a %s)",
                              node->kind == CONFIG_YAML_MAP ? "map" : "list");
}

static enum err_status read_pairs(struct config *config, struct config_pairs *pairs,
                                  const char *section, const struct config_yaml *map,
                                  struct err *err)
{
    enum err_status status = check_map(config, map, section, err);

    for (const struct config_yaml *node = map->child; node != NULL && status == ERR_OK;
         node = node->next) {
        status = read_pair(config, pairs, section, node, err);
    }
    return status;
}

/* --- sections --- */

/* `entropy: 0.001` or `entropy: {weight: 0.001, ...}` */
static enum err_status read_regularizer(struct config *config, const struct config_yaml *node,
                                        struct err *err)
{
    const struct config_option *weight = config_table_weight();
    struct config_regularizer *regularizer = NULL;
    bool weighted = false;
    char section[KEY_SIZE], key[KEY_SIZE];
    enum err_status status =
        config_pairs_regularizer(config, node->key, node->line, &regularizer, err);

    if (status != ERR_OK) return status;
    join_key("runtime.regularizers", node->key, section);
    if (node->kind != CONFIG_YAML_MAP) {
        return read_scalar(config, weight, node, section, regularizer, err);
    }
    for (const struct config_yaml *child = node->child; child != NULL && status == ERR_OK;
         child = child->next) {
        if (strcmp(child->key, "weight") == 0) {
            join_key(section, "weight", key);
            status = read_scalar(config, weight, child, key, regularizer, err);
            weighted = true;
        } else {
            status = read_pair(config, &regularizer->kwargs, section, child, err);
        }
    }
    if (status == ERR_OK && !weighted) {
        status = config_complain_at(config, node->line, section, err, "its weight is missing");
    }
    return status;
}

static enum err_status read_regularizers(struct config *config, const struct config_yaml *map,
                                         struct err *err)
{
    enum err_status status = check_map(config, map, "runtime.regularizers", err);

    for (const struct config_yaml *node = map->child; node != NULL && status == ERR_OK;
         node = node->next) {
        status = read_regularizer(config, node, err);
    }
    return status;
}

/* Names of a section's options and of the maps inside it. */
static size_t known_names(const struct config_section *section, const char *names[MOST_NAMES])
{
    size_t count = 0;

    for (size_t i = 0; i < section->count && count < MOST_NAMES - 2; i++)
        names[count++] = section->options[i].name;
    if (strcmp(section->name, "runtime") == 0) {
        names[count++] = "regularizers";
        names[count++] = "init_kwargs";
    }
    if (strcmp(section->name, "hardware") == 0) names[count++] = "pipeline";
    return count;
}

static enum err_status read_section(struct config *config, const char *name,
                                    const struct config_yaml *map, struct err *err);

/* A key of a section that is no option of it. */
static enum err_status read_inner(struct config *config, const struct config_section *section,
                                  const struct config_yaml *node, struct err *err)
{
    const char *names[MOST_NAMES];

    if (strcmp(section->name, "runtime") == 0 && strcmp(node->key, "regularizers") == 0) {
        return read_regularizers(config, node, err);
    }
    if (strcmp(section->name, "runtime") == 0 && strcmp(node->key, "init_kwargs") == 0) {
        return read_pairs(config, &config->runtime.init_kwargs, "runtime.init_kwargs", node, err);
    }
    if (strcmp(section->name, "hardware") == 0 && strcmp(node->key, "pipeline") == 0) {
        return read_section(config, "hardware.pipeline", node, err);
    }
    if (strcmp(section->name, "encoder_config") == 0) { /* the encoder kind knows its own */
        return read_pair(config, &config->encoder_config.options, section->name, node, err);
    }
    return complain_unknown(config, node, section->name, names, known_names(section, names), err);
}

static enum err_status read_section(struct config *config, const char *name,
                                    const struct config_yaml *map, struct err *err)
{
    const struct config_section *section = config_table_section(name);
    enum err_status status = check_map(config, map, name, err);

    for (const struct config_yaml *node = map->child; node != NULL && status == ERR_OK;
         node = node->next) {
        const struct config_option *option = config_table_find(section, node->key);

        status = option != NULL ? read_option(config, section, option, node, err)
                                : read_inner(config, section, node, err);
    }
    return status;
}

/* --- lists with one entry a layer --- */

/* The widths come first: their number is the number of layers. */
static enum err_status read_widths(struct config *config, const struct config_yaml *node,
                                   struct err *err)
{
    if (node->kind != CONFIG_YAML_LIST) {
        return config_complain_at(config, node->line, node->key, err,
                                  "expected a list with the width of each layer");
    }
    if (node->count < 1 || node->count > CONFIG_MAX_LAYERS) {
        return config_complain_at(config, node->line, node->key, err,
                                  "expected 1 to %d layers (found %zu)", CONFIG_MAX_LAYERS,
                                  node->count);
    }
    config->num_layers = node->count;
    return ERR_OK;
}

static enum err_status read_layers(struct config *config, const struct config_option *option,
                                   const struct config_yaml *node, struct err *err)
{
    const struct config_yaml *item = node->kind == CONFIG_YAML_LIST ? node->child : node;

    note_line(config, node->key, node->line);
    if (node->kind == CONFIG_YAML_LIST && node->count != config->num_layers) {
        return config_complain_at(config, node->line, node->key, err,
                                  "expected one entry for each of the %zu layers (found %zu)",
                                  config->num_layers, node->count);
    }
    for (size_t i = 0; i < config->num_layers; i++) {
        char *base = (char *)config + i * config_value_size(option);
        enum err_status status = read_scalar(config, option, item, node->key, base, err);

        if (status != ERR_OK) return status;
        if (node->kind == CONFIG_YAML_LIST) item = item->next;
    }
    return ERR_OK;
}

static const struct config_option *find_layers_option(const char *name)
{
    size_t count = 0;
    const struct config_option *options = config_table_layers(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0) return options + i;
    return NULL;
}

/* --- the data set --- */

/* Stores a path absolute, seen from the folder of the configuration file. */
static enum err_status store_path(const struct config *config, const struct config_yaml *node,
                                  const char *key, char *place, size_t size, struct err *err)
{
    char *folder = config->path[0] != '\0' ? file_folder(config->path) : strdup("");
    char *absolute = NULL, *joined = NULL;
    enum err_status status = ERR_OK;

    if (folder != NULL && folder[0] != '\0') absolute = realpath(folder, NULL);
    if (folder != NULL) joined = file_join(absolute != NULL ? absolute : folder, node->text);
    if (joined == NULL) {
        status = err_nomem(err, key);
    } else if (strlen(joined) >= size) {
        status = config_complain_at(config, node->line, key, err, "path longer than %zu bytes",
                                    size - 1);
    } else if (!config_yaml_is_plain_line(joined, strlen(joined))) {
        status = config_complain_at(config, node->line, key, err,
                                    "the folder's name is not printable UTF-8");
    } else {
        snprintf(place, size, "%s", joined);
    }
    free(folder);
    free(absolute);
    free(joined);
    return status;
}

static enum err_status read_dataset_key(struct config *config, const struct config_yaml *node,
                                        struct err *err)
{
    static const char *const names[] = {"train", "test", "label"};
    struct config_dataset *dataset = &config->dataset;
    char key[KEY_SIZE];

    join_key("dataset", node->key, key);
    note_line(config, key, node->line);
    if (node->kind != CONFIG_YAML_SCALAR || scalar_text(node)[0] == '\0') {
        return config_complain_at(config, node->line, key, err, "expected one text");
    }
    if (strcmp(node->key, "train") == 0) {
        return store_path(config, node, key, dataset->train, sizeof dataset->train, err);
    }
    if (strcmp(node->key, "test") == 0) {
        return store_path(config, node, key, dataset->test, sizeof dataset->test, err);
    }
    if (strcmp(node->key, "label") != 0) {
        return complain_unknown(config, node, "dataset", names, 3, err);
    }
    if (strlen(node->text) >= sizeof dataset->label) {
        return config_complain_at(config, node->line, key, err, "longer than %zu bytes",
                                  sizeof dataset->label - 1);
    }
    snprintf(dataset->label, sizeof dataset->label, "%s", node->text);
    return ERR_OK;
}

static enum err_status read_dataset(struct config *config, const struct config_yaml *node,
                                    struct err *err)
{
    enum err_status status = ERR_OK;

    note_line(config, node->key, node->line);
    if (node->kind == CONFIG_YAML_SCALAR && config_value_is_name(scalar_text(node))) {
        snprintf(config->dataset.name, sizeof config->dataset.name, "%s", node->text);
        return ERR_OK;
    }
    if (node->kind != CONFIG_YAML_MAP) {
        return config_complain_at(config, node->line, node->key, err,
                                  "expected the name of a data set, or {train: a.csv, test: b.csv, "
                                  "label: COLUMN}");
    }
    for (const struct config_yaml *child = node->child; child != NULL && status == ERR_OK;
         child = child->next) {
        status = read_dataset_key(config, child, err);
    }
    if (status == ERR_OK && config->dataset.train[0] == '\0') {
        status = config_complain_at(config, node->line, node->key, err, "needs a train: file");
    }
    return status;
}

/* --- the top level --- */

static enum err_status read_key(struct config *config, const struct config_key *key,
                                const struct config_yaml *node, struct err *err)
{
    switch (key->shape) {
    case CONFIG_SHAPE_LAYERS:
        return read_layers(config, find_layers_option(key->name), node, err);
    case CONFIG_SHAPE_SECTION:
        return read_section(config, key->name, node, err);
    case CONFIG_SHAPE_PAIRS:
        return read_pairs(config, (struct config_pairs *)(void *)((char *)config + key->pairs),
                          key->name, node, err);
    case CONFIG_SHAPE_DATASET:
        return read_dataset(config, node, err);
    }
    return ERR_OK;
}

static enum err_status read_top(struct config *config, const struct config_yaml *node,
                                struct err *err)
{
    const struct config_section *top = config_table_section("");
    const struct config_option *option = config_table_find(top, node->key);
    const char *names[MOST_NAMES];
    size_t num_keys = 0, count = known_names(top, names);
    const struct config_key *keys = config_table_keys(&num_keys);

    if (option != NULL) return read_option(config, top, option, node, err);
    for (size_t i = 0; i < num_keys; i++) {
        if (strcmp(keys[i].name, node->key) == 0) return read_key(config, keys + i, node, err);
        if (count < MOST_NAMES) names[count++] = keys[i].name;
    }
    return complain_unknown(config, node, "", names, count, err);
}

/* A required key is missing. One of encoder_config may stand there misspelt, among those that are left
 * to the encoder. */
static enum err_status complain_missing(const struct config *config, const char *required,
                                        struct err *err)
{
    static const char section[] = "encoder_config.";
    const struct config_pairs *pairs = &config->encoder_config.options;
    const char *name = required + sizeof section - 1;
    bool inside = strncmp(required, section, sizeof section - 1) == 0;

    for (size_t i = 0; inside && i < pairs->count; i++) {
        const struct config_pair *pair = pairs->items + i;
        struct config_value_hint hint = config_value_nearest(pair->key, &name, 1);
        char key[KEY_SIZE];

        if (hint.text[0] == '\0') continue;
        join_key("encoder_config", pair->key, key);
        return config_complain_at(config, pair->line, key, err, "unknown key%s", hint.text);
    }
    return config_complain(config, "", err, "the required key %s is missing", required);
}

static enum err_status check_required(const struct config *config, struct err *err)
{
    size_t count = 0;
    const char *const *required = config_table_required(&count);

    for (size_t i = 0; i < count; i++)
        if (config_line(config, required[i]) == 0)
            return complain_missing(config, required[i], err);
    return ERR_OK;
}

static enum err_status read_root(struct config *config, const struct config_yaml *root,
                                 struct err *err)
{
    const struct config_yaml *widths = root->child;
    enum err_status status = ERR_OK;

    while (widths != NULL && strcmp(widths->key, "layer_widths") != 0)
        widths = widths->next;
    if (widths == NULL) {
        config->num_layers = 1; /* so that what is wrong elsewhere is still found first */
    } else {
        status = read_widths(config, widths, err);
    }
    for (const struct config_yaml *node = root->child; node != NULL && status == ERR_OK;
         node = node->next) {
        status = read_top(config, node, err);
    }
    if (status == ERR_OK) status = check_required(config, err);
    return status;
}

/* --- names --- */

static bool is_identifier(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_') return false;
    return name[0] != '\0' && !isdigit((unsigned char)name[0]);
}

/* The file's stem as an identifier. */
static enum err_status name_from_path(struct config *config, struct err *err)
{
    char *stem = file_stem(config->path);

    if (stem == NULL) return err_nomem(err, "the model's name");
    snprintf(config->name, sizeof config->name, "%s%.60s",
             isdigit((unsigned char)stem[0]) ? "_" : "", stem[0] != '\0' ? stem : "model");
    for (char *c = config->name; *c != '\0'; c++)
        if ((unsigned char)*c > 0x7f || !isalnum((unsigned char)*c)) *c = '_';
    free(stem);
    return ERR_OK;
}

static enum err_status settle_name(struct config *config, struct err *err)
{
    static const char *const keys[] = {"name", "pretrained_name"};
    const char *names[] = {config->name, config->pretrained_name};

    for (size_t i = 0; i < 2; i++) {
        if (names[i][0] == '\0' || is_identifier(names[i])) continue;
        return config_complain(config, keys[i], err,
                               "expected letters, digits and _, the first not a digit (found "
                               "\"%.80s\"): it becomes the prefix of Verilog modules",
                               names[i]);
    }
    if (config->name[0] != '\0') return ERR_OK;
    if (config->pretrained_name[0] == '\0') return name_from_path(config, err);
    memcpy(config->name, config->pretrained_name, sizeof config->name);
    return ERR_OK;
}

/* --- the interface --- */

static void set_defaults(struct config *config)
{
    size_t count = 0;
    const struct config_section *sections = config_table_sections(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sections[i].count; j++)
            config_value_reset(sections[i].options + j, config);
}

enum err_status config_read_tree(struct config **out, const struct config_yaml *root,
                                 const char *path, struct err *err)
{
    struct config *config = calloc(1, sizeof *config);
    enum err_status status;

    if (config == NULL) return err_nomem(err, "the configuration");
    if (strlen(path) >= sizeof config->path) {
        status = err_set(err, ERR_ARG, "%.200s...: path longer than %zu bytes", path,
                         sizeof config->path - 1);
    } else {
        snprintf(config->path, sizeof config->path, "%s", path);
        set_defaults(config);
        status = read_root(config, root, err);
    }
    if (status == ERR_OK) status = settle_name(config, err);
    if (status == ERR_OK)
        *out = config;
    else
        config_free(config);
    return status;
}

enum err_status config_parse(struct config **out, const char *yaml, size_t size, const char *path,
                             struct err *err)
{
    struct config_yaml *root = NULL;
    enum err_status status =
        config_yaml_parse(&root, yaml, size, path[0] != '\0' ? path : "configuration", err);

    if (status == ERR_OK) status = config_read_tree(out, root, path, err);
    config_yaml_free(root);
    return status;
}

enum err_status config_read(struct config **out, const char *path, struct err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status = file_read(path, LARGEST_FILE, &data, &size, err);

    if (status == ERR_OK) status = config_parse(out, (const char *)data, size, path, err);
    free(data);
    return status;
}

void config_free(struct config *config)
{
    free(config);
}
