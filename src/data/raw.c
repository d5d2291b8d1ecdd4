#include "raw.h"

#include "idx.h"
#include "npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CLASSES = UINT16_MAX };

enum err_status raw_create(struct raw **out, size_t count, size_t num_features, bool bytes,
                           struct err *err)
{
    struct raw *raw = calloc(1, sizeof *raw);
    size_t size;

    if (raw == NULL) return err_nomem(err, "data");
    raw->count = count;
    raw->num_features = num_features;
    if (!__builtin_mul_overflow(count, num_features, &size)) {
        if (bytes)
            raw->bytes = calloc(size + 1, sizeof *raw->bytes);
        else
            raw->values = calloc(size + 1, sizeof *raw->values);
        raw->labels = calloc(count + 1, sizeof *raw->labels);
    }
    if ((!raw->bytes && !raw->values) || !raw->labels) {
        raw_free(raw);
        return err_nomem(err, "data");
    }
    *out = raw;
    return ERR_OK;
}

void raw_free(struct raw *raw)
{
    if (raw == NULL) return;
    free(raw->bytes);
    free(raw->values);
    free(raw->labels);
    free(raw);
}

/* --- IDX --- */

static enum err_status idx_to_raw(struct raw **out, const struct idx *images,
                                  const struct idx *labels, const char *const paths[2],
                                  size_t num_features, size_t num_classes, struct err *err)
{
    struct raw *raw = NULL;
    enum err_status status;

    if (images->rank != 3 || images->shape[1] * images->shape[2] != num_features) {
        return err_set(err, ERR_FORMAT,
                       "%s: expected images of %zu pixels, found rank %zu, %zu x %zu", paths[0],
                       num_features, images->rank, images->shape[1], images->shape[2]);
    }
    if (labels->rank != 1 || labels->count != images->shape[0]) {
        return err_set(err, ERR_FORMAT,
                       "%s: expected %zu labels, one for each image of %s, found %zu", paths[1],
                       images->shape[0], paths[0], labels->count);
    }
    for (size_t i = 0; i < labels->count; i++) {
        if (labels->values[i] >= num_classes) {
            return err_set(err, ERR_FORMAT,
                           "%s: offset %zu: label %u, but the classes are 0 to %zu", paths[1],
                           labels->offset + i, labels->values[i], num_classes - 1);
        }
    }
    status = raw_create(&raw, labels->count, num_features, true, err);
    if (status != ERR_OK) return status;
    memcpy(raw->bytes, images->values, images->count);
    for (size_t i = 0; i < raw->count; i++)
        raw->labels[i] = labels->values[i];
    *out = raw;
    return ERR_OK;
}

enum err_status raw_read_idx(struct raw **out, const char *images, const char *labels,
                             size_t num_features, size_t num_classes, struct err *err)
{
    const char *const paths[] = {images, labels};
    struct idx *pixels = NULL, *classes = NULL;
    enum err_status status = idx_read(&pixels, images, err);

    if (status == ERR_OK) status = idx_read(&classes, labels, err);
    if (status == ERR_OK) {
        status = idx_to_raw(out, pixels, classes, paths, num_features, num_classes, err);
    }
    idx_free(pixels);
    idx_free(classes);
    return status;
}

/* --- NPY --- */

static enum err_status npy_to_raw(struct raw **out, const struct npy *features,
                                  const struct npy *labels, const char *const paths[2],
                                  size_t num_features, size_t num_classes, struct err *err)
{
    struct raw *raw = NULL;
    enum err_status status;

    if (features->rank != 2 || features->shape[1] != num_features) {
        return err_set(err, ERR_FORMAT, "%s: expected an array of %zu columns", paths[0],
                       num_features);
    }
    if (labels->rank != 1 || labels->count != features->shape[0]) {
        return err_set(err, ERR_FORMAT,
                       "%s: expected %zu labels, one for each row of %s, found %zu", paths[1],
                       features->shape[0], paths[0], labels->count);
    }
    status = raw_create(&raw, labels->count, num_features, false, err);
    for (size_t i = 0; i < features->count && status == ERR_OK; i++) {
        raw->values[i] = features->values[i];
        if (!isfinite(raw->values[i])) {
            status = err_set(err, ERR_FORMAT, "%s: row %zu, column %zu: %g is not a finite number",
                             paths[0], i / num_features, i % num_features, raw->values[i]);
        }
    }
    for (size_t i = 0; i < labels->count && status == ERR_OK; i++) {
        double label = labels->values[i];

        if (!(label >= 0.0 && label < (double)num_classes) || label != floor(label)) {
            status = err_set(err, ERR_FORMAT, "%s: row %zu: label %g, but the classes are 0 to %zu",
                             paths[1], i, label, num_classes - 1);
        } else {
            raw->labels[i] = (uint16_t)label;
        }
    }
    if (status == ERR_OK)
        *out = raw;
    else
        raw_free(raw);
    return status;
}

enum err_status raw_read_npy(struct raw **out, const char *features, const char *labels,
                             size_t num_features, size_t num_classes, struct err *err)
{
    const char *const paths[] = {features, labels};
    struct npy *x = NULL, *y = NULL;
    enum err_status status = npy_read(&x, features, err);

    if (status == ERR_OK) status = npy_read(&y, labels, err);
    if (status == ERR_OK) status = npy_to_raw(out, x, y, paths, num_features, num_classes, err);
    npy_free(x);
    npy_free(y);
    return status;
}

/* --- CSV --- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Text labels: the sorted different ones. */
static enum err_status find_names(struct raw_classes *classes, const struct csv *csv, size_t label,
                                  struct err *err)
{
    size_t count = 0;

    classes->names = malloc(csv->rows * sizeof *classes->names);
    if (classes->names == NULL) return err_nomem(err, "class names");
    for (size_t i = 0; i < csv->rows; i++) {
        classes->names[i] = csv_cell(csv, i, label);
    }
    qsort(classes->names, csv->rows, sizeof *classes->names, compare_names);
    for (size_t i = 0; i < csv->rows; i++) {
        if (count == 0 || strcmp(classes->names[count - 1], classes->names[i]) != 0) {
            classes->names[count++] = classes->names[i];
        }
    }
    classes->count = count;
    if (count > MAX_CLASSES) {
        return csv_complain(csv, 0, label, err, "%zu different labels; at most %d classes", count,
                            MAX_CLASSES);
    }
    return ERR_OK;
}

/* Whole-number labels: they run from 0 to the largest. */
static enum err_status find_count(struct raw_classes *classes, const struct csv *csv, size_t label,
                                  struct err *err)
{
    double least = INFINITY, most = 0.0;

    for (size_t i = 0; i < csv->rows; i++) {
        double value;
        enum err_status status = csv_number(csv, i, label, &value, err);

        if (status != ERR_OK) return status;
        if (!(value >= 0.0 && value < MAX_CLASSES) || value != floor(value)) {
            return csv_complain(csv, i, label, err,
                                "label %.60s; labels are whole numbers from 0 on, or text",
                                csv_cell(csv, i, label));
        }
        if (value < least) least = value;
        if (value > most) most = value;
    }
    if (least > 0.0) {
        return csv_complain(csv, 0, label, err,
                            "labels run from %g to %g, but class numbers begin with 0", least,
                            most);
    }
    classes->count = (size_t)most + 1;
    return ERR_OK;
}

enum err_status raw_classes_find(struct raw_classes *classes, const struct csv *csv, size_t label,
                                 struct err *err)
{
    size_t text = 0;
    double value;

    *classes = (struct raw_classes){0};
    for (size_t i = 0; i < csv->rows; i++) {
        if (csv_missing(csv, i, label)) {
            return csv_complain(csv, i, label, err, "the label is missing");
        }
        text += csv_number(csv, i, label, &value, NULL) != ERR_OK;
    }
    if (text == 0) return find_count(classes, csv, label, err);
    if (text == 1 && csv->rows > 2 && csv->names == NULL &&
        csv_number(csv, 0, label, &value, NULL) != ERR_OK) {
        return csv_complain(csv, 0, label, err,
                            "\"%.60s\" among labels that are numbers; a header line must not hold "
                            "numbers",
                            csv_cell(csv, 0, label));
    }
    return find_names(classes, csv, label, err);
}

void raw_classes_free(struct raw_classes *classes)
{
    free(classes->names);
    *classes = (struct raw_classes){0};
}

static enum err_status class_of(const struct csv *csv, size_t row, size_t label,
                                const struct raw_classes *classes, uint16_t *out, struct err *err)
{
    const char *cell = csv_cell(csv, row, label);
    double value;

    if (classes->names != NULL) {
        const char **found =
            bsearch(&cell, classes->names, classes->count, sizeof *classes->names, compare_names);

        if (found == NULL) {
            return csv_complain(csv, row, label, err,
                                "label \"%.60s\" does not occur among the training labels", cell);
        }
        *out = (uint16_t)(found - classes->names);
        return ERR_OK;
    }
    if (csv_number(csv, row, label, &value, NULL) != ERR_OK || value != floor(value) ||
        !(value >= 0.0 && value < (double)classes->count)) {
        return csv_complain(csv, row, label, err, "label \"%.60s\", but the classes are 0 to %zu",
                            cell, classes->count - 1);
    }
    *out = (uint16_t)value;
    return ERR_OK;
}

enum err_status raw_from_csv(struct raw **out, const struct csv *csv, size_t label,
                             const struct raw_classes *classes, struct err *err)
{
    struct raw *raw = NULL;
    enum err_status status;
    double *value;

    if (csv->columns < 2) {
        return err_set(err, ERR_FORMAT, "%s: one column; there must be features beside the label",
                       csv->path);
    }
    status = raw_create(&raw, csv->rows, csv->columns - 1, false, err);
    if (status != ERR_OK) return status;
    value = raw->values;
    for (size_t i = 0; i < csv->rows && status == ERR_OK; i++) {
        for (size_t c = 0; c < csv->columns && status == ERR_OK; c++) {
            if (c == label)
                status = class_of(csv, i, label, classes, &raw->labels[i], err);
            else
                status = csv_number(csv, i, c, value++, err);
        }
    }
    if (status == ERR_OK)
        *out = raw;
    else
        raw_free(raw);
    return status;
}

/* --- all formats --- */

static bool is_test_row(size_t row, size_t first)
{
    return first == 0 ? row % 5 == 4 : row >= first;
}

static void append(struct raw *to, const struct raw *from, size_t row)
{
    size_t width = to->num_features;

    if (to->bytes)
        memcpy(to->bytes + to->count * width, from->bytes + row * width, width);
    else
        memcpy(to->values + to->count * width, from->values + row * width, width * sizeof(double));
    to->labels[to->count++] = from->labels[row];
}

enum err_status raw_split(const struct raw *raw, size_t first, const char *path, struct raw **train,
                          struct raw **test, struct err *err)
{
    size_t num_test =
        first == 0 ? raw->count / 5 : raw->count - (raw->count < first ? raw->count : first);
    struct raw *parts[2] = {NULL, NULL};
    enum err_status status;

    if (num_test == 0) {
        return err_set(err, ERR_FORMAT, "%s: %zu rows leave none for the test split", path,
                       raw->count);
    }
    status = raw_create(&parts[0], raw->count - num_test, raw->num_features, raw->bytes, err);
    if (status == ERR_OK) {
        status = raw_create(&parts[1], num_test, raw->num_features, raw->bytes, err);
    }
    if (status != ERR_OK) {
        raw_free(parts[0]);
        return status;
    }
    parts[0]->count = parts[1]->count = 0;
    for (size_t i = 0; i < raw->count; i++)
        append(parts[is_test_row(i, first)], raw, i);
    *train = parts[0];
    *test = parts[1];
    return ERR_OK;
}

static double value_at(const struct raw *raw, size_t index)
{
    return raw->bytes ? (double)raw->bytes[index] : raw->values[index];
}

struct range {
    double low, high;
    bool whole;
};

/* Of `count` values from `first` on, `stride` apart. */
static struct range find_range(const struct raw *raw, size_t first, size_t stride, size_t count)
{
    struct range range = {INFINITY, -INFINITY, true};

    for (size_t i = 0; i < count; i++) {
        double value = value_at(raw, first + i * stride);

        if (value < range.low) range.low = value;
        if (value > range.high) range.high = value;
        if (value != floor(value)) range.whole = false;
    }
    return range;
}

/* The same of all bytes of images, a hundred times faster. */
static struct range find_byte_range(const struct raw *raw)
{
    uint8_t low = UINT8_MAX, high = 0;

    for (size_t i = 0; i < raw->count * raw->num_features; i++) {
        low = raw->bytes[i] < low ? raw->bytes[i] : low;
        high = raw->bytes[i] > high ? raw->bytes[i] : high;
    }
    return (struct range){low, high, true};
}

void raw_fit_map(const struct raw *raw, bool shared, struct code_map *map)
{
    struct range range = {0};

    if (shared && raw->bytes)
        range = find_byte_range(raw);
    else if (shared)
        range = find_range(raw, 0, 1, raw->count * raw->num_features);
    for (size_t f = 0; f < raw->num_features; f++) {
        if (!shared) range = find_range(raw, f, raw->num_features, raw->count);
        code_map_fit(map, f, range.low, range.high, range.whole);
    }
}

void raw_code(const struct raw *raw, const struct code_map *map, uint16_t *codes)
{
    bool own = raw->bytes != NULL && map->bits >= 8; /* bytes are their own codes */

    for (size_t f = 0; f < map->num_features; f++) {
        own = own && map->offset[f] == 0.0 && map->step[f] == 1.0;
    }
    if (own) {
        for (size_t i = 0; i < raw->count * raw->num_features; i++)
            codes[i] = raw->bytes[i];
        return;
    }
    for (size_t i = 0; i < raw->count; i++) {
        for (size_t f = 0; f < raw->num_features; f++) {
            *codes++ = code_map_code(map, f, value_at(raw, i * raw->num_features + f));
        }
    }
}
