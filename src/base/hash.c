#include "hash.h"

#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hash {
    SHA2_CTX context;
};

_Static_assert(HASH_TEXT_SIZE == SHA256_DIGEST_STRING_LENGTH, "libmd writes our text size");

enum err_status hash_create(struct hash **out, struct err *err)
{
    struct hash *hash = calloc(1, sizeof *hash);

    if (hash == NULL) return err_nomem(err, "a hash");
    SHA256Init(&hash->context);
    *out = hash;
    return ERR_OK;
}

void hash_add(struct hash *hash, const void *data, size_t size)
{
    if (size > 0) SHA256Update(&hash->context, data, size);
}

void hash_finish(struct hash *hash, char text[HASH_TEXT_SIZE])
{
    SHA256End(&hash->context, text);
}

void hash_free(struct hash *hash)
{
    free(hash);
}

void hash_bytes(const void *data, size_t size, char text[HASH_TEXT_SIZE])
{
    struct hash hash;

    SHA256Init(&hash.context);
    hash_add(&hash, data, size);
    hash_finish(&hash, text);
}

enum err_status hash_file(const char *path, char text[HASH_TEXT_SIZE], struct err *err)
{
    uint8_t block[65536];
    struct hash hash;
    size_t size;
    int failure = 0;
    FILE *file = fopen(path, "rbe");

    if (file == NULL) return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    SHA256Init(&hash.context);
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        hash_add(&hash, block, size);
    if (ferror(file)) failure = errno;
    fclose(file);
    if (failure != 0) return err_set(err, ERR_IO, "%s: %s", path, strerror(failure));
    hash_finish(&hash, text);
    return ERR_OK;
}
