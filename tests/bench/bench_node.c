/* What one LUT costs in training, by node type: nanoseconds of processor time a sample, in a hidden
 * layer on real inputs.
 *   bench_node [FAN_IN [TYPE]]
 * One CSV line a case: name,median,unit,lowest,highest. "prepare" is the work after a step (tables and
 * slopes), spread over a batch of 128. */
#include "base/simd.h"
#include "layer/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 128, INPUTS = 256, BATCH = 128, ROUNDS = 9 };

struct bench {
    struct config *config;
    struct layer_list layers;
    struct layer *layer;
    struct layer_tile tile;
    uint64_t *words;
    float *in, *grad_in, *grad_table, *grad_params;
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

static void prepare(struct bench *bench)
{
    layer_prepare(bench->layer);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void measure(struct bench *bench, const char *type, unsigned fan_in, const char *what,
                    void (*work)(struct bench *), size_t samples)
{
    double times[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = now();
        size_t runs = 0;

        do {
            work(bench);
            runs++;
        } while (now() - begin < 3e6);
        times[round] = (now() - begin) / (double)(runs * WIDTH * samples);
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("node/%s/n%u/%s,%.3f,ns,%.3f,%.3f\n", type, fan_in, what, times[ROUNDS / 2], times[0],
           times[ROUNDS - 1]);
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
            measure(&bench, name, fan_in, "forward", forward, LAYER_TILE);
            measure(&bench, name, fan_in, "backward_inputs", backward_inputs, LAYER_TILE);
            measure(&bench, name, fan_in, "backward_params", backward_params, LAYER_TILE);
            measure(&bench, name, fan_in, "prepare", prepare, BATCH);
        }
        finish(&bench);
    }
    return 0;
}
