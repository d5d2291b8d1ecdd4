/* Configuration files, and what was read from them: it must write, read and write the same again. The
 * part after a NUL byte, if there is one, is an override. */
#include "fuzz.h"

#include "config/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_identity(const struct config *config)
{
    struct text first = {0}, second = {0};
    struct config *again = NULL;
    char hash[HASH_TEXT_SIZE];

    config_write(config, &first);
    if (config_parse(&again, first.data, first.size, config->path, NULL) != ERR_OK) abort();
    config_write(again, &second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) abort();
    if (config_structural_hash(config, hash, NULL) != ERR_OK) abort();
    config_free(again);
    text_free(&first);
    text_free(&second);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t length = end != NULL ? (size_t)(end - data) : size;
    struct config *config = NULL;
    struct err err;

    if (config_parse(&config, (const char *)data, length, "fuzz.yaml", &err) != ERR_OK) return;
    if (end != NULL) {
        char *assignment = strndup((const char *)end + 1, size - length - 1);

        if (assignment != NULL) config_set(config, assignment, &err);
        free(assignment);
    }
    check_identity(config);
    config_free(config);
}
