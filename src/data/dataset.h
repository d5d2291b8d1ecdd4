/* Data sets as integer codes: what hardware reads, so what everything reads (DESIGN.md section 2).
 *
 * A data set is found by name under a data folder, read from the user's CSV files, or drawn
 * (synthetic_digits). Columns whose training values are whole numbers in 0 .. 2^bits - 1 are their own
 * codes; every other column gets an affine code fitted on the training split and kept with the model
 * (struct code_map). The pixels of an image share one range. Test values beyond it clamp.
 *
 * A user's CSV: every column but the label is a feature. The label column is given by header name or
 * index; without that it is the column "label", else the last one. Labels are whole numbers from 0,
 * or text, numbered in sorted order over the training file. Without a test file every fifth row is a
 * test row. */
#ifndef DIFFLUT_DATA_DATASET_H
#define DIFFLUT_DATA_DATASET_H

#include "base/err.h"
#include "code_map.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dataset_split {
    size_t count;
    uint16_t *codes;  /* [count][num_features] */
    uint16_t *labels; /* [count], each below num_classes */
};

struct dataset {
    char name[64];
    size_t num_features, num_classes;
    size_t channels, height, width; /* image shape; 1, 1, num_features for tables */
    struct code_map *map;
    struct dataset_split train, test; /* a split not asked for has count 0 */
};

enum { DATASET_TRAIN = 1, DATASET_TEST = 2 };

struct dataset_request {
    const struct config_dataset *spec;
    const char *data_dir;       /* --data, or NULL: then $DIFFLUT_DATA, then ~/.cache/difflut */
    unsigned bits;              /* code width, 1..16; unused when a map is given */
    const struct code_map *map; /* NULL: fit on the training split (which is then always read) */
    unsigned splits;            /* DATASET_TRAIN | DATASET_TEST */
};

/* A missing data set says which folders were tried and how to get it (ERR_IO); a malformed file names
 * file, line or offset (ERR_FORMAT). An unknown name lists the known ones (ERR_ARG). */
enum err_status dataset_load(struct dataset **out, const struct dataset_request *request,
                             struct err *err);
void dataset_free(struct dataset *dataset);
void dataset_split_free(struct dataset_split *split); /* and resets it to {0} */

/* Fold `fold` (from 0) of `folds` for cross-validation: a copy whose test split is that fold of the
 * training split and whose training split is the rest; the test split of `from` is left out. Every fold
 * has its share of each class. The codes stay those of `from`. ERR_ARG when there are not so many
 * samples. */
enum err_status dataset_fold(struct dataset **out, const struct dataset *from, size_t folds,
                             size_t fold, uint64_t seed, struct err *err);

/* The table behind `difflut-hdl data`. */
struct dataset_info {
    const char *name, *task;
    size_t num_features, num_classes, num_train, num_test;
    size_t height, width; /* of images; 0 for tables */
    const char *files[4]; /* below <dir>/<name>/; NULL-terminated when fewer; none for drawn sets */
    size_t first_test;    /* of one-file sets: the first test row; 0: every fifth row is one */
    const char *source;   /* citation */
};
const struct dataset_info *dataset_list(size_t *count);

/* True when every file of the set is found in data_dir or the standard places; *where (malloc'ed, may
 * be NULL) gets the folder. */
bool dataset_available(const char *name, const char *data_dir, char **where);

#endif
