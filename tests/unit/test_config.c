#include "base/rng.h"
#include "config/config.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static struct err err;

/* The example of the design, word for word but for the pipeline. */
static const char EXAMPLE[] =
    "model_type: feedforward        # structural\n"                                    /* 1 */
    "layer_type: random             # random | learnable | (per layer list allowed)\n" /* 2 */
    "node_type: probabilistic       # or a list, one per layer\n"                      /* 3 */
    "encoder_config: {name: thermometer, num_bits: 4, feature_wise: true}\n"           /* 4 */
    "node_input_dim: 6\n"                                                              /* 5 */
    "layer_widths: [1024, 1000]\n"                                                     /* 6 */
    "num_classes: 10\n"                                                                /* 7 */
    "input_size: 784\n"                                                                /* 8 */
    "dataset: mnist\n"                                                                 /* 9 */
    "input: {bits: 8}               # ours: integer code width\n"                      /* 10 */
    "runtime:                       # safe to override, never changes the hardware\n"  /* 11 */
    "  temperature: 1.0\n"                                                             /* 12 */
    "  eval_mode: expectation       # expectation | sampling | deterministic\n"        /* 13 */
    "  init_fn: xavier_uniform\n"                                                      /* 14 */
    "  flip_probability: 0.0\n"                                                        /* 15 */
    "  dropout: 0.0\n"                                                                 /* 16 */
    "  grad_stabilization: none\n"                                                     /* 17 */
    "  regularizers: {entropy: {weight: 0.001}, clarity: {weight: 0.0001}}\n"          /* 18 */
    "training: {epochs: 30, batch_size: 128, optimizer: adam, learning_rate: 0.01, schedule: "
    "cosine, "
    "seed: 7}\n"                                                                            /* 19 */
    "hardware: {target: xcup, pipeline: {encoder: 2, layers: 1, popcount: 0, argmax: 1}}\n" /* 20 */
    "pretrained: true\n"                                                                    /* 21 */
    "pretrained_name: mnist_large\n";                                                       /* 22 */

/* Nine required keys and nothing else. */
static const char SMALL[] = "model_type: feedforward\n"                          /* 1 */
                            "layer_type: random\n"                               /* 2 */
                            "node_type: dwn\n"                                   /* 3 */
                            "encoder_config: {name: thermometer, num_bits: 3}\n" /* 4 */
                            "node_input_dim: 4\n"                                /* 5 */
                            "layer_widths: [40, 20]\n"                           /* 6 */
                            "num_classes: 5\n"                                   /* 7 */
                            "input_size: 8\n"                                    /* 8 */
                            "dataset: digits\n";                                 /* 9 */

static enum err_status parse(struct config **out, const char *yaml)
{
    err.message[0] = '\0';
    return config_parse(out, yaml, strlen(yaml), "f.yaml", &err);
}

static struct config *parse_ok(const char *yaml)
{
    struct config *config = NULL;

    if (parse(&config, yaml) != ERR_OK) fail_msg("%s\n%s", err.message, yaml);
    return config;
}

static void assert_refused(const char *yaml, const char *message)
{
    struct config *config = NULL;

    assert_int_equal(parse(&config, yaml), ERR_ARG);
    assert_string_equal(err.message, message);
    assert_null(config);
}

/* SMALL with the line of `key` replaced by `text` (no text: taken out), or `text` added at the end
 * (line 10 and following) when `key` is NULL. */
static void compose(char *out, size_t size, const char *key, const char *text)
{
    const char *line = SMALL;
    size_t used = 0;

    while (*line != '\0') {
        size_t length = strcspn(line, "\n") + 1;

        if (key == NULL || strncmp(line, key, strlen(key)) != 0) {
            used += (size_t)snprintf(out + used, size - used, "%.*s", (int)length, line);
        } else if (text != NULL) {
            used += (size_t)snprintf(out + used, size - used, "%s\n", text);
        }
        line += length;
    }
    if (key == NULL && text != NULL) snprintf(out + used, size - used, "%s\n", text);
}

static void test_example(void **state)
{
    struct config *config = parse_ok(EXAMPLE);

    (void)state;
    assert_string_equal(config->name, "mnist_large");
    assert_string_equal(config->model_type, "feedforward");
    assert_int_equal(config->num_layers, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(config->layer_type[i], "random");
        assert_string_equal(config->node_type[i], "probabilistic");
        assert_int_equal(config->node_input_dim[i], 6);
    }
    assert_int_equal(config->layer_widths[0], 1024);
    assert_int_equal(config->layer_widths[1], 1000);
    assert_string_equal(config->encoder_config.name, "thermometer");
    assert_int_equal(config->encoder_config.num_bits, 4);
    assert_true(config->encoder_config.feature_wise);
    assert_int_equal(config->num_classes, 10);
    assert_int_equal(config->input_size, 784);
    assert_int_equal(config->input_bits, 8);
    assert_int_equal(config->wiring_seed, 42);
    assert_string_equal(config->dataset.name, "mnist");
    assert_string_equal(config->runtime.eval_mode, "expectation");
    assert_string_equal(config->runtime.init_fn, "xavier_uniform");
    assert_int_equal(config->runtime.num_regularizers, 2);
    assert_string_equal(config->runtime.regularizers[0].name, "entropy");
    assert_true(config->runtime.regularizers[0].weight == 0.001);
    assert_true(config->runtime.regularizers[1].weight == 0.0001);
    assert_int_equal(config->training.epochs, 30);
    assert_true(config->training.learning_rate == 0.01);
    assert_int_equal(config->training.seed, 7);
    assert_string_equal(config->hardware.target, "xcup");
    assert_int_equal(config->hardware.pipeline.encoder, 2);
    assert_int_equal(config->hardware.pipeline.popcount, 0);
    assert_true(config->pretrained);
    assert_int_equal(config_line(config, "runtime.dropout"), 16);
    assert_int_equal(config_line(config, "encoder_config.num_bits"), 4);
    assert_int_equal(config_line(config, "runtime.regularizers.clarity"), 18);
    assert_int_equal(config_line(config, "training.beta1"), 0);
    config_free(config);
}

static void test_defaults(void **state)
{
    struct config *config = parse_ok(SMALL);

    (void)state;
    assert_string_equal(config->name, "f"); /* the file's stem */
    assert_true(config->encoder_config.feature_wise && config->encoder_config.flatten);
    assert_int_equal(config->input_bits, 8);
    assert_string_equal(config->compat, "");
    assert_string_equal(config->runtime.eval_mode, "deterministic");
    assert_true(config->runtime.temperature == 1.0);
    assert_int_equal(config->training.batch_size, 128);
    assert_string_equal(config->training.schedule, "cosine");
    assert_true(config->training.epsilon == 1e-8);
    assert_string_equal(config->hardware.target, "generic");
    assert_int_equal(config->hardware.pipeline.argmax, 1);
    assert_int_equal(config->runtime.num_regularizers, 0);
    assert_false(config->pretrained);
    config_free(config);
}

static void test_forms(void **state)
{
    char yaml[2000];
    struct config *config;

    (void)state;
    compose(yaml, sizeof yaml, NULL,
            "runtime:\n"
            "  regularizers: {entropy: 0.5, clarity: {weight: 2, mode: hard}}\n"
            "node_config: {hidden: 8, act: relu}\n"
            "layer_config:\n"
            "results: {accuracy_hard: 0.97, note: \"two words: \\\"x\\\" \\\\\"}\n"
            "name: \"a_1\"\n"
            "training:\n"
            "hardware: {pipeline: {}}");
    config = parse_ok(yaml);
    assert_true(config->runtime.regularizers[0].weight == 0.5);
    assert_true(config->runtime.regularizers[1].weight == 2.0);
    assert_string_equal(config->runtime.regularizers[1].kwargs.items[0].key, "mode");
    assert_string_equal(config->node_config.items[1].value, "relu");
    assert_int_equal(config_line(config, "node_config.hidden"), 12);
    assert_int_equal(config->layer_config.count, 0);
    assert_string_equal(config->results.items[1].value, "two words: \"x\" \\");
    assert_string_equal(config->name, "a_1");
    config_free(config);

    compose(yaml, sizeof yaml, "node_type", "node_type: [dwn, probabilistic]");
    config = parse_ok(yaml);
    assert_string_equal(config->node_type[0], "dwn");
    assert_string_equal(config->node_type[1], "probabilistic");
    config_free(config);

    compose(yaml, sizeof yaml, "node_input_dim", "node_input_dim:\n  - 12\n  - 1");
    config = parse_ok(yaml);
    assert_int_equal(config->node_input_dim[0], 12);
    assert_int_equal(config->node_input_dim[1], 1);
    config_free(config);
}

/* What editors do to a file: a byte order mark, line ends of the other kind, document marks. */
static void test_dressings(void **state)
{
    struct config *config = NULL;
    struct text yaml = {0};

    (void)state;
    text_add(&yaml, "\xef\xbb\xbf%%YAML 1.1\r\n---\r\n");
    for (const char *c = SMALL; *c != '\0'; c++)
        text_add(&yaml, *c == '\n' ? "\r\n" : "%c", *c);
    text_add(&yaml, "...\r\n");
    config = parse_ok(yaml.data);
    assert_int_equal(config_line(config, "dataset"), 11);
    assert_string_equal(config->dataset.name, "digits");
    config_free(config);
    text_free(&yaml);
}

/* One complaint of each kind: the file, the line, the key, what was expected and found, a hint. */
static void test_complaints(void **state)
{
    static const struct {
        const char *key, *text, *message;
    } cases[] = {
        {NULL, "node_typ: dwn", "f.yaml:10: node_typ: unknown key; did you mean node_type?"},
        {NULL, "zzz: 1", "f.yaml:10: zzz: unknown key"},
        {NULL, "<<: {a: b}", "f.yaml:10: <<: unknown key"},
        {NULL, "num_classes: 5", "f.yaml:10: num_classes: duplicate key (first on line 7)"},
        {NULL, "runtime: {tau: 1, tau: 2}", "f.yaml:10: tau: duplicate key (first on line 10)"},
        {NULL, "runtime:\n  drop_out: 0.1",
         "f.yaml:11: runtime.drop_out: unknown key; did you mean dropout?"},
        {NULL, "hardware:\n  pipeline:\n    layer: 1",
         "f.yaml:12: hardware.pipeline.layer: unknown key; did you mean layers?"},
        {NULL, "input: {bit: 8}", "f.yaml:10: input.bit: unknown key; did you mean bits?"},
        {NULL, "input: 8", "f.yaml:10: input: expected a map of \"key: value\""},
        {NULL, "input: {bits: 17}",
         "f.yaml:10: input.bits: expected a whole number from 1 to 16 (found \"17\")"},
        {NULL, "input: {bits: 0}",
         "f.yaml:10: input.bits: expected a whole number from 1 to 16 (found \"0\")"},
        {NULL, "training: {epochs: 0x10}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"0x10\")"},
        {NULL, "training: {epochs: 010}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"010\")"},
        {NULL, "training: {epochs: 1_000}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"1_000\")"},
        {NULL, "training: {epochs: 1.0}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"1.0\")"},
        {NULL, "training: {epochs: -1}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"-1\")"},
        {NULL, "training: {epochs: 99999999999999999999}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found "
         "\"99999999999999999999\")"},
        {NULL, "training: {epochs: \"3\"}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found the text "
         "\"3\")"},
        {NULL, "training: {epochs: }",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found \"\")"},
        {NULL, "training: {epochs: [3]}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found a list)"},
        {NULL, "training: {epochs: {a: 3}}",
         "f.yaml:10: training.epochs: expected a whole number from 0 to 1000000 (found a map)"},
        {NULL, "runtime: {tau: .nan}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \".nan\")"},
        {NULL, "runtime: {tau: nan}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \"nan\")"},
        {NULL, "runtime: {tau: inf}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \"inf\")"},
        {NULL, "runtime: {tau: 1e999}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \"1e999\")"},
        {NULL, "runtime: {tau: 0x1p3}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \"0x1p3\")"},
        {NULL, "runtime: {tau: 1e}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \"1e\")"},
        {NULL, "runtime: {tau: .}",
         "f.yaml:10: runtime.tau: expected a number from 0 to 1000000000 (found \".\")"},
        {NULL, "runtime: {temperature: 0}",
         "f.yaml:10: runtime.temperature: expected a number from 1e-06 to 1000000 (found \"0\")"},
        {NULL, "pretrained: maybe",
         "f.yaml:10: pretrained: expected true or false (found \"maybe\")"},
        {NULL, "runtime: {eval_mode: expectaton}",
         "f.yaml:10: runtime.eval_mode: expected one of expectation, sampling, deterministic "
         "(found "
         "\"expectaton\"); did you mean expectation?"},
        {NULL, "runtime: {init_fn: a b}",
         "f.yaml:10: runtime.init_fn: expected a name of letters, digits, _ and -, at most 63 long "
         "(found \"a b\")"},
        {NULL, "compat: torch",
         "f.yaml:10: compat: expected nothing or upstream (found \"torch\")"},
        {NULL, "runtime: {regularizers: [entropy]}",
         "f.yaml:10: runtime.regularizers: expected a map of \"key: value\""},
        {NULL, "runtime: {regularizers: {entropy: [1]}}",
         "f.yaml:10: runtime.regularizers.entropy: expected a number from 0 to 1000000000 (found a "
         "list)"},
        {NULL, "runtime: {regularizers: {entropy: {p: 1}}}",
         "f.yaml:10: runtime.regularizers.entropy: its weight is missing"},
        {NULL, "runtime: {regularizers: {entropy: {weight: -1}}}",
         "f.yaml:10: runtime.regularizers.entropy.weight: expected a number from 0 to 1000000000 "
         "(found \"-1\")"},
        {NULL, "runtime: {regularizers: {a b: 1}}",
         "f.yaml:10: runtime.regularizers: \"a b\" is no name of letters, digits, _ and -"},
        {NULL, "node_config: {a: [1]}",
         "f.yaml:10: node_config.a: expected one value (found a list)"},
        {NULL, "node_config: {a: }", "f.yaml:10: node_config.a: has no value"},
        {NULL, "node_config: {\"a b\": 1}",
         "f.yaml:10: node_config.a b: a key is a name of letters, digits, _ and -, at most 63 "
         "long"},
        {NULL, "name: 9lives",
         "f.yaml:10: name: expected letters, digits and _, the first not a digit (found "
         "\"9lives\"): "
         "it becomes the prefix of Verilog modules"},
        {NULL, "pretrained_name: a-b",
         "f.yaml:10: pretrained_name: expected letters, digits and _, the first not a digit (found "
         "\"a-b\"): it becomes the prefix of Verilog modules"},
        {"layer_type", "layer_type: [random]",
         "f.yaml:2: layer_type: expected one entry for each of the 2 layers (found 1)"},
        {"node_type", "node_type: [dwn, dwn, dwn]",
         "f.yaml:3: node_type: expected one entry for each of the 2 layers (found 3)"},
        {"node_type", "node_type:\n  - dwn\n  - 'd w'",
         "f.yaml:5: node_type: expected a name of letters, digits, _ and -, at most 63 long (found "
         "the text \"d w\")"},
        {"encoder_config", "encoder_config: thermometer",
         "f.yaml:4: encoder_config: expected a map of \"key: value\""},
        {"encoder_config", "encoder_config: {name: thermometer}",
         "f.yaml: the required key encoder_config.num_bits is missing"},
        {"encoder_config", "encoder_config: {name: thermometer, nubits: 4}",
         "f.yaml:4: encoder_config.nubits: unknown key; did you mean num_bits?"},
        {"encoder_config", "encoder_config: {name: thermometer, num_bits: 0}",
         "f.yaml:4: encoder_config.num_bits: expected a whole number from 1 to 256 (found \"0\")"},
        {"node_input_dim", "node_input_dim: 13",
         "f.yaml:5: node_input_dim: expected a whole number from 1 to 12 (found \"13\")"},
        {"node_input_dim", "node_input_dim:\n  - 4\n  - 0",
         "f.yaml:7: node_input_dim: expected a whole number from 1 to 12 (found \"0\")"},
        {"layer_widths", "layer_widths: 40",
         "f.yaml:6: layer_widths: expected a list with the width of each layer"},
        {"layer_widths", "layer_widths: []",
         "f.yaml:6: layer_widths: expected 1 to 64 layers (found 0)"},
        {"layer_widths", "layer_widths: [0, 20]",
         "f.yaml:6: layer_widths: expected a whole number from 1 to 1048576 (found \"0\")"},
        {"num_classes", "num_classes: 1",
         "f.yaml:7: num_classes: expected a whole number from 2 to 65535 (found \"1\")"},
        {"num_classes", "num_classes: 65536",
         "f.yaml:7: num_classes: expected a whole number from 2 to 65535 (found \"65536\")"},
        {"input_size", "input_size: 0",
         "f.yaml:8: input_size: expected a whole number from 1 to 1048576 (found \"0\")"},
        {"dataset", "dataset: [a]",
         "f.yaml:9: dataset: expected the name of a data set, or {train: a.csv, test: b.csv, "
         "label: "
         "COLUMN}"},
        {"dataset", "dataset: ../x",
         "f.yaml:9: dataset: expected the name of a data set, or {train: a.csv, test: b.csv, "
         "label: "
         "COLUMN}"},
        {"dataset", "dataset: {test: a.csv}", "f.yaml:9: dataset: needs a train: file"},
        {"dataset", "dataset: {train: a, test: b, labels: c}",
         "f.yaml:9: dataset.labels: unknown key; did you mean label?"},
        {"dataset", "dataset: {train: [a], test: b}", "f.yaml:9: dataset.train: expected one text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[2000];

        compose(yaml, sizeof yaml, cases[i].key, cases[i].text);
        assert_refused(yaml, cases[i].message);
    }
}

static void test_required(void **state)
{
    static const char *const keys[] = {"model_type",     "layer_type",     "node_type",
                                       "encoder_config", "node_input_dim", "layer_widths",
                                       "num_classes",    "input_size",     "dataset"};

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char yaml[2000], message[200];

        compose(yaml, sizeof yaml, keys[i], NULL);
        snprintf(message, sizeof message, "f.yaml: the required key %s is missing", keys[i]);
        assert_refused(yaml, message);
    }
}

static void test_bad_yaml(void **state)
{
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"", "f.yaml:1: the file is empty"},
        {"# only a comment\n", "f.yaml:2: the file is empty"},
        {"- a\n", "f.yaml:1: expected \"key: value\" lines"},
        {"a\n", "f.yaml:1: expected \"key: value\" lines"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2: a second document; a configuration is one"},
        {"a: &x 1\nb: *x\n", "f.yaml:1: anchors (&name) are not allowed"},
        {"a: *x\n", "f.yaml:1: aliases (*name) are not allowed"},
        {"a: &x [b]\n", "f.yaml:1: anchors (&name) are not allowed"},
        {"&x a: {}\n", "f.yaml:1: anchors (&name) are not allowed"},
        {"a: !!int 1\n", "f.yaml:1: tags (!name) are not allowed"},
        {"a: !x {b: c}\n", "f.yaml:1: tags (!name) are not allowed"},
        {"\n[a]: b\n", "f.yaml:2: a key must be a plain word"},
        {"a: 1\n? [b]\n: c\n", "f.yaml:2: a key must be a plain word"},
        {"a: [[[[[[[[[1]]]]]]]]]\n", "f.yaml:1: nested too deeply"},
        {"a: \"x\\0y\"\n", "f.yaml:1: a value holds a line break or control character"},
        {"a: \"x\\ny\"\n", "f.yaml:1: a value holds a line break or control character"},
        {"a: |\n  x\n  y\n", "f.yaml:1: a value holds a line break or control character"},
        {"a: \"\\u2028\"\n", "f.yaml:1: a value holds a line break or control character"},
        {"a: \"\\x85\"\n", "f.yaml:1: a value holds a line break or control character"},
        {"a: 1\nb: \xff\n", "f.yaml:2: bad YAML: invalid leading UTF-8 octet"},
        {"a: 1\nb: \x01\n", "f.yaml:2: bad YAML: control characters are not allowed"},
        {"a: 1\n b: 2\n", "f.yaml:2: bad YAML: mapping values are not allowed in this context"},
        {"a: [1\n", "f.yaml:2: bad YAML: did not find expected ',' or ']'"},
        {"a: 'x\n", "f.yaml:2: bad YAML: found unexpected end of stream"},
        {"\ta: 1\n", "f.yaml:1: bad YAML: found character that cannot start any token"},
    };
    struct config *config = NULL;
    struct text many = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].yaml, cases[i].message);
    assert_int_equal(config_parse(&config, "a: 1\nb: \0\n", 10, "f.yaml", &err), ERR_ARG);
    assert_string_equal(err.message, "f.yaml:2: bad YAML: control characters are not allowed");
    for (int i = 0; i < 5000; i++)
        text_add(&many, "k%d: 1\n", i);
    assert_refused(many.data, "f.yaml:4096: too many keys and values");
    text_free(&many);
}

static void test_limits(void **state)
{
    struct config *config = NULL;
    struct text yaml = {0};
    char path[600];

    (void)state;
    text_add(&yaml, "%snode_config:\n", SMALL);
    for (int i = 0; i < CONFIG_MAX_PAIRS + 1; i++)
        text_add(&yaml, "  k%d: 1\n", i);
    assert_refused(yaml.data, "f.yaml:43: node_config.k32: more than 32 keys in one section");
    text_free(&yaml);
    text_add(&yaml, "%sresults: {a: ", SMALL);
    for (int i = 0; i < 192; i++)
        text_add(&yaml, "x");
    text_add(&yaml, "}\n");
    assert_refused(yaml.data, "f.yaml:10: results.a: value longer than 191 bytes");
    text_free(&yaml);
    text_add(&yaml, "%sruntime:\n  regularizers:\n", SMALL);
    for (int i = 0; i < 17; i++)
        text_add(&yaml, "    r%d: 1\n", i);
    assert_refused(yaml.data, "f.yaml:28: runtime.regularizers: more than 16 regularizers");
    text_free(&yaml);
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(config_parse(&config, SMALL, strlen(SMALL), path, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "path longer than 511 bytes"));
}

static void test_read_file(void **state)
{
    struct config *config = NULL;
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(config_read(&config, scratch_path(&scratch, "no.yaml"), &err), ERR_IO);
    assert_int_equal(file_write(scratch_path(&scratch, "2 net-x.yaml"), SMALL, strlen(SMALL), &err),
                     ERR_OK);
    assert_int_equal(config_read(&config, scratch.path, &err), ERR_OK);
    assert_string_equal(config->name, "_2_net_x");
    assert_string_equal(config->path, scratch.path);
    config_free(config);
    config_free(NULL);
    scratch_remove(&scratch);
}

/* Paths of a data set are seen from the file's folder, wherever the copy of the configuration is. */
static void test_dataset_paths(void **state)
{
    struct config *config = NULL, *copy = NULL;
    struct scratch scratch;
    char yaml[2000], expected[600], *real;
    struct text text = {0};

    (void)state;
    scratch_create(&scratch);
    real = realpath(scratch.folder, NULL);
    compose(yaml, sizeof yaml, "dataset",
            "dataset: {train: sub/a b.csv, test: /data/t.csv, label: \"the class\"}");
    assert_int_equal(file_write(scratch_path(&scratch, "c.yaml"), yaml, strlen(yaml), &err),
                     ERR_OK);
    assert_int_equal(config_read(&config, scratch.path, &err), ERR_OK);
    snprintf(expected, sizeof expected, "%s/sub/a b.csv", real);
    free(real);
    assert_string_equal(config->dataset.name, "");
    assert_string_equal(config->dataset.train, expected);
    assert_string_equal(config->dataset.test, "/data/t.csv");
    assert_string_equal(config->dataset.label, "the class");
    config_write(config, &text);
    assert_int_equal(config_parse(&copy, text.data, text.size, "elsewhere/c.yaml", &err), ERR_OK);
    assert_string_equal(copy->dataset.train, expected);
    config_free(config);
    config_free(copy);
    text_free(&text);
    scratch_remove(&scratch);
}

static void assert_identity(const struct config *config)
{
    struct text first = {0}, second = {0}, here = {0}, there = {0};
    struct config *again = NULL;

    config_write(config, &first);
    if (config_parse(&again, first.data, first.size, config->path, &err) != ERR_OK) {
        fail_msg("%s\n%s", err.message, first.data);
    }
    config_write(again, &second);
    assert_string_equal(first.data, second.data);
    config_structural_text(config, &here);
    config_structural_text(again, &there);
    assert_string_equal(here.data, there.data);
    config_free(again);
    text_free(&first);
    text_free(&second);
    text_free(&here);
    text_free(&there);
}

static void test_write_is_identity(void **state)
{
    static const char *const values[] = {
        "runtime.temperature=0.1",        "runtime.tau=3.3333333333333335",
        "training.learning_rate=1e-05",   "runtime.init_fn=residual",
        "training.seed=9007199254740991", "hardware.scores=false",
    };
    char yaml[2000];
    struct config *config = parse_ok(EXAMPLE);

    (void)state;
    assert_identity(config);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_int_equal(config_set(config, values[i], &err), ERR_OK);
        assert_identity(config);
    }
    config_free(config);
    compose(yaml, sizeof yaml, NULL,
            "node_config: {b: \"null\", a: \"~\", c: -5, d: \"- x\", e: \"a: b #c\", f: "
            "\"\xc3\xa9\", g: "
            "\"'\\\"\\\\\", h: \" x \", i: \"...\", j: 1e-5, k: -x, l: \"%d\"}\n"
            "layer_config: {x: y}\n"
            "runtime: {regularizers: {r: {weight: 1e-300, k: \"[v]\"}, s: 0.1}}\n"
            "compat: upstream");
    config = parse_ok(yaml);
    assert_string_equal(config->node_config.items[0].value, "null");
    assert_identity(config);
    config_free(config);
    compose(yaml, sizeof yaml, "node_type", "node_type: [dwn, probabilistic]");
    config = parse_ok(yaml);
    assert_identity(config);
    config_free(config);
    compose(yaml, sizeof yaml, "dataset", "dataset: {train: /a.csv}");
    config = parse_ok(yaml);
    assert_string_equal(config->dataset.train, "/a.csv");
    assert_string_equal(config->dataset.test, "");
    assert_identity(config);
    config_free(config);
}

static void test_set(void **state)
{
    struct config *config = parse_ok(EXAMPLE);

    (void)state;
    assert_int_equal(config_set(config, "training.epochs=3", &err), ERR_OK);
    assert_int_equal(config->training.epochs, 3);
    assert_int_equal(config_line(config, "training.epochs"), 0);
    assert_int_equal(config_set(config, "runtime.temperature=+.5e0", &err), ERR_OK);
    assert_true(config->runtime.temperature == 0.5);
    assert_int_equal(config_set(config, "runtime.grad_subtract_mean=true", &err), ERR_OK);
    assert_true(config->runtime.grad_subtract_mean);
    assert_int_equal(config_set(config, "runtime.init_fn=", &err), ERR_OK);
    assert_string_equal(config->runtime.init_fn, "");
    assert_int_equal(config_set(config, "hardware.pipeline.layers=2", &err), ERR_OK);
    assert_int_equal(config->hardware.pipeline.layers, 2);
    assert_int_equal(config_set(config, "hardware.target=ecp5", &err), ERR_OK);
    assert_string_equal(config->hardware.target, "ecp5");
    assert_int_equal(config_set(config, "runtime.regularizers.entropy.weight=0.1", &err), ERR_OK);
    assert_true(config->runtime.regularizers[0].weight == 0.1);
    assert_int_equal(config_set(config, "runtime.regularizers.l2=0.2", &err), ERR_OK);
    assert_int_equal(config->runtime.num_regularizers, 3);
    assert_string_equal(config->runtime.regularizers[2].name, "l2");
    assert_true(config->runtime.regularizers[2].weight == 0.2);
    assert_int_equal(config_set(config, "runtime.regularizers.l2.p=3", &err), ERR_OK);
    assert_string_equal(config->runtime.regularizers[2].kwargs.items[0].value, "3");
    assert_identity(config);
    config_free(config);
}

/* Options that are lists of numbers or free text, and the initialiser's own options. */
static void test_lists(void **state)
{
    static const char *const forms[] = {"[10, 20]", "[10,20]", "10,20", " 10 , 20 "};
    static const struct {
        const char *value, *problem;
    } bad[] = {
        {"[1, 0]", "(found \"1,0\")"},   {"[1, x]", "(found \"1,x\")"},
        {"[1, '2']", "(found \"1,?\")"}, {"[1, [2]]", "(found \"1,?\")"},
        {"{a: 1}", "(found a map)"},     {"\"1,,2\"", "(found the text \"1,,2\")"},
    };
    struct config *config = parse_ok(EXAMPLE);
    char text[200], yaml[2000];

    (void)state;
    assert_int_equal(config->training.milestones.count, 0);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(text, sizeof text, "training.milestones=%s", forms[i]);
        assert_int_equal(config_set(config, text, &err), ERR_OK);
        assert_int_equal(config->training.milestones.count, 2);
        assert_int_equal(config->training.milestones.items[1], 20);
        assert_identity(config);
        assert_int_equal(config_set(config, "training.milestones=", &err), ERR_OK);
        assert_int_equal(config->training.milestones.count, 0);
    }
    assert_int_equal(config_set(config, "training.init_from=build/a b/\"x\"", &err), ERR_OK);
    assert_int_equal(config_set(config, "runtime.init_kwargs.std=0.05", &err), ERR_OK);
    assert_identity(config);
    config_free(config);
    compose(yaml, sizeof yaml, NULL,
            "training: {milestones: [3, 5], freeze: [], init_from: a/b}\n"
            "runtime: {init_kwargs: {gain: 2}}");
    config = parse_ok(yaml);
    assert_int_equal(config->training.milestones.items[0], 3);
    assert_string_equal(config->training.init_from, "a/b");
    assert_string_equal(config->runtime.init_kwargs.items[0].value, "2");
    assert_int_equal(config_line(config, "runtime.init_kwargs.gain"), 11);
    assert_identity(config);
    config_free(config);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "training: {milestones: %s}", bad[i].value);
        compose(yaml, sizeof yaml, NULL, text);
        assert_int_equal(parse(&config, yaml), ERR_ARG);
        if (strstr(err.message, bad[i].problem) == NULL) fail_msg("%s", err.message);
    }
}

static void test_set_refused(void **state)
{
    static const struct {
        const char *assignment, *message;
    } cases[] = {
        {"epochs", "\"epochs\": expected KEY=VALUE, as in training.epochs=3"},
        {"=3", "\"=3\": expected KEY=VALUE, as in training.epochs=3"},
        {"", "\"\": expected KEY=VALUE, as in training.epochs=3"},
        {"training.epoch=3", "training.epoch: unknown key; did you mean training.epochs?"},
        {"temperature=3", "temperature: unknown key; did you mean runtime.temperature?"},
        {"nothing.at_all=3", "nothing.at_all: unknown key"},
        {"training.=3", "training.: unknown key"},
        {".epochs=3", ".epochs: unknown key"},
        {"training.epochs=-1",
         "training.epochs: expected a whole number from 0 to 1000000 (found \"-1\")"},
        {"training.epochs=",
         "training.epochs: expected a whole number from 0 to 1000000 (found \"\")"},
        {"training.epochs= 3",
         "training.epochs: expected a whole number from 0 to 1000000 (found \" 3\")"},
        {"layer_widths=[3]",
         "layer_widths is structural: it changes the hardware; edit the YAML and train again"},
        {"num_classes=3",
         "num_classes is structural: it changes the hardware; edit the YAML and train again"},
        {"encoder_config.num_bits=3",
         "encoder_config.num_bits is structural: it changes the hardware; edit the YAML and train "
         "again"},
        {"node_config.degree=3", "node_config.degree is structural: it changes the hardware; edit "
                                 "the YAML and train again"},
        {"input.bits=3",
         "input.bits is structural: it changes the hardware; edit the YAML and train again"},
        {"wiring_seed=3",
         "wiring_seed is structural: it changes the hardware; edit the YAML and train again"},
        {"dataset=iris", "dataset cannot be set: only runtime, training and hardware keys can"},
        {"dataset.train=x",
         "dataset.train cannot be set: only runtime, training and hardware keys can"},
        {"pretrained=true",
         "pretrained cannot be set: only runtime, training and hardware keys can"},
        {"results.a=1", "results.a cannot be set: only runtime, training and hardware keys can"},
        {"runtime=1", "runtime is a section: set one of its keys"},
        {"hardware.pipeline=1", "hardware.pipeline is a section: set one of its keys"},
        {"runtime.init_kwargs=1", "runtime.init_kwargs is a section: set one of its keys"},
        {"runtime.init_kwargs.std=", "runtime.init_kwargs.std: has no value"},
        {"training.milestones=1,,2", "training.milestones: expected a list of at most 32 whole "
                                     "numbers from 1 to 1000000 (found \"1,,2\")"},
        {"runtime.regularizers=1", "runtime.regularizers is a section: set one of its keys"},
        {"runtime.regularizers.a.weight=x",
         "runtime.regularizers.a.weight: expected a number from 0 to 1000000000 (found \"x\")"},
        {"runtime.regularizers.new.p=1",
         "runtime.regularizers.new.p: there is no regularizer \"new\"; set its weight first"},
        {"runtime.regularizers.entropy.a.b=1", "runtime.regularizers.entropy.a.b: a key is a name "
                                               "of letters, digits, _ and -, at most 63 "
                                               "long"},
        {"runtime.tau=\xff", "runtime.tau=\xff: holds a control character or is not UTF-8"},
        {"runtime.tau=1\n", "runtime.tau=1?: holds a control character or is not UTF-8"},
    };
    struct config *config = parse_ok(EXAMPLE);
    struct text before = {0}, after = {0};

    (void)state;
    config_write(config, &before);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(config_set(config, cases[i].assignment, &err), ERR_ARG);
        assert_string_equal(err.message, cases[i].message);
    }
    config_write(config, &after);
    assert_string_equal(before.data, after.data);
    text_free(&before);
    text_free(&after);
    config_free(config);
}

static void test_structural(void **state)
{
    static const struct {
        const char *key, *text, *message; /* message NULL: the same structure */
    } cases[] = {
        {NULL, "training: {epochs: 1}", NULL},
        {NULL, "hardware: {target: ice40}\nname: other\nresults: {a: 1}", NULL},
        {"dataset", "dataset: iris", NULL},
        {"layer_type", "layer_type: [random, random]", NULL},
        {"node_type", "node_type: [dwn, hybrid]",
         "node_type is dwn, hybrid, but dwn, dwn is expected"},
        {"layer_widths", "layer_widths: [40, 25]",
         "layer_widths is 40, 25, but 40, 20 is expected"},
        {"layer_widths", "layer_widths: [20]",
         "layer_type is random, but random, random is expected"},
        {"encoder_config", "encoder_config: {name: gray, num_bits: 3}",
         "encoder_config.name is gray, but thermometer is expected"},
        {NULL, "input: {bits: 7}", "input.bits is 7, but 8 is expected"},
        {NULL, "wiring_seed: 1", "wiring_seed is 1, but 42 is expected"},
        {NULL, "node_config: {d: 2}", "node_config.d is 2, but nothing is expected"},
    };
    struct config *config = parse_ok(SMALL);
    struct text expected = {0};
    char hash[HASH_TEXT_SIZE], other[HASH_TEXT_SIZE];

    (void)state;
    config_structural_text(config, &expected);
    assert_int_equal(config_structural_hash(config, hash, &err), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[2000], message[300];
        struct text found = {0};
        struct config *changed;
        enum err_status status;

        compose(yaml, sizeof yaml, cases[i].key, cases[i].text);
        changed = parse_ok(yaml);
        config_structural_text(changed, &found);
        assert_int_equal(config_structural_hash(changed, other, &err), ERR_OK);
        status = config_structural_compare(expected.data, found.data, "w.safetensors", &err);
        if (cases[i].message == NULL) {
            assert_int_equal(status, ERR_OK);
            assert_string_equal(hash, other);
        } else {
            assert_int_equal(status, ERR_ARG);
            snprintf(message, sizeof message, "w.safetensors: another structure: %s",
                     cases[i].message);
            assert_string_equal(err.message, message);
            assert_string_not_equal(hash, other);
        }
        text_free(&found);
        config_free(changed);
    }
    text_free(&expected);
    config_free(config);
    /* Whatever a file claims to be its structure. */
    assert_int_equal(config_structural_compare("a = 1\n", "", "w", &err), ERR_ARG);
    assert_string_equal(err.message, "w: another structure: a is nothing, but 1 is expected");
    assert_int_equal(config_structural_compare("a = 1", "a = 1\nb", "w", &err), ERR_ARG);
    assert_int_equal(config_structural_compare("a = 1\n", "a = 12", "w", &err), ERR_ARG);
    assert_int_equal(config_structural_compare("a = 1\n", "\n\na = 1", "w", &err), ERR_ARG);
    assert_int_equal(config_structural_compare("a = 1\n", "a = 1\na = 2", "w", &err), ERR_ARG);

    enum { LINES = 2000000 }; /* which would take hours if each were searched to the end of all */
    char *lines = calloc(LINES + 1, 1);
    assert_non_null(lines);
    memset(lines, '\n', LINES);
    assert_int_equal(config_structural_compare("a = 1\n", lines, "w", &err), ERR_ARG);
    free(lines);
}

/* The order of free pairs is no structure. */
static void test_structural_order(void **state)
{
    char hash[2][HASH_TEXT_SIZE], yaml[2000];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct config *config;

        compose(yaml, sizeof yaml, NULL,
                i == 0 ? "node_config: {a: 1, b: 2}" : "node_config: {b: 2, a: 1}");
        config = parse_ok(yaml);
        assert_int_equal(config_structural_hash(config, hash[i], &err), ERR_OK);
        config_free(config);
    }
    assert_string_equal(hash[0], hash[1]);
}

static void test_complain(void **state)
{
    static const char *const names[] = {"probabilistic", "dwn"};
    struct config *config = parse_ok(EXAMPLE);

    (void)state;
    assert_int_equal(config_complain(config, "node_type", &err, "too %s", "wide"), ERR_ARG);
    assert_string_equal(err.message, "f.yaml:3: node_type: too wide");
    assert_int_equal(config_complain(config, "training.beta1", &err, "odd"), ERR_ARG);
    assert_string_equal(err.message, "f.yaml: training.beta1: odd");
    assert_int_equal(config_complain_name(config, "node_type", "probabilistik", names, 2, &err),
                     ERR_ARG);
    assert_string_equal(err.message,
                        "f.yaml:3: node_type: expected one of probabilistic, dwn (found "
                        "\"probabilistik\"); did you mean probabilistic?");
    config->path[0] = '\0';
    assert_int_equal(config_complain(config, "node_type", &err, "x"), ERR_ARG);
    assert_string_equal(err.message, "node_type: x");
    config_free(config);
}

struct options {
    long degree;
    double scale;
    bool skip;
    config_name activation;
};

static void test_options(void **state)
{
    static const struct config_option table[] = {
        {"degree", CONFIG_LONG, offsetof(struct options, degree), 1, 5, NULL, "3", ""},
        {"scale", CONFIG_DOUBLE, offsetof(struct options, scale), 0, 1, NULL, "0.5", ""},
        {"skip", CONFIG_BOOL, offsetof(struct options, skip), 0, 1, NULL, "true", ""},
        {"act", CONFIG_CHOICE, offsetof(struct options, activation), 0, 0, "relu|tanh", "relu", ""},
    };
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"node_config: {degree: 6}",
         "f.yaml:10: node_config.degree: expected a whole number from 1 to 5 (found \"6\")"},
        {"node_config: {act: tan}", "f.yaml:10: node_config.act: expected one of relu, tanh (found "
                                    "\"tan\"); did you mean tanh?"},
        {"node_config: {skip: 2}",
         "f.yaml:10: node_config.skip: expected true or false (found \"2\")"},
        {"node_config:\n  degre: 2",
         "f.yaml:11: node_config.degre: unknown key, known here: degree, "
         "scale, skip, act; did you mean degree?"},
    };
    struct options options;
    struct config *config = parse_ok(SMALL);
    char yaml[2000];

    (void)state;
    assert_int_equal(
        config_options_read(config, "node_config", &config->node_config, table, 4, &options, &err),
        ERR_OK);
    config_free(config);
    assert_int_equal(options.degree, 3);
    assert_true(options.scale == 0.5 && options.skip);
    assert_string_equal(options.activation, "relu");

    compose(yaml, sizeof yaml, NULL, "node_config: {act: tanh, degree: 5, skip: false, scale: 1}");
    config = parse_ok(yaml);
    assert_int_equal(
        config_options_read(config, "node_config", &config->node_config, table, 4, &options, &err),
        ERR_OK);
    config_free(config);
    assert_int_equal(options.degree, 5);
    assert_true(options.scale == 1.0 && !options.skip);
    assert_string_equal(options.activation, "tanh");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compose(yaml, sizeof yaml, NULL, cases[i].text);
        config = parse_ok(yaml);
        assert_int_equal(config_options_read(config, "node_config", &config->node_config, table, 4,
                                             &options, &err),
                         ERR_ARG);
        assert_string_equal(err.message, cases[i].message);
        config_free(config);
    }
    /* The encoder's own four keys were read before, so a slip in one of them lands here. */
    compose(yaml, sizeof yaml, "encoder_config",
            "encoder_config: {name: gray, num_bits: 2, featurewise: true}");
    config = parse_ok(yaml);
    assert_int_equal(config_options_read(config, "encoder_config", &config->encoder_config.options,
                                         NULL, 0, NULL, &err),
                     ERR_ARG);
    assert_string_equal(err.message,
                        "f.yaml:4: encoder_config.featurewise: unknown key, known here: name, "
                        "num_bits, feature_wise, flatten; did you mean feature_wise?");
    config_free(config);
}

/* Random damage is refused with a line of the file, or read into something that writes and reads
 * back; the sanitizers watch. */
static void test_mutations(void **state)
{
    static const char interesting[] = "{}[]:,#&*!|>'\"%@`-?\n\t 0123456789.eE\\~\xc3\xa9\xff";
    const uint64_t seed = 314159;
    struct rng rng;
    size_t good = 0;

    (void)state;
    rng_seed(&rng, seed, 0);
    for (int round = 0; round < 6000; round++) {
        char yaml[sizeof EXAMPLE];
        size_t size = sizeof EXAMPLE - 1;
        struct config *config = NULL;

        memcpy(yaml, EXAMPLE, sizeof EXAMPLE);
        for (uint64_t i = 1 + rng_below(&rng, 3); i > 0; i--) {
            size_t at = (size_t)rng_below(&rng, size);

            if (rng_below(&rng, 3) == 0) { /* take a stretch out */
                size_t length = (size_t)rng_below(&rng, size - at < 20 ? size - at : 20);

                memmove(yaml + at, yaml + at + length, size - at - length);
                size -= length;
            } else {
                yaml[at] = interesting[rng_below(&rng, sizeof interesting - 1)];
            }
        }
        if (config_parse(&config, yaml, size, "f.yaml", &err) == ERR_OK) {
            assert_identity(config);
            config_free(config);
            good++;
        } else if (strncmp(err.message, "f.yaml:", 7) != 0) {
            fail_msg("seed %ju round %d: %s", (uintmax_t)seed, round, err.message);
        }
    }
    assert_true(good > 100 && good < 5000);
}

static void test_garbage(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 99, 0);
    for (int round = 0; round < 3000; round++) {
        struct config *config = NULL;
        char bytes[64];
        size_t size = (size_t)rng_below(&rng, sizeof bytes);

        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)rng_next(&rng);
        assert_int_equal(config_parse(&config, bytes, size, "f.yaml", &err), ERR_ARG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_dressings),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_bad_yaml),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_read_file),
        cmocka_unit_test(test_dataset_paths),
        cmocka_unit_test(test_write_is_identity),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_set_refused),
        cmocka_unit_test(test_structural),
        cmocka_unit_test(test_structural_order),
        cmocka_unit_test(test_complain),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_garbage),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
