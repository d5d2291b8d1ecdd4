#include "config.h"
#include "config_table.h"
#include "config_value.h"

#include <stdlib.h>
#include <string.h>

static void add_option(const struct config *config, const struct config_section *section,
                       const struct config_option *option, struct text *out)
{
    text_add(out, "%s%s%s = ", section->name, section->name[0] != '\0' ? "." : "", option->name);
    config_value_write(option, config, out);
    text_add(out, "\n");
}

static void add_layers(const struct config *config, struct text *out)
{
    size_t count = 0;
    const struct config_option *options = config_table_layers(&count);

    for (size_t i = 0; i < count; i++) {
        text_add(out, "%s = ", options[i].name);
        for (size_t l = 0; l < config->num_layers; l++) {
            if (l > 0) text_add(out, ", ");
            config_value_write(options + i,
                               (const char *)config + l * config_value_size(options + i), out);
        }
        text_add(out, "\n");
    }
}

static int compare_pairs(const void *left, const void *right)
{
    const struct config_pair *const *a = left, *const *b = right;

    return strcmp((*a)->key, (*b)->key);
}

/* Sorted, so that the order in the file does not matter. */
static void add_pairs(const char *section, const struct config_pairs *pairs, struct text *out)
{
    const struct config_pair *order[CONFIG_MAX_PAIRS];

    for (size_t i = 0; i < pairs->count; i++)
        order[i] = pairs->items + i;
    if (pairs->count > 0) qsort(order, pairs->count, sizeof *order, compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        text_add(out, "%s.%s = ", section, order[i]->key);
        config_value_write_text(order[i]->value, out);
        text_add(out, "\n");
    }
}

void config_structural_text(const struct config *config, struct text *out)
{
    const struct config_section *top = config_table_section("");
    const struct config_section *encoder = config_table_section("encoder_config");
    const struct config_section *input = config_table_section("input");

    for (size_t i = 0; i < top->count; i++)
        if (config_table_is_structural(top->options[i].name)) {
            add_option(config, top, top->options + i, out);
        }
    add_layers(config, out);
    for (size_t i = 0; i < encoder->count; i++)
        if (strcmp(encoder->options[i].name, "flatten") != 0) { /* changes nothing in hardware */
            add_option(config, encoder, encoder->options + i, out);
        }
    add_pairs("encoder_config", &config->encoder_config.options, out);
    add_option(config, input, input->options, out);
    add_pairs("node_config", &config->node_config, out);
    add_pairs("layer_config", &config->layer_config, out);
}

enum err_status config_structural_hash(const struct config *config, char hash[HASH_TEXT_SIZE],
                                       struct err *err)
{
    struct text text = {0};
    enum err_status status;

    config_structural_text(config, &text);
    status = text_status(&text, "the structural hash", err);
    if (status == ERR_OK) hash_bytes(text.data, text.size, hash);
    text_free(&text);
    return status;
}

/* --- comparison --- */

/* One "key = value" line; a stretch of the text. */
struct line {
    const char *key, *value;
    int key_length, value_length;
};

static bool next_line(const char **text, struct line *line)
{
    size_t length = strcspn(*text, "\n");
    const char *separator;

    if (**text == '\0') return false;
    *line = (struct line){.key = *text, .value = "", .key_length = (int)length};
    separator = strstr(*text, " = ");
    if (separator != NULL && separator < *text + length) {
        line->key_length = (int)(separator - *text);
        line->value = separator + 3;
        line->value_length = (int)((size_t)(*text + length - separator) - 3);
    }
    *text += length + ((*text)[length] == '\n');
    return true;
}

/* The line of the same key in `text`. */
static bool find_line(const char *text, const struct line *wanted, struct line *found)
{
    while (next_line(&text, found)) {
        if (found->key_length == wanted->key_length &&
            memcmp(found->key, wanted->key, (size_t)wanted->key_length) == 0) {
            return true;
        }
    }
    return false;
}

static enum err_status complain(const struct line *expected, const struct line *found,
                                const char *what, struct err *err)
{
    static const struct line nothing = {"", "nothing", 0, 7};
    const struct line *named = expected != NULL ? expected : found;

    if (expected == NULL) expected = &nothing;
    if (found == NULL) found = &nothing;
    return err_set(err, ERR_ARG, "%.300s: another structure: %.*s is %.*s, but %.*s is expected",
                   what, named->key_length < 120 ? named->key_length : 120, named->key,
                   found->value_length < 200 ? found->value_length : 200, found->value,
                   expected->value_length < 200 ? expected->value_length : 200, expected->value);
}

enum err_status config_structural_compare(const char *expected, const char *found, const char *what,
                                          struct err *err)
{
    const char *rest = expected;
    struct line here, there;

    while (next_line(&rest, &here)) {
        if (!find_line(found, &here, &there)) return complain(&here, NULL, what, err);
        if (here.value_length != there.value_length ||
            memcmp(here.value, there.value, (size_t)here.value_length) != 0) {
            return complain(&here, &there, what, err);
        }
    }
    rest = found;
    while (next_line(&rest, &there))
        if (!find_line(expected, &there, &here)) return complain(NULL, &there, what, err);
    return ERR_OK;
}
