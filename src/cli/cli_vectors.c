#include "cli/cli_vectors.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = 1000,       /* drawn digits when there is no data set */
    MAX_EDGES = 4096,    /* edge vectors */
    TIES_WANTED = 64,    /* tied vectors */
    TIE_BATCH = 1024,    /* random vectors looked at in one go */
    TIE_BATCHES = 16,    /* at most */
    DIGIT_FEATURES = 784 /* 28 x 28 */
};

static const char *const SOURCE_NAMES[CLI_VECTORS_SOURCES] = {"test split", "synthetic digit",
                                                              "random", "edge", "tied"};

/* A growing list of code rows. */
struct rows {
    uint16_t *codes; /* [count][features] */
    size_t count, capacity, features;
};

/* Room for `extra` more rows; returns the first, or NULL when out of memory. */
static uint16_t *rows_add(struct rows *rows, size_t extra)
{
    uint16_t *first;

    if (rows->count + extra > rows->capacity) {
        size_t capacity = 2 * rows->capacity + extra;
        uint16_t *codes;

        if (capacity > SIZE_MAX / sizeof *codes / rows->features) return NULL;
        codes = realloc(rows->codes, capacity * rows->features * sizeof *codes);
        if (codes == NULL) return NULL;
        rows->codes = codes;
        rows->capacity = capacity;
    }
    first = rows->codes + rows->count * rows->features;
    rows->count += extra;
    return first;
}

static enum err_status add_copies(struct rows *rows, const uint16_t *codes, size_t count,
                                  struct err *err)
{
    uint16_t *to = rows_add(rows, count);

    if (to == NULL) return err_nomem(err, "test vectors");
    if (count > 0) memcpy(to, codes, count * rows->features * sizeof *to);
    return ERR_OK;
}

static enum err_status add_random(struct rows *rows, size_t count, unsigned bits, struct rng *rng,
                                  struct err *err)
{
    uint16_t *to = rows_add(rows, count);

    if (to == NULL) return err_nomem(err, "test vectors");
    for (size_t i = 0; i < count * rows->features; i++)
        to[i] = (uint16_t)rng_below(rng, (uint64_t)1 << bits);
    return ERR_OK;
}

static enum err_status add_digits(struct rows *rows, const struct model *model, size_t limit,
                                  size_t *count, struct err *err)
{
    struct config_dataset spec = {.name = "synthetic_digits"};
    struct dataset_request request = {
        .spec = &spec, .bits = model->map->bits, .map = model->map, .splits = DATASET_TEST};
    struct dataset *dataset = NULL;
    enum err_status status;

    if (rows->features != DIGIT_FEATURES) return ERR_OK;
    status = dataset_load(&dataset, &request, err);
    if (status == ERR_OK) {
        *count = dataset->test.count < limit ? dataset->test.count : limit;
        if (*count > DIGITS) *count = DIGITS;
        status = add_copies(rows, dataset->test.codes, *count, err);
    }
    dataset_free(dataset);
    return status;
}

/* ---- edges ---- */

static int compare_codes(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* The edge codes of one feature, ascending and without repeats: T - 1, T and T + 1 of every toggle code
 * T. Writes at most 3 * (toggles of the feature) + 1 codes; returns how many (at least one). */
static size_t edge_codes(const struct encoder *encoder, size_t feature, uint32_t *codes)
{
    size_t first = encoder->toggle_start[feature * encoder->bits_per_feature];
    size_t last = encoder->toggle_start[(feature + 1) * encoder->bits_per_feature];
    uint32_t max = ((uint32_t)1 << encoder->code_bits) - 1;
    size_t count = 0, unique = 1;

    codes[count++] = 0;
    for (size_t i = first; i < last; i++) {
        uint32_t toggle = encoder->toggles[i];

        codes[count++] = toggle - 1;
        codes[count++] = toggle;
        if (toggle < max) codes[count++] = toggle + 1;
    }
    qsort(codes, count, sizeof *codes, compare_codes);
    for (size_t i = 1; i < count; i++) {
        if (codes[i] != codes[unique - 1]) codes[unique++] = codes[i];
    }
    return unique;
}

/* Vector j gives feature f its edge code j + f (modulo their number), so that as many vectors as the
 * longest list hold every edge of every feature, and the features are not in step. */
static enum err_status add_edges(struct rows *rows, const struct encoder *encoder,
                                 struct cli_vectors *set, struct err *err)
{
    size_t num_toggles = encoder->toggle_start[encoder->num_bits];
    uint32_t *codes = malloc((3 * num_toggles + 1) * sizeof *codes);
    uint16_t max = (uint16_t)(((uint32_t)1 << encoder->code_bits) - 1);
    size_t longest = 0, kept;
    uint16_t *to;

    if (codes == NULL) return err_nomem(err, "edge vectors");
    for (size_t f = 0; f < rows->features; f++) {
        size_t count = edge_codes(encoder, f, codes);

        if (count > longest) longest = count;
    }
    kept = longest < MAX_EDGES ? longest : MAX_EDGES;
    to = rows_add(rows, kept + 2);
    if (to == NULL) {
        free(codes);
        return err_nomem(err, "edge vectors");
    }
    for (size_t f = 0; f < rows->features; f++) {
        size_t count = edge_codes(encoder, f, codes);

        to[f] = 0;
        to[rows->features + f] = max;
        for (size_t j = 0; j < kept; j++)
            to[(j + 2) * rows->features + f] = (uint16_t)codes[(j + f) % count];
    }
    set->count[CLI_VECTORS_EDGE] = kept + 2;
    set->edges_wanted = longest + 2;
    free(codes);
    return ERR_OK;
}

/* ---- ties ---- */

static bool is_tied(const uint32_t *scores, size_t num_classes)
{
    uint32_t best = 0;
    size_t holders = 0;

    for (size_t c = 0; c < num_classes; c++) {
        if (scores[c] > best || holders == 0) {
            best = scores[c];
            holders = 1;
        } else if (scores[c] == best) {
            holders++;
        }
    }
    return holders > 1;
}

/* Keeps, of the rows from `first` on, those that tie, at most `most`; returns how many. */
static size_t keep_tied(struct rows *rows, size_t first, size_t most, const uint32_t *scores,
                        size_t num_classes)
{
    size_t kept = first;

    for (size_t i = first; i < rows->count && kept - first < most; i++) {
        if (!is_tied(scores + (i - first) * num_classes, num_classes)) continue;
        memmove(rows->codes + kept * rows->features, rows->codes + i * rows->features,
                rows->features * sizeof *rows->codes);
        kept++;
    }
    rows->count = kept;
    return kept - first;
}

static enum err_status add_tied(struct rows *rows, const struct model *model, size_t wanted,
                                unsigned threads, struct rng *rng, size_t *found, struct err *err)
{
    uint32_t *scores = calloc((size_t)TIE_BATCH * model->num_classes, sizeof *scores);
    uint32_t *classes = calloc(TIE_BATCH, sizeof *classes);
    enum err_status status =
        scores == NULL || classes == NULL ? err_nomem(err, "tied vectors") : ERR_OK;

    for (int batch = 0; batch < TIE_BATCHES && *found < wanted && status == ERR_OK; batch++) {
        size_t first = rows->count;

        status = add_random(rows, TIE_BATCH, model->map->bits, rng, err);
        if (status == ERR_OK)
            status = model_hard(model, rows->codes + first * rows->features, TIE_BATCH, threads,
                                NULL, scores, classes, err);
        if (status == ERR_OK)
            *found += keep_tied(rows, first, wanted - *found, scores, model->num_classes);
    }
    free(scores);
    free(classes);
    return status;
}

/* ---- all of them ---- */

static enum err_status collect(struct rows *rows, struct cli_vectors *set,
                               const struct model *model, const struct cli_vectors_request *request,
                               struct err *err)
{
    size_t *count = set->count;
    size_t random = request->random < request->limit ? request->random : request->limit;
    size_t ties = TIES_WANTED < request->limit ? TIES_WANTED : request->limit;
    enum err_status status;
    struct rng rng;

    rng_seed(&rng, request->seed, 0);
    if (request->split != NULL) {
        count[CLI_VECTORS_DATASET] =
            request->split->count < request->limit ? request->split->count : request->limit;
        status = add_copies(rows, request->split->codes, count[CLI_VECTORS_DATASET], err);
    } else {
        status = add_digits(rows, model, request->limit, &count[CLI_VECTORS_DIGITS], err);
    }
    if (status == ERR_OK) status = add_random(rows, random, model->map->bits, &rng, err);
    if (status == ERR_OK) count[CLI_VECTORS_RANDOM] = random;
    if (status == ERR_OK) status = add_edges(rows, model->encoder, set, err);
    if (status == ERR_OK)
        status = add_tied(rows, model, ties, request->threads, &rng, &count[CLI_VECTORS_TIED], err);
    return status;
}

enum err_status cli_vectors_expect(struct vectors *vectors, const struct model *model,
                                   unsigned threads, struct err *err)
{
    return model_hard(model, vectors->codes, vectors->count, threads, vectors->bits,
                      vectors->scores, vectors->classes, err);
}

static enum err_status expect(struct cli_vectors *set, const struct model *model,
                              const struct cli_vectors_request *request, struct err *err)
{
    struct vectors *vectors = set->vectors;
    enum err_status status = cli_vectors_expect(vectors, model, request->threads, err);

    if (status != ERR_OK) return status;
    snprintf(vectors->build_id, sizeof vectors->build_id, "%s", request->build_id);
    for (size_t i = 0; i < vectors->count; i++)
        set->ties += is_tied(vectors->scores + i * model->num_classes, model->num_classes);
    return ERR_OK;
}

enum err_status cli_vectors_make(struct cli_vectors *out, const struct model *model,
                                 const struct cli_vectors_request *request, struct err *err)
{
    struct cli_vectors set = {0};
    struct rows rows = {.features = model->encoder->num_features};
    enum err_status status = collect(&rows, &set, model, request, err);

    if (status == ERR_OK)
        status =
            vectors_create(&set.vectors, rows.count, (uint32_t)rows.features, model->map->bits,
                           (uint32_t)model->encoder->num_bits, (uint32_t)model->num_classes, err);
    if (status == ERR_OK) {
        memcpy(set.vectors->codes, rows.codes, rows.count * rows.features * sizeof *rows.codes);
        status = expect(&set, model, request, err);
    }
    free(rows.codes);
    if (status == ERR_OK)
        *out = set;
    else
        cli_vectors_free(&set);
    return status;
}

void cli_vectors_free(struct cli_vectors *set)
{
    vectors_free(set->vectors);
    memset(set, 0, sizeof *set);
}

void cli_vectors_name(const struct cli_vectors *set, size_t vector, char text[64])
{
    size_t index = vector;
    size_t source = 0;

    while (source + 1 < CLI_VECTORS_SOURCES && index >= set->count[source])
        index -= set->count[source++];
    snprintf(text, 64, "%s %zu", SOURCE_NAMES[source], index);
}

double cli_vectors_accuracy(const struct cli_vectors *set, const struct dataset_split *split,
                            const uint32_t *classes)
{
    size_t count = set->count[CLI_VECTORS_DATASET];
    size_t right = 0;

    for (size_t i = 0; i < count; i++)
        right += classes[i] == split->labels[i];
    return count > 0 ? (double)right / (double)count : 0.0;
}
