/* Forward passes over many samples: the hard C reference, the soft one and the sampled one. */
#include "model.h"
#include "tile.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static int thread_count(unsigned threads)
{
    return threads > 0 ? (int)threads : omp_get_max_threads();
}

static enum err_status need_encoder(const struct model *model, struct err *err)
{
    if (model->encoder != NULL) return ERR_OK;
    return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: train it first",
                   model->config->name);
}

/* --- hard --- */

struct hard_pass {
    const struct model *model;
    uint64_t **tables;              /* [num_layers] hard tables */
    size_t max_signals;             /* of a layer */
    const uint16_t *codes;          /* [count][num_features] */
    const struct tile_noise *noise; /* flips only; NULL: none */
    uint8_t *encoder_bits;          /* may be NULL */
    uint64_t *const *seen;          /* model_seen(), or NULL */
    uint32_t *scores, *classes;     /* may be NULL */
};

/* Class sums and the first maximum. */
static void decide(const struct hard_pass *pass, const uint64_t *words, size_t first,
                   size_t samples)
{
    size_t classes = pass->model->num_classes;
    size_t group = pass->model->layers[pass->model->num_layers - 1]->num_outputs / classes;
    uint32_t best[LAYER_TILE] = {0};

    for (size_t s = 0; s < samples; s++)
        pass->classes[first + s] = 0;
    for (size_t c = 0; c < classes; c++) {
        uint32_t sums[LAYER_TILE];

        words_count(words + c * group, group, sums);
        for (size_t s = 0; s < samples; s++) {
            if (pass->scores != NULL) pass->scores[(first + s) * classes + c] = sums[s];
            if (c > 0 && sums[s] <= best[s]) continue;
            best[s] = sums[s];
            pass->classes[first + s] = (uint32_t)c;
        }
    }
}

/* Threads share the sets; a bit that is there already is the usual case, and only read. */
static void note_addresses(const struct layer *layer, const uint64_t *in, size_t samples,
                           uint64_t *seen)
{
    size_t words = layer_table_words(layer);

    for (size_t i = 0; i < layer->instances; i++) {
        uint64_t *set = seen + i / layer->positions * words;
        uint16_t address[LAYER_TILE];

        layer_address_instance(layer, i, in, address);
        for (size_t s = 0; s < samples; s++) {
            uint64_t *word = set + address[s] / 64, bit = UINT64_C(1) << (address[s] % 64);

            if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
                __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
        }
    }
}

/* `scratch` holds the bits of two layers, max_signals words and the constant 0 each. */
static void hard_tile(const struct hard_pass *pass, struct tile *tile, uint64_t *scratch,
                      size_t first, size_t samples)
{
    const struct model *model = pass->model;
    size_t num_bits = model->encoder->num_bits;
    const uint64_t *in = tile->words;

    tile_load(tile, model, pass->codes, NULL, first, samples);
    for (size_t b = 0; pass->encoder_bits != NULL && b < num_bits; b++) {
        for (size_t s = 0; s < samples; s++)
            pass->encoder_bits[(first + s) * num_bits + b] = (uint8_t)(tile->words[b] >> s & 1);
    }
    tile_flip_bits(tile, pass->noise, 0, tile->words, num_bits);
    for (size_t l = 0; l < model->num_layers; l++) {
        uint64_t *out = scratch + (l % 2) * (pass->max_signals + 1);

        if (pass->seen != NULL) note_addresses(model->layers[l], in, samples, pass->seen[l]);
        layer_hard_forward(model->layers[l], pass->tables[l], in, out);
        out[model->layers[l]->num_outputs] = 0; /* the constant */
        if (l + 1 < model->num_layers)
            tile_flip_bits(tile, pass->noise, l + 1, out, model->layers[l]->num_outputs);
        in = out;
    }
    if (pass->classes != NULL) decide(pass, in, first, samples);
}

static enum err_status hard_tables(struct hard_pass *pass, struct err *err)
{
    const struct model *model = pass->model;

    pass->tables = calloc(model->num_layers, sizeof *pass->tables);
    if (pass->tables == NULL) return err_nomem(err, "hard tables");
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        size_t words = layer_table_words(layer);

        if (layer->num_outputs > pass->max_signals) pass->max_signals = layer->num_outputs;
        pass->tables[l] =
            malloc(layer->width * layer->desc.num_outputs * words * sizeof **pass->tables);
        if (pass->tables[l] == NULL) return err_nomem(err, "hard tables");
        layer_hard_tables(layer, pass->tables[l]);
    }
    return ERR_OK;
}

static enum err_status hard_run(struct hard_pass *pass, size_t count, unsigned threads,
                                struct err *err)
{
    size_t tiles = (count + LAYER_TILE - 1) / LAYER_TILE;
    enum err_status status = hard_tables(pass, err);
    int failed = 0;

    if (status == ERR_OK) {
#pragma omp parallel num_threads(thread_count(threads))
        {
            struct tile tile;
            enum err_status mine = tile_create(&tile, pass->model, TILE_FORWARD, NULL);
            uint64_t *scratch = malloc(2 * (pass->max_signals + 1) * sizeof *scratch);

            if (mine != ERR_OK || scratch == NULL) {
#pragma omp atomic write
                failed = 1;
            }
#pragma omp barrier
#pragma omp for schedule(dynamic)
            for (size_t t = 0; t < tiles; t++) {
                size_t first = t * LAYER_TILE;

                if (!failed)
                    hard_tile(pass, &tile, scratch, first,
                              count - first < LAYER_TILE ? count - first : LAYER_TILE);
            }
            free(scratch);
            if (mine == ERR_OK) tile_free(&tile);
        }
        if (failed) status = err_nomem(err, "the hard forward pass");
    }
    for (size_t l = 0; pass->tables != NULL && l < pass->model->num_layers; l++)
        free(pass->tables[l]);
    free(pass->tables);
    return status;
}

enum err_status model_hard(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, uint8_t *encoder_bits, uint32_t *scores,
                           uint32_t *classes, struct err *err)
{
    struct hard_pass pass = {.model = model,
                             .codes = codes,
                             .encoder_bits = encoder_bits,
                             .scores = scores,
                             .classes = classes};
    enum err_status status = need_encoder(model, err);

    return status == ERR_OK ? hard_run(&pass, count, threads, err) : status;
}

enum err_status model_seen(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, uint64_t *const *seen, struct err *err)
{
    struct hard_pass pass = {.model = model, .codes = codes, .seen = seen};
    enum err_status status = need_encoder(model, err);

    return status == ERR_OK ? hard_run(&pass, count, threads, err) : status;
}

/* --- real-valued logits --- */

enum soft_kind { SOFT_EXPECTATION, SOFT_SAMPLING };

static void logits_of_tile(struct tile *tile, const struct model *model, enum soft_kind kind,
                           const struct tile_noise *noise, uint64_t *scratch, float *logits)
{
    if (kind == SOFT_SAMPLING)
        tile_sample(tile, model, noise, scratch);
    else
        tile_forward(tile, model, noise);
    for (size_t s = 0; s < tile->samples; s++) {
        for (size_t c = 0; c < model->num_classes; c++)
            logits[(tile->id + s) * model->num_classes + c] = tile->logits[c * LAYER_TILE + s];
    }
}

static enum err_status soft_run(const struct model *model, const uint16_t *codes, size_t count,
                                unsigned threads, enum soft_kind kind,
                                const struct tile_noise *noise, float *logits, struct err *err)
{
    size_t tiles = (count + LAYER_TILE - 1) / LAYER_TILE, widest = 0;
    enum err_status status = need_encoder(model, err);
    int failed = 0;

    if (status != ERR_OK) return status;
    for (size_t l = 0; l < model->num_layers; l++)
        if (model->layers[l]->num_outputs > widest) widest = model->layers[l]->num_outputs;
#pragma omp parallel num_threads(thread_count(threads))
    {
        struct tile tile;
        enum err_status mine = tile_create(&tile, model, TILE_FORWARD, NULL);
        uint64_t *scratch = malloc(2 * (widest + 1) * sizeof *scratch);

        if (mine != ERR_OK || scratch == NULL) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp barrier
#pragma omp for schedule(dynamic)
        for (size_t t = 0; t < tiles; t++) {
            size_t first = t * LAYER_TILE;

            if (failed) continue;
            tile_load(&tile, model, codes, NULL, first,
                      count - first < LAYER_TILE ? count - first : LAYER_TILE);
            logits_of_tile(&tile, model, kind, noise, scratch, logits);
        }
        free(scratch);
        if (mine == ERR_OK) tile_free(&tile);
    }
    return failed ? err_nomem(err, "the soft forward pass") : ERR_OK;
}

enum err_status model_soft(const struct model *model, const uint16_t *codes, size_t count,
                           unsigned threads, float *logits, struct err *err)
{
    return soft_run(model, codes, count, threads, SOFT_EXPECTATION, NULL, logits, err);
}

enum err_status model_sample(const struct model *model, const uint16_t *codes, size_t count,
                             unsigned threads, uint64_t seed, float *logits, struct err *err)
{
    struct tile_noise noise = {.seed = seed};

    return soft_run(model, codes, count, threads, SOFT_SAMPLING, &noise, logits, err);
}

/* --- accuracy --- */

static enum err_status classify_real(const struct model *model, const uint16_t *codes, size_t count,
                                     unsigned threads, enum soft_kind kind,
                                     const struct tile_noise *noise, uint32_t *classes,
                                     struct err *err)
{
    size_t k = model->num_classes;
    float *logits = malloc((count > 0 ? count : 1) * k * sizeof *logits);
    enum err_status status = logits == NULL ? err_nomem(err, "logits") : ERR_OK;

    if (status == ERR_OK) status = soft_run(model, codes, count, threads, kind, noise, logits, err);
    for (size_t s = 0; status == ERR_OK && s < count; s++) {
        classes[s] = 0;
        for (size_t c = 1; c < k; c++) {
            if (logits[s * k + c] > logits[s * k + classes[s]]) classes[s] = (uint32_t)c;
        }
    }
    free(logits);
    return status;
}

static enum err_status classify(const struct model *model, const uint16_t *codes, size_t count,
                                const struct model_mode *mode, uint32_t *classes, struct err *err)
{
    struct tile_noise noise = {.flip = mode->flip, .seed = mode->seed};
    struct hard_pass pass = {.model = model, .codes = codes, .noise = &noise, .classes = classes};

    if (strcmp(mode->name, "deterministic") == 0) return hard_run(&pass, count, mode->threads, err);
    if (strcmp(mode->name, "expectation") == 0)
        return classify_real(model, codes, count, mode->threads, SOFT_EXPECTATION, &noise, classes,
                             err);
    if (strcmp(mode->name, "sampling") == 0)
        return classify_real(model, codes, count, mode->threads, SOFT_SAMPLING, &noise, classes,
                             err);
    return err_set(err, ERR_ARG, "mode '%s': expected deterministic, expectation or sampling",
                   mode->name);
}

enum err_status model_accuracy(const struct model *model, const struct dataset_split *split,
                               const struct model_mode *mode, double *accuracy,
                               uint32_t *predictions, struct err *err)
{
    uint32_t *classes = predictions;
    enum err_status status = need_encoder(model, err);
    size_t right = 0;

    if (status != ERR_OK) return status;
    if (classes == NULL) classes = malloc((split->count > 0 ? split->count : 1) * sizeof *classes);
    if (classes == NULL) return err_nomem(err, "predictions");
    status = classify(model, split->codes, split->count, mode, classes, err);
    for (size_t s = 0; status == ERR_OK && s < split->count; s++)
        right += classes[s] == split->labels[s];
    if (status == ERR_OK) *accuracy = split->count > 0 ? (double)right / (double)split->count : 0.0;
    if (predictions == NULL) free(classes);
    return status;
}
