/* Manifests of emitted folders. */
#include "fuzz.h"

#include "hdl/manifest.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct manifest *manifest = NULL;
    struct err err;

    if (manifest_parse(&manifest, (const char *)data, size, "fuzz.json", &err) == ERR_OK)
        manifest_free(manifest);
}
