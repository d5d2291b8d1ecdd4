/* Weight files: every byte of every tensor is there to be read. */
#include "fuzz.h"

#include "model/safetensors.h"

#include <stdlib.h>
#include <string.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    struct safetensors *file = NULL;
    char hash[65];
    struct err err;

    if (safetensors_parse(&file, data, size, "fuzz", &err) != ERR_OK) return;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *tensor = safetensors_at(file, i);

        if (safetensors_find(file, tensor->name) != tensor) abort();
        if ((uintptr_t)tensor->data % safetensors_type_size(tensor->type) != 0) abort();
    }
    if (safetensors_hash(file, hash, &err) != ERR_OK) abort();
    safetensors_free(file);
}
