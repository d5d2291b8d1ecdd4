/* Test-vector files. A fuzzer cannot guess a SHA-256, so each input is tried as it is and once more
 * with its hash made right. */
#include "fuzz.h"

#include "base/hash.h"
#include "flow/vectors.h"

#include <stdlib.h>
#include <string.h>

static void parse(const uint8_t *data, size_t size)
{
    struct vectors *vectors = NULL;
    struct err err;

    if (vectors_parse(&vectors, data, size, "fuzz", &err) == ERR_OK) vectors_free(vectors);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char hash[HASH_TEXT_SIZE];
    uint8_t *sealed;

    parse(data, size);
    sealed = malloc(size + HASH_TEXT_SIZE - 1);
    if (sealed == NULL) return;
    if (size > 0) memcpy(sealed, data, size);
    hash_bytes(data, size, hash);
    memcpy(sealed + size, hash, HASH_TEXT_SIZE - 1);
    parse(sealed, size + HASH_TEXT_SIZE - 1);
    free(sealed);
}
