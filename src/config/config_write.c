#include "config.h"
#include "config_table.h"
#include "config_value.h"

#include <string.h>

static const struct config_option *layers_option(const char *name)
{
    size_t count = 0;
    const struct config_option *options = config_table_layers(&count);

    while (count > 0 && strcmp(options->name, name) != 0)
        options++, count--;
    return options;
}

static void write_options(const struct config *config, const char *section, const char *indent,
                          struct text *out)
{
    const struct config_section *found = config_table_section(section);

    for (size_t i = 0; i < found->count; i++) {
        text_add(out, "%s%s: ", indent, found->options[i].name);
        config_value_write(found->options + i, config, out);
        text_add(out, "\n");
    }
}

/* One scalar when all layers agree, else a list; the widths always as a list. */
static void write_layers(const struct config *config, const char *name, struct text *out)
{
    const struct config_option *option = layers_option(name);
    size_t size = config_value_size(option);
    const char *first = (const char *)config + option->offset;
    bool list = strcmp(name, "layer_widths") == 0;

    for (size_t i = 1; i < config->num_layers && !list; i++) {
        const char *item = first + i * size;

        list = option->type == CONFIG_CHOICE ? strcmp(first, item) != 0
                                             : memcmp(first, item, size) != 0;
    }
    text_add(out, "%s: %s", name, list ? "[" : "");
    for (size_t i = 0; i < (list ? config->num_layers : 1); i++) {
        if (i > 0) text_add(out, ", ");
        config_value_write(option, (const char *)config + i * size, out);
    }
    text_add(out, "%s\n", list ? "]" : "");
}

static void write_pairs(const struct config_pairs *pairs, const char *indent, struct text *out)
{
    for (size_t i = 0; i < pairs->count; i++) {
        text_add(out, "%s%s: ", indent, pairs->items[i].key);
        config_value_write_text(pairs->items[i].value, out);
        text_add(out, "\n");
    }
}

static void write_pairs_section(const char *name, const struct config_pairs *pairs,
                                struct text *out)
{
    text_add(out, "%s:%s\n", name, pairs->count == 0 ? " {}" : "");
    write_pairs(pairs, "  ", out);
}

static void write_dataset(const struct config_dataset *dataset, struct text *out)
{
    if (dataset->name[0] != '\0') {
        text_add(out, "dataset: %s\n", dataset->name);
        return;
    }
    text_add(out, "dataset:\n  train: ");
    config_value_write_text(dataset->train, out);
    if (dataset->test[0] != '\0') {
        text_add(out, "\n  test: ");
        config_value_write_text(dataset->test, out);
    }
    if (dataset->label[0] != '\0') {
        text_add(out, "\n  label: ");
        config_value_write_text(dataset->label, out);
    }
    text_add(out, "\n");
}

static void write_init_kwargs(const struct config *config, struct text *out)
{
    const struct config_pairs *pairs = &config->runtime.init_kwargs;

    text_add(out, "  init_kwargs:%s\n", pairs->count == 0 ? " {}" : "");
    write_pairs(pairs, "    ", out);
}

static void write_regularizers(const struct config *config, struct text *out)
{
    size_t count = config->runtime.num_regularizers;

    text_add(out, "  regularizers:%s\n", count == 0 ? " {}" : "");
    for (size_t i = 0; i < count; i++) {
        const struct config_regularizer *regularizer = config->runtime.regularizers + i;

        text_add(out, "    %s:\n      weight: ", regularizer->name);
        config_value_write(config_table_weight(), regularizer, out);
        text_add(out, "\n");
        write_pairs(&regularizer->kwargs, "      ", out);
    }
}

void config_write(const struct config *config, struct text *out)
{
    write_options(config, "", "", out);
    write_layers(config, "layer_type", out);
    write_layers(config, "node_type", out);
    write_layers(config, "node_input_dim", out);
    write_layers(config, "layer_widths", out);
    text_add(out, "encoder_config:\n");
    write_options(config, "encoder_config", "  ", out);
    write_pairs(&config->encoder_config.options, "  ", out);
    text_add(out, "input:\n");
    write_options(config, "input", "  ", out);
    write_pairs_section("node_config", &config->node_config, out);
    write_pairs_section("layer_config", &config->layer_config, out);
    write_dataset(&config->dataset, out);
    text_add(out, "runtime:\n");
    write_options(config, "runtime", "  ", out);
    write_init_kwargs(config, out);
    write_regularizers(config, out);
    text_add(out, "training:\n");
    write_options(config, "training", "  ", out);
    text_add(out, "hardware:\n");
    write_options(config, "hardware", "  ", out);
    text_add(out, "  pipeline:\n");
    write_options(config, "hardware.pipeline", "    ", out);
    write_pairs_section("results", &config->results, out);
}
