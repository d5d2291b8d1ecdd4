/* The structural text in a file of weights, against that of a configuration. */
#include "fuzz.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

static const char EXPECTED[] = "model_type = feedforward\nnum_classes = 2\nlayers.0.width = 4\n";

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 1, 1);
    struct err err;
    enum err_status status;

    if (text == NULL) return;
    if (size > 0) memcpy(text, data, size);
    status = config_structural_compare(EXPECTED, text, "fuzz", &err);
    if ((status == ERR_OK) != (config_structural_compare(text, EXPECTED, "fuzz", &err) == ERR_OK))
        abort();
    if (status != ERR_OK && strcmp(text, EXPECTED) == 0) abort();
    free(text);
}
