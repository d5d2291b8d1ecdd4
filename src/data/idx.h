/* IDX files, the format of MNIST and its family, plain or gzipped: a magic number (two zero bytes, a
 * type, a rank), big-endian 32-bit dimensions, then the values in C order.
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits". */
#ifndef DIFFLUT_DATA_IDX_H
#define DIFFLUT_DATA_IDX_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { IDX_MAX_RANK = 4 };

struct idx {
    size_t rank, shape[IDX_MAX_RANK];
    size_t count;          /* product of the shape */
    size_t offset;         /* of the first value in the (inflated) file, for messages */
    const uint8_t *values; /* in storage */
    uint8_t *storage;
};

/* Only unsigned bytes (type 0x08) are read; others are refused by name. The size of the data must be
 * exactly what the dimensions say. ERR_IO, ERR_FORMAT with file and offset, ERR_NOMEM. */
enum err_status idx_read(struct idx **out, const char *path, struct err *err);

/* The same from memory, which is copied; `path` is for messages. */
enum err_status idx_parse(struct idx **out, const void *data, size_t size, const char *path,
                          struct err *err);
void idx_free(struct idx *idx);

#endif
