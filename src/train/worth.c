#include "worth.h"

#include "model/tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The samples on their way through the hard pass. */
struct pass {
    const struct model *model;
    size_t count, num_tiles;
    int threads;
    uint64_t **words;   /* [num_layers][num_tiles][num_inputs + 1] the bits that layer l reads */
    uint16_t *labels;   /* [count] */
    double *per_sample; /* [num_classes]: 1 / samples of the class, or 0 */
    double *per_other;  /* [num_classes]: 1 / samples of the others, or 0 */
};

/* --- memory --- */

static enum err_status allocate_worth(struct worth *out, const struct model *model, struct err *err)
{
    size_t layers = model->num_layers;
    bool whole = true;

    out->num_layers = layers;
    out->slots = calloc(layers, sizeof *out->slots);
    out->signals = calloc(layers + 1, sizeof *out->signals);
    if (out->slots == NULL || out->signals == NULL) return err_nomem(err, "the worth of LUTs");
    for (size_t l = 0; l <= layers; l++) {
        const struct layer *layer = model->layers[l < layers ? l : layers - 1];
        size_t signals = l < layers ? layer->num_inputs + 1 : layer->num_outputs;

        out->signals[l] = calloc(signals, sizeof **out->signals);
        whole = whole && out->signals[l] != NULL;
        if (l == layers) break;
        out->slots[l] = calloc(layer->instances * layer->desc.num_inputs, sizeof **out->slots);
        whole = whole && out->slots[l] != NULL;
    }
    return whole ? ERR_OK : err_nomem(err, "the worth of LUTs");
}

void worth_free(struct worth *worth)
{
    for (size_t l = 0; worth->slots != NULL && l < worth->num_layers; l++)
        free(worth->slots[l]);
    for (size_t l = 0; worth->signals != NULL && l <= worth->num_layers; l++)
        free(worth->signals[l]);
    free(worth->slots);
    free(worth->signals);
    *worth = (struct worth){0};
}

static size_t block_size(const struct layer *layer)
{
    return layer->num_inputs + 1;
}

static enum err_status allocate_pass(struct pass *pass, struct err *err)
{
    const struct model *model = pass->model;
    bool whole = true;

    pass->words = calloc(model->num_layers, sizeof *pass->words);
    pass->labels = calloc(pass->count, sizeof *pass->labels);
    pass->per_sample = calloc(model->num_classes, sizeof *pass->per_sample);
    pass->per_other = calloc(model->num_classes, sizeof *pass->per_other);
    for (size_t l = 0; pass->words != NULL && l < model->num_layers; l++) {
        pass->words[l] =
            calloc(pass->num_tiles, block_size(model->layers[l]) * sizeof **pass->words);
        whole = whole && pass->words[l] != NULL;
    }
    return whole && pass->words != NULL && pass->labels != NULL && pass->per_sample != NULL &&
                   pass->per_other != NULL
               ? ERR_OK
               : err_nomem(err, "the bits of samples");
}

static void free_pass(struct pass *pass)
{
    for (size_t l = 0; pass->words != NULL && l < pass->model->num_layers; l++)
        free(pass->words[l]);
    free(pass->words);
    free(pass->labels);
    free(pass->per_sample);
    free(pass->per_other);
}

/* --- down the net: bits --- */

static void count_labels(struct pass *pass, const uint16_t *labels, const uint32_t *order)
{
    size_t classes = pass->model->num_classes;

    for (size_t s = 0; s < pass->count; s++) {
        pass->labels[s] = labels[order[s]];
        pass->per_sample[pass->labels[s]]++;
    }
    for (size_t c = 0; c < classes; c++) {
        double own = pass->per_sample[c], others = (double)pass->count - own;

        pass->per_sample[c] = own > 0 ? 1 / own : 0;
        pass->per_other[c] = others > 0 ? 1 / others : 0;
    }
}

static enum err_status encode(struct pass *pass, const uint16_t *codes, const uint32_t *order,
                              struct err *err)
{
    struct tile tile;
    size_t block = block_size(pass->model->layers[0]);
    enum err_status status = tile_create(&tile, pass->model, TILE_FORWARD, err);

    if (status != ERR_OK) return status;
    for (size_t t = 0; t < pass->num_tiles; t++) {
        size_t first = t * LAYER_TILE, left = pass->count - first;

        tile_load(&tile, pass->model, codes, order + first, first,
                  left < LAYER_TILE ? left : LAYER_TILE);
        memcpy(pass->words[0] + t * block, tile.words, block * sizeof *tile.words);
    }
    tile_free(&tile);
    return ERR_OK;
}

static enum err_status hard_forward(struct pass *pass, size_t l, struct err *err)
{
    const struct layer *layer = pass->model->layers[l];
    size_t in = block_size(layer), out = block_size(pass->model->layers[l + 1]);
    size_t words = (layer->desc.table_size + 63) / 64;
    uint64_t *tables = calloc(layer->width * layer->desc.num_outputs * words, sizeof *tables);

    if (tables == NULL) return err_nomem(err, "hard tables");
    layer_hard_tables(layer, tables);
#pragma omp parallel for num_threads(pass->threads) schedule(dynamic, 1)
    for (size_t t = 0; t < pass->num_tiles; t++)
        layer_hard_forward(layer, tables, pass->words[l] + t * in, pass->words[l + 1] + t * out);
    free(tables);
    return ERR_OK;
}

/* --- up the net: worth --- */

/* Addresses of an instance in all samples, [num_tiles * LAYER_TILE]. */
static void addresses_of(const struct pass *pass, size_t l, size_t instance, uint16_t *address)
{
    const struct layer *layer = pass->model->layers[l];

    for (size_t t = 0; t < pass->num_tiles; t++)
        layer_address_instance(layer, instance, pass->words[l] + t * block_size(layer),
                               address + t * LAYER_TILE);
}

static const float *table_of(const struct layer *layer, size_t output)
{
    return layer->table + layer_table_of(layer, output) * layer->desc.table_size;
}

/* Mean of the output over the samples of its class, less the mean over the others. */
static double margin(const struct pass *pass, size_t output, const uint16_t *address)
{
    size_t top = pass->model->num_layers - 1;
    const struct layer *layer = pass->model->layers[top];
    const float *table = table_of(layer, output);
    size_t class = output / (layer->num_outputs / pass->model->num_classes);
    double sum = 0;

    for (size_t s = 0; s < pass->count; s++) {
        double t = (double)table[address[s]];

        sum += pass->labels[s] == class ? t * pass->per_sample[class] : -t * pass->per_other[class];
    }
    return sum;
}

/* Mean of |t(a) - t(a with the bit cleared)|. */
static double influence(const float *table, const uint16_t *address, size_t count, uint16_t bit)
{
    double sum = 0;

    for (size_t s = 0; s < count; s++)
        sum += fabs((double)table[address[s]] - (double)table[address[s] & (uint16_t)~bit]);
    return sum / (double)count;
}

/* Slots of one instance, and its outputs when it is in the last layer. */
static void measure_instance(const struct pass *pass, struct worth *out, size_t l, size_t instance,
                             uint16_t *address)
{
    const struct layer *layer = pass->model->layers[l];
    size_t n = layer->desc.num_inputs, m = layer->desc.num_outputs;

    addresses_of(pass, l, instance, address);
    for (size_t output = instance * m; output < (instance + 1) * m; output++) {
        double *worth = &out->signals[l + 1][output];

        if (l + 1 == pass->model->num_layers) *worth = margin(pass, output, address);
        for (unsigned j = 0; *worth > 0 && j < n; j++)
            out->slots[l][instance * n + j] += *worth * influence(table_of(layer, output), address,
                                                                  pass->count, (uint16_t)(1U << j));
    }
}

static enum err_status measure_layer(const struct pass *pass, struct worth *out, size_t l,
                                     struct err *err)
{
    const struct layer *layer = pass->model->layers[l];
    size_t samples = pass->num_tiles * LAYER_TILE;
    bool failed = false;

#pragma omp parallel num_threads(pass->threads) reduction(|| : failed)
    {
        uint16_t *address = malloc(samples * sizeof *address);

        failed = address == NULL;
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < layer->instances; i++) {
            if (address != NULL) measure_instance(pass, out, l, i, address);
        }
        free(address);
    }
    for (size_t i = 0; i < layer->instances * layer->desc.num_inputs; i++)
        out->signals[l][layer->wiring[i]] += out->slots[l][i];
    return failed ? err_nomem(err, "addresses of samples") : ERR_OK;
}

enum err_status worth_measure(struct worth *out, const struct model *model, const uint16_t *codes,
                              const uint16_t *labels, const uint32_t *order, size_t count,
                              int threads, struct err *err)
{
    struct pass pass = {.model = model,
                        .count = count,
                        .num_tiles = (count + LAYER_TILE - 1) / LAYER_TILE,
                        .threads = threads};
    enum err_status status = allocate_worth(out, model, err);

    if (status == ERR_OK) status = allocate_pass(&pass, err);
    if (status == ERR_OK) count_labels(&pass, labels, order);
    if (status == ERR_OK) status = encode(&pass, codes, order, err);
    for (size_t l = 0; status == ERR_OK && l + 1 < model->num_layers; l++)
        status = hard_forward(&pass, l, err);
    for (size_t l = model->num_layers; status == ERR_OK && l-- > 0;)
        status = measure_layer(&pass, out, l, err);
    free_pass(&pass);
    return status;
}
