/* For tests/cli/test_safetensors_python.sh: the other side of a conversation with Python's package.
 *   safetensors_sample write FILE    every type and rank, values by a formula
 *   safetensors_sample read FILE     one line a tensor: name, type, shape, the values */
#include "model/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 64 };

static const char *const type_names[] = {"U8",  "I8",  "I16", "U16", "I32", "U32",
                                         "I64", "U64", "F32", "F64", "BOOL"};
enum { NUM_TYPES = sizeof type_names / sizeof *type_names };

/* Element i of a sample. */
static void put(enum safetensors_type type, size_t i, void *data)
{
    uint64_t whole = i * UINT64_C(0x9e3779b97f4a7c15) + 11;
    double real = ((double)i - 3.0) * 0.1;
    float narrow = (float)real;
    size_t size = safetensors_type_size(type);
    char *place = (char *)data + i * size;

    if (type == SAFETENSORS_F64) {
        memcpy(place, &real, size);
    } else if (type == SAFETENSORS_F32) {
        memcpy(place, &narrow, size);
    } else if (type == SAFETENSORS_BOOL) {
        *place = i % 3 == 0;
    } else {
        memcpy(place, &whole, size); /* its low bytes */
    }
}

static enum err_status add(struct safetensors *file, const char *name, enum safetensors_type type,
                           size_t rank, const size_t *shape, struct err *err)
{
    uint64_t data[LARGEST];
    size_t count = 1;

    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    for (size_t i = 0; i < count; i++)
        put(type, i, data);
    return safetensors_add(file, name, type, rank, shape, data, err);
}

static enum err_status write_sample(const char *path, struct err *err)
{
    static const size_t shape[8] = {2, 1, 3, 1, 2, 1, 1, 1}, empty[2] = {3, 0};
    static const float special[5] = {INFINITY, -INFINITY, NAN, -0.0F, 1e-45F};
    const size_t five = 5;
    struct safetensors *file = NULL;
    enum err_status status = safetensors_create(&file, err);

    for (int type = 0; type < NUM_TYPES && status == ERR_OK; type++) {
        size_t rank = (size_t)type % 9;

        status = add(file, type_names[type], (enum safetensors_type)type, rank, shape, err);
    }
    if (status == ERR_OK) status = add(file, "rank.0", SAFETENSORS_F32, 0, NULL, err);
    if (status == ERR_OK) status = add(file, "empty", SAFETENSORS_I32, 2, empty, err);
    if (status == ERR_OK) {
        status =
            safetensors_add(file, "special \xc3\xa9\"\\", SAFETENSORS_F32, 1, &five, special, err);
    }
    if (status == ERR_OK) status = safetensors_set_metadata(file, "text", "a \"b\"\n\xc3\xa9", err);
    if (status == ERR_OK) status = safetensors_set_metadata(file, "format", "difflut", err);
    if (status == ERR_OK) status = safetensors_write(file, path, err);
    safetensors_free(file);
    return status;
}

static void print_value(const struct safetensors_tensor *tensor, size_t i)
{
    size_t size = safetensors_type_size(tensor->type);
    const char *place = (const char *)tensor->data + i * size;
    uint64_t whole = 0;
    double real = 0;
    float narrow = 0;

    if (tensor->type == SAFETENSORS_F64) {
        memcpy(&real, place, size);
        printf(" %.17g", real);
    } else if (tensor->type == SAFETENSORS_F32) {
        memcpy(&narrow, place, size);
        printf(" %.9g", (double)narrow);
    } else {
        memcpy(&whole, place, size);
        printf(" %" PRIx64, whole);
    }
}

static enum err_status print_file(const char *path, struct err *err)
{
    struct safetensors *file = NULL;
    enum err_status status = safetensors_read(&file, path, err);

    for (size_t i = 0; status == ERR_OK && i < safetensors_count(file); i++) {
        const struct safetensors_tensor *tensor = safetensors_at(file, i);

        printf("%s %s [", tensor->name, type_names[tensor->type]);
        for (size_t j = 0; j < tensor->rank; j++)
            printf("%s%zu", j > 0 ? "," : "", tensor->shape[j]);
        printf("]");
        for (size_t j = 0; j < tensor->count; j++)
            print_value(tensor, j);
        printf("\n");
    }
    safetensors_free(file);
    return status;
}

int main(int count, char **arguments)
{
    struct err err = {"usage: safetensors_sample write|read FILE"};
    enum err_status status = ERR_ARG;

    if (count == 3 && strcmp(arguments[1], "write") == 0) status = write_sample(arguments[2], &err);
    if (count == 3 && strcmp(arguments[1], "read") == 0) status = print_file(arguments[2], &err);
    if (status != ERR_OK) fprintf(stderr, "%s\n", err.message);
    return status != ERR_OK;
}
