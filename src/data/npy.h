/* NPY files (NumPy's array format, versions 1 to 3): numeric arrays in C order, as doubles.
 * Source: numpy.lib.format. */
#ifndef DIFFLUT_DATA_NPY_H
#define DIFFLUT_DATA_NPY_H

#include "base/err.h"

#include <stddef.h>

enum { NPY_MAX_RANK = 8 };

struct npy {
    size_t rank, shape[NPY_MAX_RANK];
    size_t count; /* product of the shape; 1 for rank 0 */
    double *values;
};

/* Reads integers of 1 to 8 bytes, booleans, and 4- and 8-byte floats of either byte order. Fortran
 * order, other types and any size that is not exactly what the header says are refused: ERR_FORMAT
 * with file and offset. ERR_IO, ERR_NOMEM. */
enum err_status npy_read(struct npy **out, const char *path, struct err *err);
enum err_status npy_parse(struct npy **out, const void *data, size_t size, const char *path,
                          struct err *err);
void npy_free(struct npy *npy);

#endif
