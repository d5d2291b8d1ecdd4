#include "api.h"
#include "data/raw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err_status api_check_codes(const uint16_t *codes, size_t count, size_t features, uint32_t max,
                                struct err *err)
{
    for (size_t i = 0; i < count * features; i++) {
        if (codes[i] > max)
            return err_set(err, ERR_ARG, "sample %zu, feature %zu: code %u is over %u",
                           i / features, i % features, codes[i], max);
    }
    return ERR_OK;
}

static enum err_status wrap(struct difflut_data **out, struct dataset *dataset,
                            enum err_status status, struct err *err)
{
    struct difflut_data *data = NULL;

    if (status == ERR_OK) {
        data = malloc(sizeof *data);
        if (data == NULL) status = err_nomem(err, "a data set");
    }
    if (status != ERR_OK) {
        dataset_free(dataset);
        return status;
    }
    data->dataset = dataset;
    *out = data;
    return ERR_OK;
}

enum difflut_status difflut_data_load(const struct difflut_model *model, const char *data_dir,
                                      unsigned splits, struct difflut_data **out,
                                      struct difflut_error *err)
{
    const struct config *config = model->model->config;
    struct dataset_request request = {.spec = &config->dataset,
                                      .data_dir = data_dir,
                                      .bits = (unsigned)config->input_bits,
                                      .map = model->model->map,
                                      .splits = splits};
    struct dataset *dataset = NULL;
    enum err_status status;

    if (splits == 0 || (splits & ~(unsigned)(DIFFLUT_TRAIN | DIFFLUT_TEST)) != 0)
        return api_status(
            err_set(api_err(err), ERR_ARG, "splits: expected DIFFLUT_TRAIN, DIFFLUT_TEST or both"));
    status = dataset_load(&dataset, &request, api_err(err));
    return api_status(wrap(out, dataset, status, api_err(err)));
}

/* --- the caller's own numbers --- */

static enum err_status check_shape(const struct difflut_data_shape *shape, struct err *err)
{
    size_t pixels;
    bool image = shape->channels > 0 || shape->height > 0 || shape->width > 0;

    if (shape->num_features == 0 || shape->num_features > (size_t)1 << 20)
        return err_set(err, ERR_ARG, "num_features: expected 1 to %d, found %zu", 1 << 20,
                       shape->num_features);
    if (shape->num_classes < 2 || shape->num_classes > 65535)
        return err_set(err, ERR_ARG, "num_classes: expected 2 to 65535, found %zu",
                       shape->num_classes);
    if (!image) return ERR_OK;
    if (__builtin_mul_overflow(shape->channels, shape->height, &pixels) ||
        __builtin_mul_overflow(pixels, shape->width, &pixels) || pixels != shape->num_features)
        return err_set(err, ERR_ARG,
                       "an image of %zu channels, %zu rows and %zu columns has not %zu features",
                       shape->channels, shape->height, shape->width, shape->num_features);
    return ERR_OK;
}

/* A data set of that shape without samples. */
static enum err_status create(struct dataset **out, const char *name,
                              const struct difflut_data_shape *shape, struct err *err)
{
    bool image = shape->channels > 0;
    struct dataset *dataset;
    enum err_status status = check_shape(shape, err);

    if (status != ERR_OK) return status;
    dataset = calloc(1, sizeof *dataset);
    if (dataset == NULL) return err_nomem(err, "a data set");
    snprintf(dataset->name, sizeof dataset->name, "%s", name);
    dataset->num_features = shape->num_features;
    dataset->num_classes = shape->num_classes;
    dataset->channels = image ? shape->channels : 1;
    dataset->height = image ? shape->height : 1;
    dataset->width = image ? shape->width : shape->num_features;
    status = code_map_create(&dataset->map, shape->code_bits, shape->num_features, err);
    if (status == ERR_OK)
        *out = dataset;
    else
        dataset_free(dataset);
    return status;
}

static enum err_status check_labels(const uint16_t *labels, size_t count, size_t classes,
                                    struct err *err)
{
    if (labels == NULL && count > 0) return err_set(err, ERR_ARG, "samples without labels");
    for (size_t i = 0; i < count; i++) {
        if (labels[i] >= classes)
            return err_set(err, ERR_ARG, "sample %zu: label %u, but there are %zu classes", i,
                           labels[i], classes);
    }
    return ERR_OK;
}

/* Room for `count` samples with their labels. */
static enum err_status fill_split(struct dataset_split *split, size_t features, size_t count,
                                  const uint16_t *labels, struct err *err)
{
    split->codes = calloc(count + 1, features * sizeof *split->codes);
    split->labels = calloc(count + 1, sizeof *split->labels);
    if (split->codes == NULL || split->labels == NULL) return err_nomem(err, "samples");
    if (count > 0) memcpy(split->labels, labels, count * sizeof *labels);
    split->count = count;
    return ERR_OK;
}

static enum err_status add_split(struct dataset_split *split, const struct dataset *dataset,
                                 const struct difflut_samples *samples, struct err *err)
{
    size_t features = dataset->num_features;
    enum err_status status =
        check_labels(samples->labels, samples->count, dataset->num_classes, err);

    if (status == ERR_OK)
        status = api_check_codes(samples->codes, samples->count, features,
                                 (1U << dataset->map->bits) - 1, err);
    if (status == ERR_OK)
        status = fill_split(split, features, samples->count, samples->labels, err);
    if (status == ERR_OK && samples->count > 0)
        memcpy(split->codes, samples->codes, samples->count * features * sizeof *split->codes);
    return status;
}

enum difflut_status difflut_data_create(const char *name, const struct difflut_data_shape *shape,
                                        const struct difflut_samples *train,
                                        const struct difflut_samples *test,
                                        struct difflut_data **out, struct difflut_error *err)
{
    struct dataset *dataset = NULL;
    enum err_status status = create(&dataset, name, shape, api_err(err));

    if (status == ERR_OK) status = add_split(&dataset->train, dataset, train, api_err(err));
    if (status == ERR_OK && test != NULL)
        status = add_split(&dataset->test, dataset, test, api_err(err));
    return api_status(wrap(out, dataset, status, api_err(err)));
}

static enum err_status check_reals(const double *x, size_t count, size_t features, struct err *err)
{
    for (size_t i = 0; i < count * features; i++) {
        if (!isfinite(x[i]))
            return err_set(err, ERR_ARG, "sample %zu, feature %zu: not a finite number",
                           i / features, i % features);
    }
    return ERR_OK;
}

static void code_split(struct dataset_split *split, const struct dataset *dataset, const double *x)
{
    for (size_t i = 0; i < split->count * dataset->num_features; i++)
        split->codes[i] = code_map_code(dataset->map, i % dataset->num_features, x[i]);
}

/* The first `count` samples say what the codes mean. */
static enum err_status fit_map(struct dataset *dataset, const double *x, size_t count,
                               struct err *err)
{
    struct raw *raw = NULL;
    enum err_status status = raw_create(&raw, count, dataset->num_features, false, err);

    if (status != ERR_OK) return status;
    memcpy(raw->values, x, count * dataset->num_features * sizeof *x);
    raw_fit_map(raw, dataset->height > 1, dataset->map);
    raw_free(raw);
    return ERR_OK;
}

enum difflut_status difflut_data_create_real(const char *name,
                                             const struct difflut_data_shape *shape,
                                             const double *x, const uint16_t *labels, size_t count,
                                             size_t num_test, struct difflut_data **out,
                                             struct difflut_error *err)
{
    struct dataset *dataset = NULL;
    size_t train, features = shape->num_features;
    enum err_status status;

    if (num_test >= count)
        return api_status(err_set(api_err(err), ERR_ARG,
                                  "num_test: %zu of %zu samples leave none to train on", num_test,
                                  count));
    train = count - num_test;
    status = create(&dataset, name, shape, api_err(err));
    if (status == ERR_OK) status = check_labels(labels, count, shape->num_classes, api_err(err));
    if (status == ERR_OK) status = check_reals(x, count, features, api_err(err));
    if (status == ERR_OK) status = fit_map(dataset, x, train, api_err(err));
    if (status == ERR_OK)
        status = fill_split(&dataset->train, features, train, labels, api_err(err));
    if (status == ERR_OK)
        status = fill_split(&dataset->test, features, num_test, labels + train, api_err(err));
    if (status == ERR_OK) {
        code_split(&dataset->train, dataset, x);
        code_split(&dataset->test, dataset, x + train * features);
    }
    return api_status(wrap(out, dataset, status, api_err(err)));
}

void difflut_data_free(struct difflut_data *data)
{
    if (data == NULL) return;
    dataset_free(data->dataset);
    free(data);
}

struct difflut_data_shape difflut_data_shape(const struct difflut_data *data)
{
    const struct dataset *dataset = data->dataset;
    struct difflut_data_shape shape = {.num_features = dataset->num_features,
                                       .num_classes = dataset->num_classes,
                                       .code_bits = dataset->map->bits};

    if (dataset->height > 1) {
        shape.channels = dataset->channels;
        shape.height = dataset->height;
        shape.width = dataset->width;
    }
    return shape;
}

struct difflut_samples difflut_data_split(const struct difflut_data *data, unsigned split)
{
    const struct dataset_split *from =
        split == DIFFLUT_TEST ? &data->dataset->test : &data->dataset->train;

    return (struct difflut_samples){
        .count = from->count, .codes = from->codes, .labels = from->labels};
}
