#include "config.h"
#include "config_lines.h"
#include "config_value.h"

#include <stdio.h>
#include <string.h>

/* Keys that change neither the weights nor the choice among them. */
static bool is_idle(const char *section, const char *option)
{
    return (strcmp(section, "runtime") == 0 && strcmp(option, "eval_mode") == 0) ||
           (strcmp(section, "training") == 0 &&
            (strcmp(option, "checkpoint_seconds") == 0 || strcmp(option, "folds") == 0));
}

static void add_section(const struct config *config, const char *name, struct text *out)
{
    const struct config_section *section = config_table_section(name);

    for (size_t i = 0; i < section->count; i++)
        if (!is_idle(name, section->options[i].name))
            config_lines_option(config, section, section->options + i, out);
}

static void add_text(const char *key, const char *value, struct text *out)
{
    text_add(out, "%s = ", key);
    config_value_write_text(value, out);
    text_add(out, "\n");
}

static void add_regularizers(const struct config *config, struct text *out)
{
    for (size_t i = 0; i < config->runtime.num_regularizers; i++) {
        const struct config_regularizer *regularizer = config->runtime.regularizers + i;
        char section[CONFIG_NAME_SIZE + 32];

        snprintf(section, sizeof section, "runtime.regularizers.%s", regularizer->name);
        text_add(out, "%s.weight = ", section);
        config_value_write(config_table_weight(), regularizer, out);
        text_add(out, "\n");
        config_lines_pairs(section, &regularizer->kwargs, out);
    }
}

void config_training_text(const struct config *config, struct text *out)
{
    config_structural_text(config, out);
    add_text("dataset", config->dataset.name, out);
    add_text("dataset.train", config->dataset.train, out);
    add_text("dataset.label", config->dataset.label, out);
    add_section(config, "runtime", out);
    config_lines_pairs("runtime.init_kwargs", &config->runtime.init_kwargs, out);
    add_regularizers(config, out);
    add_section(config, "training", out);
}

enum err_status config_training_compare(const char *expected, const char *found, const char *what,
                                        struct err *err)
{
    return config_lines_compare(expected, found, what, "training", err);
}
