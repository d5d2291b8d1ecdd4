/* The public C API, through difflut.h alone: what it does, and every way it refuses. */
#include "difflut.h"
#include "scratch.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FEATURES = 12, CLASSES = 3, TRAIN = 240, TEST = 60 };

struct bench {
    struct scratch scratch;
    struct difflut *lut;
    struct difflut_data *data;
    struct difflut_error err;
};

/* --- helpers --- */

#define GOOD(call)                                                                                 \
    do {                                                                                           \
        if ((call) != DIFFLUT_OK) fail_msg("%s: %s", #call, b->err.message);                       \
    } while (0)

/* The call fails so, and its message holds the words. */
#define BAD(call, status, words)                                                                   \
    do {                                                                                           \
        b->err.message[0] = '\0';                                                                  \
        assert_int_equal(call, status);                                                            \
        if (strstr(b->err.message, words) == NULL)                                                 \
            fail_msg("%s: no '%s' in: %s", #call, words, b->err.message);                          \
        assert_null(strchr(b->err.message, '\n'));                                                 \
    } while (0)

static const char standard[] = "node_type: probabilistic\nlayer_type: random\n";

/* A small configuration; `lines` give node_type, layer_type and what else there is. */
static void yaml_of(char *yaml, size_t size, const char *lines)
{
    snprintf(yaml, size,
             "model_type: feedforward\nencoder_config: {name: thermometer, num_bits: 3}\n"
             "node_input_dim: 4\nlayer_widths: [24, 18]\nnum_classes: %d\ninput_size: %d\n"
             "input: {bits: 6}\ndataset: small\n%s",
             CLASSES, FEATURES, lines);
}

static struct difflut_model *model_of(struct bench *b, const char *lines)
{
    struct difflut_model *model = NULL;
    char yaml[2048];

    yaml_of(yaml, sizeof yaml, lines);
    GOOD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err));
    return model;
}

static const struct difflut_data_shape shape = {
    .num_features = FEATURES, .num_classes = CLASSES, .code_bits = 6};

/* Codes of label y are high where the feature's number leaves y modulo the classes. */
static void draw(uint16_t *codes, uint16_t *labels, size_t count, uint64_t seed)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;

    for (size_t i = 0; i < count; i++) {
        labels[i] = (uint16_t)(i % CLASSES);
        for (size_t f = 0; f < FEATURES; f++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            codes[i * FEATURES + f] =
                (uint16_t)((state >> 33) % 40 + (f % CLASSES == labels[i] ? 24 : 0));
        }
    }
}

static struct difflut_data *draw_data(struct bench *b, uint64_t seed)
{
    uint16_t codes[(TRAIN + TEST) * FEATURES], labels[TRAIN + TEST];
    struct difflut_samples train = {TRAIN, codes, labels};
    struct difflut_samples test = {TEST, codes + TRAIN * FEATURES, labels + TRAIN};
    struct difflut_data *data = NULL;

    draw(codes, labels, TRAIN + TEST, seed);
    GOOD(difflut_data_create("small", &shape, &train, &test, &data, &b->err));
    return data;
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    if (b == NULL) return -1;
    scratch_create(&b->scratch);
    GOOD(difflut_create(&b->lut, &b->err));
    b->data = draw_data(b, 1);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    difflut_data_free(b->data);
    difflut_free(b->lut);
    scratch_remove(&b->scratch);
    free(b);
    return 0;
}

static double hard_accuracy(struct bench *b, const struct difflut_model *model)
{
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    double accuracy = -1;

    GOOD(difflut_accuracy(model, &test, NULL, &accuracy, &b->err));
    return accuracy;
}

/* --- a node type of the program's own: linear_lut again (SPEC 1.1), so that the two can be compared --- */

static size_t line_params(const struct difflut_node *node)
{
    return node->num_inputs > 6 ? 0 : (size_t)(node->num_inputs + 1) * node->num_outputs;
}

/* The library's own order of draws: weights (n, m), then biases 0. */
static void line_init(const struct difflut_node *node, float *params, struct difflut_random *random)
{
    for (size_t i = 0; i < node->num_params; i++)
        params[i] = i < (size_t)node->num_inputs * node->num_outputs
                        ? (float)(0.1 * difflut_random_normal(random))
                        : 0.0F;
}

static float line_value(const struct difflut_node *node, const float *params, unsigned o,
                        const float *const *in, size_t s)
{
    unsigned m = node->num_outputs;
    float z = params[(size_t)node->num_inputs * m + o];

    for (unsigned j = 0; j < node->num_inputs; j++)
        z += params[j * m + o] * in[j][s];
    return 1 / (1 + expf(-z));
}

static void line_forward(const struct difflut_node *node, const float *params,
                         const float *const *in, float *const *out, size_t count)
{
    for (unsigned o = 0; o < node->num_outputs; o++) {
        for (size_t s = 0; s < count; s++)
            out[o][s] = line_value(node, params, o, in, s);
    }
}

static void line_backward(const struct difflut_node *node, const float *params,
                          const float *const *in, const float *const *grad_out,
                          float *const *grad_in, float *grad_params, size_t count)
{
    unsigned n = node->num_inputs, m = node->num_outputs;

    for (unsigned o = 0; o < m; o++) {
        for (size_t s = 0; s < count; s++) {
            float y = line_value(node, params, o, in, s), g = grad_out[o][s] * y * (1 - y);

            for (unsigned j = 0; j < n; j++) {
                if (grad_in != NULL) grad_in[j][s] += g * params[j * m + o];
                if (grad_params != NULL) grad_params[j * m + o] += g * in[j][s];
            }
            if (grad_params != NULL) grad_params[n * m + o] += g;
        }
    }
}

static const struct difflut_node_type line = {
    .name = "my_line",
    .meaning = "linear_lut by its own hand",
    .num_params = line_params,
    .init = line_init,
    .forward = line_forward,
    .backward = line_backward,
};

/* The same with everything optional: an option that scales the first weights, a residual start, a
 * penalty, and bits that the option can turn over. */
static void full_init_residual(const struct difflut_node *node, float *params, double clarity,
                               double noise, struct difflut_random *random)
{
    unsigned m = node->num_outputs;

    for (size_t i = 0; i < node->num_params; i++)
        params[i] = (float)(noise * difflut_random_uniform(random));
    for (unsigned o = 0; o < m; o++) {
        params[o] = (float)(2 * clarity);
        params[(size_t)node->num_inputs * m + o] = (float)-clarity;
    }
}

static double full_penalty(const struct difflut_node *node, const float *params, float *grad_params)
{
    double sum = 0;

    for (size_t i = 0; i < node->num_params; i++) {
        sum += 1e-3 * (double)params[i] * (double)params[i];
        if (grad_params != NULL) grad_params[i] += 2e-3F * params[i];
    }
    return sum;
}

static bool full_hard_bit(const struct difflut_node *node, const float *params, unsigned output,
                          uint32_t address, double *margin)
{
    unsigned n = node->num_inputs, m = node->num_outputs;
    double z = (double)params[n * m + output];

    for (unsigned j = 0; j < n; j++)
        z += address >> j & 1 ? (double)params[j * m + output] : 0;
    *margin = z;
    return z >= 0;
}

static const struct difflut_node_option full_options[] = {
    {.name = "scale", .standard = 1, .low = 0, .high = 2, .meaning = "for nothing"},
    {.name = "shift", .standard = 0.25, .low = 0, .high = 1},
};

static const struct difflut_node_type full = {
    .name = "full_line",
    .options = full_options,
    .num_options = 2,
    .num_params = line_params,
    .init = line_init,
    .init_residual = full_init_residual,
    .forward = line_forward,
    .backward = line_backward,
    .hard_bit = full_hard_bit,
    .penalty = full_penalty,
};

/* --- context and registration --- */

static void test_context(void **state)
{
    struct bench *b = *state;
    size_t nodes = 0, others = 0;
    const char *name, *meaning = NULL, *last = NULL;

    difflut_free(NULL);
    difflut_model_free(NULL);
    difflut_data_free(NULL);
    assert_true(strspn(difflut_version(), "0123456789.") == strlen(difflut_version()));
    GOOD(difflut_register_node(b->lut, &line, &b->err));
    for (; (name = difflut_component(b->lut, DIFFLUT_NODES, nodes, &meaning)) != NULL; nodes++)
        last = name;
    assert_string_equal(last, "my_line");
    assert_string_equal(meaning, line.meaning);
    assert_int_equal(nodes, 11);
    for (int kind = DIFFLUT_ENCODERS; kind <= DIFFLUT_REGULARIZERS; kind++) {
        for (size_t i = 0; difflut_component(b->lut, (enum difflut_kind)kind, i, NULL) != NULL; i++)
            others++;
    }
    assert_true(others > 8 + 3 + 5 + 5);
    assert_null(difflut_component(b->lut, (enum difflut_kind)99, 0, NULL));
}

static void test_register_refuses(void **state)
{
    struct bench *b = *state;
    struct difflut_node_option options[33] = {{0}};
    struct difflut_node_type type;

#define REFUSED(change, words)                                                                     \
    do {                                                                                           \
        type = full;                                                                               \
        change;                                                                                    \
        BAD(difflut_register_node(b->lut, &type, &b->err), DIFFLUT_ARG, words);                    \
    } while (0)
    REFUSED(type.name = NULL, "needs a name");
    REFUSED(type.name = "", "needs a name");
    REFUSED(type.name = "1st", "found '1st'");
    REFUSED(type.name = "a-b", "letters, digits and '_'");
    REFUSED(type.name = "a2345678901234567890123456789012345678901234567890123456789012345",
            "needs a name");
    REFUSED(type.name = "dwn", "there is a node type dwn already");
    REFUSED(type.num_params = NULL, "no function num_params");
    REFUSED(type.init = NULL, "no function init");
    REFUSED(type.forward = NULL, "no function forward");
    REFUSED(type.backward = NULL, "no function backward");
    REFUSED((type.options = options, type.num_options = 33), "at most 32 options, found 33");
    REFUSED(type.options = NULL, "options");
    options[1] = full_options[1];
    REFUSED(type.options = options, "option 0 needs a name");
    options[0].name = "output_dim";
    REFUSED(type.options = options, "a name of its own");
    options[0].name = "shift";
    REFUSED(type.options = options, "two options are named shift");
    options[0] = (struct difflut_node_option){"x", 3, 0, 2, NULL};
    REFUSED(type.options = options, "option x: 3 is not in its range 0 to 2");
    options[0] = (struct difflut_node_option){"x", NAN, 0, 2, NULL};
    REFUSED(type.options = options, "option x: nan");
    options[0] = (struct difflut_node_option){"x", 0, -INFINITY, 2, NULL};
    REFUSED(type.options = options, "option x");
#undef REFUSED
    GOOD(difflut_register_node(b->lut, &full, &b->err));
    BAD(difflut_register_node(b->lut, &full, &b->err), DIFFLUT_ARG, "already");
}

/* --- own node types --- */

/* Ours and the library's linear_lut: the same draws, so the same start; training then goes the same way
 * but for rounding. */
static void test_own_node_is_like_the_librarys(void **state)
{
    struct bench *b = *state;
    static const char *const tails[] = {"layer_type: random\n",
                                        "layer_type: random\nnode_config: {output_dim: 3}\n",
                                        "layer_type: learnable\n"};
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);

    GOOD(difflut_register_node(b->lut, &line, &b->err));
    for (size_t k = 0; k < sizeof tails / sizeof tails[0]; k++) {
        struct difflut_model *models[2];
        float logits[2][TEST * CLASSES];

        for (int i = 0; i < 2; i++) {
            char lines[512];

            snprintf(lines, sizeof lines, "node_type: %s\n%straining: {epochs: 2, seed: 3}\n",
                     i == 0 ? "linear_lut" : "my_line", tails[k]);
            models[i] = model_of(b, lines);
            GOOD(difflut_train(models[i], b->data, NULL, NULL, &b->err));
            GOOD(difflut_forward_soft(models[i], test.codes, test.count, logits[i], &b->err));
        }
        for (size_t i = 0; i < TEST * CLASSES; i++)
            assert_float_equal(logits[0][i], logits[1][i], 2e-3);
        assert_float_equal(hard_accuracy(b, models[0]), hard_accuracy(b, models[1]), 0.04);
        difflut_model_free(models[0]);
        difflut_model_free(models[1]);
    }
}

static void test_own_node_refuses(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = NULL;
    char yaml[2048];

    GOOD(difflut_register_node(b->lut, &line, &b->err));
    GOOD(difflut_register_node(b->lut, &full, &b->err));
    yaml_of(yaml, sizeof yaml, "layer_type: random\nnode_type: my_lime\n");
    BAD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err), DIFFLUT_ARG,
        "did you mean my_line?");
    memcpy(strstr(yaml, "my_lime"), "my_line", 7);
    memcpy(strstr(yaml, "input_dim: 4"), "input_dim: 7", 12);
    BAD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err), DIFFLUT_ARG,
        "my_line nodes cannot have 7 inputs and 1 outputs");
    yaml_of(yaml, sizeof yaml,
            "layer_type: random\nnode_type: my_line\nruntime: {init_fn: residual}\n");
    BAD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err), DIFFLUT_ARG,
        "my_line nodes have no start named 'residual'");
    yaml_of(yaml, sizeof yaml,
            "layer_type: random\nnode_type: full_line\nnode_config: {scale: 3}\n");
    BAD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err), DIFFLUT_ARG, "scale");
    yaml_of(yaml, sizeof yaml,
            "layer_type: random\nnode_type: full_line\nnode_config: {sale: 1}\n");
    BAD(difflut_model_parse(b->lut, yaml, "small", &model, &b->err), DIFFLUT_ARG,
        "did you mean scale?");
    assert_null(model);
}

/* Residual start: input 0 goes through; the penalty is in the loss; a saved model comes back. */
static void test_own_node_with_everything(void **state)
{
    struct bench *b = *state;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_model *model, *again = NULL;
    uint32_t scores[2][TEST * CLASSES];
    double loss = 0;

    GOOD(difflut_register_node(b->lut, &full, &b->err));
    model = model_of(b, "layer_type: random\nnode_type: full_line\nnode_config: {scale: 0.5}\n"
                        "runtime: {init_fn: residual}\ntraining: {epochs: 1}\n");
    GOOD(difflut_regularization(model, &loss, &b->err));
    assert_true(loss > 0);
    GOOD(difflut_train(model, b->data, NULL, NULL, &b->err));
    GOOD(difflut_model_save(model, b->scratch.folder, &b->err));
    GOOD(difflut_model_open(b->lut, b->scratch.folder, NULL, 0, &again, &b->err));
    GOOD(difflut_forward_hard(model, test.codes, TEST, scores[0], NULL, &b->err));
    GOOD(difflut_forward_hard(again, test.codes, TEST, scores[1], NULL, &b->err));
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    difflut_model_free(model);
    difflut_model_free(again);
}

/* --- models --- */

static void test_create(void **state)
{
    struct bench *b = *state;
    static const char *const good[] = {"runtime.temperature=0.5", "training.epochs=1"};
    static const char *const bad[] = {"training.epochs=1", "layer_widths=[3]"};
    const char *path = scratch_path(&b->scratch, "made.yaml");
    struct difflut_model *model = NULL;
    char yaml[2048], *text = NULL;

    BAD(difflut_model_create(b->lut, path, NULL, 0, &model, &b->err), DIFFLUT_IO, "made.yaml");
    yaml_of(yaml, sizeof yaml, standard);
    assert_int_equal(file_write(path, yaml, strlen(yaml), NULL), ERR_OK);
    BAD(difflut_model_create(b->lut, path, bad, 2, &model, &b->err), DIFFLUT_ARG, "structural");
    assert_null(model);
    GOOD(difflut_model_create(b->lut, path, good, 2, &model, &b->err));
    GOOD(difflut_model_yaml(model, &text, &b->err));
    assert_non_null(strstr(text, "name: made\n"));
    assert_non_null(strstr(text, "temperature: 0.5\n"));
    difflut_model_free(model);

    model = NULL;
    GOOD(difflut_model_parse(b->lut, text, "again", &model, &b->err));
    difflut_model_free(model);
    free(text);
    model = NULL;
    BAD(difflut_model_parse(b->lut, "x: 1\n", "again", &model, &b->err), DIFFLUT_ARG, "again:1");
    BAD(difflut_model_parse(b->lut, "x: [\n", "again", &model, &b->err), DIFFLUT_ARG, "again");
    yaml_of(yaml, sizeof yaml, "node_type: dwn\nlayer_type: random\nruntime: {init_fn: nothing}\n");
    BAD(difflut_model_parse(b->lut, yaml, "again", &model, &b->err), DIFFLUT_ARG, "nothing");
    yaml_of(yaml, sizeof yaml,
            "node_type: dwn\nlayer_type: random\npretrained: true\npretrained_name: no_such\n");
    BAD(difflut_model_parse(b->lut, yaml, "again", &model, &b->err), DIFFLUT_ARG,
        "no model 'no_such'");
    BAD(difflut_model_open(b->lut, "no_such", NULL, 0, &model, &b->err), DIFFLUT_ARG,
        "no model 'no_such'");
    assert_null(model);
}

static void test_info(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(
        b, "node_type: probabilistic\nlayer_type: learnable\nlayer_config: {candidates: 5}\n"
           "results: {accuracy_hard: 0.75}\n");
    struct difflut_model_info info;
    struct difflut_layer_info layer;

    difflut_model_info(model, &info);
    assert_string_equal(info.name, "small");
    assert_string_equal(info.model_type, "feedforward");
    assert_string_equal(info.dataset, "small");
    assert_string_equal(info.encoder, "thermometer");
    assert_int_equal(info.num_features, FEATURES);
    assert_int_equal(info.code_bits, 6);
    assert_int_equal(info.num_bits, 3 * FEATURES);
    assert_int_equal(info.num_classes, CLASSES);
    assert_int_equal(info.num_layers, 2);
    assert_int_equal(info.num_luts, 24 + 18);
    assert_int_equal(info.num_parameters, (24 + 18) * (16 + 4 * 5));
    assert_false(info.fitted);
    assert_float_equal(info.accuracy_hard, 0.75, 0);
    assert_true(isnan(info.accuracy_soft));
    assert_int_equal(strlen(info.structural_hash), 64);
    assert_string_equal(info.model_hash, "");
    GOOD(difflut_model_layer(model, 1, &layer, &b->err));
    assert_string_equal(layer.node_type, "probabilistic");
    assert_int_equal(layer.num_inputs, 4);
    assert_int_equal(layer.num_outputs, 1);
    assert_int_equal(layer.num_nodes, 18);
    assert_int_equal(layer.num_places, 1);
    assert_true(layer.learned_wires);
    BAD(difflut_model_layer(model, 2, &layer, &b->err), DIFFLUT_ARG, "layers 0 to 1");
    difflut_model_free(model);
}

/* Temperature and tau take effect at once, on the soft pass only. */
static void test_set(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard);
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    float logits[4][TEST * CLASSES];
    uint32_t scores[2][TEST * CLASSES];
    struct difflut_model_info info;

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[0], &b->err));
    GOOD(difflut_forward_hard(model, test.codes, TEST, scores[0], NULL, &b->err));
    GOOD(difflut_model_set(model, "runtime.temperature=0.25", &b->err));
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[1], &b->err));
    GOOD(difflut_forward_hard(model, test.codes, TEST, scores[1], NULL, &b->err));
    assert_memory_not_equal(logits[0], logits[1], sizeof logits[0]);
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    GOOD(difflut_model_set(model, "runtime.tau=3", &b->err));
    difflut_model_info(model, &info);
    assert_float_equal(info.tau, 3, 0);
    GOOD(difflut_model_set(model, "runtime.tau=0", &b->err));
    difflut_model_info(model, &info);
    assert_float_equal(info.tau, sqrt(6) / 2, 1e-12);
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[2], &b->err));
    assert_memory_equal(logits[1], logits[2], sizeof logits[1]);

    BAD(difflut_model_set(model, "num_classes=5", &b->err), DIFFLUT_ARG, "structural");
    BAD(difflut_model_set(model, "runtime.temperature=-1", &b->err), DIFFLUT_ARG, "temperature");
    BAD(difflut_model_set(model, "runtime.temprature=1", &b->err), DIFFLUT_ARG, "did you mean");
    BAD(difflut_model_set(model, "nonsense", &b->err), DIFFLUT_ARG, "nonsense");
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[3], &b->err));
    assert_memory_equal(logits[1], logits[3], sizeof logits[1]);

    assert_int_equal(difflut_model_mode(model).pass, DIFFLUT_HARD);
    GOOD(difflut_model_set(model, "runtime.eval_mode=sampling", &b->err));
    assert_int_equal(difflut_model_mode(model).pass, DIFFLUT_SAMPLED);
    GOOD(difflut_model_set(model, "runtime.eval_mode=expectation", &b->err));
    assert_int_equal(difflut_model_mode(model).pass, DIFFLUT_SOFT);
    difflut_model_free(model);
}

static void test_save_and_load(void **state)
{
    struct bench *b = *state;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_model *model = model_of(b, standard), *again = NULL, *other;
    uint32_t scores[2][TEST * CLASSES];
    struct difflut_model_info info[2];
    char path[512];

    BAD(difflut_model_save(model, b->scratch.folder, &b->err), DIFFLUT_ARG, "no fitted encoder");
    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_model_save(model, b->scratch.folder, &b->err));
    GOOD(difflut_model_open(b->lut, b->scratch.folder, NULL, 0, &again, &b->err));
    difflut_model_info(model, &info[0]);
    difflut_model_info(again, &info[1]);
    assert_string_equal(info[0].model_hash, info[1].model_hash);
    GOOD(difflut_forward_hard(model, test.codes, TEST, scores[0], NULL, &b->err));
    difflut_model_free(again);

    again = model_of(b, "node_type: probabilistic\nlayer_type: random\ntraining: {seed: 99}\n");
    snprintf(path, sizeof path, "%s/small.safetensors", b->scratch.folder);
    GOOD(difflut_model_load_weights(again, path, &b->err));
    GOOD(difflut_forward_hard(again, test.codes, TEST, scores[1], NULL, &b->err));
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);

    other = model_of(b, "node_type: dwn\nlayer_type: random\n");
    BAD(difflut_model_load_weights(other, path, &b->err), DIFFLUT_ARG, "node_type");
    BAD(difflut_model_load_weights(other, "no/such.safetensors", &b->err), DIFFLUT_IO, "no/such");
    BAD(difflut_model_save(model, "/proc/no/folder", &b->err), DIFFLUT_IO, "/proc/no");
    difflut_model_free(other);
    difflut_model_free(model);
    difflut_model_free(again);
}

static void test_pretrained(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard), *other = NULL;
    struct difflut_model_info *list = NULL;
    size_t count = 0, found = 0;
    char yaml[2048];

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_model_save(model, b->scratch.folder, &b->err));
    setenv("DIFFLUT_PRETRAINED", b->scratch.folder, 1);
    GOOD(difflut_pretrained(b->lut, &list, &count, &b->err));
    for (size_t i = 0; i < count; i++) {
        found += strcmp(list[i].name, "small") == 0;
        assert_true(i == 0 || strcmp(list[i - 1].name, list[i].name) < 0);
    }
    assert_int_equal(found, 1);
    free(list);

    yaml_of(yaml, sizeof yaml,
            "node_type: probabilistic\nlayer_type: random\npretrained: true\n"
            "pretrained_name: small\nname: mine\n");
    GOOD(difflut_model_parse(b->lut, yaml, "mine", &other, &b->err));
    assert_float_equal(hard_accuracy(b, model), hard_accuracy(b, other), 0);
    difflut_model_free(other);

    assert_int_equal(file_write(scratch_path(&b->scratch, "small.safetensors"), "x", 1, NULL),
                     ERR_OK);
    BAD(difflut_pretrained(b->lut, &list, &count, &b->err), DIFFLUT_FORMAT, "small.safetensors");
    unsetenv("DIFFLUT_PRETRAINED");
    difflut_model_free(model);
}

/* --- data --- */

static void test_data_create_refuses(void **state)
{
    struct bench *b = *state;
    uint16_t codes[2 * FEATURES] = {0}, labels[2] = {0, 2};
    struct difflut_samples samples = {2, codes, labels}, unlabelled = {2, codes, NULL};
    struct difflut_data_shape bad;
    struct difflut_data *data = NULL;

#define REFUSED(change, words)                                                                     \
    do {                                                                                           \
        bad = shape;                                                                               \
        change;                                                                                    \
        BAD(difflut_data_create("bad", &bad, &samples, NULL, &data, &b->err), DIFFLUT_ARG, words); \
    } while (0)
    REFUSED(bad.num_features = 0, "num_features: expected 1");
    REFUSED(bad.num_features = SIZE_MAX, "num_features: expected 1");
    REFUSED(bad.num_classes = 1, "num_classes: expected 2");
    REFUSED(bad.num_classes = 65536, "num_classes: expected 2");
    REFUSED(bad.code_bits = 0, "bits");
    REFUSED(bad.code_bits = 17, "bits");
    REFUSED(bad.height = 3, "has not 12 features");
    REFUSED((bad.channels = SIZE_MAX, bad.height = 4, bad.width = 3), "has not 12 features");
    REFUSED(codes[FEATURES + 3] = 64, "sample 1, feature 3: code 64 is over 63");
    codes[FEATURES + 3] = 63;
    REFUSED(labels[1] = 3, "sample 1: label 3, but there are 3 classes");
    labels[1] = 2;
#undef REFUSED
    BAD(difflut_data_create("bad", &shape, &unlabelled, NULL, &data, &b->err), DIFFLUT_ARG,
        "samples without labels");
    BAD(difflut_data_create("bad", &shape, &samples, &unlabelled, &data, &b->err), DIFFLUT_ARG,
        "samples without labels");
    assert_null(data);
}

static bool same_shape(const struct difflut_data_shape *a, const struct difflut_data_shape *b)
{
    return a->num_features == b->num_features && a->num_classes == b->num_classes &&
           a->code_bits == b->code_bits && a->channels == b->channels && a->height == b->height &&
           a->width == b->width;
}

static void test_data_shape(void **state)
{
    struct bench *b = *state;
    uint16_t codes[2 * FEATURES] = {[FEATURES] = 9}, labels[2] = {0, 2};
    struct difflut_samples samples = {2, codes, labels}, back;
    struct difflut_data_shape image = shape, found;
    struct difflut_data *data = NULL;

    image.channels = 1;
    image.height = 4;
    image.width = 3;
    GOOD(difflut_data_create("image", &image, &samples, NULL, &data, &b->err));
    found = difflut_data_shape(data);
    assert_true(same_shape(&found, &image));
    back = difflut_data_split(data, DIFFLUT_TRAIN);
    assert_int_equal(back.count, 2);
    assert_memory_equal(back.codes, codes, sizeof codes);
    assert_memory_equal(back.labels, labels, sizeof labels);
    assert_int_equal(difflut_data_split(data, DIFFLUT_TEST).count, 0);
    difflut_data_free(data);
    found = difflut_data_shape(b->data);
    assert_true(same_shape(&found, &shape));
}

/* Whole numbers that fit are their own codes; other columns are stretched over all codes. */
static void test_data_of_reals(void **state)
{
    struct bench *b = *state;
    struct difflut_data_shape two = {.num_features = 2, .num_classes = 2, .code_bits = 4};
    double x[] = {3, -1.0, 15, 1.0, 0, 0.5, 7, 9.0}, nan[] = {1, 2, NAN, 3};
    uint16_t labels[] = {0, 1, 1, 0};
    static const uint16_t train[] = {3, 0, 15, 15, 0, 11};
    static const uint16_t test[] = {7, 15}; /* 9 is beyond what training saw */
    struct difflut_data *data = NULL;

    GOOD(difflut_data_create_real("real", &two, x, labels, 4, 1, &data, &b->err));
    assert_int_equal(difflut_data_split(data, DIFFLUT_TRAIN).count, 3);
    assert_memory_equal(difflut_data_split(data, DIFFLUT_TRAIN).codes, train, sizeof train);
    assert_memory_equal(difflut_data_split(data, DIFFLUT_TEST).codes, test, sizeof test);
    assert_int_equal(difflut_data_split(data, DIFFLUT_TEST).labels[0], 0);
    difflut_data_free(data);

    data = NULL;
    BAD(difflut_data_create_real("real", &two, x, labels, 4, 4, &data, &b->err), DIFFLUT_ARG,
        "leave none to train on");
    BAD(difflut_data_create_real("real", &two, nan, labels, 2, 0, &data, &b->err), DIFFLUT_ARG,
        "sample 1, feature 0: not a finite number");
    BAD(difflut_data_create_real("real", &two, x, NULL, 2, 0, &data, &b->err), DIFFLUT_ARG,
        "without labels");
    labels[0] = 2;
    BAD(difflut_data_create_real("real", &two, x, labels, 2, 0, &data, &b->err), DIFFLUT_ARG,
        "label 2");
    two.num_features = 0;
    BAD(difflut_data_create_real("real", &two, x, labels, 2, 0, &data, &b->err), DIFFLUT_ARG,
        "num_features");
    assert_null(data);
}

static void test_data_load(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard);
    struct difflut_data *data = NULL;

    BAD(difflut_data_load(model, NULL, 0, &data, &b->err), DIFFLUT_ARG, "splits");
    BAD(difflut_data_load(model, NULL, 4, &data, &b->err), DIFFLUT_ARG, "splits");
    BAD(difflut_data_load(model, NULL, DIFFLUT_TEST, &data, &b->err), DIFFLUT_ARG, "small");
    assert_null(data);
    difflut_model_free(model);
}

/* --- use --- */

static void test_fit_refuses(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard);
    uint16_t codes[2 * (FEATURES + 1)] = {0}, labels[2] = {0};
    struct difflut_samples two = {2, codes, labels}, none = {0, NULL, NULL};
    struct difflut_data *data = NULL;

#define REFUSED(change, samples, words)                                                            \
    do {                                                                                           \
        struct difflut_data_shape bad = shape;                                                     \
        change;                                                                                    \
        GOOD(difflut_data_create("other", &bad, samples, NULL, &data, &b->err));                   \
        BAD(difflut_fit_encoder(model, data, &b->err), DIFFLUT_ARG, words);                        \
        BAD(difflut_train(model, data, NULL, NULL, &b->err), DIFFLUT_ARG, words);                  \
        difflut_data_free(data);                                                                   \
    } while (0)
    REFUSED(bad.num_features = FEATURES + 1, &two, "input_size: is 12");
    REFUSED(bad.num_classes = 4, &two, "num_classes: is 3");
    REFUSED(bad.code_bits = 8, &two, "codes of 8 bits");
    REFUSED((void)bad, &none, "no training samples");
#undef REFUSED
    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    for (int k = 0; k < 3; k++) {
        struct difflut_data_shape bad = shape;

        bad.num_features += k == 0;
        bad.num_classes += k == 1;
        bad.code_bits += k == 2;
        GOOD(difflut_data_create("other", &bad, &two, NULL, &data, &b->err));
        BAD(difflut_train(model, data, NULL, NULL, &b->err), DIFFLUT_ARG,
            "is not what model small");
        difflut_data_free(data);
    }
    difflut_model_free(model);
}

/* Every function that reads samples, on a model without an encoder and on a code that is too large. */
static void test_use_refuses(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard);
    uint16_t codes[FEATURES] = {[5] = 64}, label = 0;
    struct difflut_samples sample = {1, codes, &label}, unlabelled = {1, codes, NULL};
    struct difflut_mode mode = {.pass = DIFFLUT_HARD};
    uint32_t scores[CLASSES];
    uint8_t bits[3 * FEATURES];
    float logits[CLASSES];
    double x[FEATURES] = {0}, accuracy;
    char *text = NULL;
    struct difflut_cost cost;

    for (int fitted = 0; fitted < 2; fitted++) {
        const char *words = fitted ? "feature 5: code 64 is over 63" : "no fitted encoder yet";

        if (fitted) GOOD(difflut_fit_encoder(model, b->data, &b->err));
        BAD(difflut_encode(model, codes, 1, bits, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_forward_hard(model, codes, 1, scores, NULL, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_forward_soft(model, codes, 1, logits, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_forward_sampled(model, codes, 1, 1, logits, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_accuracy(model, &sample, NULL, &accuracy, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_cosim(model, "x", "icarus", codes, 1, NULL, &b->err), DIFFLUT_ARG, words);
        if (fitted) break;
        BAD(difflut_codes(model, x, 1, codes, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_cost(model, &cost, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_netlist(model, &text, &b->err), DIFFLUT_ARG, words);
        BAD(difflut_emit(model, b->scratch.folder, NULL, &b->err), DIFFLUT_ARG,
            "no fitted encoder");
    }
    codes[5] = 63;
    BAD(difflut_accuracy(model, &unlabelled, NULL, &accuracy, &b->err), DIFFLUT_ARG,
        "without labels");
    mode.flip_probability = 1.5;
    BAD(difflut_accuracy(model, &sample, &mode, &accuracy, &b->err), DIFFLUT_ARG,
        "flip_probability");
    mode.pass = (enum difflut_pass)7;
    BAD(difflut_accuracy(model, &sample, &mode, &accuracy, &b->err), DIFFLUT_ARG, "found 7");
    difflut_model_free(model);

    model = model_of(b, "node_type: dwn\nlayer_type: random\n"
                        "runtime: {regularizers: {no_such: {weight: 1}}}\n");
    BAD(difflut_regularization(model, &accuracy, &b->err), DIFFLUT_ARG, "no_such");
    difflut_model_free(model);
}

static void test_passes_agree(void **state)
{
    struct bench *b = *state;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_model *model = model_of(b, standard);
    struct difflut_mode mode = {.pass = DIFFLUT_SAMPLED, .seed = 5};
    uint8_t bits[TEST * 3 * FEATURES];
    uint32_t scores[TEST * CLASSES], classes[2][TEST];
    float logits[3][TEST * CLASSES];
    double x[FEATURES], accuracy[3], right = 0;
    uint16_t codes[FEATURES];

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_encode(model, test.codes, TEST, bits, &b->err));
    for (size_t i = 0; i < sizeof bits; i++)
        assert_true(bits[i] <= 1);
    GOOD(difflut_forward_hard(model, test.codes, TEST, scores, classes[0], &b->err));
    GOOD(difflut_forward_hard(model, test.codes, TEST, NULL, classes[1], &b->err));
    assert_memory_equal(classes[0], classes[1], sizeof classes[0]);
    for (size_t i = 0; i < TEST; i++) {
        for (size_t c = 0; c < CLASSES; c++)
            assert_true(scores[i * CLASSES + c] <= scores[i * CLASSES + classes[0][i]]);
        right += classes[0][i] == test.labels[i];
    }
    assert_float_equal(hard_accuracy(b, model), right / TEST, 1e-12);
    difflut_model_set_threads(model, 1);
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[0], &b->err));
    difflut_model_set_threads(model, 3);
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[1], &b->err));
    assert_memory_equal(logits[0], logits[1], sizeof logits[0]);
    GOOD(difflut_forward_sampled(model, test.codes, TEST, 5, logits[1], &b->err));
    GOOD(difflut_forward_sampled(model, test.codes, TEST, 6, logits[2], &b->err));
    assert_memory_not_equal(logits[1], logits[2], sizeof logits[1]);
    GOOD(difflut_accuracy(model, &test, &mode, &accuracy[0], &b->err));
    GOOD(difflut_accuracy(model, &test, &mode, &accuracy[1], &b->err));
    assert_float_equal(accuracy[0], accuracy[1], 0);
    mode = (struct difflut_mode){.pass = DIFFLUT_HARD, .flip_probability = 0.5, .seed = 1};
    GOOD(difflut_accuracy(model, &test, &mode, &accuracy[2], &b->err));
    for (size_t f = 0; f < FEATURES; f++)
        x[f] = f == 0 ? 1e9 : (double)f;
    GOOD(difflut_codes(model, x, 1, codes, &b->err));
    assert_int_equal(codes[0], 63);
    assert_int_equal(codes[7], 7);
    difflut_model_free(model);
}

/* --- training --- */

struct heard {
    size_t batches, epochs, lines;
    double loss;
    volatile sig_atomic_t stop;
    size_t stop_after; /* batches */
};

static void hear(const struct difflut_progress *progress, void *user)
{
    struct heard *heard = user;

    heard->loss = progress->loss;
    if (progress->epoch_done) {
        heard->epochs++;
    } else if (++heard->batches == heard->stop_after) {
        heard->stop = 1;
    }
}

static void hear_line(bool warning, const char *message, void *user)
{
    struct heard *heard = user;

    (void)warning;
    assert_true(strlen(message) > 0);
    heard->lines++;
}

static void test_train(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(
        b, "node_type: probabilistic\nlayer_type: random\ntraining: {epochs: 6, batch_size: 32, "
           "learning_rate: 0.1}\n");
    struct heard heard = {0};
    struct difflut_train_options options = {
        .progress = hear, .tell = hear_line, .user = &heard, .stop = &heard.stop};
    struct difflut_train_result result;

    GOOD(difflut_train(model, b->data, &options, &result, &b->err));
    assert_int_equal(result.epochs, 6);
    assert_int_equal(heard.epochs, 6);
    assert_true(heard.batches >= 6 * 216 / 32);
    assert_true(result.best_epoch >= 1 && result.best_epoch <= 6);
    assert_true(hard_accuracy(b, model) > 0.8);
    difflut_model_free(model);

    model = model_of(b, "node_type: linear_lut\nlayer_type: random\nruntime: {tau: 1e-45}\n");
    BAD(difflut_train(model, b->data, NULL, NULL, &b->err), DIFFLUT_DIFF, "not finite");
    difflut_model_free(model);
}

/* init_fn makes the start of a fresh model, and is not applied again to one that has learned. */
static void test_train_on(void **state)
{
    struct bench *b = *state;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_model *model =
        model_of(b, "node_type: probabilistic\nlayer_type: random\nruntime: {init_fn: normal}\n"
                    "training: {epochs: 0}\n");
    float logits[3][TEST * CLASSES];

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[0], &b->err));
    GOOD(difflut_model_set(model, "runtime.init_fn=zeros", &b->err));
    GOOD(difflut_train(model, b->data, NULL, NULL, &b->err));
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[1], &b->err));
    assert_memory_not_equal(logits[0], logits[1], sizeof logits[0]);
    GOOD(difflut_model_set(model, "runtime.init_fn=normal", &b->err));
    GOOD(difflut_train(model, b->data, NULL, NULL, &b->err));
    GOOD(difflut_forward_soft(model, test.codes, TEST, logits[2], &b->err));
    assert_memory_equal(logits[1], logits[2], sizeof logits[1]);
    difflut_model_free(model);
}

static void hash_of(struct bench *b, struct difflut_model *model, char hash[65])
{
    struct difflut_model_info info;

    GOOD(difflut_model_save(model, b->scratch.folder, &b->err));
    difflut_model_info(model, &info);
    memcpy(hash, info.model_hash, 65);
}

/* Stopped in the middle and resumed by a fresh model: the weights of an unbroken run. */
static void test_stop_and_resume(void **state)
{
    struct bench *b = *state;
    const char *lines = "node_type: probabilistic\nlayer_type: random\n"
                        "training: {epochs: 3, batch_size: 32}\n";
    struct difflut_model *whole = model_of(b, lines), *broken = model_of(b, lines);
    struct heard heard = {.stop_after = 9};
    char path[512], hash[2][65];
    struct difflut_train_options options = {
        .progress = hear, .user = &heard, .checkpoint = path, .stop = &heard.stop};

    snprintf(path, sizeof path, "%s/training.checkpoint", b->scratch.folder);
    GOOD(difflut_train(whole, b->data, NULL, NULL, &b->err));
    assert_int_equal(difflut_train(broken, b->data, &options, NULL, &b->err), DIFFLUT_TOOL);
    difflut_model_free(broken);
    broken = model_of(b, lines);
    options.stop = NULL;
    options.resume = true;
    GOOD(difflut_train(broken, b->data, &options, NULL, &b->err));
    hash_of(b, whole, hash[0]);
    hash_of(b, broken, hash[1]);
    assert_string_equal(hash[0], hash[1]);
    difflut_model_free(whole);
    difflut_model_free(broken);
}

/* The first layer goes to a model of two classes; the head is its own. */
static void test_transfer(void **state)
{
    struct bench *b = *state;
    struct difflut_model *from = model_of(b, standard), *to = NULL, *other;
    bool copied[2] = {false, true};
    char yaml[2048];

    GOOD(difflut_train(from, b->data, NULL, NULL, &b->err));
    yaml_of(yaml, sizeof yaml, standard);
    memcpy(strstr(yaml, "num_classes: 3"), "num_classes: 2", 14);
    GOOD(difflut_model_parse(b->lut, yaml, "two", &to, &b->err));
    GOOD(difflut_transfer(to, from, copied, &b->err));
    assert_true(copied[0]);
    assert_false(copied[1]);
    GOOD(difflut_transfer(to, from, NULL, &b->err));
    other = model_of(b, "node_type: dwn\nlayer_type: random\n");
    copied[1] = true;
    BAD(difflut_transfer(other, from, copied, &b->err), DIFFLUT_ARG,
        "nothing of small fits small: layer 0");
    assert_true(copied[1]);
    difflut_model_free(from);
    difflut_model_free(to);
    difflut_model_free(other);
}

/* --- threads --- */

struct job {
    const char *node_type;
    char folder[300];
    char hash[65];
    struct difflut_error err;
    enum difflut_status status;
};

/* A whole life on a context of its own. */
static void *run_job(void *user)
{
    struct job *job = user;
    uint16_t codes[TRAIN * FEATURES], labels[TRAIN];
    struct difflut_samples train = {TRAIN, codes, labels};
    struct difflut *lut = NULL;
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    struct difflut_model_info info;
    char yaml[2048], lines[256];

    snprintf(lines, sizeof lines,
             "node_type: %s\nlayer_type: random\nname: %s\n"
             "training: {epochs: 3, batch_size: 32}\n",
             job->node_type, job->node_type);
    yaml_of(yaml, sizeof yaml, lines);
    draw(codes, labels, TRAIN, 1);
    job->status = difflut_create(&lut, &job->err);
    if (job->status == DIFFLUT_OK) job->status = difflut_register_node(lut, &line, &job->err);
    if (job->status == DIFFLUT_OK)
        job->status = difflut_model_parse(lut, yaml, "job", &model, &job->err);
    if (job->status == DIFFLUT_OK)
        job->status = difflut_data_create("small", &shape, &train, NULL, &data, &job->err);
    if (job->status == DIFFLUT_OK) job->status = difflut_train(model, data, NULL, NULL, &job->err);
    if (job->status == DIFFLUT_OK) job->status = difflut_model_save(model, job->folder, &job->err);
    if (job->status == DIFFLUT_OK) {
        difflut_model_info(model, &info);
        memcpy(job->hash, info.model_hash, sizeof job->hash);
    }
    difflut_data_free(data);
    difflut_model_free(model);
    difflut_free(lut);
    return NULL;
}

/* Two threads, each with its own model: what each gets alone. */
static void test_two_threads(void **state)
{
    struct bench *b = *state;
    static const char *const types[2] = {"probabilistic", "my_line"};
    struct job alone[2] = {{0}}, together[2] = {{0}};
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        alone[i].node_type = together[i].node_type = types[i];
        snprintf(alone[i].folder, sizeof alone[i].folder, "%s/alone", b->scratch.folder);
        snprintf(together[i].folder, sizeof together[i].folder, "%s/together", b->scratch.folder);
        run_job(&alone[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, run_job, &together[i]), 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (int i = 0; i < 2; i++) {
            if (together[i].status != DIFFLUT_OK) fail_msg("%s", together[i].err.message);
            assert_string_equal(alone[i].hash, together[i].hash);
        }
    }
}

/* One model read by two threads at the same time. */
struct reading {
    const struct difflut_model *model;
    struct difflut_samples samples;
    uint32_t scores[TEST * CLASSES];
};

static void *read_model(void *user)
{
    struct reading *reading = user;

    for (int i = 0; i < 20; i++)
        difflut_forward_hard(reading->model, reading->samples.codes, reading->samples.count,
                             reading->scores, NULL, NULL);
    return NULL;
}

static void test_one_model_read_by_two(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard);
    struct reading readings[2];
    pthread_t thread;

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    for (int i = 0; i < 2; i++) {
        readings[i].model = model;
        readings[i].samples = difflut_data_split(b->data, DIFFLUT_TEST);
    }
    assert_int_equal(pthread_create(&thread, NULL, read_model, &readings[0]), 0);
    read_model(&readings[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_memory_equal(readings[0].scores, readings[1].scores, sizeof readings[0].scores);
    difflut_model_free(model);
}

/* --- hardware --- */

static void test_hardware(void **state)
{
    struct bench *b = *state;
    struct difflut_model *model = model_of(b, standard), *copy = NULL;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    char folder[400], path[600], id[17], again[17], *text = NULL;
    struct difflut_cost cost;

    GOOD(difflut_fit_encoder(model, b->data, &b->err));
    GOOD(difflut_cost(model, &cost, &b->err));
    assert_int_equal(cost.luts,
                     cost.luts_encoder + cost.luts_layers + cost.luts_group_sum + cost.luts_argmax);
    assert_true(cost.luts_layers > 0 && cost.latency_cycles > 0 && cost.registers > 0);
    GOOD(difflut_netlist(model, &text, &b->err));
    assert_non_null(strstr(text, "small"));
    free(text);

    snprintf(folder, sizeof folder, "%s/deep/rtl", b->scratch.folder);
    GOOD(difflut_emit(model, folder, id, &b->err));
    GOOD(difflut_emit(model, folder, again, &b->err));
    assert_string_equal(id, again);
    snprintf(path, sizeof path, "%s/model/small.yaml", folder);
    GOOD(difflut_model_open(b->lut, path, NULL, 0, &copy, &b->err));
    difflut_model_free(copy);
    BAD(difflut_emit(model, b->scratch.folder, NULL, &b->err), DIFFLUT_IO, b->scratch.folder);
    BAD(difflut_emit(model, "/proc/no/folder", NULL, &b->err), DIFFLUT_IO, "/proc/no");

    BAD(difflut_cosim(model, folder, "modelsim", test.codes, 5, NULL, &b->err), DIFFLUT_ARG,
        "modelsim");
    BAD(difflut_cosim(model, b->scratch.folder, "icarus", test.codes, 5, NULL, &b->err), DIFFLUT_IO,
        "manifest.json");
    GOOD(difflut_train(model, b->data, NULL, NULL, &b->err));
    BAD(difflut_cosim(model, folder, "icarus", test.codes, 5, NULL, &b->err), DIFFLUT_FORMAT,
        "not from this one (never saved)");
    assert_int_equal(file_write(path, "x", 1, NULL), ERR_OK);
    BAD(difflut_cosim(model, folder, "icarus", test.codes, 5, NULL, &b->err), DIFFLUT_FORMAT,
        "small.yaml");
    difflut_model_free(model);
}

static bool is_there(const char *program)
{
    const char *path = getenv("PATH");

    for (; path != NULL && *path != '\0'; path += *path == ':') {
        size_t length = strcspn(path, ":");
        char name[1024];

        snprintf(name, sizeof name, "%.*s/%s", (int)length, path, program);
        if (access(name, X_OK) == 0) return true;
        path += length;
    }
    return false;
}

/* A node type whose bits turn over once `turned` is set: hardware made before must then differ. */
static bool turned;

static bool turning_hard_bit(const struct difflut_node *node, const float *params, unsigned output,
                             uint32_t address, double *margin)
{
    return full_hard_bit(node, params, output, address, margin) != turned;
}

static void test_cosim(void **state)
{
    struct bench *b = *state;
    struct difflut_samples test = difflut_data_split(b->data, DIFFLUT_TEST);
    struct difflut_node_type turning = full;
    struct difflut_cosim_result result = {0};
    struct difflut_model *model;
    char folder[400];

    if (!is_there("iverilog")) skip();
    turning.name = "turning";
    turning.hard_bit = turning_hard_bit;
    GOOD(difflut_register_node(b->lut, &turning, &b->err));
    model = model_of(b, "node_type: turning\nlayer_type: random\ntraining: {epochs: 1}\n");
    turned = false;
    GOOD(difflut_train(model, b->data, NULL, NULL, &b->err));
    snprintf(folder, sizeof folder, "%s/rtl", b->scratch.folder);
    GOOD(difflut_emit(model, folder, NULL, &b->err));
    GOOD(difflut_cosim(model, folder, "icarus", test.codes, TEST, &result, &b->err));
    assert_int_equal(result.vectors, TEST);
    assert_int_equal(result.mismatches, 0);
    assert_string_equal(result.first, "");
    assert_non_null(strstr(result.tool, "Icarus"));
    turned = true;
    BAD(difflut_cosim(model, folder, "icarus", test.codes, TEST, &result, &b->err), DIFFLUT_DIFF,
        "of 60 vectors differ");
    assert_true(result.mismatches > 0);
    assert_non_null(strstr(result.first, "vector"));
    turned = false;
    difflut_model_free(model);
}

#define TEST_CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_CASE(test_context),
        TEST_CASE(test_register_refuses),
        TEST_CASE(test_own_node_is_like_the_librarys),
        TEST_CASE(test_own_node_refuses),
        TEST_CASE(test_own_node_with_everything),
        TEST_CASE(test_create),
        TEST_CASE(test_info),
        TEST_CASE(test_set),
        TEST_CASE(test_save_and_load),
        TEST_CASE(test_pretrained),
        TEST_CASE(test_data_create_refuses),
        TEST_CASE(test_data_shape),
        TEST_CASE(test_data_of_reals),
        TEST_CASE(test_data_load),
        TEST_CASE(test_fit_refuses),
        TEST_CASE(test_use_refuses),
        TEST_CASE(test_passes_agree),
        TEST_CASE(test_train),
        TEST_CASE(test_train_on),
        TEST_CASE(test_stop_and_resume),
        TEST_CASE(test_transfer),
        TEST_CASE(test_two_threads),
        TEST_CASE(test_one_model_read_by_two),
        TEST_CASE(test_hardware),
        TEST_CASE(test_cosim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
