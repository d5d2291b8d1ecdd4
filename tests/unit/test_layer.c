/* Layers: wiring rules, learned wires against golden numbers and differences. */
#include "base/simd.h"
#include "layer/layer.h"
#include "model/safetensors.h"
#include "small_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct layer *make_layer(const char *type, const char *node, long n, long width,
                                size_t inputs, const char *extra)
{
    struct small_shape shape = {.node = node,
                                .encoder = "thermometer",
                                .features = inputs,
                                .bits = 1,
                                .code_bits = 2,
                                .classes = 1 + (width > 1),
                                .layers = 1,
                                .n = n,
                                .width = {width}};
    struct config *config;
    struct layer_list list = {0};
    struct layer_shape input = {inputs, 1, 1, 1};
    struct layer *layer;
    struct err err = {0};

    shape.classes = 2;
    shape.width[0] = width + width % 2;
    config = small_config(&shape, extra);
    config->layer_widths[0] = width;
    snprintf(config->layer_type[0], CONFIG_NAME_SIZE, "%s", type);
    if (layer_append(&list, &input, config, 0, &err) != ERR_OK) fail_msg("%s", err.message);
    assert_int_equal(list.count, 1);
    layer = list.items[0];
    free(list.items);
    config_free(config);
    return layer;
}

static size_t repeats(const struct layer *layer)
{
    size_t found = 0, n = layer->desc.num_inputs;

    for (size_t node = 0; node < layer->width; node++) {
        const uint32_t *row = layer->wiring + node * n;

        for (size_t i = 0; i < n; i++) {
            assert_true(row[i] < layer->num_inputs);
            for (size_t k = 0; k < i; k++)
                found += row[i] == row[k];
        }
    }
    return found;
}

/* Every input used floor or ceil of the mean, no input twice in a node where that can be. */
static void test_coverage(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 99, 1);
    for (int round = 0; round < 200; round++) {
        long n = 1 + (long)rng_below(&rng, 6), width = 1 + (long)rng_below(&rng, 60);
        size_t inputs = (size_t)n + rng_below(&rng, 50), total = (size_t)(n * width);
        struct layer *layer = make_layer("random", "dwn", n, width, inputs, NULL);
        size_t *used = calloc(inputs, sizeof *used);

        for (size_t i = 0; i < total; i++)
            used[layer->wiring[i]]++;
        for (size_t i = 0; i < inputs; i++)
            assert_true(used[i] == total / inputs || used[i] == (total + inputs - 1) / inputs);
        if (inputs >= (size_t)n + 4) assert_int_equal(repeats(layer), 0);
        free(used);
        layer_free(layer);
    }
}

static void test_independent(void **state)
{
    struct layer *layer =
        make_layer("random", "dwn", 6, 101, 7, "layer_config: {mode: independent}\n");

    (void)state;
    assert_int_equal(repeats(layer), 0);
    layer_free(layer);
    layer = make_layer("random", "dwn", 6, 11, 3, "layer_config: {mode: independent}\n");
    assert_true(repeats(layer) > 0); /* three inputs cannot fill six slots */
    layer_free(layer);
}

static const float *values(const struct safetensors *file, const char *name)
{
    const struct safetensors_tensor *tensor = safetensors_find(file, name);

    if (tensor == NULL) fail_msg("no tensor %s", name);
    return tensor->data;
}

static void compare(const char *what, const float *found, const float *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double tolerance = 1e-5 * fabs((double)expected[i]) + 1e-6;

        if (fabs((double)found[i] - (double)expected[i]) > tolerance)
            fail_msg("%s[%zu]: expected %.9g, got %.9g", what, i, (double)expected[i],
                     (double)found[i]);
    }
}

struct blocks {
    float in[12 * LAYER_TILE], mapped[15 * LAYER_TILE];
    float out[5 * LAYER_TILE], grad_out[5 * LAYER_TILE], grad_in[12 * LAYER_TILE];
} __attribute__((aligned(64)));

/* [samples][rows] of a golden tensor to [rows][LAYER_TILE], and back. */
static void to_rows(const float *from, float *to, size_t samples, size_t rows)
{
    for (size_t s = 0; s < samples; s++)
        for (size_t r = 0; r < rows; r++)
            to[r * LAYER_TILE + s] = from[s * rows + r];
}

static void from_rows(const float *from, float *to, size_t samples, size_t rows)
{
    for (size_t s = 0; s < samples; s++)
        for (size_t r = 0; r < rows; r++)
            to[s * rows + r] = from[r * LAYER_TILE + s];
}

static void check_golden(const char *tau)
{
    static struct blocks b;
    struct layer *layer = make_layer("learnable", "probabilistic", 3, 5, 12, NULL);
    struct layer_tile tile = {
        .in = b.in, .mapped = b.mapped, .out = b.out, .grad_out = b.grad_out, .grad_group = 1};
    struct safetensors *file = NULL;
    struct err err = {0};
    size_t count = 16;
    float rows[8 * 12], grad[12 * 15] = {0};
    char name[96];

    memset(&b, 0, sizeof b);
    snprintf(name, sizeof name, "tests/golden/layers/learnable_tau%s.safetensors", tau);
    if (safetensors_read(&file, name, &err) != ERR_OK) fail_msg("%s", err.message);
    memcpy(layer->selection->weights, values(file, "state.mapping.W"), 15 * 12 * sizeof(float));
    layer->selection->tau = layer->selection->next_tau = atof(tau);
    for (size_t node = 0; node < 5; node++) {
        snprintf(name, sizeof name, "state.nodes.%zu.raw_weights", node);
        memcpy(layer_params(layer, node), values(file, name), 8 * sizeof(float));
    }
    layer_prepare(layer);
    to_rows(values(file, "x"), b.in, 8, 12);
    to_rows(values(file, "grad_y"), b.grad_out, 8, 5);
    layer_forward(layer, &tile, count);
    from_rows(b.out, rows, 8, 5);
    compare("y_train", rows, values(file, "y_train"), 40);
    layer_backward_inputs(layer, &tile, b.grad_in, count);
    from_rows(b.grad_in, rows, 8, 12);
    compare("grad_x", rows, values(file, "grad_x"), 96);
    for (size_t node = 0; node < 5; node++)
        layer_backward_selection(layer, node, &tile, 1, &count, grad + node * 36);
    compare("grad.W", grad, values(file, "grad.mapping.W"), 180);
    for (size_t node = 0; node < 5; node++) {
        float table[8] = {0}, params[8] = {0};

        layer_backward_params(layer, node, &tile, 1, &count, table, params);
        snprintf(name, sizeof name, "grad.nodes.%zu.raw_weights", node);
        compare(name, params, values(file, name), 8);
    }
    /* evaluation: the hard choice */
    {
        const float *x = values(file, "x_eval"), *y = values(file, "y_eval");
        uint64_t bits[13] = {0}, out[5], tables[5];

        for (size_t s = 0; s < 16; s++)
            for (size_t i = 0; i < 12; i++)
                bits[i] |= (uint64_t)(x[s * 12 + i] > 0.5F) << s;
        layer_hard_tables(layer, tables);
        layer_hard_forward(layer, tables, bits, out);
        for (size_t s = 0; s < 16; s++)
            for (size_t j = 0; j < 5; j++)
                assert_int_equal(out[j] >> s & 1, y[s * 5 + j] > 0.5F);
    }
    safetensors_free(file);
    layer_free(layer);
}

static void test_golden_learnable(void **state)
{
    (void)state;
    print_message("# golden: 2 learnable layers\n");
    check_golden("0.1");
    check_golden("1.0");
}

/* Candidates are distinct, ascending and spread; the hard rule reads the chosen wire and gives
 * sum g (2x - 1) to the weights. */
static void test_hard_candidates(void **state)
{
    static float in[40 * LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    static float grad_mapped[LAYER_TILE] __attribute__((aligned(SIMD_ALIGN)));
    struct layer *layer = make_layer("learnable", "dwn", 4, 30, 40,
                                     "layer_config: {selection: hard, candidates: 9}\n");
    const struct selection *selection = layer->selection;
    size_t used[40] = {0};
    float grad[9] = {0};
    struct rng rng;

    (void)state;
    assert_int_equal(selection->candidates, 9);
    layer_prepare(layer);
    for (size_t slot = 0; slot < selection->slots; slot++) {
        size_t best = 0;

        for (size_t c = 0; c < 9; c++) {
            used[selection_wire(selection, slot, c)]++;
            if (c > 0)
                assert_true(selection_wire(selection, slot, c) >
                            selection_wire(selection, slot, c - 1));
            if (selection->weights[slot * 9 + c] > selection->weights[slot * 9 + best]) best = c;
        }
        assert_int_equal(layer->wiring[slot], selection_wire(selection, slot, best));
    }
    for (size_t i = 0; i < 40; i++)
        assert_true(used[i] > 5 && used[i] < 60); /* mean 27 */
    rng_seed(&rng, 1, 2);
    for (size_t i = 0; i < (size_t)40 * LAYER_TILE; i++)
        in[i] = (float)rng_below(&rng, 2);
    for (size_t s = 0; s < LAYER_TILE; s++)
        grad_mapped[s] = rng_float(&rng) - 0.5F;
    selection_backward_weights(selection, 7, NULL, in, grad_mapped, grad);
    selection_finish(selection, 7, grad);
    for (size_t c = 0; c < 9; c++) {
        const float *x = in + (size_t)selection_wire(selection, 7, c) * LAYER_TILE;
        double expected = 0;

        for (size_t s = 0; s < LAYER_TILE; s++)
            expected += (double)grad_mapped[s] * (2 * (double)x[s] - 1);
        assert_true(fabs(expected - (double)grad[c]) < 1e-4);
    }
    layer_free(layer);
}

/* The same inputs as bits and as numbers: outputs, and the gradient of all weights. */
static void check_bits(const char *node, const char *selection, size_t candidates)
{
    static struct {
        float reals[51 * LAYER_TILE], mapped[2][15 * LAYER_TILE], out[2][5 * LAYER_TILE];
        float grad_out[5 * LAYER_TILE], grad[2][15 * 50];
        uint64_t words[51], half[2][15];
    } b __attribute__((aligned(SIMD_ALIGN)));
    char config[96];
    struct layer *layer;
    struct layer_tile tiles[2];
    size_t count = LAYER_TILE;
    struct rng rng;

    memset(&b, 0, sizeof b);
    snprintf(config, sizeof config, "layer_config: {selection: %s, candidates: %zu}\n", selection,
             candidates);
    layer = make_layer("learnable", node, 3, 5, 50, config);
    rng_seed(&rng, 7, candidates);
    for (size_t i = 0; i < 5; i++)
        layer->desc.type->init(&layer->desc, layer_params(layer, i), &rng);
    layer->selection->next_tau = layer->selection->tau = 0.1;
    layer_prepare(layer);
    for (size_t i = 0; i < 50; i++)
        b.words[i] = rng_next(&rng);
    words_to_reals(b.words, 50, b.reals);
    for (size_t i = 0; i < (size_t)5 * LAYER_TILE; i++)
        b.grad_out[i] = rng_float(&rng) - 0.5F;
    for (size_t t = 0; t < 2; t++) {
        tiles[t] = (struct layer_tile){.in_words = t == 0 ? b.words : NULL,
                                       .in = b.reals,
                                       .in_half = b.words,
                                       .mapped = b.mapped[t],
                                       .mapped_half = b.half[t],
                                       .out = b.out[t],
                                       .grad_out = b.grad_out,
                                       .grad_group = 1};
        layer_forward(layer, &tiles[t], count);
        for (size_t i = 0; i < 5; i++)
            layer_backward_selection(layer, i, &tiles[t], 1, &count,
                                     b.grad[t] + i * layer_num_weights(layer));
    }
    compare(node, b.out[0], b.out[1], (size_t)5 * LAYER_TILE);
    compare(node, b.grad[0], b.grad[1], 5 * layer_num_weights(layer));
    layer_free(layer);
}

static void test_bits(void **state)
{
    const char *const nodes[] = {"dwn", "probabilistic", "hybrid", "linear_lut"};

    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        for (size_t candidates = 0; candidates <= 50; candidates += 5) {
            check_bits(nodes[i], "soft", candidates);
            check_bits(nodes[i], "hard", candidates);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_independent),
        cmocka_unit_test(test_golden_learnable),
        cmocka_unit_test(test_hard_candidates),
        cmocka_unit_test(test_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
