#include "encoder_kinds.h"
#include "encoder_snap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The training rows: codes or real numbers, one of the two. */
struct rows {
    const uint16_t *codes; /* [count][num_features] */
    const float *x;
    size_t count, num_features;
};

static float rows_at(const struct rows *rows, size_t row, size_t feature)
{
    size_t at = row * rows->num_features + feature;

    return rows->codes != NULL ? (float)rows->codes[at] : rows->x[at];
}

static enum err_status rows_check(const struct rows *rows, struct err *err)
{
    if (rows->count == 0) return err_set(err, ERR_ARG, "there are no rows to fit the encoder on");
    for (size_t i = 0; rows->x != NULL && i < rows->count * rows->num_features; i++) {
        if (!isfinite(rows->x[i])) {
            return err_set(err, ERR_ARG, "row %zu, feature %zu: the encoder cannot be fitted on %g",
                           i / rows->num_features, i % rows->num_features, (double)rows->x[i]);
        }
    }
    return ERR_OK;
}

/* Gives every state of the encoder `rows` rows. */
static enum err_status allocate_state(struct encoder *encoder, size_t rows, struct err *err)
{
    for (size_t s = 0; s < encoder->num_states; s++) {
        struct encoder_state *state = &encoder->state[s];

        state->values = calloc(rows * state->columns, sizeof *state->values);
        if (state->values == NULL) return err_nomem(err, "encoder state");
        state->rows = rows;
    }
    return ERR_OK;
}

static void fit_row(struct encoder *encoder, size_t row, float *x, size_t count)
{
    float *state[ENCODER_MAX_STATE] = {NULL};

    for (size_t s = 0; s < encoder->num_states; s++) {
        state[s] = encoder->state[s].values + row * encoder->state[s].columns;
    }
    encoder->kind->fit(x, count, encoder->bits_per_feature, state);
}

/* One state row from all values of all features. */
static enum err_status fit_pooled(struct encoder *encoder, const struct rows *rows, struct err *err)
{
    size_t size = rows->count * rows->num_features;
    float *pool = malloc(size * sizeof *pool);

    if (pool == NULL) return err_nomem(err, "the encoder's training values");
    for (size_t i = 0; i < size; i++)
        pool[i] = rows_at(rows, 0, i);
    fit_row(encoder, 0, pool, size);
    free(pool);
    return ERR_OK;
}

/* One state row a feature. Columns are gathered a cache line of codes at a time. */
static enum err_status fit_columns(struct encoder *encoder, const struct rows *rows,
                                   struct err *err)
{
    enum { BLOCK = 32 };
    float *columns = malloc(rows->count * BLOCK * sizeof *columns);

    if (columns == NULL) return err_nomem(err, "the encoder's training values");
    for (size_t first = 0; first < rows->num_features; first += BLOCK) {
        size_t width = rows->num_features - first < BLOCK ? rows->num_features - first : BLOCK;

        for (size_t i = 0; i < rows->count; i++) {
            for (size_t f = 0; f < width; f++) {
                columns[f * rows->count + i] = rows_at(rows, i, first + f);
            }
        }
        for (size_t f = 0; f < width; f++) {
            fit_row(encoder, first + f, columns + f * rows->count, rows->count);
        }
    }
    free(columns);
    return ERR_OK;
}

static enum err_status fit(struct encoder *encoder, const struct rows *rows, bool feature_wise,
                           struct err *err)
{
    enum err_status status = rows_check(rows, err);

    if (status == ERR_OK) {
        status = allocate_state(encoder, feature_wise ? rows->num_features : 1, err);
    }
    if (status == ERR_OK) {
        status = feature_wise ? fit_columns(encoder, rows, err) : fit_pooled(encoder, rows, err);
    }
    return status;
}

enum err_status encoder_fit_real(struct encoder **out, const char *name, size_t bits_per_feature,
                                 bool feature_wise, const float *x, size_t count,
                                 size_t num_features, struct err *err)
{
    struct rows rows = {.x = x, .count = count, .num_features = num_features};
    struct encoder *encoder = NULL;
    enum err_status status = encoder_create(&encoder, name, num_features, bits_per_feature, err);

    if (status == ERR_OK) status = fit(encoder, &rows, feature_wise, err);
    if (status == ERR_OK)
        *out = encoder;
    else
        encoder_free(encoder);
    return status;
}

/* Options of some kinds, beside those of all encoders. */
struct options {
    long snap;
};
static const struct config_option OPTIONS[] = {
    {.name = "snap",
     .type = CONFIG_LONG,
     .offset = offsetof(struct options, snap),
     .low = 0,
     .high = 50,
     .default_text = "0",
     .meaning = "thermometers: hundredths of the values that a threshold may pass to cost less"},
};

static bool has_thresholds(const struct encoder_kind *kind)
{
    return strcmp(kind->states[0].name, "thresholds") == 0;
}

/* One row of thresholds after another; a pooled row was fitted on all features. */
static enum err_status snap(struct encoder *encoder, const struct rows *rows, unsigned code_bits,
                            long percent, struct err *err)
{
    struct encoder_state *state = &encoder->state[0];
    size_t codes = (size_t)1 << code_bits;
    size_t features = state->rows == 1 ? rows->num_features : 1;
    size_t *counts = malloc(codes * sizeof *counts);

    if (counts == NULL) return err_nomem(err, "snapping thresholds");
    for (size_t r = 0; r < state->rows; r++) {
        memset(counts, 0, codes * sizeof *counts);
        for (size_t i = 0; i < rows->count; i++) {
            for (size_t f = 0; f < features; f++)
                counts[rows->codes[i * rows->num_features + r + f]]++;
        }
        encoder_snap_row(state->values + r * state->columns, state->columns, counts, code_bits,
                         percent);
    }
    free(counts);
    return ERR_OK;
}

/* The configuration's own mistakes, with its file and line. */
static enum err_status check_config(const struct config *config, struct options *own,
                                    struct err *err)
{
    enum err_status status;
    const struct config_encoder *options = &config->encoder_config;
    const struct encoder_kind *kind = encoder_kinds_find(options->name);
    size_t count;
    const struct encoder_kind *const *kinds = encoder_kinds(&count);

    if (kind == NULL) {
        const char *names[32];

        for (size_t i = 0; i < count && i < 32; i++)
            names[i] = kinds[i]->name;
        return config_complain_name(config, "encoder_config.name", options->name, names, count,
                                    err);
    }
    if (options->num_bits < kind->min_bits || options->num_bits > kind->max_bits) {
        return config_complain(config, "encoder_config.num_bits", err,
                               "expected %ld to %ld for a %s encoder (found %ld)", kind->min_bits,
                               kind->max_bits, kind->name, options->num_bits);
    }
    status = config_options_read(config, "encoder_config", &options->options, OPTIONS,
                                 sizeof OPTIONS / sizeof OPTIONS[0], own, err);
    if (status == ERR_OK && own->snap > 0 && !has_thresholds(kind))
        status = config_complain(config, "encoder_config.snap", err,
                                 "a %s encoder has no thresholds that could move", kind->name);
    return status;
}

enum err_status encoder_check(const struct config *config, struct err *err)
{
    struct options own;

    return check_config(config, &own, err);
}

enum err_status encoder_fit(struct encoder **out, const struct config *config,
                            const uint16_t *codes, size_t count, struct err *err)
{
    const struct config_encoder *options = &config->encoder_config;
    size_t num_features = (size_t)config->input_size;
    struct rows rows = {.codes = codes, .count = count, .num_features = num_features};
    struct encoder *encoder = NULL;
    struct options own;
    enum err_status status = check_config(config, &own, err);

    if (status == ERR_OK) {
        status =
            encoder_create(&encoder, options->name, num_features, (size_t)options->num_bits, err);
    }
    if (status == ERR_OK) status = fit(encoder, &rows, options->feature_wise, err);
    if (status == ERR_OK && own.snap > 0)
        status = snap(encoder, &rows, (unsigned)config->input_bits, own.snap, err);
    if (status == ERR_OK) {
        status = encoder_freeze(encoder, (unsigned)config->input_bits, NULL, err);
    }
    if (status == ERR_OK)
        *out = encoder;
    else
        encoder_free(encoder);
    return status;
}
