#include "config.h"
#include "config_complain.h"
#include "config_pairs.h"
#include "config_table.h"
#include "config_value.h"
#include "config_yaml.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 160, MOST_NAMES = 96 };

static const char REGULARIZERS[] = "runtime.regularizers.";
static const char INIT_KWARGS[] = "runtime.init_kwargs.";

/* Every key that may be set, dotted. */
struct names {
    char text[MOST_NAMES][CONFIG_NAME_SIZE];
    const char *list[MOST_NAMES];
    size_t count;
};

static void list_names(struct names *names)
{
    size_t num_sections = 0;
    const struct config_section *sections = config_table_sections(&num_sections);

    names->count = 0;
    for (size_t i = 0; i < num_sections; i++) {
        for (size_t j = 0; sections[i].overridable && j < sections[i].count; j++) {
            char *text;

            if (names->count == MOST_NAMES) return;
            text = names->text[names->count];
            snprintf(text, sizeof names->text[0], "%.24s.%.38s", sections[i].name,
                     sections[i].options[j].name);
            names->list[names->count++] = text;
        }
    }
}

static enum err_status complain_unknown(const char *key, struct err *err)
{
    struct names names;
    const char *nearest;

    list_names(&names);
    nearest = text_nearest(key, names.list, names.count);
    for (size_t i = 0; i < names.count && nearest == NULL; i++) { /* the section left out */
        const char *last = strrchr(names.list[i], '.') + 1;

        if (strcmp(last, key) == 0) nearest = names.list[i];
    }
    return err_set(err, ERR_ARG, "%.100s: unknown key%s%s%s", key,
                   nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "?" : "");
}

/* The section whose dotted name stands before the last dot of `key`. */
static const struct config_section *find_section(const char *key)
{
    const char *dot = strrchr(key, '.');
    size_t length = dot != NULL ? (size_t)(dot - key) : 0, count = 0;
    const struct config_section *sections = config_table_sections(&count);

    for (size_t i = 0; i < count; i++) {
        if (strlen(sections[i].name) == length && memcmp(sections[i].name, key, length) == 0) {
            return sections + i;
        }
    }
    return NULL;
}

/* Why a key that exists may not be set, or that it does not exist. */
static enum err_status refuse(const char *key, struct err *err)
{
    const struct config_section *top = config_table_section("");
    size_t count = 0, length = strcspn(key, ".");
    const struct config_key *keys = config_table_keys(&count);

    if (config_table_is_structural(key)) {
        return err_set(
            err, ERR_ARG,
            "%.100s is structural: it changes the hardware; edit the YAML and train again", key);
    }
    if (config_table_find(top, key) != NULL) {
        return err_set(err, ERR_ARG,
                       "%.100s cannot be set: only runtime, training and hardware keys can", key);
    }
    if (strcmp(key, "hardware.pipeline") == 0 || strcmp(key, "runtime.regularizers") == 0 ||
        strcmp(key, "runtime.init_kwargs") == 0) {
        return err_set(err, ERR_ARG, "%s is a section: set one of its keys", key);
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(keys[i].name) != length || memcmp(keys[i].name, key, length) != 0) continue;
        if (key[length] == '\0' && keys[i].shape == CONFIG_SHAPE_SECTION) {
            return err_set(err, ERR_ARG, "%s is a section: set one of its keys", key);
        }
        if (keys[i].shape != CONFIG_SHAPE_SECTION) {
            return err_set(err, ERR_ARG,
                           "%.100s cannot be set: only runtime, training and hardware keys can",
                           key);
        }
    }
    return complain_unknown(key, err);
}

/* The value no longer comes from the file. */
static void forget_line(struct config *config, const char *key)
{
    for (size_t i = 0; i < config->num_lines; i++)
        if (strcmp(config->lines[i].key, key) == 0) config->lines[i].line = 0;
}

/* "runtime.regularizers.NAME", ".NAME.weight" or ".NAME.KWARG" */
static enum err_status set_regularizer(struct config *config, const char *key, const char *value,
                                       struct err *err)
{
    const char *name = key + sizeof REGULARIZERS - 1, *inner;
    size_t length = strcspn(name, ".");
    struct config_regularizer *regularizer = NULL, added = {0};
    struct config_value_problem problem = {""};
    char copy[CONFIG_NAME_SIZE * 2];
    enum err_status status;

    snprintf(copy, sizeof copy, "%.*s", (int)(length < 100 ? length : 100), name);
    inner = name[length] == '.' ? name + length + 1 : "weight";
    if (strcmp(inner, "weight") == 0) {
        if (!config_value_read(config_table_weight(), value, false, &added, &problem)) {
            return err_set(err, ERR_ARG, "%.100s: %s", key, problem.text);
        }
        status = config_pairs_regularizer(config, copy, 0, &regularizer, err);
        if (status == ERR_OK) regularizer->weight = added.weight;
        return status;
    }
    for (size_t i = 0; i < config->runtime.num_regularizers; i++) {
        regularizer = config->runtime.regularizers + i;
        if (strcmp(regularizer->name, copy) != 0) continue;
        snprintf(copy, sizeof copy, "%.*s", (int)(inner - key - 1), key);
        return config_pairs_put(NULL, &regularizer->kwargs, copy, inner, value, 0, err);
    }
    return err_set(err, ERR_ARG, "%.100s: there is no regularizer \"%s\"; set its weight first",
                   key, copy);
}

static enum err_status set_key(struct config *config, const char *key, const char *value,
                               struct err *err)
{
    const struct config_section *section = find_section(key);
    const struct config_option *option = NULL;
    struct config_value_problem problem = {""};

    if (strncmp(key, REGULARIZERS, sizeof REGULARIZERS - 1) == 0) {
        return set_regularizer(config, key, value, err);
    }
    if (strncmp(key, INIT_KWARGS, sizeof INIT_KWARGS - 1) == 0) {
        return config_pairs_put(NULL, &config->runtime.init_kwargs, "runtime.init_kwargs",
                                key + sizeof INIT_KWARGS - 1, value, 0, err);
    }
    if (section != NULL && section->overridable) {
        option = config_table_find(section, strrchr(key, '.') + 1);
    }
    if (option == NULL) return refuse(key, err);
    if (!config_value_read(option, value, false, config, &problem)) {
        return err_set(err, ERR_ARG, "%s: %s", key, problem.text);
    }
    forget_line(config, key);
    return ERR_OK;
}

enum err_status config_set(struct config *config, const char *assignment, struct err *err)
{
    size_t length = strcspn(assignment, "=");
    char key[KEY_SIZE];

    if (assignment[length] == '\0' || length == 0) {
        return err_set(err, ERR_ARG, "\"%.100s\": expected KEY=VALUE, as in training.epochs=3",
                       assignment);
    }
    if (length >= sizeof key) return err_set(err, ERR_ARG, "%.100s...: unknown key", assignment);
    if (!config_yaml_is_plain_line(assignment, strlen(assignment))) {
        return err_set(err, ERR_ARG, "%.100s: holds a control character or is not UTF-8",
                       assignment);
    }
    memcpy(key, assignment, length);
    key[length] = '\0';
    return set_key(config, key, assignment + length + 1, err);
}
