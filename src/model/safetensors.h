/* The safetensors container: named arrays and a string-to-string metadata block in one file.
 *
 * Layout: 8 bytes little-endian header size, a JSON header {"name": {"dtype", "shape",
 * "data_offsets"}, "__metadata__": {...}}, then the data. Reading checks the magic size, the JSON,
 * dtypes, shapes, offsets, overlaps and gaps before anything is used; a violation is ERR_FORMAT with
 * the tensor's name. Writing is canonical: tensors in the order added, metadata keys sorted, the
 * header padded with spaces to a multiple of 8, so equal content gives equal bytes. */
#ifndef DIFFLUT_MODEL_SAFETENSORS_H
#define DIFFLUT_MODEL_SAFETENSORS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum safetensors_type {
    SAFETENSORS_U8,
    SAFETENSORS_I8,
    SAFETENSORS_I16,
    SAFETENSORS_U16,
    SAFETENSORS_I32,
    SAFETENSORS_U32,
    SAFETENSORS_I64,
    SAFETENSORS_U64,
    SAFETENSORS_F32,
    SAFETENSORS_F64,
    SAFETENSORS_BOOL
};
enum { SAFETENSORS_MAX_RANK = 8 };

struct safetensors_tensor {
    const char *name;
    enum safetensors_type type;
    size_t rank, shape[SAFETENSORS_MAX_RANK];
    size_t count;     /* product of the shape; 1 for rank 0 */
    const void *data; /* aligned for its type; lives as long as the file object */
};

struct safetensors; /* an open file, or one being written */

size_t safetensors_type_size(enum safetensors_type type);

/* --- reading --- */
enum err_status safetensors_read(struct safetensors **out, const char *path, struct err *err);
enum err_status safetensors_parse(struct safetensors **out, const void *data, size_t size,
                                  const char *path, struct err *err);
size_t safetensors_count(const struct safetensors *file);
const struct safetensors_tensor *safetensors_at(const struct safetensors *file, size_t index);
/* NULL when there is none. */
const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* The tensor `name` with exactly this type and shape, or ERR_FORMAT saying what was expected and
 * found. */
enum err_status safetensors_require(const struct safetensors *file, const char *name,
                                    enum safetensors_type type, size_t rank, const size_t *shape,
                                    const struct safetensors_tensor **out, struct err *err);

/* --- writing --- */
enum err_status safetensors_create(struct safetensors **out, struct err *err);
/* Copies name and data. */
enum err_status safetensors_add(struct safetensors *file, const char *name,
                                enum safetensors_type type, size_t rank, const size_t *shape,
                                const void *data, struct err *err);
enum err_status safetensors_set_metadata(struct safetensors *file, const char *key,
                                         const char *value, struct err *err);
enum err_status safetensors_write(const struct safetensors *file, const char *path,
                                  struct err *err);

/* SHA-256 over every tensor's name, type, shape and data in file order (not the metadata). */
enum err_status safetensors_hash(const struct safetensors *file, char text[65], struct err *err);

void safetensors_free(struct safetensors *file);

#endif
