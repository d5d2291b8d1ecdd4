#include "dataset.h"

#include "base/file.h"
#include "base/text.h"
#include "csv.h"
#include "dataset_find.h"
#include "raw.h"
#include "synthetic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the known sets --- */

static const struct dataset_info known_sets[] = {
    {.name = "synthetic_digits",
     .task = "drawn 28x28 digits; needs no files",
     .num_features = 784,
     .num_classes = 10,
     .num_train = SYNTHETIC_TRAIN,
     .num_test = SYNTHETIC_TEST,
     .height = 28,
     .width = 28,
     .source = "drawn by difflut-hdl"},
    {.name = "mnist",
     .task = "handwritten digits, 28x28",
     .num_features = 784,
     .num_classes = 10,
     .num_train = 60000,
     .num_test = 10000,
     .files = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
               "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
     .height = 28,
     .width = 28,
     .source = "LeCun, Cortes, Burges, \"The MNIST database of handwritten digits\", 1998"},
    {.name = "digits",
     .task = "optical recognition of handwritten digits, 8x8",
     .num_features = 64,
     .num_classes = 10,
     .num_train = 3823,
     .num_test = 1797,
     .files = {"optdigits_train.csv", "optdigits_test.csv"},
     .height = 8,
     .width = 8,
     .source = "Alpaydin, Kaynak, \"Optical Recognition of Handwritten Digits\", UCI, 1998"},
    {.name = "pendigits",
     .task = "pen-based recognition of handwritten digits",
     .num_features = 16,
     .num_classes = 10,
     .num_train = 7494,
     .num_test = 3498,
     .files = {"pendigits_train.csv", "pendigits_test.csv"},
     .source = "Alpaydin, Alimoglu, \"Pen-Based Recognition of Handwritten Digits\", UCI, 1996"},
    {.name = "letter",
     .task = "letter recognition, 26 capitals",
     .num_features = 16,
     .num_classes = 26,
     .num_train = 16000,
     .num_test = 4000,
     .files = {"letter.csv"},
     .first_test = 16000,
     .source = "Frey, Slate, Machine Learning 6(2), 1991; UCI"},
    {.name = "jsc",
     .task = "jet substructure, a sample of 1,000 jets only",
     .num_features = 16,
     .num_classes = 5,
     .num_train = 800,
     .num_test = 200,
     .files = {"jsc_sample_x.npy", "jsc_sample_y.npy"},
     .source = "Pierini, Duarte, Tran, Freytsis, \"HLS4ML LHC Jet dataset\", Zenodo, 2020"},
    {.name = "magic",
     .task = "gamma telescope, signal or background",
     .num_features = 10,
     .num_classes = 2,
     .num_train = 15216,
     .num_test = 3804,
     .files = {"magic04.csv"},
     .source = "Bock, \"MAGIC Gamma Telescope\", UCI, 2004"},
    {.name = "drybean",
     .task = "shapes of seven kinds of dry beans",
     .num_features = 16,
     .num_classes = 7,
     .num_train = 10889,
     .num_test = 2722,
     .files = {"drybean.csv"},
     .source = "Koklu, Ozkan, Computers and Electronics in Agriculture 174, 2020; UCI"},
    {.name = "iris",
     .task = "three kinds of iris flowers",
     .num_features = 4,
     .num_classes = 3,
     .num_train = 120,
     .num_test = 30,
     .files = {"iris.csv"},
     .source = "Fisher, 1936; UCI"},
    {.name = "wine",
     .task = "wines of three cultivars",
     .num_features = 13,
     .num_classes = 3,
     .num_train = 143,
     .num_test = 35,
     .files = {"wine.csv"},
     .source = "Aeberhard, Forina, \"Wine\", UCI, 1991"},
    {.name = "breast_cancer",
     .task = "breast cancer Wisconsin (diagnostic)",
     .num_features = 30,
     .num_classes = 2,
     .num_train = 456,
     .num_test = 113,
     .files = {"breast_cancer.csv"},
     .source = "Wolberg, Mangasarian, Street, Street, UCI, 1995"},
};

enum { NUM_KNOWN = sizeof known_sets / sizeof known_sets[0] };

const struct dataset_info *dataset_list(size_t *count)
{
    *count = NUM_KNOWN;
    return known_sets;
}

static enum err_status find_known(const struct dataset_info **out, const char *name,
                                  struct err *err)
{
    const char *names[NUM_KNOWN], *nearest;
    struct text all = {0};
    enum err_status status;

    for (size_t i = 0; i < NUM_KNOWN; i++) {
        names[i] = known_sets[i].name;
        text_add(&all, "%s%s", i > 0 ? ", " : "", names[i]);
        if (strcmp(names[i], name) == 0) *out = &known_sets[i];
    }
    nearest = text_nearest(name, names, NUM_KNOWN);
    if (*out != NULL) {
        status = ERR_OK;
    } else {
        status = err_set(err, ERR_ARG, "dataset: there is no data set \"%s\"%s%s%s; known are %s",
                         name, nearest ? "; did you mean " : "", nearest ? nearest : "",
                         nearest ? "?" : "", all.data != NULL ? all.data : "");
    }
    text_free(&all);
    return status;
}

bool dataset_available(const char *name, const char *data_dir, char **where)
{
    const struct dataset_info *info = NULL;
    char *folder = NULL;

    if (find_known(&info, name, NULL) != ERR_OK) return false;
    if (info->files[0] != NULL && dataset_find(&folder, info, data_dir, NULL) != ERR_OK) {
        return false;
    }
    if (where != NULL)
        *where = folder; /* NULL for drawn sets */
    else
        free(folder);
    return true;
}

/* --- reading: parts[0] is the training split, parts[1] the test split, NULL where not needed --- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* One file of a known CSV set. */
static enum err_status read_known_csv(struct raw **out, const struct dataset_info *info,
                                      const char *path, struct err *err)
{
    const struct raw_classes classes = {.count = info->num_classes};
    struct csv *csv = NULL;
    size_t label = 0;
    enum err_status status = csv_read(&csv, path, err);

    if (status == ERR_OK) status = csv_column(csv, "label", &label, err);
    if (status == ERR_OK && csv->columns != info->num_features + 1) {
        status =
            err_set(err, ERR_FORMAT, "%s: expected %zu features and the label, found %zu columns",
                    path, info->num_features, csv->columns);
    }
    if (status == ERR_OK) status = raw_from_csv(out, csv, label, &classes, err);
    csv_free(csv);
    return status;
}

/* Files of one part: features and labels, or both in one. */
static size_t files_of_part(const struct dataset_info *info)
{
    return ends_with(info->files[0], ".csv") ? 1 : 2;
}

static enum err_status read_part(struct raw **out, const struct dataset_info *info,
                                 const char *folder, const char *const *files, struct err *err)
{
    char *paths[2] = {NULL, NULL};
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < files_of_part(info) && status == ERR_OK; i++) {
        status = dataset_find_file(&paths[i], folder, files[i], err);
    }
    if (status == ERR_OK) {
        if (ends_with(files[0], ".csv")) {
            status = read_known_csv(out, info, paths[0], err);
        } else if (ends_with(files[0], ".npy")) {
            status =
                raw_read_npy(out, paths[0], paths[1], info->num_features, info->num_classes, err);
        } else {
            status =
                raw_read_idx(out, paths[0], paths[1], info->num_features, info->num_classes, err);
        }
    }
    free(paths[0]);
    free(paths[1]);
    return status;
}

static enum err_status read_files(struct raw *parts[2], const struct dataset_info *info,
                                  const char *folder, unsigned needed, struct err *err)
{
    const char *const *files = info->files;
    size_t width = files_of_part(info);
    struct raw *both = NULL;
    enum err_status status = ERR_OK;

    if (files[width] == NULL) { /* one part holds both splits */
        status = read_part(&both, info, folder, files, err);
        if (status == ERR_OK) {
            status = raw_split(both, info->first_test, folder, &parts[0], &parts[1], err);
        }
        raw_free(both);
        return status;
    }
    if (needed & DATASET_TRAIN) status = read_part(&parts[0], info, folder, files, err);
    if (status == ERR_OK && (needed & DATASET_TEST)) {
        status = read_part(&parts[1], info, folder, files + width, err);
    }
    return status;
}

static enum err_status read_drawn(struct raw *parts[2], const struct dataset_info *info,
                                  unsigned needed, struct err *err)
{
    enum err_status status = ERR_OK;

    if (needed & DATASET_TRAIN) status = synthetic_read(&parts[0], 0, info->num_train, err);
    if (status == ERR_OK && (needed & DATASET_TEST)) {
        status = synthetic_read(&parts[1], info->num_train, info->num_test, err);
    }
    return status;
}

static enum err_status read_known(struct raw *parts[2], struct dataset *dataset,
                                  const struct dataset_request *request, unsigned needed,
                                  struct err *err)
{
    const struct dataset_info *info = NULL;
    char *folder = NULL;
    enum err_status status = find_known(&info, request->spec->name, err);

    if (status != ERR_OK) return status;
    snprintf(dataset->name, sizeof dataset->name, "%s", info->name);
    dataset->num_classes = info->num_classes;
    dataset->height = info->height;
    dataset->width = info->width;
    if (info->files[0] == NULL) return read_drawn(parts, info, needed, err);
    status = dataset_find(&folder, info, request->data_dir, err);
    if (status == ERR_OK) status = read_files(parts, info, folder, needed, err);
    free(folder);
    return status;
}

/* --- the user's own CSV --- */

/* The label column: as asked for, else the one called "label", else the last. */
static enum err_status find_label(const struct csv *csv, const char *asked, size_t *column,
                                  struct err *err)
{
    if (asked[0] != '\0') return csv_column(csv, asked, column, err);
    *column = csv->columns - 1;
    if (csv->names != NULL) csv_column(csv, "label", column, NULL);
    return ERR_OK;
}

static enum err_status check_same_columns(const struct csv *train, const struct csv *test,
                                          struct err *err)
{
    if (test->columns != train->columns) {
        return err_set(err, ERR_FORMAT, "%s: %zu columns, but %s has %zu", test->path,
                       test->columns, train->path, train->columns);
    }
    for (size_t c = 0; train->names != NULL && test->names != NULL && c < train->columns; c++) {
        if (strcmp(train->names[c], test->names[c]) != 0) {
            return err_set(err, ERR_FORMAT,
                           "%s: column %zu is \"%.60s\", but in %s it is \"%.60s\"", test->path, c,
                           test->names[c], train->path, train->names[c]);
        }
    }
    return ERR_OK;
}

static enum err_status read_own_test(struct raw **out, const struct csv *train, const char *path,
                                     size_t label, const struct raw_classes *classes,
                                     struct err *err)
{
    struct csv *test = NULL;
    enum err_status status = csv_read(&test, path, err);

    if (status == ERR_OK) status = check_same_columns(train, test, err);
    if (status == ERR_OK) status = raw_from_csv(out, test, label, classes, err);
    csv_free(test);
    return status;
}

static enum err_status read_own_parts(struct raw *parts[2], struct dataset *dataset,
                                      const struct config_dataset *spec, const struct csv *train,
                                      struct err *err)
{
    struct raw_classes classes = {0};
    struct raw *both = NULL;
    size_t label = 0;
    enum err_status status = find_label(train, spec->label, &label, err);

    if (status == ERR_OK) status = raw_classes_find(&classes, train, label, err);
    if (status == ERR_OK) status = raw_from_csv(&both, train, label, &classes, err);
    if (status == ERR_OK && spec->test[0] != '\0') {
        parts[0] = both;
        both = NULL;
        status = read_own_test(&parts[1], train, spec->test, label, &classes, err);
    } else if (status == ERR_OK) {
        status = raw_split(both, 0, spec->train, &parts[0], &parts[1], err);
    }
    dataset->num_classes = classes.count;
    raw_free(both);
    raw_classes_free(&classes);
    return status;
}

/* The training file is always read: it says what the classes are. */
static enum err_status read_own(struct raw *parts[2], struct dataset *dataset,
                                const struct config_dataset *spec, struct err *err)
{
    struct csv *train = NULL;
    char *stem;
    enum err_status status;

    if (spec->train[0] == '\0') {
        return err_set(err, ERR_ARG, "dataset: neither a name nor a training file is given");
    }
    stem = file_stem(spec->train);
    if (stem == NULL) return err_nomem(err, spec->train);
    snprintf(dataset->name, sizeof dataset->name, "%s", stem);
    free(stem);
    status = csv_read(&train, spec->train, err);
    if (status == ERR_OK) status = read_own_parts(parts, dataset, spec, train, err);
    csv_free(train);
    return status;
}

/* --- coding --- */

static enum err_status make_map(struct dataset *dataset, const struct dataset_request *request,
                                const struct raw *train, struct err *err)
{
    enum err_status status;

    if (request->map != NULL && request->map->num_features != dataset->num_features) {
        return err_set(err, ERR_ARG, "data set %s has %zu features, but the model was made for %zu",
                       dataset->name, dataset->num_features, request->map->num_features);
    }
    if (request->map != NULL) return code_map_copy(&dataset->map, request->map, err);
    status = code_map_create(&dataset->map, request->bits, dataset->num_features, err);
    if (status == ERR_OK) raw_fit_map(train, dataset->height > 1, dataset->map);
    return status;
}

static enum err_status code_split(struct dataset_split *split, struct raw *raw,
                                  const struct code_map *map, struct err *err)
{
    split->codes = malloc(raw->count * raw->num_features * sizeof *split->codes + 1);
    if (split->codes == NULL) return err_nomem(err, "codes");
    raw_code(raw, map, split->codes);
    split->labels = raw->labels;
    split->count = raw->count;
    raw->labels = NULL; /* handed over */
    return ERR_OK;
}

static enum err_status code_parts(struct dataset *dataset, const struct dataset_request *request,
                                  struct raw *parts[2], struct err *err)
{
    enum err_status status;

    for (size_t p = 0; p < 2; p++) {
        if (parts[p] != NULL && parts[p]->count == 0) {
            return err_set(err, ERR_FORMAT, "data set %s: the %s split is empty", dataset->name,
                           p == 0 ? "training" : "test");
        }
    }
    dataset->num_features = parts[parts[0] != NULL ? 0 : 1]->num_features;
    dataset->channels = 1;
    if (dataset->height == 0) { /* a table */
        dataset->height = 1;
        dataset->width = dataset->num_features;
    }
    status = make_map(dataset, request, parts[0], err);
    if (status == ERR_OK && (request->splits & DATASET_TRAIN)) {
        status = code_split(&dataset->train, parts[0], dataset->map, err);
    }
    if (status == ERR_OK && (request->splits & DATASET_TEST)) {
        status = code_split(&dataset->test, parts[1], dataset->map, err);
    }
    return status;
}

enum err_status dataset_load(struct dataset **out, const struct dataset_request *request,
                             struct err *err)
{
    unsigned needed = request->splits | (request->map == NULL ? DATASET_TRAIN : 0);
    struct raw *parts[2] = {NULL, NULL};
    struct dataset *dataset = calloc(1, sizeof *dataset);
    enum err_status status = dataset != NULL ? ERR_OK : err_nomem(err, "a data set");

    assert(needed != 0);
    if (status == ERR_OK) {
        status = request->spec->name[0] != '\0' ? read_known(parts, dataset, request, needed, err)
                                                : read_own(parts, dataset, request->spec, err);
    }
    if (status == ERR_OK) status = code_parts(dataset, request, parts, err);
    raw_free(parts[0]);
    raw_free(parts[1]);
    if (status == ERR_OK)
        *out = dataset;
    else
        dataset_free(dataset);
    return status;
}

void dataset_split_free(struct dataset_split *split)
{
    free(split->codes);
    free(split->labels);
    *split = (struct dataset_split){0};
}

void dataset_free(struct dataset *dataset)
{
    if (dataset == NULL) return;
    code_map_free(dataset->map);
    dataset_split_free(&dataset->train);
    dataset_split_free(&dataset->test);
    free(dataset);
}
