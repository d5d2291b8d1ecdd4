#include "config.h"
#include "config_table.h"
#include "config_value.h"

#include <stdio.h>
#include <string.h>

static bool is_required(const char *key)
{
    size_t count = 0;
    const char *const *required = config_table_required(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(required[i], key) == 0) return true;
    return false;
}

static void add_default(const struct config_option *option, const char *key, struct text *out)
{
    if (is_required(key)) {
        text_add(out, "required");
    } else if (option->type == CONFIG_BOOL) {
        text_add(out, "`%s`", strcmp(option->default_text, "1") == 0 ? "true" : "false");
    } else {
        text_add(out, "`%s`", option->default_text[0] != '\0' ? option->default_text : "\"\"");
    }
}

static void add_row(const struct config_option *option, const char *section, struct text *out)
{
    char key[2 * CONFIG_NAME_SIZE];

    snprintf(key, sizeof key, "%s%s%s", section, section[0] != '\0' ? "." : "", option->name);
    text_add(out, "| `%s` | ", key);
    add_default(option, key, out);
    text_add(out, " | ");
    config_value_expected(option, out);
    text_add(out, " | %s |\n", option->meaning);
}

static void add_head(const char *title, struct text *out)
{
    text_add(out, "\n### %s\n\n| key | default | expected | meaning |\n|---|---|---|---|\n", title);
}

static void add_section(const char *name, struct text *out)
{
    const struct config_section *section = config_table_section(name);

    for (size_t i = 0; i < section->count; i++)
        add_row(section->options + i, name, out);
}

/* Rows of the top level, those that are structural or those that are not. */
static void add_top(bool structural, struct text *out)
{
    const struct config_section *top = config_table_section("");
    size_t num_layers = 0, num_keys = 0;
    const struct config_option *layers = config_table_layers(&num_layers);
    const struct config_key *keys = config_table_keys(&num_keys);

    for (size_t i = 0; i < top->count; i++)
        if (config_table_is_structural(top->options[i].name) == structural) {
            add_row(top->options + i, "", out);
        }
    for (size_t i = 0; i < num_layers && structural; i++)
        add_row(layers + i, "", out);
    for (size_t i = 0; i < num_keys; i++) {
        if (keys[i].structural != structural || keys[i].meaning == NULL) continue;
        text_add(out, "| `%s` | %s | %s | %s |\n", keys[i].name,
                 is_required(keys[i].name) ? "required" : "none",
                 keys[i].shape == CONFIG_SHAPE_PAIRS ? "a map" : "a name or a map",
                 keys[i].meaning);
    }
}

void config_document(struct text *out)
{
    add_head("Structure (never overridden; hashed and stored with the weights)", out);
    add_top(true, out);
    add_section("encoder_config", out);
    add_section("input", out);
    add_head("Name and data", out);
    add_top(false, out);
    add_head("runtime", out);
    add_section("runtime", out);
    text_add(out, "| `runtime.init_kwargs` | none | a map | options of the initialiser: `OPTION: "
                  "VALUE` |\n");
    text_add(out, "| `runtime.regularizers` | none | a map | `NAME: WEIGHT` or `NAME: {weight: "
                  "WEIGHT, OPTION: VALUE}` |\n");
    add_head("training", out);
    add_section("training", out);
    add_head("hardware", out);
    add_section("hardware", out);
    add_section("hardware.pipeline", out);
}
