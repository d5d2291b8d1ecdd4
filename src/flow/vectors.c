#include "flow/vectors.h"

#include "base/file.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAGIC_SIZE = 8,
    VERSION = 1,
    BUILD_ID_SIZE = 16,
    HEADER_SIZE = MAGIC_SIZE + 4 + BUILD_ID_SIZE + 4 * 4 + 8,
    HASH_SIZE = HASH_TEXT_SIZE - 1
};

static const char MAGIC[MAGIC_SIZE + 1] = "DIFFLUTV";

/* Bytes of each part in the file, and in all. */
struct layout {
    size_t code_bytes; /* of one code: 1 or 2 */
    size_t bit_bytes;  /* of one vector's packed bits */
    size_t codes, bits, scores, classes, total;
};

/* ---- sizes ---- */

/* *sum += a * b, or false on overflow. */
static bool add_product(size_t *sum, size_t a, size_t b)
{
    size_t product;

    return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(*sum, product, sum);
}

/* count * each * bytes into *part and added to *total. */
static bool add_part(size_t *part, size_t *total, size_t count, size_t each, size_t bytes)
{
    *part = 0;
    return !__builtin_mul_overflow(each, bytes, &each) && add_product(part, count, each) &&
           !__builtin_add_overflow(*total, *part, total);
}

/* Of the file, and of the same data in memory. */
static bool layout_compute(struct layout *layout, const struct vectors *sizes)
{
    layout->code_bytes = sizes->code_bits <= 8 ? 1 : 2;
    layout->bit_bytes = ((size_t)sizes->num_bits + 7) / 8;
    layout->total = HEADER_SIZE + HASH_SIZE;
    return add_part(&layout->codes, &layout->total, sizes->count, sizes->num_features,
                    layout->code_bytes) &&
           add_part(&layout->bits, &layout->total, sizes->count, layout->bit_bytes, 1) &&
           add_part(&layout->scores, &layout->total, sizes->count, sizes->num_classes, 4) &&
           add_part(&layout->classes, &layout->total, sizes->count, 1, 4);
}

static bool sizes_in_range(const struct vectors *sizes)
{
    return sizes->count >= 1 && sizes->num_features >= 1 && sizes->code_bits >= 1 &&
           sizes->code_bits <= 16 && sizes->num_bits >= 1 && sizes->num_classes >= 2;
}

static enum err_status create(struct vectors **out, const struct vectors *sizes, struct err *err)
{
    size_t codes, bits, scores, classes;
    size_t total = sizeof **out;
    struct vectors *made;

    /* Widest entries first, so that each array is aligned. */
    if (!add_part(&scores, &total, sizes->count, sizes->num_classes, 4) ||
        !add_part(&classes, &total, sizes->count, 1, 4) ||
        !add_part(&codes, &total, sizes->count, sizes->num_features, 2) ||
        !add_part(&bits, &total, sizes->count, sizes->num_bits, 1))
        return err_nomem(err, "test vectors");
    made = calloc(1, total);
    if (made == NULL) return err_nomem(err, "test vectors");
    *made = *sizes;
    made->scores = (uint32_t *)(made + 1);
    made->classes = (uint32_t *)((char *)made->scores + scores);
    made->codes = (uint16_t *)((char *)made->classes + classes);
    made->bits = (uint8_t *)made->codes + codes;
    *out = made;
    return ERR_OK;
}

enum err_status vectors_create(struct vectors **out, size_t count, uint32_t num_features,
                               uint32_t code_bits, uint32_t num_bits, uint32_t num_classes,
                               struct err *err)
{
    struct vectors sizes = {.num_features = num_features,
                            .code_bits = code_bits,
                            .num_bits = num_bits,
                            .num_classes = num_classes,
                            .count = count};

    if (!sizes_in_range(&sizes))
        return err_set(err, ERR_ARG,
                       "test vectors: sizes out of range: %zu vectors, %u features of %u bits, "
                       "%u encoder bits, %u classes",
                       count, num_features, code_bits, num_bits, num_classes);
    return create(out, &sizes, err);
}

void vectors_free(struct vectors *vectors)
{
    free(vectors); /* one slab, see create() */
}

/* ---- little-endian numbers ---- */

static void put_u32(uint8_t **at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *(*at)++ = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t **at)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value |= (uint32_t) * (*at)++ << (8 * i);
    return value;
}

/* ---- writing ---- */

static void put_header(uint8_t **at, const struct vectors *vectors)
{
    memcpy(*at, MAGIC, MAGIC_SIZE);
    *at += MAGIC_SIZE;
    put_u32(at, VERSION);
    memcpy(*at, vectors->build_id, BUILD_ID_SIZE);
    *at += BUILD_ID_SIZE;
    put_u32(at, vectors->num_features);
    put_u32(at, vectors->code_bits);
    put_u32(at, vectors->num_bits);
    put_u32(at, vectors->num_classes);
    put_u32(at, (uint32_t)vectors->count);
    put_u32(at, (uint32_t)((uint64_t)vectors->count >> 32));
}

static void put_data(uint8_t *at, const struct vectors *vectors, const struct layout *layout)
{
    size_t num_codes = vectors->count * vectors->num_features;

    for (size_t i = 0; i < num_codes; i++) {
        *at++ = (uint8_t)vectors->codes[i];
        if (layout->code_bytes == 2) *at++ = (uint8_t)(vectors->codes[i] >> 8);
    }
    for (size_t v = 0; v < vectors->count; v++, at += layout->bit_bytes) {
        const uint8_t *bits = vectors->bits + v * vectors->num_bits;

        for (uint32_t b = 0; b < vectors->num_bits; b++) {
            at[b / 8] = (uint8_t)(at[b / 8] | bits[b] << b % 8);
        }
    }
    for (size_t i = 0; i < vectors->count * vectors->num_classes; i++)
        put_u32(&at, vectors->scores[i]);
    for (size_t v = 0; v < vectors->count; v++)
        put_u32(&at, vectors->classes[v]);
}

enum err_status vectors_write(const struct vectors *vectors, const char *path, struct err *err)
{
    struct layout layout;
    uint8_t *data, *at;
    char hash[HASH_TEXT_SIZE];
    enum err_status status;

    data = layout_compute(&layout, vectors) ? calloc(1, layout.total) : NULL;
    if (data == NULL) return err_nomem(err, path);
    at = data;
    put_header(&at, vectors);
    put_data(at, vectors, &layout);
    hash_bytes(data, layout.total - HASH_SIZE, hash);
    memcpy(data + layout.total - HASH_SIZE, hash, HASH_SIZE);
    status = file_write(path, data, layout.total, err);
    free(data);
    return status;
}

/* ---- reading ---- */

static bool is_build_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == BUILD_ID_SIZE;
}

static enum err_status get_header(struct vectors *sizes, const uint8_t **at, size_t size,
                                  const char *path, struct err *err)
{
    uint32_t version;
    uint64_t count;

    if (size < HEADER_SIZE + HASH_SIZE || memcmp(*at, MAGIC, MAGIC_SIZE) != 0)
        return err_set(err, ERR_FORMAT, "%s: not a file of test vectors", path);
    *at += MAGIC_SIZE;
    version = get_u32(at);
    if (version != VERSION)
        return err_set(err, ERR_FORMAT, "%s: version %u of test vectors, this program reads %d",
                       path, version, VERSION);
    memcpy(sizes->build_id, *at, BUILD_ID_SIZE);
    *at += BUILD_ID_SIZE;
    sizes->num_features = get_u32(at);
    sizes->code_bits = get_u32(at);
    sizes->num_bits = get_u32(at);
    sizes->num_classes = get_u32(at);
    count = get_u32(at);
    count |= (uint64_t)get_u32(at) << 32;
    sizes->count = (size_t)count;
    if (sizes->count != count || !sizes_in_range(sizes) || !is_build_id(sizes->build_id))
        return err_set(err, ERR_FORMAT, "%s: the header has a number out of range", path);
    return ERR_OK;
}

/* The hash comes first: what it covers was written whole by somebody. */
static enum err_status check_frame(const struct vectors *sizes, struct layout *layout,
                                   const uint8_t *data, size_t size, const char *path,
                                   struct err *err)
{
    char hash[HASH_TEXT_SIZE];

    if (!layout_compute(layout, sizes) || layout->total != size)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes do not fit its header (%zu expected)", path,
                       size, layout->total);
    hash_bytes(data, size - HASH_SIZE, hash);
    if (memcmp(hash, data + size - HASH_SIZE, HASH_SIZE) != 0)
        return err_set(err, ERR_FORMAT, "%s: damaged (SHA-256 differs)", path);
    return ERR_OK;
}

static enum err_status get_codes(struct vectors *vectors, const struct layout *layout,
                                 const uint8_t *at, const char *path, struct err *err)
{
    size_t num_codes = vectors->count * vectors->num_features;

    for (size_t i = 0; i < num_codes; i++) {
        uint32_t code = *at++;

        if (layout->code_bytes == 2) code |= (uint32_t)*at++ << 8;
        if (code >> vectors->code_bits != 0)
            return err_set(err, ERR_FORMAT, "%s: vector %zu: code %u has more than %u bits", path,
                           i / vectors->num_features, code, vectors->code_bits);
        vectors->codes[i] = (uint16_t)code;
    }
    return ERR_OK;
}

static enum err_status get_bits(struct vectors *vectors, const struct layout *layout,
                                const uint8_t *at, const char *path, struct err *err)
{
    uint32_t used = vectors->num_bits % 8;

    for (size_t v = 0; v < vectors->count; v++, at += layout->bit_bytes) {
        uint8_t *bits = vectors->bits + v * vectors->num_bits;

        for (uint32_t b = 0; b < vectors->num_bits; b++)
            bits[b] = at[b / 8] >> b % 8 & 1;
        if (used != 0 && at[layout->bit_bytes - 1] >> used != 0)
            return err_set(err, ERR_FORMAT, "%s: vector %zu: bits beyond the last", path, v);
    }
    return ERR_OK;
}

static enum err_status get_expected(struct vectors *vectors, const uint8_t *at, const char *path,
                                    struct err *err)
{
    for (size_t i = 0; i < vectors->count * vectors->num_classes; i++)
        vectors->scores[i] = get_u32(&at);
    for (size_t v = 0; v < vectors->count; v++) {
        vectors->classes[v] = get_u32(&at);
        if (vectors->classes[v] >= vectors->num_classes)
            return err_set(err, ERR_FORMAT, "%s: vector %zu: class %u of %u", path, v,
                           vectors->classes[v], vectors->num_classes);
    }
    return ERR_OK;
}

enum err_status vectors_parse(struct vectors **out, const uint8_t *data, size_t size,
                              const char *path, struct err *err)
{
    const uint8_t *at = data;
    struct vectors sizes = {0};
    struct vectors *made = NULL;
    struct layout layout;
    enum err_status status = get_header(&sizes, &at, size, path, err);

    if (status == ERR_OK) status = check_frame(&sizes, &layout, data, size, path, err);
    if (status == ERR_OK) status = create(&made, &sizes, err);
    if (status == ERR_OK) status = get_codes(made, &layout, at, path, err);
    if (status == ERR_OK) status = get_bits(made, &layout, at + layout.codes, path, err);
    if (status == ERR_OK) status = get_expected(made, at + layout.codes + layout.bits, path, err);
    if (status != ERR_OK) {
        vectors_free(made);
        return status;
    }
    *out = made;
    return ERR_OK;
}

enum err_status vectors_read(struct vectors **out, const char *path, struct err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status = file_read(path, SIZE_MAX / 4, &data, &size, err);

    if (status == ERR_OK) status = vectors_parse(out, data, size, path, err);
    free(data);
    return status;
}
