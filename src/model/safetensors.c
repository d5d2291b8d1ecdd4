#include "safetensors.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the container's numbers are little-endian");

static const size_t LARGEST_FILE = (size_t)1 << 32;
static const size_t LARGEST_HEADER = 100000000; /* as in the original library */
static const char METADATA_KEY[] = "__metadata__";

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [SAFETENSORS_U8] = {"U8", 1},     [SAFETENSORS_I8] = {"I8", 1},
    [SAFETENSORS_I16] = {"I16", 2},   [SAFETENSORS_U16] = {"U16", 2},
    [SAFETENSORS_I32] = {"I32", 4},   [SAFETENSORS_U32] = {"U32", 4},
    [SAFETENSORS_I64] = {"I64", 8},   [SAFETENSORS_U64] = {"U64", 8},
    [SAFETENSORS_F32] = {"F32", 4},   [SAFETENSORS_F64] = {"F64", 8},
    [SAFETENSORS_BOOL] = {"BOOL", 1},
};
enum { NUM_TYPES = sizeof types / sizeof *types };

struct metadata {
    char *key, *value;
};

struct safetensors {
    char *path; /* for messages; "" while being written */
    /* Each tensor is one allocation that holds its data and name too, so pointers stay good. */
    struct safetensors_tensor **tensors; /* in file order */
    struct safetensors_tensor **by_name;
    size_t count, capacity;
    struct metadata *metadata; /* sorted by key */
    size_t num_metadata, metadata_capacity;
};

size_t safetensors_type_size(enum safetensors_type type)
{
    return types[type].size;
}

static enum err_status fail_tensor(struct err *err, const char *path, const char *name,
                                   const char *problem)
{
    return err_set(err, ERR_FORMAT, "%s: tensor '%.100s': %s", path, name, problem);
}

/* --- the object --- */

enum err_status safetensors_create(struct safetensors **out, struct err *err)
{
    struct safetensors *file = calloc(1, sizeof *file);

    if (file != NULL) file->path = strdup("");
    if (file == NULL || file->path == NULL) {
        free(file);
        return err_nomem(err, "a weight file");
    }
    *out = file;
    return ERR_OK;
}

void safetensors_free(struct safetensors *file)
{
    if (file == NULL) return;
    for (size_t i = 0; i < file->count; i++)
        free(file->tensors[i]);
    for (size_t i = 0; i < file->num_metadata; i++) {
        free(file->metadata[i].key);
        free(file->metadata[i].value);
    }
    free(file->tensors);
    free(file->by_name);
    free(file->metadata);
    free(file->path);
    free(file);
}

/* Number of elements, and of bytes, of a shape; false when it does not fit a size_t. */
static bool shape_size(enum safetensors_type type, size_t rank, const size_t *shape, size_t *count,
                       size_t *bytes)
{
    size_t product = 1;

    /* A zero makes the product zero, whatever overflowed before it. */
    for (size_t i = 0; i < rank; i++)
        if (shape[i] == 0) product = 0;
    for (size_t i = 0; i < rank && product > 0; i++)
        if (__builtin_mul_overflow(product, shape[i], &product)) return false;
    *count = product;
    return !__builtin_mul_overflow(product, types[type].size, bytes);
}

static struct safetensors_tensor *tensor_create(const char *name, enum safetensors_type type,
                                                size_t rank, const size_t *shape, size_t count,
                                                size_t bytes, const void *data)
{
    size_t align = alignof(max_align_t);
    size_t data_offset = (sizeof(struct safetensors_tensor) + align - 1) / align * align;
    size_t name_size = strlen(name) + 1;
    struct safetensors_tensor *tensor;
    char *block;

    if (bytes > SIZE_MAX / 2 || name_size > SIZE_MAX / 4) return NULL;
    block = malloc(data_offset + bytes + name_size);
    if (block == NULL) return NULL;
    tensor = (struct safetensors_tensor *)(void *)block;
    *tensor = (struct safetensors_tensor){.type = type, .rank = rank, .count = count};
    if (rank > 0) memcpy(tensor->shape, shape, rank * sizeof *shape);
    if (bytes > 0) memcpy(block + data_offset, data, bytes);
    memcpy(block + data_offset + bytes, name, name_size);
    tensor->data = block + data_offset;
    tensor->name = block + data_offset + bytes;
    return tensor;
}

/* Room for `extra` more tensors. */
static bool reserve(struct safetensors *file, size_t extra)
{
    size_t capacity = file->capacity > 0 ? file->capacity : 16;
    struct safetensors_tensor **moved;

    if (extra > SIZE_MAX / 64 - file->count) return false;
    while (capacity < file->count + extra)
        capacity *= 2;
    if (capacity == file->capacity) return true;
    moved = realloc(file->tensors, capacity * sizeof *moved);
    if (moved == NULL) return false;
    file->tensors = moved;
    moved = realloc(file->by_name, capacity * sizeof *moved);
    if (moved == NULL) return false;
    file->by_name = moved;
    file->capacity = capacity;
    return true;
}

/* Place of `name` in by_name: the first entry that is not below it. */
static size_t find_place(const struct safetensors *file, const char *name)
{
    size_t low = 0, high = file->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(file->by_name[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name)
{
    size_t place = find_place(file, name);

    if (place == file->count || strcmp(file->by_name[place]->name, name) != 0) return NULL;
    return file->by_name[place];
}

size_t safetensors_count(const struct safetensors *file)
{
    return file->count;
}

const struct safetensors_tensor *safetensors_at(const struct safetensors *file, size_t index)
{
    return file->tensors[index];
}

enum err_status safetensors_add(struct safetensors *file, const char *name,
                                enum safetensors_type type, size_t rank, const size_t *shape,
                                const void *data, struct err *err)
{
    size_t place, count = 0, bytes = 0;
    struct safetensors_tensor *tensor;

    if ((unsigned)type >= NUM_TYPES || rank > SAFETENSORS_MAX_RANK) {
        return err_set(err, ERR_ARG, "tensor '%.100s': bad type or rank", name);
    }
    if (!shape_size(type, rank, shape, &count, &bytes)) {
        return err_set(err, ERR_ARG, "tensor '%.100s': shape too large", name);
    }
    if (strcmp(name, METADATA_KEY) == 0 || safetensors_find(file, name) != NULL) {
        return err_set(err, ERR_ARG, "tensor '%.100s': the name is taken", name);
    }
    tensor = tensor_create(name, type, rank, shape, count, bytes, data);
    if (tensor == NULL || !reserve(file, 1)) {
        free(tensor);
        return err_nomem(err, name);
    }
    place = find_place(file, name);
    memmove(file->by_name + place + 1, file->by_name + place,
            (file->count - place) * sizeof *file->by_name);
    file->by_name[place] = tensor;
    file->tensors[file->count++] = tensor;
    return ERR_OK;
}

/* --- metadata --- */

/* Place of `key`: the first entry that is not below it. */
static size_t find_key(const struct safetensors *file, const char *key)
{
    size_t low = 0, high = file->num_metadata;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(file->metadata[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has_key(const struct safetensors *file, size_t place, const char *key)
{
    return place < file->num_metadata && strcmp(file->metadata[place].key, key) == 0;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
    size_t place = find_key(file, key);

    return has_key(file, place, key) ? file->metadata[place].value : NULL;
}

/* Inserts copies at `place`, the right one or one that is sorted out later. */
static enum err_status insert_metadata(struct safetensors *file, size_t place, const char *key,
                                       const char *value, struct err *err)
{
    struct metadata pair = {strdup(key), strdup(value)};
    size_t capacity = file->num_metadata < file->metadata_capacity ? file->metadata_capacity
                                                                   : 2 * file->num_metadata + 16;
    struct metadata *moved = realloc(file->metadata, capacity * sizeof *moved);

    if (moved != NULL) {
        file->metadata = moved;
        file->metadata_capacity = capacity;
    }
    if (pair.key == NULL || pair.value == NULL || moved == NULL) {
        free(pair.key);
        free(pair.value);
        return err_nomem(err, "metadata");
    }
    memmove(moved + place + 1, moved + place, (file->num_metadata - place) * sizeof *moved);
    moved[place] = pair;
    file->num_metadata++;
    return ERR_OK;
}

enum err_status safetensors_set_metadata(struct safetensors *file, const char *key,
                                         const char *value, struct err *err)
{
    size_t place = find_key(file, key);
    char *copy;

    if (!has_key(file, place, key)) return insert_metadata(file, place, key, value, err);
    copy = strdup(value);
    if (copy == NULL) return err_nomem(err, "metadata");
    free(file->metadata[place].value);
    file->metadata[place].value = copy;
    return ERR_OK;
}

/* --- reading --- */

/* A header entry whose place in the data is not yet checked. */
struct span {
    const char *name; /* borrowed from the JSON tree */
    enum safetensors_type type;
    size_t rank, shape[SAFETENSORS_MAX_RANK], count, bytes;
    size_t begin, end, order;
};

static enum err_status read_type(struct span *span, const json_t *json, const char *path,
                                 struct err *err)
{
    const char *name = json_string_value(json);

    if (name == NULL) return fail_tensor(err, path, span->name, "dtype is not a string");
    for (int type = 0; type < NUM_TYPES; type++) {
        if (strcmp(name, types[type].name) == 0) {
            span->type = (enum safetensors_type)type;
            return ERR_OK;
        }
    }
    return err_set(err, ERR_FORMAT, "%s: tensor '%.100s': dtype '%.20s' is not supported", path,
                   span->name, name);
}

/* A list of whole numbers from 0. */
static bool read_sizes(const json_t *json, size_t least, size_t most, size_t *values, size_t *count)
{
    *count = json_array_size(json);
    if (!json_is_array(json) || *count < least || *count > most) return false;
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(json, i);
        json_int_t value = json_integer_value(item);

        if (!json_is_integer(item) || value < 0 || (uintmax_t)value > SIZE_MAX) return false;
        values[i] = (size_t)value;
    }
    return true;
}

static enum err_status read_span(struct span *span, json_t *json, const char *path, struct err *err)
{
    size_t offsets[2], num_offsets = 0;
    enum err_status status;

    if (!json_is_object(json) || json_object_size(json) != 3) {
        return fail_tensor(err, path, span->name,
                           "not an object of exactly dtype, shape and data_offsets");
    }
    status = read_type(span, json_object_get(json, "dtype"), path, err);
    if (status != ERR_OK) return status;
    if (!read_sizes(json_object_get(json, "shape"), 0, SAFETENSORS_MAX_RANK, span->shape,
                    &span->rank)) {
        return fail_tensor(err, path, span->name,
                           "shape is not a list of at most 8 whole numbers from 0");
    }
    if (!read_sizes(json_object_get(json, "data_offsets"), 2, 2, offsets, &num_offsets)) {
        return fail_tensor(err, path, span->name,
                           "data_offsets is not a list of two whole numbers from 0");
    }
    if (!shape_size(span->type, span->rank, span->shape, &span->count, &span->bytes)) {
        return fail_tensor(err, path, span->name, "shape too large");
    }
    span->begin = offsets[0];
    span->end = offsets[1];
    if (span->end < span->begin || span->end - span->begin != span->bytes) {
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%.100s': data_offsets %zu to %zu, but type and shape take %zu "
                       "bytes",
                       path, span->name, span->begin, span->end, span->bytes);
    }
    return ERR_OK;
}

static int compare_keys(const void *left, const void *right)
{
    const struct metadata *a = left, *b = right;

    return strcmp(a->key, b->key);
}

static enum err_status read_metadata(struct safetensors *file, json_t *json, struct err *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(json)) {
        return err_set(err, ERR_FORMAT, "%s: %s is not an object", file->path, METADATA_KEY);
    }
    json_object_foreach(json, key, value)
    {
        enum err_status status;

        if (!json_is_string(value)) {
            return err_set(err, ERR_FORMAT, "%s: %s: value of '%.100s' is not a string", file->path,
                           METADATA_KEY, key);
        }
        /* The parser has refused duplicates; sorting once is safe from quadratic headers. */
        status = insert_metadata(file, file->num_metadata, key, json_string_value(value), err);
        if (status != ERR_OK) return status;
    }
    if (file->num_metadata > 0) {
        qsort(file->metadata, file->num_metadata, sizeof *file->metadata, compare_keys);
    }
    return ERR_OK;
}

static int compare_spans(const void *left, const void *right)
{
    const struct span *a = left, *b = right;

    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_names(const void *left, const void *right)
{
    const struct safetensors_tensor *const *a = left, *const *b = right;

    return strcmp((*a)->name, (*b)->name);
}

/* The spans, in order, must cover the data exactly: no overlap, no gap, nothing left over. */
static enum err_status check_cover(const struct span *spans, size_t count, size_t data_size,
                                   const char *path, struct err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        if (spans[i].begin != at) {
            return err_set(err, ERR_FORMAT, "%s: tensor '%.100s': its data begin at %zu, %s %zu",
                           path, spans[i].name, spans[i].begin,
                           spans[i].begin < at ? "inside the data of another tensor, which end at"
                                               : "but the data before it end at",
                           at);
        }
        at = spans[i].end;
        if (at > data_size) {
            return err_set(err, ERR_FORMAT,
                           "%s: tensor '%.100s': its data end at %zu, but the file has %zu bytes "
                           "of data",
                           path, spans[i].name, at, data_size);
        }
    }
    if (at != data_size) {
        return err_set(err, ERR_FORMAT, "%s: %zu bytes of data belong to no tensor", path,
                       data_size - at);
    }
    return ERR_OK;
}

/* A byte other than 0 or 1 must never be read as a bool. */
static bool bools_good(const struct span *span, const uint8_t *data)
{
    if (span->type != SAFETENSORS_BOOL) return true;
    for (size_t i = 0; i < span->count; i++)
        if (data[i] > 1) return false;
    return true;
}

static enum err_status copy_tensors(struct safetensors *file, const struct span *spans,
                                    size_t count, const uint8_t *data, struct err *err)
{
    if (!reserve(file, count)) return err_nomem(err, file->path);
    for (size_t i = 0; i < count; i++) {
        const struct span *span = spans + i;
        struct safetensors_tensor *tensor;

        if (!bools_good(span, data + span->begin)) {
            return fail_tensor(err, file->path, span->name, "a BOOL is neither 0 nor 1");
        }
        tensor = tensor_create(span->name, span->type, span->rank, span->shape, span->count,
                               span->bytes, data + span->begin);
        if (tensor == NULL) return err_nomem(err, file->path);
        file->by_name[file->count] = tensor;
        file->tensors[file->count++] = tensor;
    }
    if (count > 0) qsort(file->by_name, count, sizeof *file->by_name, compare_names);
    return ERR_OK;
}

static enum err_status read_entries(struct safetensors *file, json_t *header, const uint8_t *data,
                                    size_t data_size, struct err *err)
{
    struct span *spans = calloc(json_object_size(header) + 1, sizeof *spans);
    enum err_status status = ERR_OK;
    size_t count = 0;
    const char *name;
    json_t *json;

    if (spans == NULL) return err_nomem(err, file->path);
    json_object_foreach(header, name, json)
    {
        if (strcmp(name, METADATA_KEY) == 0) {
            status = read_metadata(file, json, err);
        } else {
            spans[count] = (struct span){.name = name, .order = count};
            status = read_span(spans + count, json, file->path, err);
            count++;
        }
        if (status != ERR_OK) break;
    }
    if (status == ERR_OK) {
        qsort(spans, count, sizeof *spans, compare_spans);
        status = check_cover(spans, count, data_size, file->path, err);
    }
    if (status == ERR_OK) status = copy_tensors(file, spans, count, data, err);
    free(spans);
    return status;
}

static enum err_status read_header(json_t **header, size_t *header_size, const uint8_t *bytes,
                                   size_t size, const char *path, struct err *err)
{
    uint64_t length = 0;
    json_error_t problem;
    enum err_status status;

    if (size < 8) {
        return err_set(err, ERR_FORMAT, "%s: %zu bytes are too few for a safetensors file", path,
                       size);
    }
    memcpy(&length, bytes, sizeof length);
    if (length > LARGEST_HEADER) {
        return err_set(err, ERR_FORMAT,
                       "%s: not a safetensors file (header of %" PRIu64 " bytes, at most %zu)",
                       path, length, LARGEST_HEADER);
    }
    if (length > size - 8) {
        return err_set(err, ERR_FORMAT,
                       "%s: truncated: the header takes %" PRIu64 " bytes, %zu are there", path,
                       length, size - 8);
    }
    if (length < 2 || bytes[8] != '{') {
        return err_set(err, ERR_FORMAT, "%s: the header does not begin with '{'", path);
    }
    *header_size = (size_t)length;
    status = json_parse(header, (const char *)bytes + 8, *header_size, JSON_REJECT_DUPLICATES,
                        &problem, err);
    if (status == ERR_FORMAT) {
        return err_set(err, ERR_FORMAT, "%s: header, byte %d: %s", path, problem.position,
                       problem.text);
    }
    return status;
}

enum err_status safetensors_parse(struct safetensors **out, const void *data, size_t size,
                                  const char *path, struct err *err)
{
    struct safetensors *file = NULL;
    json_t *header = NULL;
    size_t header_size = 0;
    const uint8_t *bytes = data;
    enum err_status status = read_header(&header, &header_size, bytes, size, path, err);

    if (status == ERR_OK) status = safetensors_create(&file, err);
    if (status == ERR_OK) {
        free(file->path);
        file->path = strdup(path);
        if (file->path == NULL) status = err_nomem(err, path);
    }
    if (status == ERR_OK) {
        status = read_entries(file, header, bytes + 8 + header_size, size - 8 - header_size, err);
    }
    json_decref(header);
    if (status != ERR_OK) {
        safetensors_free(file);
        return status;
    }
    *out = file;
    return ERR_OK;
}

enum err_status safetensors_read(struct safetensors **out, const char *path, struct err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status = file_read(path, LARGEST_FILE, &data, &size, err);

    if (status == ERR_OK) status = safetensors_parse(out, data, size, path, err);
    free(data);
    return status;
}

static void shape_text(enum safetensors_type type, size_t rank, const size_t *shape,
                       struct text *text)
{
    text_add(text, "%s [", types[type].name);
    for (size_t i = 0; i < rank; i++)
        text_add(text, "%s%zu", i > 0 ? ", " : "", shape[i]);
    text_add(text, "]");
}

enum err_status safetensors_require(const struct safetensors *file, const char *name,
                                    enum safetensors_type type, size_t rank, const size_t *shape,
                                    const struct safetensors_tensor **out, struct err *err)
{
    const struct safetensors_tensor *tensor = safetensors_find(file, name);
    struct text expected = {0}, found = {0};
    enum err_status status;

    if (tensor != NULL && tensor->type == type && tensor->rank == rank &&
        (rank == 0 || memcmp(tensor->shape, shape, rank * sizeof *shape) == 0)) {
        *out = tensor;
        return ERR_OK;
    }
    shape_text(type, rank, shape, &expected);
    if (tensor != NULL) shape_text(tensor->type, tensor->rank, tensor->shape, &found);
    status = text_status(&expected, name, err);
    if (status == ERR_OK) status = text_status(&found, name, err);
    if (status == ERR_OK) {
        status = err_set(err, ERR_FORMAT, "%s: tensor '%.100s': expected %s, found %s", file->path,
                         name, expected.data, tensor != NULL ? found.data : "none");
    }
    text_free(&expected);
    text_free(&found);
    return status;
}

/* --- writing --- */

static size_t tensor_bytes(const struct safetensors_tensor *tensor)
{
    return tensor->count * types[tensor->type].size;
}

/* Sets a member of `object` and gives it away; false also when `key` is not UTF-8. */
static bool put(json_t *object, const char *key, json_t *value)
{
    return value != NULL && json_object_set_new(object, key, value) == 0;
}

static json_t *metadata_json(const struct safetensors *file)
{
    json_t *object = json_object();

    for (size_t i = 0; object != NULL && i < file->num_metadata; i++) {
        if (!put(object, file->metadata[i].key, json_string(file->metadata[i].value))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *tensor_json(const struct safetensors_tensor *tensor, size_t begin)
{
    json_t *object = json_object(), *shape = json_array(), *offsets = json_array();
    bool good = object != NULL && shape != NULL && offsets != NULL;

    for (size_t i = 0; good && i < tensor->rank; i++)
        good = json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i])) == 0;
    good = good && json_array_append_new(offsets, json_integer((json_int_t)begin)) == 0;
    good = good && json_array_append_new(
                       offsets, json_integer((json_int_t)(begin + tensor_bytes(tensor)))) == 0;
    good = good && put(object, "dtype", json_string(types[tensor->type].name));
    good = good && json_object_set(object, "shape", shape) == 0;
    good = good && json_object_set(object, "data_offsets", offsets) == 0;
    json_decref(shape);
    json_decref(offsets);
    if (good) return object;
    json_decref(object);
    return NULL;
}

/* The header's text without padding; malloc'ed. */
static char *header_text(const struct safetensors *file)
{
    json_t *header = json_object();
    bool good = header != NULL;
    char *text = NULL;
    size_t at = 0;

    if (good && file->num_metadata > 0) good = put(header, METADATA_KEY, metadata_json(file));
    for (size_t i = 0; good && i < file->count; i++) {
        good = put(header, file->tensors[i]->name, tensor_json(file->tensors[i], at));
        at += tensor_bytes(file->tensors[i]);
    }
    if (good) text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

enum err_status safetensors_write(const struct safetensors *file, const char *path, struct err *err)
{
    struct text out = {0};
    enum err_status status;
    char *header;
    size_t length;
    uint64_t padded;

    errno = 0;
    header = header_text(file);
    if (header == NULL && errno == ENOMEM) return err_nomem(err, path);
    if (header == NULL)
        return err_set(err, ERR_ARG, "%s: a name or metadata text is not UTF-8", path);
    length = strlen(header);
    padded = (length + 7) / 8 * 8;
    text_add_bytes(&out, &padded, sizeof padded);
    text_add_bytes(&out, header, length);
    text_add_bytes(&out, "        ", (size_t)padded - length);
    free(header);
    for (size_t i = 0; i < file->count; i++)
        text_add_bytes(&out, file->tensors[i]->data, tensor_bytes(file->tensors[i]));
    status = text_status(&out, path, err);
    if (status == ERR_OK) status = file_write(path, out.data, out.size, err);
    text_free(&out);
    return status;
}

enum err_status safetensors_hash(const struct safetensors *file, char text[65], struct err *err)
{
    struct hash *hash = NULL;
    struct text shape = {0};
    enum err_status status = hash_create(&hash, err);

    if (status != ERR_OK) return status;
    for (size_t i = 0; i < file->count; i++) {
        const struct safetensors_tensor *tensor = file->tensors[i];

        /* The NULs keep the parts apart: no two files feed the hash the same bytes. */
        shape.size = 0;
        shape_text(tensor->type, tensor->rank, tensor->shape, &shape);
        hash_add(hash, tensor->name, strlen(tensor->name) + 1);
        if (!shape.failed) hash_add(hash, shape.data, shape.size + 1);
        hash_add(hash, tensor->data, tensor_bytes(tensor));
    }
    status = text_status(&shape, "a hash", err);
    if (status == ERR_OK) hash_finish(hash, text);
    text_free(&shape);
    hash_free(hash);
    return status;
}
