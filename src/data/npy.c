#include "npy.h"

#include "base/file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The header is a Python dictionary; this reads the three entries that NumPy writes, in any order. */
struct header {
    const char *path;
    const uint8_t *data; /* the whole file */
    size_t at, end;      /* of the dictionary's text */
    struct err *err;
    char descr[8];
    bool fortran;
};

static enum err_status complain(const struct header *header, const char *expected)
{
    return err_set(header->err, ERR_FORMAT, "%s: offset %zu: NPY header: expected %s", header->path,
                   header->at, expected);
}

static void skip_spaces(struct header *header)
{
    while (header->at < header->end &&
           (header->data[header->at] == ' ' || header->data[header->at] == '\n')) {
        header->at++;
    }
}

/* Steps over `word` when it comes next. */
static bool accept(struct header *header, const char *word)
{
    size_t length = strlen(word);

    skip_spaces(header);
    if (header->end - header->at < length || memcmp(header->data + header->at, word, length) != 0) {
        return false;
    }
    header->at += length;
    return true;
}

/* A string in either quotes, without escapes, of less than `size` bytes. */
static enum err_status read_string(struct header *header, char *out, size_t size)
{
    bool doubled = accept(header, "\"");
    uint8_t quote = doubled ? '"' : '\'';
    size_t length = 0;

    if (!doubled && !accept(header, "'")) return complain(header, "a string");
    while (header->at < header->end && header->data[header->at] != quote) {
        if (length + 1 >= size) return complain(header, "a shorter string");
        out[length++] = (char)header->data[header->at++];
    }
    out[length] = '\0';
    return accept(header, doubled ? "\"" : "'") ? ERR_OK : complain(header, "the string's end");
}

/* "(1000, 16)", "(5,)" or "()". */
static enum err_status read_shape(struct header *header, struct npy *npy)
{
    if (!accept(header, "(")) return complain(header, "a shape");
    while (!accept(header, ")")) {
        size_t length = 0;
        const uint8_t *start = header->data + header->at;

        if (npy->rank == NPY_MAX_RANK) return complain(header, "at most 8 dimensions");
        while (header->at < header->end && header->data[header->at] >= '0' &&
               header->data[header->at] <= '9') {
            size_t digit = (size_t)(header->data[header->at] - '0');

            if (length > (SIZE_MAX - digit) / 10) return complain(header, "a smaller dimension");
            length = length * 10 + digit;
            header->at++;
        }
        if (header->data + header->at == start) return complain(header, "a dimension");
        npy->shape[npy->rank++] = length;
        if (!accept(header, ",")) {
            skip_spaces(header);
            if (header->at == header->end || header->data[header->at] != ')') {
                return complain(header, "',' or ')'");
            }
        }
    }
    return ERR_OK;
}

static enum err_status read_entry(struct header *header, struct npy *npy, unsigned *seen)
{
    char key[16];
    enum err_status status = read_string(header, key, sizeof key);
    unsigned bit;

    if (status != ERR_OK) return status;
    if (!accept(header, ":")) return complain(header, "':'");
    if (strcmp(key, "descr") == 0) {
        bit = 1;
        status = read_string(header, header->descr, sizeof header->descr);
    } else if (strcmp(key, "fortran_order") == 0) {
        bit = 2;
        header->fortran = accept(header, "True");
        if (!header->fortran && !accept(header, "False"))
            status = complain(header, "True or False");
    } else if (strcmp(key, "shape") == 0) {
        bit = 4;
        if (!(*seen & bit)) status = read_shape(header, npy);
    } else {
        return complain(header, "descr, fortran_order or shape");
    }
    if (*seen & bit) return complain(header, "each key once");
    *seen |= bit;
    return status;
}

static enum err_status read_dictionary(struct header *header, struct npy *npy)
{
    unsigned seen = 0;
    enum err_status status = ERR_OK;

    if (!accept(header, "{")) return complain(header, "'{'");
    while (status == ERR_OK && !accept(header, "}")) {
        status = read_entry(header, npy, &seen);
        skip_spaces(header);
        if (status == ERR_OK && !accept(header, ",") &&
            (header->at == header->end || header->data[header->at] != '}')) {
            status = complain(header, "',' or '}'");
        }
    }
    skip_spaces(header);
    if (status == ERR_OK && header->at != header->end) status = complain(header, "its end");
    if (status == ERR_OK && seen != 7) status = complain(header, "descr, fortran_order and shape");
    return status;
}

/* Sets header->at and end to the dictionary. */
static enum err_status read_preamble(struct header *header, size_t size)
{
    const uint8_t *data = header->data;

    if (size < 10 || memcmp(data, "\x93NUMPY", 6) != 0) {
        return err_set(header->err, ERR_FORMAT, "%s: offset 0: not an NPY file (wrong magic)",
                       header->path);
    }
    if (data[6] < 1 || data[6] > 3) {
        return err_set(header->err, ERR_FORMAT, "%s: offset 6: NPY version %u is not known",
                       header->path, data[6]);
    }
    header->at = data[6] == 1 ? 10 : 12;
    header->end = header->at + ((size_t)data[8] | (size_t)data[9] << 8);
    if (data[6] > 1 && size >= 12) header->end += (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (size < header->at || header->end > size) {
        return err_set(header->err, ERR_FORMAT, "%s: offset %zu: the file ends in the NPY header",
                       header->path, size);
    }
    return ERR_OK;
}

static double decode(const uint8_t *bytes, char kind, size_t size, bool big)
{
    uint64_t word = 0;
    float single;
    double wide;

    for (size_t i = 0; i < size; i++)
        word = word << 8 | bytes[big ? i : size - 1 - i];
    if (kind == 'i') {
        unsigned unused = (unsigned)(64 - 8 * size);

        return (double)((int64_t)(word << unused) >> unused); /* extends the sign */
    }
    if (kind != 'f') return (double)word;
    if (size == 4) {
        uint32_t half = (uint32_t)word;

        memcpy(&single, &half, sizeof single);
        return (double)single;
    }
    memcpy(&wide, &word, sizeof wide);
    return wide;
}

/* The size of one value of the type, or 0 when it is none that is read. */
static size_t type_size(const char *descr)
{
    size_t size = strlen(descr) == 3 ? (size_t)(descr[2] - '0') : 0;
    bool power = size == 1 || size == 2 || size == 4 || size == 8;

    if (descr[0] != '<' && descr[0] != '>' && !(descr[0] == '|' && size == 1)) return 0;
    if (descr[1] == 'b') return size == 1 ? 1 : 0;
    if (descr[1] == 'f') return size == 4 || size == 8 ? size : 0;
    return power && (descr[1] == 'i' || descr[1] == 'u') ? size : 0;
}

static enum err_status read_values(const struct header *header, size_t size, struct npy *npy)
{
    size_t width = type_size(header->descr), bytes;
    const uint8_t *at = header->data + header->end;

    if (width == 0) {
        return err_set(header->err, ERR_FORMAT,
                       "%s: NPY type \"%s\" is not read; save integers, float32 or float64",
                       header->path, header->descr);
    }
    if (header->fortran && npy->rank > 1) {
        return err_set(header->err, ERR_FORMAT,
                       "%s: NPY array in Fortran order; save numpy.ascontiguousarray(x)",
                       header->path);
    }
    npy->count = 1;
    for (size_t r = 0; r < npy->rank; r++) {
        if (npy->count == SIZE_MAX ||
            __builtin_mul_overflow(npy->count, npy->shape[r], &npy->count)) {
            npy->count = SIZE_MAX; /* stays at what no file can hold */
        }
    }
    if (__builtin_mul_overflow(npy->count, width, &bytes) || bytes != size - header->end) {
        return err_set(header->err, ERR_FORMAT,
                       "%s: offset %zu: the NPY header promises %zu values of %zu bytes, the file "
                       "holds %zu bytes",
                       header->path, header->end, npy->count, width, size - header->end);
    }
    npy->values = malloc(npy->count * sizeof *npy->values + 1);
    if (npy->values == NULL) return err_nomem(header->err, header->path);
    for (size_t i = 0; i < npy->count; i++) {
        npy->values[i] = decode(at + i * width, header->descr[1], width, header->descr[0] == '>');
    }
    return ERR_OK;
}

enum err_status npy_parse(struct npy **out, const void *data, size_t size, const char *path,
                          struct err *err)
{
    struct header header = {.path = path, .data = data, .err = err};
    struct npy *npy = calloc(1, sizeof *npy);
    enum err_status status = npy != NULL ? ERR_OK : err_nomem(err, path);

    if (status == ERR_OK) status = read_preamble(&header, size);
    if (status == ERR_OK) status = read_dictionary(&header, npy);
    if (status == ERR_OK) status = read_values(&header, size, npy);
    if (status == ERR_OK)
        *out = npy;
    else
        npy_free(npy);
    return status;
}

enum err_status npy_read(struct npy **out, const char *path, struct err *err)
{
    uint8_t *data;
    size_t size;
    enum err_status status = file_read(path, (size_t)1 << 31, &data, &size, err);

    if (status != ERR_OK) return status;
    status = npy_parse(out, data, size, path, err);
    free(data);
    return status;
}

void npy_free(struct npy *npy)
{
    if (npy == NULL) return;
    free(npy->values);
    free(npy);
}
