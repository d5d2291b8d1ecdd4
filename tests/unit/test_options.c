/* Every option there is, from the tables that declare them: a value below its range, above it or of
 * another type is refused by file, line and key with what was expected, before training starts; the
 * ends of the range are taken; a misspelt key is suggested. A new option is covered by itself. */
#include "config/config_table.h"
#include "config/config_value.h"
#include "layer/layer.h"
#include "node/node.h"
#include "small_model.h"
#include "train/init.h"
#include "train/regularizer.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct err err;
static size_t checks;

/* --- values --- */

enum { MOST_VALUES = 12, VALUE_SIZE = 600 };

struct values {
    char text[MOST_VALUES][VALUE_SIZE];
    size_t count;
};

static void add(struct values *values, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct values *values, const char *format, ...)
{
    va_list arguments;

    assert_true(values->count < MOST_VALUES);
    va_start(arguments, format);
    vsnprintf(values->text[values->count++], VALUE_SIZE, format, arguments);
    va_end(arguments);
}

static void bad_numbers(const struct config_option *option, struct values *bad)
{
    if (option->type == CONFIG_DOUBLE) {
        add(bad, "%.17g", nextafter(option->low, -INFINITY));
        add(bad, "%.17g", nextafter(option->high, INFINITY));
        add(bad, "nan");
        add(bad, ".inf");
    } else {
        add(bad, "%.0f", option->low - 1);
        add(bad, "%.0f", option->high + 1);
        add(bad, "1.5");
        add(bad, "99999999999999999999");
    }
    add(bad, "many");
    add(bad, "\"\"");
    add(bad, "\"1\""); /* a text */
}

static void bad_values(const struct config_option *option, struct values *bad)
{
    *bad = (struct values){.count = 0};
    switch (option->type) {
    case CONFIG_LONG:
    case CONFIG_DOUBLE:
        bad_numbers(option, bad);
        break;
    case CONFIG_BOOL:
        add(bad, "maybe");
        add(bad, "2");
        add(bad, "\"true\"");
        break;
    case CONFIG_CHOICE:
        add(bad, "two words");
        if (option->choices[0] != '\0')
            add(bad, "%.*sx", (int)strcspn(option->choices, "|"), option->choices);
        break;
    case CONFIG_LIST:
        add(bad, "[%.0f]", option->low - 1);
        add(bad, "[%.0f]", option->high + 1);
        add(bad, "[1.5]");
        add(bad, "[some]");
        break;
    case CONFIG_TEXT:
        add(bad, "%0*d", CONFIG_TEXT_SIZE, 0);
        break;
    }
    add(bad, "{a: 1}");
}

static void good_values(const struct config_option *option, struct values *good)
{
    *good = (struct values){.count = 0};
    if (option->type == CONFIG_LONG || option->type == CONFIG_DOUBLE) {
        add(good, "%.17g", option->low);
        add(good, "%.17g", option->high);
    } else if (option->type == CONFIG_BOOL) {
        add(good, "true");
        add(good, "false");
    } else if (option->type == CONFIG_LIST) {
        add(good, "[]");
        add(good, "[%.0f, %.0f]", option->low, option->high);
    } else if (option->type == CONFIG_CHOICE && option->choices[0] != '\0') {
        for (const char *choice = option->choices; *choice != '\0'; choice += *choice == '|') {
            add(good, "%.*s", (int)strcspn(choice, "|"), choice);
            choice += strcspn(choice, "|");
        }
    }
}

/* --- configurations --- */

/* Whether one of the lines begins with `key:`. */
static bool gives(const char *lines, const char *key, size_t length)
{
    for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ':') return true;
    }
    return false;
}

/* The lines, then the required keys that are not among them. */
static void compose(struct text *yaml, const char *lines)
{
    static const char *const required[] = {
        "model_type: feedforward",
        "layer_type: random",
        "node_type: probabilistic",
        "encoder_config: {name: thermometer, num_bits: 2}",
        "node_input_dim: 2",
        "layer_widths: [6, 4]",
        "num_classes: 2",
        "input_size: 4",
        "input: {bits: 4}",
        "dataset: small",
        "name: small",
    };

    text_add(yaml, "%s", lines);
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (!gives(lines, required[i], strcspn(required[i], ":")))
            text_add(yaml, "%s\n", required[i]);
}

/* `key: value` in its section, as the first lines of a configuration; returns the line it is in. */
static int place(struct text *yaml, const char *section, const char *key, const char *value)
{
    char lines[VALUE_SIZE + 300];
    int line = 2;

    if (section[0] == '\0') {
        snprintf(lines, sizeof lines, "%s: %s\n", key, value);
        compose(yaml, lines);
        return 1;
    }
    if (strcmp(section, "encoder_config") == 0) {
        bool name = strcmp(key, "name") == 0, bits = strcmp(key, "num_bits") == 0;

        snprintf(lines, sizeof lines, "encoder_config:\n  %s: %s\n%s%s", key, value,
                 name ? "" : "  name: thermometer\n", bits ? "" : "  num_bits: 2\n");
    } else if (strcmp(section, "hardware.pipeline") == 0) {
        snprintf(lines, sizeof lines, "hardware:\n  pipeline:\n    %s: %s\n", key, value);
        line = 3;
    } else {
        snprintf(lines, sizeof lines, "%s:\n  %s: %s\n", section, key, value);
    }
    compose(yaml, lines);
    return line;
}

/* Reads the file, makes the model and, where it comes to that, begins to train. */
static enum err_status use(struct text *yaml, bool train)
{
    static const struct small_shape shape = {.features = 4, .code_bits = 4, .classes = 2};
    struct config *config = NULL;
    struct model *model = NULL;
    struct dataset *data = small_dataset(&shape, 40, 8, 1);
    struct train_result result;
    enum err_status status;

    err.message[0] = '\0';
    status = config_parse(&config, yaml->data, yaml->size, "f.yaml", &err);
    if (status == ERR_OK) status = model_create(&model, config, &err);
    if (status == ERR_OK) status = model_fit_encoder(model, data, &err);
    if (status == ERR_OK && train)
        status = train_run(model, data, &(struct train_options){.threads = 1}, &result, &err);
    model_free(model);
    dataset_free(data);
    config_free(config);
    text_free(yaml);
    checks++;
    return status;
}

static void refused(struct text *yaml, int line, const char *section, const char *key,
                    const char *value, const char *says)
{
    char start[200];
    enum err_status status = use(yaml, true);

    snprintf(start, sizeof start, "f.yaml:%d: %s%s%s", line, section, section[0] != '\0' ? "." : "",
             key);
    if (status != ERR_ARG || strncmp(err.message, start, strlen(start)) != 0 ||
        strstr(err.message, says) == NULL)
        fail_msg("%s.%s: %.60s gave %d, '%s', not '%s ... %s'", section, key, value, (int)status,
                 err.message, start, says);
}

/* --- config.h --- */

static void check_option(const char *section, const struct config_option *option)
{
    struct values values;

    bad_values(option, &values);
    for (size_t i = 0; i < values.count; i++) {
        struct text yaml = {0};
        int line = place(&yaml, section, option->name, values.text[i]);

        refused(&yaml, line, section, option->name, values.text[i], "expected ");
    }
    good_values(option, &values);
    for (size_t i = 0; i < values.count; i++) {
        struct config *config = NULL;
        struct text yaml = {0};

        place(&yaml, section, option->name, values.text[i]);
        if (config_parse(&config, yaml.data, yaml.size, "f.yaml", &err) != ERR_OK)
            fail_msg("%s.%s: %s: %s", section, option->name, values.text[i], err.message);
        config_free(config);
        text_free(&yaml);
        checks++;
    }
}

static void check_misspelt(const char *section, const char *name)
{
    char key[CONFIG_NAME_SIZE + 1], hint[CONFIG_NAME_SIZE + 20];
    struct text yaml = {0};
    int line;

    snprintf(key, sizeof key, "%sx", name);
    snprintf(hint, sizeof hint, "did you mean %s?", name);
    line = place(&yaml, section, key, "1");
    refused(&yaml, line, section, key, "1", hint);
}

static void test_sections(void **state)
{
    size_t count;
    const struct config_section *sections = config_table_sections(&count);

    (void)state;
    checks = 0;
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < sections[s].count; i++) {
            check_option(sections[s].name, &sections[s].options[i]);
            check_misspelt(sections[s].name, sections[s].options[i].name);
        }
    }
    print_message("%zu configurations\n", checks);
    assert_true(checks > 600);
}

/* The same values as overrides; nothing may have changed after a refusal. */
static void test_overrides(void **state)
{
    size_t count;
    const struct config_section *sections = config_table_sections(&count);
    struct config *config = NULL, *before = malloc(sizeof *before);
    struct text yaml = {0};

    (void)state;
    compose(&yaml, "");
    assert_int_equal(config_parse(&config, yaml.data, yaml.size, "f.yaml", &err), ERR_OK);
    assert_non_null(before);
    memcpy(before, config, sizeof *before);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < sections[s].count; i++) {
            const struct config_option *option = &sections[s].options[i];
            struct values values;

            bad_values(option, &values);
            for (size_t v = 0; v < values.count; v++) {
                char assignment[VALUE_SIZE + 200];

                if (values.text[v][0] == '"' || (option->type == CONFIG_TEXT && v > 0) ||
                    (option->type == CONFIG_CHOICE && option->choices[0] == '\0'))
                    continue; /* a command line has no quotes; any name may be set */
                snprintf(assignment, sizeof assignment, "%s%s%s=%s", sections[s].name,
                         sections[s].name[0] != '\0' ? "." : "", option->name, values.text[v]);
                if (config_set(config, assignment, &err) != ERR_ARG ||
                    strncmp(err.message, assignment, strcspn(assignment, "=")) != 0)
                    fail_msg("%.80s: '%s'", assignment, err.message);
                assert_memory_equal(config, before, sizeof *config);
            }
        }
    }
    text_free(&yaml);
    free(before);
    config_free(config);
}

/* --- tables of components --- */

/* Where a component's options stand: `lines` select it and lead to a map on line 2 that holds
 * `inside` too; `tail` comes after it. */
struct component {
    const char *key; /* in complaints */
    char lines[200];
    const char *inside, *tail;
};

static void check_value(const struct component *component, const char *key, const char *value,
                        const char *says)
{
    char all[VALUE_SIZE + 400];
    struct text yaml = {0};

    snprintf(all, sizeof all, "%s{%s%s: %s}%s\n", component->lines, component->inside, key, value,
             component->tail);
    compose(&yaml, all);
    refused(&yaml, 2, "", component->key, value, says);
}

static void check_table(const struct component *component, const struct config_option *table,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char key[CONFIG_NAME_SIZE + 2], hint[CONFIG_NAME_SIZE + 20];
        struct values values;

        bad_values(&table[i], &values);
        for (size_t v = 0; v < values.count; v++)
            if (values.text[v][0] != '"') /* component options know no quotes */
                check_value(component, table[i].name, values.text[v], "expected ");
        snprintf(key, sizeof key, "%sx", table[i].name);
        snprintf(hint, sizeof hint, "did you mean %s?", table[i].name);
        check_value(component, key, "1", strlen(table[i].name) > 1 ? hint : "known here");
    }
}

static void test_nodes(void **state)
{
    size_t count;
    const struct node_type *const *types = node_types(&count);

    (void)state;
    checks = 0;
    for (size_t t = 0; t < count; t++) {
        struct component own = {.key = "node_config", .inside = "", .tail = ""};

        snprintf(own.lines, sizeof own.lines, "node_type: %s\nnode_config: ", types[t]->name);
        check_table(&own, types[t]->options, types[t]->num_options);
        check_table(
            &own,
            &(struct config_option){
                .name = "output_dim", .type = CONFIG_LONG, .low = 1, .high = NODE_MAX_OUTPUTS},
            1);
    }
    print_message("%zu configurations\n", checks);
}

static void test_layers(void **state)
{
    size_t count;
    const struct layer_kind *const *kinds = layer_kinds(&count);

    (void)state;
    checks = 0;
    for (size_t k = 0; k < count; k++) {
        struct component own = {.key = "layer_config", .inside = "", .tail = ""};

        snprintf(own.lines, sizeof own.lines, "layer_type: %s\nlayer_config: ", kinds[k]->name);
        check_table(&own, kinds[k]->options, kinds[k]->num_options);
    }
    print_message("%zu configurations\n", checks);
}

static void test_initialisers(void **state)
{
    size_t count;
    const struct init_rule *rules = init_rules(&count);

    (void)state;
    checks = 0;
    for (size_t r = 0; r < count; r++) {
        struct component own = {.key = "runtime.init_kwargs", .inside = "", .tail = "}"};

        snprintf(own.lines, sizeof own.lines,
                 "runtime: {init_fn: %s,\n  init_kwargs: ", rules[r].names[0]);
        check_table(&own, rules[r].options, rules[r].num_options);
    }
    print_message("%zu configurations\n", checks);
}

static void test_regularizers(void **state)
{
    size_t count;
    const struct regularizer *const *rules = regularizer_list(&count);

    (void)state;
    checks = 0;
    for (size_t r = 0; r < count; r++) {
        struct component own = {
            .key = "runtime.regularizers", .inside = "weight: 1, ", .tail = "}}"};

        snprintf(own.lines, sizeof own.lines,
                 "runtime: {regularizers:\n  {%s: ", rules[r]->names[0]);
        check_table(&own, rules[r]->options, rules[r]->num_options);
    }
    print_message("%zu configurations\n", checks);
}

/* --- options that do not go together --- */

/* The complaint on a file with these lines begins with "f.yaml:" and `says`. The data are a table of 4 columns, 40 rows to train on, two classes. */
static const struct {
    const char *lines, *says;
} PAIRS[] = {
    {"layer_widths: [6, 5]",
     "1: layer_widths: the last layer has 5 outputs, which 2 classes do not divide"},
    {"layer_widths: [6, 5]\nnode_config: {output_dim: 3}",
     "1: layer_widths: the last layer has 15 outputs, which 2 classes do not divide"},
    {"encoder_config: {name: sign_magnitude, num_bits: 1}",
     "1: encoder_config.num_bits: expected 2 to "},
    {"encoder_config: {name: binary, num_bits: 200}", "1: encoder_config.num_bits: expected 1 to "},
    {"encoder_config: {name: thermometer, num_bits: 2, base: 3}",
     "1: encoder_config.base: unknown key"},
    {"node_input_dim: [2, 1]\nnode_type: [dwn, difflogic]",
     "1: node_input_dim: layer 1 has 1: a difflogic node needs at least 2 inputs"},
    {"node_input_dim: 12\nnode_type: polylut\nnode_config: {degree: 12}",
     "1: node_input_dim: layer 0 has 12: node_config.degree 12 of 12 inputs has "},
    {"node_type: [dwn, dwn, dwn]",
     "1: node_type: expected one entry for each of the 2 layers (found 3)"},
    {"node_input_dim: [2]",
     "1: node_input_dim: expected one entry for each of the 2 layers (found 1)"},
    {"node_type: dwm", "1: node_type: expected one of "},
    {"node_type: dwn\nnode_config: {degree: 2}", "2: node_config: expected one of "},
    {"layer_type: randon", "1: layer_type: expected one of "},
    {"layer_type: random\nlayer_config: {candidates: 3}",
     "2: layer_config: expected one of mode, groups (found \"candidates\")"},
    {"layer_type: random\nlayer_config: {mode: grouped, groups: 3}",
     "2: layer_config: groups: 3 does not divide the layer's 8 inputs"},
    {"layer_type: learnable\nlayer_config: {candidates: 7}",
     "2: layer_config: candidates: entry 1 of layer_type has 6 inputs to choose among, not 7"},
    {"layer_type: learnable\ntraining: {tau_start: 0.1, tau_end: 0.2}",
     "2: training.tau_start: is 0.1, below training.tau_end 0.2"},
    {"layer_type: [convolutional, random]",
     "1: layer_type: convolutional layers need model_type: convnet"},
    {"model_type: convnet", "1: model_type: a convnet begins with convolutional"},
    {"layer_type: [convolutional, random]\nlayer_config: {receptive_field: 1}\nmodel_type: convnet",
     "1: layer_type: convolution needs image data, but data set small is a table of 4 columns"},
    {"layer_type: [convolutional, random]\nlayer_config: {channels: 3}\nmodel_type: convnet",
     "2: layer_config: the image 3 x 1 x 1 (channels, height, width) has not input_size 4"},
    {"layer_type: [convolutional, random]\nlayer_config: {receptive_field: 3}\nmodel_type: convnet",
     "2: layer_config: entry 0: a 2 x 2 image is too small for receptive_field 3"},
    {"layer_type: [random, convolutional]\nmodel_type: convnet",
     "1: layer_type: convolutional layers come before dense ones"},
    {"layer_type: [convolutional, random]\nlayer_config: {receptive_field: 1, tree_depth: 0}\n"
     "model_type: convnet\nnode_config: {output_dim: 2}",
     "4: node_config: output_dim: nodes of a convolution have one output"},
    {"input_size: 5", "1: input_size: is 5, but data set small has 4 features"},
    {"training: {freeze: [2]}",
     "1: training.freeze: there is no layer 2: the model has layers 0 to 1"},
    {"training: {freeze: [0, 1]}", "1: training.freeze: all 2 layers are frozen"},
    {"training: {init_from: mnist_lrge}", "1: training.init_from: no model 'mnist_lrge'"},
    {"training: {schedule: multistep, milestones: []}",
     "1: training.milestones: schedule multistep needs them"},
    {"training: {learning_rate_min: 2}",
     "1: training.learning_rate_min: is 2, above training.learning_rate 0.01"},
    {"training: {epochs: 2, warmup_epochs: 3}", "1: training.warmup_epochs: is 3, but "},
    {"training: {optimizer: sgd, nesterov: true, momentum: 0}",
     "1: training.nesterov: looks ahead by the momentum"},
    {"training: {augment_rotation: 5}", "1: training: augmentation moves pixels of images"},
    {"runtime: {init_fn: xavier_unifrom}", "1: runtime.init_fn: expected one of "},
    {"runtime: {init_kwargs: {gain: 2}}", "1: runtime.init_kwargs: there is no "},
    {"runtime: {regularizers: {entrpy: 0.1}}", "1: runtime.regularizers: expected one of "},
    {"num_classes: 2\nnum_classes: 2", "2: num_classes: duplicate key (first on line 1)"},
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        char lines[400], start[300];
        struct text yaml = {0};
        enum err_status status;

        snprintf(lines, sizeof lines, "%s\n", PAIRS[i].lines);
        snprintf(start, sizeof start, "f.yaml:%s", PAIRS[i].says);
        compose(&yaml, lines);
        status = use(&yaml, true);
        if (status != ERR_ARG || strncmp(err.message, start, strlen(start)) != 0)
            fail_msg("%s gave %d, '%s', not '%s'", PAIRS[i].lines, (int)status, err.message, start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections),     cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_nodes),        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_initialisers),
        cmocka_unit_test(test_regularizers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
