/* Configuration files. */
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct text text = {0};
    struct err err;

    if (config_parse(&config, (const char *)data, size, "fuzz.yaml", &err) == ERR_OK) {
        config_write(config, &text);
        config_structural_text(config, &text);
    }
    text_free(&text);
    config_free(config);
    return 0;
}
