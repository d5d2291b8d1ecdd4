/* Files of tensors with some of them changed, for targets whose readers look at the tensors one by one: a
 * fuzzer cannot guess the hash over all of them. */
#ifndef DIFFLUT_TESTS_FUZZ_TENSORS_H
#define DIFFLUT_TESTS_FUZZ_TENSORS_H

#include "fuzz.h"

#include "base/hash.h"
#include "model/safetensors.h"

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

/* Adds a tensor with its changes. */
static inline void tensors_add(struct safetensors *out, const struct safetensors_tensor *tensor,
                               size_t index, const struct tensors_change *changes, size_t count)
{
    struct safetensors_tensor changed = *tensor;
    size_t width = safetensors_type_size(tensor->type), bytes = tensor->count * width;
    uint8_t *data = malloc(bytes + 8); /* room for one more value */

    if (data == NULL) abort();
    memset(data, 0, bytes + 8);
    if (bytes > 0) memcpy(data, tensor->data, bytes);
    for (size_t i = 0; i < count; i++) {
        const struct tensors_change *change = &changes[i];

        if (change->index != index) continue;
        if (change->kind == 0) {
            free(data);
            return;
        }
        if (change->kind == 1 && changed.rank > 0 && changed.shape[changed.rank - 1] > 0)
            changed.shape[changed.rank - 1]--;
        else if (change->kind == 2 && changed.rank == 1 && changed.shape[0] == tensor->shape[0])
            changed.shape[0]++;
        else if (change->kind == 3)
            changed.type =
                width == 4   ? (changed.type == SAFETENSORS_F32 ? SAFETENSORS_U32 : SAFETENSORS_F32)
                : width == 8 ? (changed.type == SAFETENSORS_F64 ? SAFETENSORS_U64 : SAFETENSORS_F64)
                             : SAFETENSORS_U8;
        else if (bytes > 0)
            for (size_t k = 0; k < change->length; k++)
                data[(change->offset + k) % bytes] = change->bytes[k];
    }
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
