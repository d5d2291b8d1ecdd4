/* What one LUT costs in training, by node type: nanoseconds of processor time a sample, in a hidden
 * layer on real inputs and (bits_...) in the first one, on the encoder's bits.
 *   bench_node [FAN_IN [TYPE]]
 * One CSV line a case: name,median,unit,lowest,highest. "prepare" is the work after a step (tables and
 * what the gradient needs), spread over a batch of 128. At the end, for all types alike: a LUT's hard bit,
 * and the bits of one feature of samples that lie anywhere in memory. */
#include "base/simd.h"
#include "encoder/encoder.h"
#include "layer/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 128, INPUTS = 256, BATCH = 128, ROUNDS = 9, CODED = 20000 };

struct bench {
    struct config *config;
    struct layer_list layers;
    struct layer *layer;
    struct layer_tile tile;
    uint64_t *words;
    float *in, *grad_in, *grad_table, *grad_params;
    uint64_t *tables, *bits; /* hard */
    struct encoder *encoder;
    uint16_t *codes; /* [CODED][num_features] */
    struct rng rng;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static float *rows(size_t count)
{
    float *data = aligned_alloc(SIMD_ALIGN,
                                (count * sizeof(float) + SIMD_ALIGN - 1) / SIMD_ALIGN * SIMD_ALIGN);

    if (data == NULL) {
        fputs("bench_node: out of memory\n", stderr);
        exit(4);
    }
    memset(data, 0, count * sizeof *data);
    return data;
}

static enum err_status start(struct bench *bench, const char *type, unsigned fan_in,
                             struct err *err)
{
    char text[512];
    int size = snprintf(text, sizeof text,
                        "model_type: feedforward\nlayer_type: random\nnode_type: %s\n"
                        "encoder_config: {name: thermometer, num_bits: 1}\nnode_input_dim: %u\n"
                        "layer_widths: [%d]\nnum_classes: 2\ninput_size: %d\ndataset: digits\n",
                        type, fan_in, WIDTH, INPUTS);
    enum err_status status =
        config_parse(&bench->config, text, (size_t)size, "bench_node.yaml", err);
    struct layer_shape shape = {.channels = INPUTS, .height = 1, .width = 1, .depth = 1};
    struct rng rng;

    rng_seed(&rng, 1, 0);
    if (status == ERR_OK) status = layer_append(&bench->layers, &shape, bench->config, 0, err);
    if (status != ERR_OK) return status;
    bench->layer = bench->layers.items[0];
    for (size_t node = 0; node < WIDTH; node++)
        bench->layer->desc.type->init(&bench->layer->desc, layer_params(bench->layer, node), &rng);
    layer_prepare(bench->layer);
    bench->in = rows(INPUTS * LAYER_TILE);
    bench->grad_in = rows(INPUTS * LAYER_TILE);
    bench->tile = (struct layer_tile){.in = bench->in,
                                      .out = rows(WIDTH * LAYER_TILE),
                                      .grad_out = rows(WIDTH * LAYER_TILE),
                                      .grad_group = 1};
    bench->grad_table = rows(bench->layer->desc.table_size);
    bench->grad_params = rows(bench->layer->desc.num_params);
    for (size_t i = 0; i < INPUTS * LAYER_TILE; i++)
        bench->in[i] = rng_float(&rng);
    bench->words = (uint64_t *)(void *)rows(2 * (INPUTS + 1));
    words_of_reals(bench->in, INPUTS, bench->words);
    if (layer_uses_half(bench->layer)) bench->tile.in_half = bench->words;
    for (size_t i = 0; i < WIDTH * LAYER_TILE; i++)
        bench->tile.grad_out[i] = rng_float(&rng) - 0.5F;
    return ERR_OK;
}

static void finish(struct bench *bench)
{
    layer_list_free(&bench->layers);
    config_free(bench->config);
    free(bench->in);
    free(bench->grad_in);
    free(bench->words);
    free(bench->tile.out);
    free(bench->tile.grad_out);
    free(bench->grad_table);
    free(bench->grad_params);
}

static void forward(struct bench *bench)
{
    layer_forward(bench->layer, &bench->tile, LAYER_TILE);
}

static void backward_inputs(struct bench *bench)
{
    layer_backward_inputs(bench->layer, &bench->tile, bench->grad_in, LAYER_TILE);
}

static void backward_params(struct bench *bench)
{
    size_t count = LAYER_TILE;

    for (size_t node = 0; node < WIDTH; node++)
        layer_backward_params(bench->layer, node, &bench->tile, 1, &count, bench->grad_table,
                              bench->grad_params);
}

static void on_bits(struct bench *bench)
{
    bench->tile.in_words = bench->words;
}

static void prepare(struct bench *bench)
{
    layer_prepare(bench->layer);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* `units` of work in one call. */
static void measure(struct bench *bench, const char *name, const char *what,
                    void (*work)(struct bench *), size_t units)
{
    double times[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = now();
        size_t runs = 0;

        do {
            work(bench);
            runs++;
        } while (now() - begin < 3e6);
        times[round] = (now() - begin) / (double)(runs * units);
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("%s/%s,%.3f,ns,%.3f,%.3f\n", name, what, times[ROUNDS / 2], times[0], times[ROUNDS - 1]);
}

static void measure_type(struct bench *bench, const char *type, unsigned fan_in)
{
    const size_t tile = (size_t)WIDTH * LAYER_TILE;
    char name[96];

    snprintf(name, sizeof name, "node/%s/n%u", type, fan_in);
    measure(bench, name, "forward", forward, tile);
    measure(bench, name, "backward_inputs", backward_inputs, tile);
    measure(bench, name, "backward_params", backward_params, tile);
    measure(bench, name, "prepare", prepare, (size_t)WIDTH * BATCH);
    on_bits(bench);
    measure(bench, name, "bits_forward", forward, tile);
    measure(bench, name, "bits_backward_params", backward_params, tile);
}

/* --- what does not depend on the type --- */

static void hard_forward(struct bench *bench)
{
    layer_hard_forward(bench->layer, bench->tables, bench->words, bench->bits);
}

static void measure_hard(unsigned fan_in, struct err *err)
{
    struct bench bench = {0};
    char name[96];

    snprintf(name, sizeof name, "hard/n%u", fan_in);
    if (start(&bench, "dwn", fan_in, err) == ERR_OK) {
        bench.tables = (uint64_t *)(void *)rows(2 * WIDTH * layer_table_words(bench.layer));
        bench.bits = (uint64_t *)(void *)rows((size_t)2 * WIDTH);
        layer_hard_tables(bench.layer, bench.tables);
        measure(&bench, name, "forward", hard_forward, (size_t)WIDTH * LAYER_TILE);
    }
    free(bench.tables);
    free(bench.bits);
    finish(&bench);
}

static void encode(struct bench *bench)
{
    const uint16_t *of_sample[LAYER_TILE];
    size_t features = bench->encoder->num_features;

    for (size_t s = 0; s < LAYER_TILE; s++)
        of_sample[s] = bench->codes + rng_below(&bench->rng, CODED) * features;
    encoder_encode(bench->encoder, of_sample, LAYER_TILE, bench->bits);
}

static void measure_encode(struct err *err)
{
    static const char text[] =
        "model_type: feedforward\nlayer_type: random\nnode_type: dwn\n"
        "encoder_config: {name: thermometer, num_bits: 4}\nnode_input_dim: 6\n"
        "layer_widths: [10]\nnum_classes: 2\ninput_size: 784\ndataset: digits\n";
    enum { FEATURES = 784 };
    struct bench bench = {0};

    rng_seed(&bench.rng, 2, 0);
    bench.codes = (uint16_t *)(void *)rows((size_t)CODED * FEATURES / 2);
    bench.bits = (uint64_t *)(void *)rows((size_t)2 * 4 * FEATURES);
    for (size_t i = 0; i < (size_t)CODED * FEATURES; i++)
        bench.codes[i] = (uint16_t)rng_below(&bench.rng, 256);
    if (config_parse(&bench.config, text, sizeof text - 1, "bench_node.yaml", err) == ERR_OK &&
        encoder_fit(&bench.encoder, bench.config, bench.codes, 1000, err) == ERR_OK)
        measure(&bench, "encode", "thermometer_4", encode, (size_t)FEATURES * LAYER_TILE);
    encoder_free(bench.encoder);
    config_free(bench.config);
    free(bench.codes);
    free(bench.bits);
}

int main(int argc, char **argv)
{
    unsigned fan_in = argc > 1 ? (unsigned)atoi(argv[1]) : 6;
    size_t count;
    const struct node_type *const *types = node_types(&count);

    for (size_t i = 0; i < count; i++) {
        const char *name = types[i]->name;
        struct bench bench = {0};
        struct err err = {""};

        if (argc > 2 && strcmp(argv[2], name) != 0) continue;
        if (start(&bench, name, fan_in, &err) != ERR_OK) {
            fprintf(stderr, "bench_node: %s: %s\n", name, err.message);
        } else {
            measure_type(&bench, name, fan_in);
        }
        finish(&bench);
    }
    if (argc <= 2) {
        struct err err = {""};

        measure_hard(fan_in, &err);
        measure_encode(&err);
        if (err.message[0] != '\0') fprintf(stderr, "bench_node: %s\n", err.message);
    }
    return 0;
}
