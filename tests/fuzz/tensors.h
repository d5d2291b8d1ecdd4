/* Files of tensors with some of them changed, for targets whose readers look at the tensors one by one: a
 * fuzzer cannot guess the hash over all of them. */
#ifndef DIFFLUT_TESTS_FUZZ_TENSORS_H
#define DIFFLUT_TESTS_FUZZ_TENSORS_H

#include "fuzz.h"

#include "base/hash.h"
#include "model/safetensors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CHANGES = 6 };

/* Changes tensor `index`: left out, of another type or shape, or some of its bytes are others. */
struct tensors_change {
    size_t index, offset, length;
    unsigned kind;
    uint8_t bytes[8];
};

static inline size_t tensors_read_changes(const struct safetensors *good, struct fuzz_bytes *bytes,
                                          struct tensors_change *changes)
{
    size_t count = 0;

    while (count < MOST_CHANGES && bytes->at < bytes->end) {
        struct tensors_change *change = &changes[count++];

        change->index = (size_t)fuzz_below(bytes, safetensors_count(good));
        change->kind = (unsigned)fuzz_below(bytes, 16);
        change->offset = (size_t)fuzz_below(bytes, 1 << 16);
        change->length = 1 + (size_t)fuzz_below(bytes, sizeof change->bytes);
        for (size_t i = 0; i < change->length; i++)
            change->bytes[i] = (uint8_t)fuzz_below(bytes, 256);
    }
    return count;
}

/* Another type of the same size. */
static inline enum safetensors_type tensors_other_type(enum safetensors_type type)
{
    switch (type) {
    case SAFETENSORS_F32:
        return SAFETENSORS_U32;
    case SAFETENSORS_U32:
        return SAFETENSORS_F32;
    case SAFETENSORS_F64:
        return SAFETENSORS_U64;
    case SAFETENSORS_U64:
        return SAFETENSORS_F64;
    default:
        return SAFETENSORS_I8;
    }
}

/* One change of a tensor's type, shape or data [bytes]; it may get one value more, at most once. */
static inline void tensors_change_one(struct safetensors_tensor *tensor, uint8_t *data,
                                      size_t bytes, size_t first_dimension,
                                      const struct tensors_change *change)
{
    size_t *last = tensor->rank > 0 ? &tensor->shape[tensor->rank - 1] : NULL;

    switch (change->kind) {
    case 1:
        if (last != NULL && *last > 0) (*last)--;
        break;
    case 2:
        if (tensor->rank == 1 && *last == first_dimension) (*last)++;
        break;
    case 3:
        tensor->type = tensors_other_type(tensor->type);
        break;
    default:
        for (size_t k = 0; k < change->length && bytes > 0; k++)
            data[(change->offset + k) % bytes] = change->bytes[k];
    }
}

/* Adds a tensor with its changes. */
static inline void tensors_add(struct safetensors *out, const struct safetensors_tensor *tensor,
                               size_t index, const struct tensors_change *changes, size_t count)
{
    struct safetensors_tensor changed = *tensor;
    size_t bytes = tensor->count * safetensors_type_size(tensor->type);
    uint8_t *data = calloc(bytes + sizeof(uint64_t), 1); /* room for one more value */
    bool left_out = false;

    if (data == NULL) abort();
    if (bytes > 0) memcpy(data, tensor->data, bytes);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].index != index) continue;
        left_out = left_out || changes[i].kind == 0;
        tensors_change_one(&changed, data, bytes, tensor->shape[0], &changes[i]);
    }
    if (!left_out)
        safetensors_add(out, tensor->name, changed.type, changed.rank, changed.shape, data, NULL);
    free(data);
}

/* The good file with the changes that the bytes tell, the entries `keys` (ending in NULL) of its metadata,
 * and the right hash. */
static inline struct safetensors *tensors_changed(const struct safetensors *good,
                                                  const char *const *keys, struct fuzz_bytes *bytes)
{
    struct tensors_change changes[MOST_CHANGES];
    size_t count = tensors_read_changes(good, bytes, changes);
    struct safetensors *out = NULL;
    char hash[HASH_TEXT_SIZE];

    if (safetensors_create(&out, NULL) != ERR_OK) abort();
    for (size_t i = 0; i < safetensors_count(good); i++)
        tensors_add(out, safetensors_at(good, i), i, changes, count);
    for (; *keys != NULL; keys++)
        safetensors_set_metadata(out, *keys, safetensors_metadata(good, *keys), NULL);
    if (safetensors_hash(out, hash, NULL) != ERR_OK) abort();
    safetensors_set_metadata(out, "tensor_hash", hash, NULL);
    return out;
}

#endif
