/* Samples as they come from a file: real features and class labels, before any coding. */
#ifndef DIFFLUT_DATA_RAW_H
#define DIFFLUT_DATA_RAW_H

#include "code_map.h"
#include "csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Features are bytes or doubles, one of the two. */
struct raw {
    size_t count, num_features;
    uint8_t *bytes; /* [count][num_features] */
    double *values;
    uint16_t *labels; /* [count] */
};

/* Room for `count` samples, all zero. */
enum err_status raw_create(struct raw **out, size_t count, size_t num_features, bool bytes,
                           struct err *err);
void raw_free(struct raw *raw);

/* IDX images [count][height][width] and their labels, each below num_classes. Files that do not
 * belong together are ERR_FORMAT. */
enum err_status raw_read_idx(struct raw **out, const char *images, const char *labels,
                             size_t num_features, size_t num_classes, struct err *err);

/* NPY features [count][num_features] and labels [count]. */
enum err_status raw_read_npy(struct raw **out, const char *features, const char *labels,
                             size_t num_features, size_t num_classes, struct err *err);

/* Names of the classes of CSV files, in class order. Labels that are whole numbers stand for
 * themselves (names is NULL); text labels are numbered in sorted (strcmp) order. The names point into
 * the file that they come from. */
struct raw_classes {
    size_t count;
    const char **names;
};
enum err_status raw_classes_find(struct raw_classes *classes, const struct csv *csv, size_t label,
                                 struct err *err);
void raw_classes_free(struct raw_classes *classes);

/* Every column but `label` is a feature, in file order. */
enum err_status raw_from_csv(struct raw **out, const struct csv *csv, size_t label,
                             const struct raw_classes *classes, struct err *err);

/* Splits by row number: every fifth row (4, 9, 14, ...) is a test row when first == 0, else the rows
 * from `first` on. ERR_FORMAT (naming `path`) when a part would be empty. */
enum err_status raw_split(const struct raw *raw, size_t first, const char *path, struct raw **train,
                          struct raw **test, struct err *err);

/* Fits the map on the samples; `shared` gives all features one range, as pixels have. */
void raw_fit_map(const struct raw *raw, bool shared, struct code_map *map);

/* codes [count][num_features] */
void raw_code(const struct raw *raw, const struct code_map *map, uint16_t *codes);

#endif
