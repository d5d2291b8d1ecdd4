#include "idx.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 4, UNSIGNED_BYTE = 0x08 };

static const char *type_name(uint8_t type)
{
    switch (type) {
    case 0x08:
        return "unsigned byte";
    case 0x09:
        return "signed byte";
    case 0x0b:
        return "16-bit integer";
    case 0x0c:
        return "32-bit integer";
    case 0x0d:
        return "float";
    case 0x0e:
        return "double";
    default:
        return "unknown";
    }
}

static enum err_status check_magic(const uint8_t *data, size_t size, const char *path,
                                   struct err *err)
{
    if (size < HEADER || data[0] != 0 || data[1] != 0) {
        return err_set(err, ERR_FORMAT,
                       "%s: offset 0: not an IDX file (its first bytes are not an "
                       "IDX magic number)",
                       path);
    }
    if (data[2] != UNSIGNED_BYTE) {
        return err_set(err, ERR_FORMAT,
                       "%s: offset 2: IDX type 0x%02x (%s); only unsigned bytes (0x08) are read",
                       path, data[2], type_name(data[2]));
    }
    if (data[3] < 1 || data[3] > IDX_MAX_RANK) {
        return err_set(err, ERR_FORMAT, "%s: offset 3: expected 1 to %d dimensions, found %u", path,
                       IDX_MAX_RANK, data[3]);
    }
    return ERR_OK;
}

/* Fills everything but storage from the header. */
static enum err_status parse_header(struct idx *idx, const uint8_t *data, size_t size,
                                    const char *path, struct err *err)
{
    enum err_status status = check_magic(data, size, path, err);

    if (status != ERR_OK) return status;
    idx->rank = data[3];
    idx->offset = HEADER + 4 * idx->rank;
    if (size < idx->offset) {
        return err_set(err, ERR_FORMAT, "%s: offset %zu: the file ends in the IDX header", path,
                       size);
    }
    idx->count = 1;
    for (size_t r = 0; r < idx->rank; r++) {
        const uint8_t *at = data + HEADER + 4 * r;

        idx->shape[r] = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
        /* Stays at what no file can hold. */
        if (idx->count == SIZE_MAX ||
            __builtin_mul_overflow(idx->count, idx->shape[r], &idx->count)) {
            idx->count = SIZE_MAX;
        }
    }
    if (idx->count != size - idx->offset) {
        return err_set(err, ERR_FORMAT,
                       "%s: offset %zu: the IDX header promises %zu values, the file holds %zu",
                       path, size, idx->count, size - idx->offset);
    }
    return ERR_OK;
}

/* Takes `data` over, also on failure. */
static enum err_status take(struct idx **out, uint8_t *data, size_t size, const char *path,
                            struct err *err)
{
    struct idx *idx = calloc(1, sizeof *idx);
    enum err_status status = idx != NULL ? ERR_OK : err_nomem(err, path);

    if (status == ERR_OK) {
        idx->storage = data;
        status = parse_header(idx, data, size, path, err);
    } else {
        free(data);
    }
    if (status == ERR_OK) {
        idx->values = data + idx->offset;
        *out = idx;
    } else {
        idx_free(idx);
    }
    return status;
}

enum err_status idx_read(struct idx **out, const char *path, struct err *err)
{
    uint8_t *data;
    size_t size;
    enum err_status status = file_read_gz(path, (size_t)1 << 31, &data, &size, err);

    return status == ERR_OK ? take(out, data, size, path, err) : status;
}

enum err_status idx_parse(struct idx **out, const void *data, size_t size, const char *path,
                          struct err *err)
{
    uint8_t *copy = malloc(size + 1);

    if (copy == NULL) return err_nomem(err, path);
    if (size > 0) memcpy(copy, data, size);
    return take(out, copy, size, path, err);
}

void idx_free(struct idx *idx)
{
    if (idx == NULL) return;
    free(idx->storage);
    free(idx);
}
