/* NumPy arrays. */
#include "fuzz.h"

#include "data/npy.h"

#include <stdint.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    struct npy *npy = NULL;
    struct err err;
    volatile double last = 0.0;

    if (npy_parse(&npy, data, size, "fuzz.npy", &err) != ERR_OK) return;
    for (size_t i = 0; i < npy->count; i++)
        last = npy->values[i];
    (void)last;
    npy_free(npy);
}
