#include "config.h"
#include "config_lines.h"
#include "config_table.h"
#include "config_value.h"

#include <string.h>

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

void config_structural_text(const struct config *config, struct text *out)
{
    const struct config_section *top = config_table_section("");
    const struct config_section *encoder = config_table_section("encoder_config");
    const struct config_section *input = config_table_section("input");

    for (size_t i = 0; i < top->count; i++)
        if (config_table_is_structural(top->options[i].name)) {
            config_lines_option(config, top, top->options + i, out);
        }
    add_layers(config, out);
    for (size_t i = 0; i < encoder->count; i++)
        if (strcmp(encoder->options[i].name, "flatten") != 0) { /* changes nothing in hardware */
            config_lines_option(config, encoder, encoder->options + i, out);
        }
    config_lines_pairs("encoder_config", &config->encoder_config.options, out);
    config_lines_option(config, input, input->options, out);
    config_lines_pairs("node_config", &config->node_config, out);
    config_lines_pairs("layer_config", &config->layer_config, out);
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

enum err_status config_structural_compare(const char *expected, const char *found, const char *what,
                                          struct err *err)
{
    return config_lines_compare(expected, found, what, "structure", err);
}
