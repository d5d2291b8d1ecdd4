/* Weight files. */
#include "model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors *file = NULL;
    struct err err;

    if (safetensors_parse(&file, data, size, "fuzz.safetensors", &err) != ERR_OK) return 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *tensor = safetensors_at(file, i);
        const uint8_t *bytes = tensor->data;
        const size_t size_of = safetensors_type_size(tensor->type);
        volatile uint8_t sum = 0;

        for (size_t b = 0; b < tensor->count * size_of; b++)
            sum = (uint8_t)(sum + bytes[b]);
    }
    safetensors_free(file);
    return 0;
}
