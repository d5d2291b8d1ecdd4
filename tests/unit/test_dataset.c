#include "data/dataset.h"
#include "data/raw.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BOTH = DATASET_TRAIN | DATASET_TEST };

/* --- helpers --- */

static void write_bytes(struct scratch *scratch, const char *name, const void *data, size_t size)
{
    struct err err = {""};
    char *folder = file_folder(scratch_path(scratch, name));

    assert_non_null(folder);
    assert_int_equal(file_make_dirs(folder, &err), ERR_OK);
    free(folder);
    if (file_write(scratch_path(scratch, name), data, size, &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
}

static void write_text(struct scratch *scratch, const char *name, const char *text)
{
    write_bytes(scratch, name, text, strlen(text));
}

/* Images whose pixel p of image i is (i * 7 + p) % 251, with label i % 10 (or `odd` for the last). */
static void write_images(struct scratch *scratch, const char *part, size_t count, size_t labels,
                         unsigned odd)
{
    size_t size = 16 + count * 784;
    uint8_t *images = malloc(size);
    uint8_t *classes = malloc(8 + labels);
    const uint8_t head[] = {0, 0, 8, 3, 0, 0, 0, (uint8_t)count, 0, 0, 0, 28, 0, 0, 0, 28};
    const uint8_t label_head[] = {0, 0, 8, 1, 0, 0, 0, (uint8_t)labels};
    char name[64];

    assert_true(images != NULL && classes != NULL);
    memcpy(images, head, sizeof head);
    for (size_t i = 0; i < count * 784; i++) {
        images[16 + i] = (uint8_t)((i / 784 * 7 + i % 784) % 251);
    }
    memcpy(classes, label_head, sizeof label_head);
    for (size_t i = 0; i < labels; i++)
        classes[8 + i] = (uint8_t)(i % 10);
    if (labels > 0) classes[8 + labels - 1] = (uint8_t)odd;
    snprintf(name, sizeof name, "mnist/%s-images-idx3-ubyte", part);
    write_bytes(scratch, name, images, size);
    snprintf(name, sizeof name, "mnist/%s-labels-idx1-ubyte", part);
    write_bytes(scratch, name, classes, 8 + labels);
    free(images);
    free(classes);
}

/* `rows` of iris: features i, i + 0.5, -i, 3; label i % 3. */
static void write_iris(struct scratch *scratch, size_t rows)
{
    char text[4096] = "a,b,c,d,label\n";

    for (size_t i = 0; i < rows; i++) {
        size_t at = strlen(text);

        snprintf(text + at, sizeof text - at, "%zu,%zu.5,-%zu,3,%zu\n", i, i, i, i % 3);
    }
    write_text(scratch, "iris/iris.csv", text);
}

static enum err_status load(struct dataset **out, const char *name, const char *dir, unsigned bits,
                            const struct code_map *map, unsigned splits, struct err *err)
{
    struct config_dataset spec = {.name = ""};
    struct dataset_request request = {&spec, dir, bits, map, splits};

    snprintf(spec.name, sizeof spec.name, "%s", name);
    *out = NULL;
    return dataset_load(out, &request, err);
}

static struct dataset *loaded(const char *name, const char *dir, unsigned bits,
                              const struct code_map *map, unsigned splits)
{
    struct dataset *dataset = NULL;
    struct err err = {""};

    if (load(&dataset, name, dir, bits, map, splits, &err) != ERR_OK) fail_msg("%s", err.message);
    return dataset;
}

static void expect_failure(const char *name, const char *dir, enum err_status status,
                           const char *message)
{
    struct dataset *dataset = NULL;
    struct err err = {""};

    assert_int_equal(load(&dataset, name, dir, 8, NULL, BOTH, &err), status);
    if (strstr(err.message, message) == NULL) fail_msg("expected %s, got %s", message, err.message);
    assert_null(dataset);
}

/* The user's own files, written to a scratch folder; `test` may be NULL. */
static enum err_status load_own(struct dataset **out, const char *train, const char *test,
                                const char *label, struct err *err)
{
    struct scratch scratch;
    struct config_dataset spec = {.name = ""};
    struct dataset_request request = {&spec, NULL, 4, NULL, BOTH};
    enum err_status status;

    scratch_create(&scratch);
    write_text(&scratch, "mine.csv", train);
    snprintf(spec.train, sizeof spec.train, "%s", scratch.path);
    if (test != NULL) {
        write_text(&scratch, "other.csv", test);
        snprintf(spec.test, sizeof spec.test, "%s", scratch.path);
    }
    snprintf(spec.label, sizeof spec.label, "%s", label);
    *out = NULL;
    status = dataset_load(out, &request, err);
    scratch_remove(&scratch);
    return status;
}

/* --- images --- */

static void test_images(void **state)
{
    struct scratch scratch;
    struct dataset *dataset, *again;

    (void)state;
    scratch_create(&scratch);
    write_images(&scratch, "train", 12, 12, 1);
    write_images(&scratch, "t10k", 5, 5, 4);
    dataset = loaded("mnist", scratch.folder, 8, NULL, BOTH);
    assert_string_equal(dataset->name, "mnist");
    assert_int_equal(dataset->num_features, 784);
    assert_int_equal(dataset->num_classes, 10);
    assert_int_equal(dataset->channels, 1);
    assert_int_equal(dataset->height, 28);
    assert_int_equal(dataset->width, 28);
    assert_int_equal(dataset->train.count, 12);
    assert_int_equal(dataset->test.count, 5);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(dataset->train.labels[i], i % 10);
        for (size_t p = 0; p < 784; p++) {
            assert_int_equal(dataset->train.codes[i * 784 + p], (i * 7 + p) % 251);
        }
    }
    assert_true(dataset->map->offset[5] == 0 && dataset->map->step[783] == 1);

    /* With the map given, the training files are not needed for codes. */
    again = loaded("mnist", scratch.folder, 3, dataset->map, DATASET_TEST);
    assert_int_equal(again->train.count, 0);
    assert_null(again->train.codes);
    assert_int_equal(again->map->bits, 8);
    assert_memory_equal(again->test.codes, dataset->test.codes, 5 * 784 * sizeof(uint16_t));
    dataset_free(again);
    dataset_free(dataset);

    /* Fewer bits: one range for all pixels, 0 .. 250. */
    dataset = loaded("mnist", scratch.folder, 4, NULL, DATASET_TEST);
    assert_int_equal(dataset->train.count, 0);
    assert_int_equal(dataset->test.count, 5);
    for (size_t p = 0; p < 784; p++) {
        double x = (double)(p % 251);

        assert_true(dataset->map->step[p] == 250.0 / 15);
        assert_int_equal(dataset->test.codes[p], (uint16_t)(x / (250.0 / 15) + 0.5));
    }
    dataset_free(dataset);
    scratch_remove(&scratch);
}

static void test_images_hostile(void **state)
{
    struct scratch scratch;
    uint8_t wide[16 + 2] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2};

    (void)state;
    scratch_create(&scratch);
    write_images(&scratch, "t10k", 5, 5, 4);
    write_images(&scratch, "train", 12, 11, 1);
    expect_failure("mnist", scratch.folder, ERR_FORMAT,
                   "expected 12 labels, one for each image of");
    write_images(&scratch, "train", 12, 12, 10);
    expect_failure("mnist", scratch.folder, ERR_FORMAT,
                   "train-labels-idx1-ubyte: offset 19: label 10, but the classes are 0 to 9");
    write_images(&scratch, "train", 0, 0, 0);
    expect_failure("mnist", scratch.folder, ERR_FORMAT, "the training split is empty");
    write_images(&scratch, "train", 12, 12, 1);
    write_bytes(&scratch, "mnist/t10k-images-idx3-ubyte", wide, sizeof wide);
    expect_failure("mnist", scratch.folder, ERR_FORMAT, "expected images of 784 pixels");
    write_bytes(&scratch, "mnist/t10k-images-idx3-ubyte", wide, 17);
    expect_failure("mnist", scratch.folder, ERR_FORMAT, "promises 2 values, the file holds 1");
    write_text(&scratch, "mnist/t10k-images-idx3-ubyte", "hello");
    expect_failure("mnist", scratch.folder, ERR_FORMAT, "not an IDX file");
    write_bytes(&scratch, "mnist/t10k-images-idx3-ubyte", "\x1f\x8b\x08\0\0\0\0\0\0\3\1", 11);
    expect_failure("mnist", scratch.folder, ERR_FORMAT, "t10k-images-idx3-ubyte");
    scratch_remove(&scratch);
}

/* --- tables --- */

static void test_every_fifth_row(void **state)
{
    struct scratch scratch;
    struct dataset *dataset;

    (void)state;
    scratch_create(&scratch);
    write_iris(&scratch, 12);
    dataset = loaded("iris", scratch.folder, 4, NULL, BOTH);
    assert_int_equal(dataset->train.count, 10);
    assert_int_equal(dataset->test.count, 2); /* rows 4 and 9 */
    assert_int_equal(dataset->height, 1);
    assert_int_equal(dataset->width, 4);
    assert_int_equal(dataset->test.labels[0], 4 % 3);
    assert_int_equal(dataset->test.labels[1], 9 % 3);
    /* a: whole 0 .. 11, its own code */
    assert_int_equal(dataset->test.codes[0], 4);
    assert_int_equal(dataset->test.codes[4], 9);
    assert_int_equal(dataset->train.codes[9 * 4], 11);
    /* b: 0.5 .. 11.5 is not whole */
    assert_true(dataset->map->offset[1] == 0.5 && dataset->map->step[1] == 11.0 / 15);
    assert_int_equal(dataset->test.codes[1], (uint16_t)(4 / (11.0 / 15) + 0.5));
    /* c: whole but negative */
    assert_true(dataset->map->offset[2] == -11 && dataset->map->step[2] == 11.0 / 15);
    assert_int_equal(dataset->train.codes[2], 15);
    /* d: constant */
    assert_true(dataset->map->offset[3] == 0 && dataset->map->step[3] == 1);
    assert_int_equal(dataset->train.codes[3], 3);
    dataset_free(dataset);

    write_iris(&scratch, 4);
    expect_failure("iris", scratch.folder, ERR_FORMAT, "4 rows leave none for the test split");
    write_text(&scratch, "iris/iris.csv", "a,b,c,label\n1,2,3,0\n");
    expect_failure("iris", scratch.folder, ERR_FORMAT,
                   "expected 4 features and the label, found 4 columns");
    write_text(&scratch, "iris/iris.csv", "a,b,c,d,label\n1,2,3,4,0\n1,2,3,4,3\n");
    expect_failure("iris", scratch.folder, ERR_FORMAT,
                   "iris.csv:3: column 4 (label): label \"3\", but the classes are 0 to 2");
    write_text(&scratch, "iris/iris.csv", "a,b,c,d,label\n1,2,3,4,0\n1,2,x,4,1\n");
    expect_failure("iris", scratch.folder, ERR_FORMAT,
                   "iris.csv:3: column 2 (c): \"x\" is not a decimal number");
    write_text(&scratch, "iris/iris.csv", "a,b,c,d,class\n1,2,3,4,0\n");
    expect_failure("iris", scratch.folder, ERR_FORMAT, "there is no column \"label\"");
    scratch_remove(&scratch);
}

static void test_first_rows_and_two_files(void **state)
{
    struct scratch scratch;
    struct dataset *dataset;
    struct code_map *map;
    struct err err = {""};

    (void)state;
    scratch_create(&scratch);
    write_text(&scratch, "letter/letter.csv",
               "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,label\n"
               "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,0,25\n");
    expect_failure("letter", scratch.folder, ERR_FORMAT, "1 rows leave none for the test split");

    write_text(&scratch, "pendigits/pendigits_train.csv",
               "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,label\n"
               "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,0,3\n");
    write_text(&scratch, "pendigits/pendigits_test.csv",
               "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,label\n"
               "900,-2,3,4,5,6,7,8,9,10,11,12,13,14,15,0.4,9\n");
    dataset = loaded("pendigits", scratch.folder, 8, NULL, BOTH);
    assert_int_equal(dataset->train.count, 1);
    assert_int_equal(dataset->test.count, 1);
    assert_int_equal(dataset->test.labels[0], 9);
    assert_int_equal(dataset->test.codes[0], 255); /* clamped to the codes there are */
    assert_int_equal(dataset->test.codes[1], 0);
    assert_int_equal(dataset->test.codes[15], 0);
    dataset_free(dataset);

    assert_int_equal(code_map_create(&map, 8, 17, &err), ERR_OK);
    assert_int_equal(load(&dataset, "pendigits", scratch.folder, 8, map, DATASET_TEST, &err),
                     ERR_ARG);
    assert_string_equal(err.message,
                        "data set pendigits has 16 features, but the model was made for 17");
    code_map_free(map);
    assert_int_equal(load(&dataset, "pendigits", scratch.folder, 17, NULL, BOTH, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "expected 1 to 16 bits, got 17"));
    scratch_remove(&scratch);
}

/* An NPY file of version 1: `header` is the shape and type, `data` what follows. */
static void write_npy(struct scratch *scratch, const char *name, const char *descr,
                      const char *shape, const void *data, size_t size)
{
    uint8_t bytes[2048] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    int length = snprintf((char *)bytes + 10, 119,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);

    memset(bytes + 10 + length, ' ', (size_t)(118 - length));
    memcpy(bytes + 128, data, size);
    write_bytes(scratch, name, bytes, 128 + size);
}

static void test_npy_set(void **state)
{
    struct scratch scratch;
    struct dataset *dataset;
    float x[5 * 16];
    uint8_t y[5] = {0, 1, 2, 3, 4};

    (void)state;
    scratch_create(&scratch);
    for (size_t i = 0; i < 80; i++)
        x[i] = (float)i / 8.0F - 3.0F;
    write_npy(&scratch, "jsc/jsc_sample_x.npy", "<f4", "(5, 16)", x, sizeof x);
    write_npy(&scratch, "jsc/jsc_sample_y.npy", "|u1", "(5,)", y, sizeof y);
    dataset = loaded("jsc", scratch.folder, 8, NULL, BOTH);
    assert_int_equal(dataset->train.count, 4);
    assert_int_equal(dataset->test.count, 1);
    assert_int_equal(dataset->test.labels[0], 4);
    assert_true(dataset->map->offset[3] == (double)x[3]);
    assert_int_equal(dataset->train.codes[3 * 16 + 3], 255);
    assert_int_equal(dataset->test.codes[3], 255); /* beyond the training range */
    dataset_free(dataset);

    y[2] = 5;
    write_npy(&scratch, "jsc/jsc_sample_y.npy", "|u1", "(5,)", y, sizeof y);
    expect_failure("jsc", scratch.folder, ERR_FORMAT, "row 2: label 5, but the classes are 0 to 4");
    write_npy(&scratch, "jsc/jsc_sample_y.npy", "|u1", "(4,)", y, 4);
    expect_failure("jsc", scratch.folder, ERR_FORMAT, "expected 5 labels, one for each row of");
    write_npy(&scratch, "jsc/jsc_sample_x.npy", "<f4", "(16, 5)", x, sizeof x);
    expect_failure("jsc", scratch.folder, ERR_FORMAT, "expected an array of 16 columns");
    x[40] = NAN;
    write_npy(&scratch, "jsc/jsc_sample_x.npy", "<f4", "(5, 16)", x, sizeof x);
    write_npy(&scratch, "jsc/jsc_sample_y.npy", "|u1", "(5,)", y, sizeof y);
    expect_failure("jsc", scratch.folder, ERR_FORMAT, "row 2, column 8: ");
    scratch_remove(&scratch);
}

/* --- the user's own CSV --- */

static void test_own_text_labels(void **state)
{
    struct dataset *dataset = NULL;
    struct err err = {""};

    (void)state;
    if (load_own(&dataset, "w,kind,h\n1,dog,0.5\n2,cat,1.5\n3,dog,2.0\n4,ape,9.5\n",
                 "w,kind,h\n99,cat,1\n", "kind", &err) != ERR_OK) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(dataset->name, "mine");
    assert_int_equal(dataset->num_features, 2);
    assert_int_equal(dataset->num_classes, 3); /* ape, cat, dog */
    assert_int_equal(dataset->train.labels[0], 2);
    assert_int_equal(dataset->train.labels[1], 1);
    assert_int_equal(dataset->train.labels[3], 0);
    assert_int_equal(dataset->test.labels[0], 1);
    assert_int_equal(dataset->train.codes[0], 1);
    assert_int_equal(dataset->test.codes[0], 15); /* 99 clamps */
    assert_true(dataset->map->offset[1] == 0.5);
    assert_int_equal(dataset->train.codes[7], 15);
    dataset_free(dataset);
}

static void test_own_label_column(void **state)
{
    static const struct {
        const char *train, *label;
    } cases[] = {
        {"a,label,b\n1,0,5\n2,1,6\n3,1,7\n4,0,8\n5,1,9\n", ""}, /* by its name */
        {"a,y,b\n1,0,5\n2,1,6\n3,1,7\n4,0,8\n5,1,9\n", "y"},
        {"a,y,b\n1,0,5\n2,1,6\n3,1,7\n4,0,8\n5,1,9\n", "1"},
        {"1,0,5\n2,1,6\n3,1,7\n4,0,8\n5,1,9\n", "1"}, /* without a header */
        {"1,0,5\n2,1,6\n3,1,7\n4,0,8\n5,1,9\n", "-2"},
        {"1,5,0\n2,6,1\n3,7,1\n4,8,0\n5,9,1\n", ""}, /* the last */
        {"a,b,class\n1,5,0\n2,6,1.0\n3,7,1\n4,8,0\n5,9,1\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset *dataset = NULL;
        struct err err = {""};

        if (load_own(&dataset, cases[i].train, NULL, cases[i].label, &err) != ERR_OK) {
            fail_msg("%zu: %s", i, err.message);
        }
        assert_int_equal(dataset->num_classes, 2);
        assert_int_equal(dataset->train.count, 4);
        assert_int_equal(dataset->test.count, 1); /* every fifth row, for want of a test file */
        assert_int_equal(dataset->train.labels[1], 1);
        assert_int_equal(dataset->train.codes[2], 2);
        assert_int_equal(dataset->train.codes[3], 6);
        assert_int_equal(dataset->test.codes[1], 9);
        dataset_free(dataset);
    }
}

static void test_own_complaints(void **state)
{
    static const struct {
        const char *train, *test, *label, *message;
    } cases[] = {
        {"a,y\n1,1\n2,2\n", "a,y\n1,1\n", "y",
         "mine.csv:2: column 1 (y): labels run from 1 to 2, but class numbers begin with 0"},
        {"a,y\n1,0\n2,-1\n", "a,y\n1,1\n", "y",
         "mine.csv:3: column 1 (y): label -1; labels are whole numbers from 0 on, or text"},
        {"a,y\n1,0\n2,0.5\n", "a,y\n1,1\n", "y", "label 0.5; labels are whole numbers"},
        {"a,y\n1,0\n2,70000\n", "a,y\n1,1\n", "y", "label 70000; labels are whole numbers"},
        {"a,y\n1,cat\n2,\n", "a,y\n1,cat\n", "y", "mine.csv:3: column 1 (y): the label is missing"},
        {"a,y\n1,cat\n2,dog\n", "a,y\n1,cow\n", "y",
         "other.csv:2: column 1 (y): label \"cow\" does not occur among the training labels"},
        {"a,y\n1,0\n2,1\n", "a,y\n1,2\n", "y",
         "other.csv:2: column 1 (y): label \"2\", but the classes "
         "are 0 to 1"},
        {"a,y\n1,0\n2,1\n", "a,b,y\n1,2,1\n", "y", "other.csv: 3 columns, but"},
        {"a,y\n1,0\n2,1\n", "y,a\n1,2\n", "y", "other.csv: column 0 is \"y\", but in"},
        {"a,y\n1,0\n2,1\n", "a,y\n1,1\n", "z", "there is no column \"z\"; there are: a, y"},
        {"y\n0\n1\n", "y\n0\n", "y", "one column; there must be features beside the label"},
        {"0,1,label\n1,2,0\n3,4,1\n5,6,1\n", "1,2,0\n", "2",
         "mine.csv:1: column 2: \"label\" among labels that are numbers; a header line must not "
         "hold "
         "numbers"},
        {"a,y\ntcp,0\n2,1\n", "a,y\n1,1\n", "y",
         "mine.csv:2: column 0 (a): \"tcp\" is not a decimal number"},
        {"a,y\n1,0\n,1\n", "a,y\n1,1\n", "y", "mine.csv:3: column 0 (a): the value is missing"},
        {"a,y\n1,0\n2,1\n", NULL, "y", "2 rows leave none for the test split"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset *dataset = NULL;
        struct err err = {""};

        assert_int_equal(load_own(&dataset, cases[i].train, cases[i].test, cases[i].label, &err),
                         ERR_FORMAT);
        if (strstr(err.message, cases[i].message) == NULL) fail_msg("%zu: %s", i, err.message);
        assert_null(dataset);
    }
}

static void test_own_files_missing(void **state)
{
    struct config_dataset spec = {.train = "no/such/file.csv"};
    struct dataset_request request = {&spec, NULL, 8, NULL, BOTH};
    struct dataset *dataset = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(dataset_load(&dataset, &request, &err), ERR_IO);
    assert_non_null(strstr(err.message, "no/such/file.csv"));
    spec.train[0] = '\0';
    assert_int_equal(dataset_load(&dataset, &request, &err), ERR_ARG);
    assert_string_equal(err.message, "dataset: neither a name nor a training file is given");
    assert_null(dataset);
}

/* --- names and places --- */

static void test_unknown_and_missing(void **state)
{
    struct scratch scratch;
    char *home = getenv("HOME") != NULL ? strdup(getenv("HOME")) : NULL;
    char *data = getenv("DIFFLUT_DATA") != NULL ? strdup(getenv("DIFFLUT_DATA")) : NULL;
    char *where = NULL;

    (void)state;
    scratch_create(&scratch);
    unsetenv("DIFFLUT_DATA");
    setenv("HOME", scratch.folder, 1);
    expect_failure("minst", scratch.folder, ERR_ARG,
                   "dataset: there is no data set \"minst\"; did you mean mnist?; known are "
                   "synthetic_digits, mnist, digits");
    expect_failure("iris", scratch.folder, ERR_IO, "/iris (no iris.csv), ");
    expect_failure("iris", scratch.folder, ERR_IO, "/.cache/difflut/iris (no iris.csv)");
    expect_failure("iris", NULL, ERR_IO, "pass --data DIR or set DIFFLUT_DATA");
    assert_false(dataset_available("iris", NULL, NULL));
    assert_false(dataset_available("no such", NULL, NULL));

    write_iris(&scratch, 10); /* <scratch>/iris */
    assert_true(dataset_available("iris", scratch.folder, &where));
    assert_non_null(strstr(where, "/iris"));
    free(where);
    setenv("DIFFLUT_DATA", scratch.folder, 1);
    assert_true(dataset_available("iris", NULL, NULL));
    assert_true(dataset_available("iris", "/nowhere", NULL));
    assert_true(dataset_available("synthetic_digits", NULL, &where));
    assert_null(where);
    unsetenv("HOME");
    unsetenv("DIFFLUT_DATA");
    expect_failure("iris", NULL, ERR_IO, "tried nothing");

    if (home != NULL) setenv("HOME", home, 1);
    if (data != NULL) setenv("DIFFLUT_DATA", data, 1);
    free(home);
    free(data);
    scratch_remove(&scratch);
}

static void test_synthetic_set(void **state)
{
    struct dataset *dataset = loaded("synthetic_digits", NULL, 8, NULL, BOTH);
    struct dataset *test = loaded("synthetic_digits", NULL, 8, dataset->map, DATASET_TEST);

    (void)state;
    assert_int_equal(dataset->train.count, 8000);
    assert_int_equal(dataset->test.count, 2000);
    assert_int_equal(dataset->height * dataset->width, dataset->num_features);
    assert_memory_equal(test->test.codes, dataset->test.codes, 2000 * 784 * sizeof(uint16_t));
    assert_int_equal(test->train.count, 0);
    dataset_free(dataset);
    dataset_free(test);
}

/* Every sample is held out once, with its label; classes are spread evenly; the draw is the seed's. */
static void check_folds(const struct dataset *whole, size_t folds)
{
    size_t features = whole->num_features, held_out = 0;
    uint64_t sum = 0, expected = 0;

    for (size_t i = 0; i < whole->train.count * features; i++)
        expected += whole->train.codes[i] * (uint64_t)(whole->train.labels[i / features] + 1);
    for (size_t fold = 0; fold < folds; fold++) {
        struct dataset *part = NULL, *again = NULL;
        size_t least = SIZE_MAX, most = 0;

        assert_int_equal(dataset_fold(&part, whole, folds, fold, 9, NULL), ERR_OK);
        assert_int_equal(dataset_fold(&again, whole, folds, fold, 9, NULL), ERR_OK);
        assert_memory_equal(part->test.codes, again->test.codes,
                            part->test.count * features * sizeof(uint16_t));
        assert_int_equal(part->train.count + part->test.count, whole->train.count);
        for (size_t i = 0; i < part->test.count * features; i++)
            sum += part->test.codes[i] * (uint64_t)(part->test.labels[i / features] + 1);
        for (size_t c = 0; c < whole->num_classes; c++) {
            size_t of_class = 0;

            for (size_t i = 0; i < part->test.count; i++)
                of_class += part->test.labels[i] == c;
            least = of_class < least ? of_class : least;
            most = of_class > most ? of_class : most;
        }
        assert_true(most - least <= 1 + whole->train.count / whole->num_classes / folds);
        held_out += part->test.count;
        dataset_free(part);
        dataset_free(again);
    }
    assert_int_equal(held_out, whole->train.count);
    assert_true(sum == expected);
}

static void test_folds(void **state)
{
    struct config_dataset spec = {.name = "synthetic_digits"};
    struct dataset_request request = {.spec = &spec, .bits = 8, .splits = DATASET_TRAIN};
    struct dataset *whole = NULL, *part = NULL;
    struct err err = {""};

    (void)state;
    assert_int_equal(dataset_load(&whole, &request, &err), ERR_OK);
    whole->train.count = 503;
    for (size_t folds = 2; folds <= 5; folds++)
        check_folds(whole, folds);
    assert_int_equal(dataset_fold(&part, whole, 1, 0, 1, &err), ERR_ARG);
    assert_int_equal(dataset_fold(&part, whole, 504, 0, 1, &err), ERR_ARG);
    assert_int_equal(dataset_fold(&part, whole, 3, 3, 1, &err), ERR_ARG);
    assert_non_null(strstr(err.message, "has 503 training samples"));
    assert_null(part);
    dataset_free(whole);
}

static void test_list(void **state)
{
    size_t count;
    const struct dataset_info *sets = dataset_list(&count);

    (void)state;
    assert_true(count >= 11);
    for (size_t i = 0; i < count; i++) {
        assert_true(sets[i].name != NULL && sets[i].task != NULL && sets[i].source != NULL);
        assert_true(sets[i].num_features > 0 && sets[i].num_classes > 1);
        assert_true(sets[i].height == 0 || sets[i].height * sets[i].width == sets[i].num_features);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sets[i].name, sets[j].name);
    }
}

/* The real files, against what is published about them. */
static void test_real_sets(void **state)
{
    const size_t mnist_train[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    const char *folder = getenv("DIFFLUT_DATA");
    size_t count, found = 0;
    const struct dataset_info *sets = dataset_list(&count);

    (void)state;
    if (folder == NULL || folder[0] == '\0') {
        if (getenv("CI") != NULL) fail_msg("DIFFLUT_DATA is not set");
        skip();
    }
    for (size_t i = 0; i < count; i++) {
        struct dataset *dataset;
        size_t classes[26] = {0};

        if (!dataset_available(sets[i].name, folder, NULL)) continue;
        found++;
        print_message("%s\n", sets[i].name);
        dataset = loaded(sets[i].name, folder, 8, NULL, BOTH);
        assert_int_equal(dataset->train.count, sets[i].num_train);
        assert_int_equal(dataset->test.count, sets[i].num_test);
        assert_int_equal(dataset->num_features, sets[i].num_features);
        for (size_t s = 0; s < dataset->train.count; s++)
            classes[dataset->train.labels[s]]++;
        for (size_t c = 0; c < sets[i].num_classes; c++)
            assert_true(classes[c] > 0);
        if (strcmp(sets[i].name, "mnist") == 0) {
            assert_memory_equal(classes, mnist_train, sizeof mnist_train);
            assert_int_equal(dataset->train.labels[0], 5);
            assert_int_equal(dataset->test.labels[0], 7);
        }
        dataset_free(dataset);
    }
    assert_true(found > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_images_hostile),
        cmocka_unit_test(test_every_fifth_row),
        cmocka_unit_test(test_first_rows_and_two_files),
        cmocka_unit_test(test_npy_set),
        cmocka_unit_test(test_own_text_labels),
        cmocka_unit_test(test_own_label_column),
        cmocka_unit_test(test_own_complaints),
        cmocka_unit_test(test_own_files_missing),
        cmocka_unit_test(test_unknown_and_missing),
        cmocka_unit_test(test_synthetic_set),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_real_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
