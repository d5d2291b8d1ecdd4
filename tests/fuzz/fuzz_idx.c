/* IDX images and labels. */
#include "fuzz.h"

#include "data/idx.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct idx *idx = NULL;
    struct err err;
    volatile uint8_t sum = 0;

    if (idx_parse(&idx, data, size, "fuzz.idx", &err) != ERR_OK) return;
    for (size_t i = 0; i < idx->count; i++)
        sum = (uint8_t)(sum + idx->values[i]);
    idx_free(idx);
}
