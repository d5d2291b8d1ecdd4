/* Whole models of the original library (tests/golden/models) from real inputs to the class: encoder,
 * every bit or value of the hidden layers, logits, class; random and learned wires. Its class sums
 * (tests/golden/group_sum). And that no golden file is left out by any test: their counts. */
#include "base/file.h"
#include "encoder/encoder.h"
#include "model/group_sum.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "small_model.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SAMPLES = 64, FEATURES = 8, BITS = 3, CLASSES = 5 };

/* --- reading --- */

static const struct safetensors_tensor *tensor_of(const struct safetensors *file, const char *name,
                                                  size_t count)
{
    const struct safetensors_tensor *tensor = safetensors_find(file, name);

    if (tensor == NULL) fail_msg("no tensor %s", name);
    if (tensor->count != count)
        fail_msg("tensor %s has %zu elements, not %zu", name, tensor->count, count);
    return tensor;
}

static const float *floats(const struct safetensors *file, const char *name, size_t count)
{
    return tensor_of(file, name, count)->data;
}

static void load_wires(const struct safetensors *file, struct layer *layer, size_t l)
{
    size_t slots = layer->width * layer->desc.num_inputs;
    char name[96];

    if (layer->selection != NULL) {
        snprintf(name, sizeof name, "state.layers.%zu.mapping.W", l);
        memcpy(layer->selection->weights, floats(file, name, slots * layer->num_inputs),
               slots * layer->num_inputs * sizeof(float));
        return;
    }
    snprintf(name, sizeof name, "state.layers.%zu._mapping_indices", l);
    for (size_t i = 0; i < slots; i++)
        layer->wiring[i] = (uint32_t)((const int16_t *)tensor_of(file, name, slots)->data)[i];
}

static void load_layer(const struct safetensors *file, struct layer *layer, size_t l)
{
    char name[96];

    load_wires(file, layer, l);
    for (size_t node = 0; node < layer->width; node++) {
        for (size_t t = 0; t < layer->desc.num_tensors; t++) {
            const struct node_tensor *tensor = &layer->desc.tensors[t];

            snprintf(name, sizeof name, "state.layers.%zu.nodes.%zu.%s", l, node, tensor->name);
            memcpy(layer_params(layer, node) + tensor->offset, floats(file, name, tensor->count),
                   tensor->count * sizeof(float));
        }
    }
    layer_prepare(layer);
}

/* --- checks --- */

static void near(float found, float expected, const char *what, size_t at)
{
    if (fabsf(found - expected) > 1e-5F * fabsf(expected) + 1e-6F)
        fail_msg("%s %zu: %.9g, expected %.9g", what, at, (double)found, (double)expected);
}

static void check_encoder(const struct safetensors *file)
{
    uint8_t bits[SAMPLES * FEATURES * BITS];
    const float *encoded = floats(file, "encoded", sizeof bits);
    struct encoder *encoder = NULL;
    struct err err = {""};

    if (encoder_create(&encoder, "thermometer", FEATURES, BITS, &err) != ERR_OK ||
        encoder_set_state(encoder, "thresholds", FEATURES, BITS,
                          floats(file, "encoder.thresholds", (size_t)FEATURES * BITS),
                          &err) != ERR_OK)
        fail_msg("%s", err.message);
    encoder_encode_real(encoder, floats(file, "x", (size_t)SAMPLES * FEATURES), SAMPLES, bits);
    for (size_t i = 0; i < sizeof bits; i++)
        assert_int_equal(bits[i], encoded[i] > 0.5F);
    encoder_free(encoder);
}

/* One layer on the original's own inputs: its value at the address that their bits make. That is the
 * hard bit, but for fourier, whose hidden layers stay real numbers in the original. */
static void check_layer(const struct layer *layer, const float *in, const float *expected)
{
    bool real = strcmp(layer->desc.type->name, "fourier") == 0;
    size_t n = layer->desc.num_inputs;

    for (size_t i = 0; i < SAMPLES * layer->width; i++) {
        size_t node = i % layer->width;
        const float *row = in + i / layer->width * layer->num_inputs;
        uint32_t address = 0;
        bool bit;

        for (size_t j = 0; j < n; j++)
            address |= (uint32_t)(row[layer->wiring[node * n + j]] > 0.5F) << j;
        bit = layer->desc.type->hard_bit(&layer->desc, layer_params(layer, node), 0, address, NULL);
        assert_int_equal(bit, expected[i] > 0.5F);
        near(real ? layer_table(layer, node)[address] : (float)bit, expected[i], "hidden", i);
    }
}

/* The class sums of what the last layer gives, and their first maximum. */
static void check_head(const struct safetensors *file, double tau)
{
    static float in[20 * LAYER_TILE], logits[CLASSES * LAYER_TILE];
    const float *hidden = floats(file, "hidden1", (size_t)SAMPLES * 20);
    const float *expected = floats(file, "logits", (size_t)SAMPLES * CLASSES);
    const int64_t *class = tensor_of(file, "class", SAMPLES)->data;

    for (size_t i = 0; i < (size_t)SAMPLES * 20; i++)
        in[i % 20 * LAYER_TILE + i / 20] = hidden[i];
    group_sum_forward(in, 20, CLASSES, tau, logits, SAMPLES);
    for (size_t s = 0; s < SAMPLES; s++) {
        size_t best = 0;

        for (size_t c = 0; c < CLASSES; c++) {
            near(logits[c * LAYER_TILE + s], expected[s * CLASSES + c], "logit", s);
            if (logits[c * LAYER_TILE + s] > logits[best * LAYER_TILE + s]) best = c;
        }
        assert_int_equal(best, class[s]);
    }
}

/* The C reference from bits to class. The model's own features are the encoder's bits here. */
static void check_reference(const struct safetensors *file, const struct model *model,
                            const float *encoded)
{
    uint32_t scores[SAMPLES * CLASSES], classes[SAMPLES];
    uint16_t codes[SAMPLES * FEATURES * BITS];
    const float *logits = floats(file, "logits", (size_t)SAMPLES * CLASSES);
    struct err err = {""};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        codes[i] = encoded[i] > 0.5F;
    if (model_hard(model, codes, SAMPLES, 1, NULL, scores, classes, &err) != ERR_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < (size_t)SAMPLES * CLASSES; i++)
        near((float)((double)scores[i] / model->tau), logits[i], "reference logit", i);
    for (size_t s = 0; s < SAMPLES; s++)
        assert_int_equal(classes[s], ((const int64_t *)tensor_of(file, "class", SAMPLES)->data)[s]);
}

static void check_model(const char *path)
{
    struct safetensors *file = NULL;
    struct err err = {""};

    if (safetensors_read(&file, path, &err) != ERR_OK) fail_msg("%s", err.message);

    const char *node = safetensors_metadata(file, "node_type");
    struct small_shape shape = {.node = node,
                                .layer = safetensors_metadata(file, "layer_type"),
                                .encoder = "thermometer",
                                .features = FEATURES * BITS,
                                .bits = 1,
                                .code_bits = 1,
                                .classes = CLASSES,
                                .layers = 2,
                                .n = 4,
                                .width = {40, 20}};
    const char *options = strcmp(node, "polylut") == 0 ? "node_config: {degree: 2}\n"
                          : strcmp(node, "fourier") == 0
                              ? "compat: upstream\nnode_config: {use_all_frequencies: true}\n"
                              : "";
    char extra[96];
    struct config *config;
    struct dataset *data = small_dataset(&shape, SAMPLES, 1, 1);
    struct model *model;
    const float *encoded = floats(file, "encoded", (size_t)SAMPLES * FEATURES * BITS);

    snprintf(extra, sizeof extra, "runtime: {tau: 2.0}\n%s", options);
    config = small_config(&shape, extra);
    model = small_model(config, data);
    for (size_t l = 0; l < 2; l++)
        load_layer(file, model->layers[l], l);
    check_encoder(file);
    check_layer(model->layers[0], encoded, floats(file, "hidden0", (size_t)SAMPLES * 40));
    check_layer(model->layers[1], floats(file, "hidden0", (size_t)SAMPLES * 40),
                floats(file, "hidden1", (size_t)SAMPLES * 20));
    check_head(file, strtod(safetensors_metadata(file, "group_sum_tau"), NULL));
    if (strcmp(node, "fourier") != 0) check_reference(file, model, encoded);
    safetensors_free(file);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

static int is_golden(const struct dirent *entry)
{
    return strstr(entry->d_name, ".safetensors") != NULL;
}

/* Golden files of a folder, each given to `check` (may be NULL). */
static size_t for_each(const char *folder, void (*check)(const char *path))
{
    struct dirent **entries;
    char path[512];
    int count;

    snprintf(path, sizeof path, "tests/golden/%s", folder);
    count = scandir(path, &entries, is_golden, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "tests/golden/%s/%s", folder, entries[i]->d_name);
        if (check != NULL) check(path);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    return count > 0 ? (size_t)count : 0;
}

static void test_models(void **state)
{
    size_t cases = for_each("models", check_model);

    (void)state;
    print_message("# golden: %zu whole models\n", cases);
    assert_int_equal(cases, 16);
}

/* Against the original's numbers, also where the classes do not divide the width. */
static void test_golden_group_sum(void **state)
{
    static const char *const names[] = {"f20_k10", "f7_k7", "f12_k5", "f23_k10"};
    static float in[23 * LAYER_TILE], logits[10 * LAYER_TILE];

    (void)state;
    print_message("# golden: %zu group sums\n", sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct safetensors *file = NULL;
        const struct safetensors_tensor *x, *y;
        struct err err = {0};
        char path[128];
        double tau;

        snprintf(path, sizeof path, "tests/golden/group_sum/%s.safetensors", names[i]);
        if (safetensors_read(&file, path, &err) != ERR_OK) fail_msg("%s", err.message);
        x = safetensors_find(file, "x");
        y = safetensors_find(file, "y");
        tau = strtod(safetensors_metadata(file, "tau"), NULL);
        for (size_t k = 0; k < x->count; k++)
            in[k % x->shape[1] * LAYER_TILE + k / x->shape[1]] = ((const float *)x->data)[k];
        group_sum_forward(in, x->shape[1], y->shape[1], tau, logits, 16);
        for (size_t k = 0; k < y->count; k++) {
            float expected = ((const float *)y->data)[k];

            assert_float_equal(logits[k % y->shape[1] * LAYER_TILE + k / y->shape[1]], expected,
                               1e-5F * fabsf(expected) + 1e-6F);
        }
        safetensors_free(file);
    }
}

/* Every folder's test reads all of its files; this says that they are all there and that there is no
 * folder without a test. */
static void test_files(void **state)
{
    static const struct {
        const char *folder, *test;
        size_t count;
    } folders[] = {
        {"nodes", "test_node", 168},
        {"residual_init", "test_node", 27},
        {"encoders", "test_encoder_golden", 39},
        {"regularizers", "test_regularizer", 21},
        {"layers", "test_layer, test_train", 8},
        {"models", "here", 16},
        {"group_sum", "here", 4},
    };
    size_t total = 0, found = 0;
    DIR *dir = opendir("tests/golden");
    const struct dirent *entry;

    (void)state;
    assert_non_null(dir);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t count = for_each(folders[i].folder, NULL);

        print_message("# golden: %zu files in %s (%s)\n", count, folders[i].folder,
                      folders[i].test);
        assert_int_equal(count, folders[i].count);
        total += count;
    }
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.') found += for_each(entry->d_name, NULL);
    closedir(dir);
    print_message("# golden: %zu files\n", total);
    assert_int_equal(found, total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_golden_group_sum),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
