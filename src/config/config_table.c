#include "config_table.h"

#include <stddef.h>
#include <string.h>

#define OPTION_long(name, standard, low, high, meaning, field)                                     \
    {#name, CONFIG_LONG, offsetof(struct config, field), low, high, NULL, #standard, meaning},
#define OPTION_double(name, standard, low, high, meaning, field)                                   \
    {#name, CONFIG_DOUBLE, offsetof(struct config, field), low, high, NULL, #standard, meaning},
#define OPTION_bool(name, standard, low, high, meaning, field)                                     \
    {#name, CONFIG_BOOL, offsetof(struct config, field), low, high, NULL, #standard, meaning},
#define OPTION_name(name, standard, low, high, meaning, field)                                     \
    {#name, CONFIG_CHOICE, offsetof(struct config, field), 0, high, low, standard, meaning},

#define OPTION_list(name, standard, low, high, meaning, field)                                     \
    {#name, CONFIG_LIST, offsetof(struct config, field), low, high, NULL, standard, meaning},
#define OPTION_text(name, standard, low, high, meaning, field)                                     \
    {#name, CONFIG_TEXT, offsetof(struct config, field), low, high, NULL, standard, meaning},

#define TOP(type, name, ...)      OPTION_##type(name, __VA_ARGS__, name)
#define ENCODER(type, name, ...)  OPTION_##type(name, __VA_ARGS__, encoder_config.name)
#define RUNTIME(type, name, ...)  OPTION_##type(name, __VA_ARGS__, runtime.name)
#define TRAINING(type, name, ...) OPTION_##type(name, __VA_ARGS__, training.name)
#define HARDWARE(type, name, ...) OPTION_##type(name, __VA_ARGS__, hardware.name)
#define PIPELINE(type, name, ...) OPTION_##type(name, __VA_ARGS__, hardware.pipeline.name)

/* clang-format off */
static const struct config_option top[] = { CONFIG_IDENTITY(TOP) CONFIG_STRUCTURE(TOP) };
static const struct config_option encoder[] = { CONFIG_ENCODER(ENCODER) };
static const struct config_option runtime[] = { CONFIG_RUNTIME(RUNTIME) };
static const struct config_option training[] = { CONFIG_TRAINING(TRAINING) };
static const struct config_option hardware[] = { CONFIG_HARDWARE(HARDWARE) };
static const struct config_option pipeline[] = { CONFIG_PIPELINE(PIPELINE) };
/* clang-format on */
static const struct config_option input[] = {
    {"bits", CONFIG_LONG, offsetof(struct config, input_bits), 1, 16, NULL, "8",
     "width of the integer codes that the hardware reads"},
};
static const struct config_option layers[] = {
    {"layer_type", CONFIG_CHOICE, offsetof(struct config, layer_type), 0, 0, "", "",
     "how nodes are wired to the layer below"},
    {"node_type", CONFIG_CHOICE, offsetof(struct config, node_type), 0, 0, "", "",
     "what a node computes"},
    {"node_input_dim", CONFIG_LONG, offsetof(struct config, node_input_dim), 1, 12, NULL, "",
     "inputs of one node"},
    {"layer_widths", CONFIG_LONG, offsetof(struct config, layer_widths), 1, 1048576, NULL, "",
     "nodes of each layer, the first layer first; always a list"},
};
static const struct config_option weight = {
    "weight", CONFIG_DOUBLE, offsetof(struct config_regularizer, weight), 0.0, 1e9, NULL, "", "",
};

#define SECTION(name, overridable, options)                                                        \
    {                                                                                              \
        name, overridable, options, sizeof(options) / sizeof *(options)                            \
    }
static const struct config_section sections[] = {
    SECTION("", false, top),
    SECTION("encoder_config", false, encoder),
    SECTION("input", false, input),
    SECTION("runtime", true, runtime),
    SECTION("training", true, training),
    SECTION("hardware", true, hardware),
    SECTION("hardware.pipeline", true, pipeline),
};
enum { NUM_SECTIONS = sizeof sections / sizeof *sections };

static const struct config_key keys[] = {
    {"layer_type", CONFIG_SHAPE_LAYERS, true, 0, NULL},
    {"node_type", CONFIG_SHAPE_LAYERS, true, 0, NULL},
    {"node_input_dim", CONFIG_SHAPE_LAYERS, true, 0, NULL},
    {"layer_widths", CONFIG_SHAPE_LAYERS, true, 0, NULL},
    {"encoder_config", CONFIG_SHAPE_SECTION, true, 0, NULL},
    {"input", CONFIG_SHAPE_SECTION, true, 0, NULL},
    {"node_config", CONFIG_SHAPE_PAIRS, true, offsetof(struct config, node_config),
     "options of the node type, one `option: value` each"},
    {"layer_config", CONFIG_SHAPE_PAIRS, true, offsetof(struct config, layer_config),
     "options of the layer type, one `option: value` each"},
    {"dataset", CONFIG_SHAPE_DATASET, false, 0,
     "name of a data set, or `{train: a.csv, test: b.csv, label: COLUMN}` with paths seen from "
     "this file's folder"},
    {"runtime", CONFIG_SHAPE_SECTION, false, 0, NULL},
    {"training", CONFIG_SHAPE_SECTION, false, 0, NULL},
    {"hardware", CONFIG_SHAPE_SECTION, false, 0, NULL},
    {"results", CONFIG_SHAPE_PAIRS, false, offsetof(struct config, results),
     "measured figures of a shipped model; nothing reads them back"},
};
enum { NUM_KEYS = sizeof keys / sizeof *keys };

const struct config_section *config_table_sections(size_t *count)
{
    *count = NUM_SECTIONS;
    return sections;
}

const struct config_section *config_table_section(const char *name)
{
    const struct config_section *section = sections;

    while (strcmp(section->name, name) != 0)
        section++;
    return section;
}

const struct config_option *config_table_find(const struct config_section *section,
                                              const char *name)
{
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->options[i].name, name) == 0) return section->options + i;
    return NULL;
}

const struct config_option *config_table_layers(size_t *count)
{
    *count = sizeof layers / sizeof *layers;
    return layers;
}

const struct config_key *config_table_keys(size_t *count)
{
    *count = NUM_KEYS;
    return keys;
}

bool config_table_is_structural(const char *key)
{
    size_t length = strcspn(key, ".");

#define NAME_OF(type, name, ...) #name,
    static const char *const scalars[] = {CONFIG_STRUCTURE(NAME_OF)};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (strcmp(scalars[i], key) == 0) return true;
    for (size_t i = 0; i < NUM_KEYS; i++) {
        if (strlen(keys[i].name) == length && strncmp(keys[i].name, key, length) == 0) {
            return keys[i].structural;
        }
    }
    return false;
}

const char *const *config_table_required(size_t *count)
{
    static const char *const required[] = {
        "model_type",
        "layer_type",
        "node_type",
        "encoder_config",
        "encoder_config.name",
        "encoder_config.num_bits",
        "node_input_dim",
        "layer_widths",
        "num_classes",
        "input_size",
        "dataset",
    };

    *count = sizeof required / sizeof *required;
    return required;
}

const struct config_option *config_table_weight(void)
{
    return &weight;
}
