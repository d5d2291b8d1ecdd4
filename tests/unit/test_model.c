/* Models: reference against netlist evaluator on swept shapes, gradients against differences, files
 * and their faults. */
#include "base/file.h"
#include "model/model.h"
#include "model/tile.h"
#include "small_model.h"
#include "train/loss.h"

#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

/* --- reference = netlist evaluator --- */

static void check_equal(const struct model *model, const struct dataset *data)
{
    size_t count = data->test.count, k = model->num_classes;
    uint32_t *scores = calloc(2 * count * k, sizeof *scores), *classes = calloc(2 * count, 4);
    uint8_t *bits = calloc(count, model->encoder->num_bits);
    struct netlist *net = NULL;
    struct err err = {0};

    assert_int_equal(model_lower(model, &net, &err), ERR_OK);
    assert_int_equal(model_hard(model, data->test.codes, count, 2, bits, scores, classes, &err),
                     ERR_OK);
    for (int round = 0; round < 3; round++) { /* as lowered; without code bits; all passes */
        uint32_t passes = round == 1 ? netlist_passes_for(NULL) : NETLIST_ALL_PASSES;

        if (round > 0) assert_int_equal(netlist_optimize_with(net, passes, NULL, &err), ERR_OK);
        assert_int_equal(netlist_eval(net, data->test.codes, count, NULL, scores + count * k,
                                      classes + count, &err),
                         ERR_OK);
        assert_memory_equal(scores, scores + count * k, count * k * sizeof *scores);
        assert_memory_equal(classes, classes + count, count * sizeof *classes);
        if (round == 2) continue; /* the encoder's bits are no longer all that it reads */
        assert_int_equal(
            netlist_eval_bits(net, bits, count, scores + count * k, classes + count, &err), ERR_OK);
        assert_memory_equal(scores, scores + count * k, count * k * sizeof *scores);
    }
    netlist_free(net);
    free(scores);
    free(classes);
    free(bits);
}

static void test_reference_is_netlist(void **state)
{
    static const char *const encoders[] = {"thermometer", "gaussian_thermometer",
                                           "distributive_thermometer"};
    size_t num_types;
    const struct node_type *const *types = node_types(&num_types);
    struct rng rng;

    (void)state;
    rng_seed(&rng, 20260101, 0);
    for (int round = 0; round < 48; round++) {
        long classes = round == 35 ? 300 : 2 + (long)rng_below(&rng, 11);
        struct small_shape shape = {
            .node = types[(size_t)round % num_types]->name,
            .encoder = encoders[round % 3],
            .features = 1 + rng_below(&rng, 19),
            .bits = 1 + rng_below(&rng, 5),
            .code_bits = 1 + rng_below(&rng, 10),
            .classes = (size_t)classes,
            .layers = 1 + rng_below(&rng, 3),
            .n = round < 36 ? 1 + round % 6 : 7 + round % 6,
            .width = {1 + (long)rng_below(&rng, 40), 1 + (long)rng_below(&rng, 40), 0, 0},
        };
        struct config *config;
        struct dataset *data;
        struct model *model;

        shape.width[shape.layers - 1] = classes * (1 + (long)rng_below(&rng, 5));
        if (strcmp(shape.node, "difflogic") == 0 && shape.n == 1) shape.n = 2;
        config = small_config(&shape, NULL);
        data = small_dataset(&shape, 50, 131, (uint64_t)round);
        model = small_model(config, data);
        check_equal(model, data);
        model_free(model);
        dataset_free(data);
        config_free(config);
    }
}

/* Convolutions: sharing, padding (the constant 0), strides, pooling, trees, dense layers on top. */
static void test_convnet(void **state)
{
    static const char *const shapes[] = {
        "layer_widths: [3, 12]\nlayer_config: {height: 8, width: 8, receptive_field: 3, "
        "tree_depth: 1, pool: 2}\n",
        "layer_widths: [4, 12]\nlayer_config: {height: 8, width: 8, receptive_field: 3, padding: "
        "1, stride: 2, "
        "tree_depth: 2, taps: grouped, mode: independent}\n",
        "layer_widths: [2, 6]\nlayer_config: {height: 8, width: 8, receptive_field: 5, padding: 2, "
        "tree_depth: 0, "
        "taps: independent, pool: 3}\n",
    };

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        struct small_shape shape = {.features = 64, .code_bits = 4, .classes = 3};
        struct dataset *data = small_dataset(&shape, 40, 131, i);
        struct text yaml = {0};
        struct config *config = NULL;
        struct model *model;
        struct err err = {0};

        text_add(&yaml,
                 "model_type: convnet\nlayer_type: [convolutional, random]\nnode_type: [%s, "
                 "probabilistic]\nencoder_config: {name: thermometer, num_bits: 2}\n"
                 "node_input_dim: [%zu, 4]\nnum_classes: 3\ninput_size: 64\n"
                 "input: {bits: 4}\ndataset: small\nname: small\n%s",
                 i % 2 ? "dwn" : "probabilistic", 2 + i / 3, shapes[i % 3]);
        if (config_parse(&config, yaml.data, yaml.size, "c.yaml", &err) != ERR_OK)
            fail_msg("%s", err.message);
        model = small_model(config, data);
        check_equal(model, data);
        text_free(&yaml);
        model_free(model);
        dataset_free(data);
        config_free(config);
    }
}

/* --- gradients of the whole chain --- */

static double loss_of(struct model *model, struct tile *tile, const struct dataset *data)
{
    float losses[LAYER_TILE], grad[16 * LAYER_TILE];
    double sum = 0;

    for (size_t l = 0; l < model->num_layers; l++)
        layer_prepare(model->layers[l]);
    tile_load(tile, model, data->train.codes, NULL, 0, data->train.count);
    tile_forward(tile, model, NULL);
    loss_cross_entropy(&(struct loss){.num_classes = model->num_classes}, tile->logits,
                       data->train.labels, data->train.count, (float)(1.0 / model->tau), grad,
                       losses);
    for (size_t s = 0; s < data->train.count; s++)
        sum += (double)losses[s];
    return sum;
}

/* Analytic gradient of every parameter of node `node`, layer l. */
static void gradient_of(struct model *model, struct tile *tile, const struct dataset *data,
                        size_t l, size_t node, float *grad)
{
    const struct node_desc *desc = &model->layers[l]->desc;
    float *table = calloc(desc->num_outputs * desc->table_size, sizeof *table);
    float losses[LAYER_TILE];

    loss_of(model, tile, data);
    loss_cross_entropy(&(struct loss){.num_classes = model->num_classes}, tile->logits,
                       data->train.labels, data->train.count, (float)(1.0 / model->tau),
                       tile->grad_logits, losses);
    for (size_t above = model->num_layers; above-- > 1;)
        tile_backward_layer(tile, model, above, NULL);
    memset(grad, 0, desc->num_params * sizeof *grad);
    layer_backward_params(model->layers[l], node, &tile->layers[l], 1, &tile->count, table, grad);
    free(table);
}

static void test_gradients(void **state)
{
    (void)state;
    for (long n = 1; n <= 6; n++) {
        struct small_shape shape = {.node = "probabilistic",
                                    .encoder = "thermometer",
                                    .features = 7,
                                    .bits = 2,
                                    .code_bits = 6,
                                    .classes = 3,
                                    .layers = 3,
                                    .n = n,
                                    .width = {11, 9, 6}};
        struct config *config = small_config(&shape, "runtime: {tau: 1.3}\n");
        struct dataset *data = small_dataset(&shape, 37, 0, 5);
        struct model *model = small_model(config, data);
        struct tile tile;

        assert_int_equal(tile_create(&tile, model, TILE_BACKWARD, NULL), ERR_OK);
        for (size_t l = 0; l < 3; l++) {
            struct layer *layer = model->layers[l];
            float grad[64];

            gradient_of(model, &tile, data, l, 1, grad);
            for (size_t i = 0; i < layer->desc.num_trainable; i += 3) {
                float *param = layer_params(layer, 1) + i, kept = *param;
                double up, down, expected;

                *param = kept + 0.05F;
                up = loss_of(model, &tile, data);
                *param = kept - 0.05F;
                down = loss_of(model, &tile, data);
                *param = kept;
                expected = (up - down) / 0.1;
                if (fabs(expected - (double)grad[i]) > 2e-3 + 0.02 * fabs(expected))
                    fail_msg("n %ld layer %zu param %zu: difference %g, gradient %g", n, l, i,
                             expected, (double)grad[i]);
            }
        }
        tile_free(&tile);
        model_free(model);
        dataset_free(data);
        config_free(config);
    }
}

/* --- modes --- */

static void test_modes(void **state)
{
    struct small_shape shape = {.node = "probabilistic",
                                .encoder = "distributive_thermometer",
                                .features = 9,
                                .bits = 3,
                                .code_bits = 8,
                                .classes = 3,
                                .layers = 2,
                                .n = 4,
                                .width = {30, 30}};
    struct config *config = small_config(&shape, NULL);
    struct dataset *data = small_dataset(&shape, 100, 100, 3);
    struct model *model = small_model(config, data);
    float *logits = calloc(3 * 300, sizeof *logits), *mean = calloc(300, sizeof *mean);
    struct err err = {0};

    (void)state;
    /* the same seed draws the same bits, whatever the threads; another seed does not */
    assert_int_equal(model_sample(model, data->test.codes, 100, 1, 9, logits, &err), ERR_OK);
    assert_int_equal(model_sample(model, data->test.codes, 100, 2, 9, logits + 300, &err), ERR_OK);
    assert_memory_equal(logits, logits + 300, 300 * sizeof *logits);
    assert_int_equal(model_sample(model, data->test.codes, 100, 2, 10, logits + 300, &err), ERR_OK);
    assert_memory_not_equal(logits, logits + 300, 300 * sizeof *logits);
    /* the mean of many draws is the expectation of a one-layer model; here it is only near the soft
     * value, which multiplies expectations: inputs of one LUT share no drawn ancestor often enough */
    for (uint64_t seed = 0; seed < 400; seed++) {
        model_sample(model, data->test.codes, 100, 2, seed, logits, &err);
        for (size_t i = 0; i < 300; i++)
            mean[i] += logits[i] / 400.0F;
    }
    assert_int_equal(model_soft(model, data->test.codes, 100, 2, logits, &err), ERR_OK);
    for (size_t i = 0; i < 300; i++)
        assert_float_equal(mean[i], logits[i], 0.5F);
    /* every bit flipped with probability one half leaves nothing to see */
    {
        struct model_mode mode = {.name = "deterministic", .flip = 0.5, .seed = 4};
        double flipped, accuracy;

        assert_int_equal(model_accuracy(model, &data->test, &mode, &flipped, NULL, &err), ERR_OK);
        mode.name = "nonsense";
        assert_int_equal(model_accuracy(model, &data->test, &mode, &accuracy, NULL, &err), ERR_ARG);
        assert_non_null(strstr(err.message, "expected deterministic, expectation or sampling"));
    }
    free(logits);
    free(mean);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

/* --- files --- */

static void test_save_load(void **state)
{
    struct small_shape shape = {.node = "dwn",
                                .encoder = "gaussian_thermometer",
                                .features = 6,
                                .bits = 3,
                                .code_bits = 7,
                                .classes = 3,
                                .layers = 2,
                                .n = 5,
                                .width = {17, 12}};
    struct config *config = small_config(&shape, "runtime: {tau: 1.7}\n");
    struct dataset *data = small_dataset(&shape, 60, 60, 8);
    struct model *model = small_model(config, data), *again = NULL;
    struct scratch scratch;
    const char *folder = scratch.folder;
    char *weights;
    static const char *const metadata[] = {"accuracy_hard", "0.5", NULL};
    uint32_t a[180], b[180], classes[60];
    uint8_t *first = NULL, *second = NULL;
    size_t first_size, second_size;
    struct err err = {0};

    (void)state;
    scratch_create(&scratch);
    weights = file_join(folder, "small.safetensors");
    assert_int_equal(model_save(model, folder, metadata, &err), ERR_OK);
    if (model_open(&again, folder, NULL, 0, &err) != ERR_OK) fail_msg("%s", err.message);
    assert_string_equal(model->model_hash, again->model_hash);
    assert_true(again->tau > 1.699 && again->tau < 1.701);
    model_hard(model, data->test.codes, 60, 1, NULL, a, classes, &err);
    model_hard(again, data->test.codes, 60, 1, NULL, b, classes, &err);
    assert_memory_equal(a, b, sizeof a);
    /* saving what was loaded gives the same bytes */
    assert_int_equal(file_read(weights, 1 << 24, &first, &first_size, &err), ERR_OK);
    assert_int_equal(model_save(again, folder, metadata, &err), ERR_OK);
    assert_int_equal(file_read(weights, 1 << 24, &second, &second_size, &err), ERR_OK);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    model_free(again);
    again = NULL;
    /* one flipped byte of data is noticed */
    second[second_size - 100] ^= 1;
    assert_int_equal(file_write(weights, second, second_size, &err), ERR_OK);
    assert_int_equal(model_open(&again, folder, NULL, 0, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "hash"));
    /* weights under another structure are refused, naming the key */
    assert_int_equal(file_write(weights, first, first_size, &err), ERR_OK);
    config->node_input_dim[1] = 4;
    assert_int_equal(model_load(&again, config, weights, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "node_input_dim"));
    free(first);
    free(second);
    free(weights);
    scratch_remove(&scratch);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

/* Learned wires come back with weights, candidates and temperature: the soft pass is the same too. */
static void test_save_load_learned(void **state)
{
    struct small_shape shape = {.node = "probabilistic",
                                .encoder = "thermometer",
                                .features = 9,
                                .bits = 2,
                                .code_bits = 5,
                                .classes = 2,
                                .layers = 2,
                                .n = 3,
                                .width = {10, 8}};
    struct config *config = small_config(&shape, "layer_config: {candidates: 5}\n");
    struct dataset *data = small_dataset(&shape, 60, 60, 8);
    struct model *model, *again = NULL;
    struct scratch scratch;
    float a[120], b[120];
    struct err err = {0};

    (void)state;
    strcpy(config->layer_type[0], "learnable");
    strcpy(config->layer_type[1], "learnable");
    model = small_model(config, data);
    model->layers[0]->selection->next_tau = 0.125;
    layer_prepare(model->layers[0]);
    scratch_create(&scratch);
    assert_int_equal(model_save(model, scratch.folder, NULL, &err), ERR_OK);
    if (model_open(&again, scratch.folder, NULL, 0, &err) != ERR_OK) fail_msg("%s", err.message);
    model_soft(model, data->test.codes, 60, 1, a, &err);
    model_soft(again, data->test.codes, 60, 1, b, &err);
    assert_memory_equal(a, b, sizeof a);
    model_free(again);
    scratch_remove(&scratch);
    model_free(model);
    dataset_free(data);
    config_free(config);
}

static void test_not_found(void **state)
{
    struct model *model = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(model_open(&model, "no_such_model", NULL, 0, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "no model 'no_such_model'"));
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_is_netlist),
        cmocka_unit_test(test_convnet),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_save_load),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_save_load_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
