#include "config.h"
#include "config_complain.h"
#include "config_table.h"
#include "config_value.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 64 };

static enum err_status complain_unknown(const struct config *config, const char *section,
                                        const struct config_pair *pair,
                                        const struct config_option *table, size_t count,
                                        struct err *err)
{
    const char *names[MOST_NAMES];
    char key[2 * CONFIG_NAME_SIZE + 2];
    struct config_value_hint hint;
    struct text known = {0};
    enum err_status status;
    size_t num_names = 0;

    for (size_t i = 0; i < count && num_names < MOST_NAMES; i++)
        names[num_names++] = table[i].name;
    if (strcmp(section, "encoder_config") ==
        0) { /* these were read before, so they are known too */
        const struct config_section *own = config_table_section(section);

        for (size_t i = 0; i < own->count && num_names < MOST_NAMES; i++)
            names[num_names++] = own->options[i].name;
    }
    for (size_t i = 0; i < num_names; i++)
        text_add(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    hint = config_value_nearest(pair->key, names, num_names);
    snprintf(key, sizeof key, "%s.%s", section, pair->key);
    status = text_status(&known, key, err);
    if (status == ERR_OK) {
        status = config_complain_at(config, pair->line, key, err, "unknown key, known here: %s%s",
                                    known.data != NULL ? known.data : "none", hint.text);
    }
    text_free(&known);
    return status;
}

enum err_status config_options_read(const struct config *config, const char *section,
                                    const struct config_pairs *pairs,
                                    const struct config_option *table, size_t count, void *options,
                                    struct err *err)
{
    for (size_t i = 0; i < count; i++)
        config_value_reset(table + i, options);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct config_pair *pair = pairs->items + i;
        struct config_value_problem problem = {""};
        char key[2 * CONFIG_NAME_SIZE + 2];
        size_t at = 0;

        while (at < count && strcmp(table[at].name, pair->key) != 0)
            at++;
        if (at == count) return complain_unknown(config, section, pair, table, count, err);
        if (config_value_read(table + at, pair->value, false, options, &problem)) continue;
        snprintf(key, sizeof key, "%s.%s", section, pair->key);
        return config_complain_at(config, pair->line, key, err, "%s", problem.text);
    }
    return ERR_OK;
}

void config_options_document(const struct config_option *table, size_t count, struct text *out)
{
    if (count > 0)
        text_add(out, "\n| option | default | expected | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        text_add(out, "| `%s` | `%s` | ", table[i].name, table[i].default_text);
        config_value_expected(&table[i], out);
        text_add(out, " | %s |\n", table[i].meaning);
    }
}
