#include "config_pairs.h"

#include "config_complain.h"
#include "config_value.h"

#include <stdio.h>
#include <string.h>

/* Everything that could be wrong with a pair but for the room left. */
static const char *problem_of(const char *key, const char *value)
{
    if (!config_value_is_name(key)) {
        return "a key is a name of letters, digits, _ and -, at most 63 long";
    }
    if (value[0] == '\0') return "has no value";
    if (strlen(value) >= sizeof((struct config_pair *)NULL)->value)
        return "value longer than 191 bytes";
    return NULL;
}

enum err_status config_pairs_put(const struct config *config, struct config_pairs *pairs,
                                 const char *section, const char *key, const char *value, int line,
                                 struct err *err)
{
    const char *problem = problem_of(key, value);
    char full[3 * CONFIG_NAME_SIZE];
    size_t at = 0;

    snprintf(full, sizeof full, "%s.%s", section, key);
    if (problem != NULL) return config_complain_at(config, line, full, err, "%s", problem);
    while (at < pairs->count && strcmp(pairs->items[at].key, key) != 0)
        at++;
    if (at == CONFIG_MAX_PAIRS) {
        return config_complain_at(config, line, full, err, "more than %d keys in one section",
                                  CONFIG_MAX_PAIRS);
    }
    snprintf(pairs->items[at].key, sizeof pairs->items[at].key, "%s", key);
    snprintf(pairs->items[at].value, sizeof pairs->items[at].value, "%s", value);
    pairs->items[at].line = line;
    if (at == pairs->count) pairs->count++;
    return ERR_OK;
}

enum err_status config_pairs_regularizer(struct config *config, const char *name, int line,
                                         struct config_regularizer **out, struct err *err)
{
    static const char section[] = "runtime.regularizers";
    enum { MOST = sizeof config->runtime.regularizers / sizeof *config->runtime.regularizers };
    struct config_regularizer *list = config->runtime.regularizers;
    size_t at = 0;

    if (!config_value_is_name(name)) {
        return config_complain_at(config, line, section, err,
                                  "\"%.80s\" is no name of letters, digits, _ and -", name);
    }
    while (at < config->runtime.num_regularizers && strcmp(list[at].name, name) != 0)
        at++;
    if (at == MOST) {
        return config_complain_at(config, line, section, err, "more than %d regularizers", MOST);
    }
    if (at == config->runtime.num_regularizers) {
        list[at] = (struct config_regularizer){.line = line};
        snprintf(list[at].name, sizeof list[at].name, "%s", name);
        config->runtime.num_regularizers++;
    }
    *out = list + at;
    return ERR_OK;
}

static bool knows(const struct config_option *table, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, key) == 0) return true;
    }
    return false;
}

static enum err_status unknown_pair(const struct config *config, const char *section,
                                    const struct config_pair *pair,
                                    const struct config_option *table, size_t num_options,
                                    struct err *err)
{
    const char *names[CONFIG_MAX_PAIRS];
    size_t count = 0;

    while (count < num_options && count < CONFIG_MAX_PAIRS) {
        names[count] = table[count].name;
        count++;
    }
    return config_complain_name(config, section, pair->key, names, count, err);
}

enum err_status config_pairs_select(const struct config *config, const char *section,
                                    const struct config_pairs *pairs,
                                    const struct config_option *own, size_t num_own,
                                    const struct config_option *const *others,
                                    const size_t *num_others, size_t num_tables,
                                    struct config_pairs *out, struct err *err)
{
    *out = (struct config_pairs){0};
    for (size_t i = 0; i < pairs->count; i++) {
        const struct config_pair *pair = &pairs->items[i];
        bool known = false;

        if (knows(own, num_own, pair->key)) {
            out->items[out->count++] = *pair;
            continue;
        }
        for (size_t t = 0; t < num_tables; t++)
            known |= knows(others[t], num_others[t], pair->key);
        if (!known) return unknown_pair(config, section, pair, own, num_own, err);
    }
    return ERR_OK;
}
