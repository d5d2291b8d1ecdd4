/* SHA-256, as lower-case hexadecimal text (libmd does the arithmetic). */
#ifndef DIFFLUT_BASE_HASH_H
#define DIFFLUT_BASE_HASH_H

#include "err.h"

#include <stddef.h>

enum { HASH_TEXT_SIZE = 65 }; /* 64 hex digits and a NUL */

struct hash; /* a running SHA-256 */

enum err_status hash_create(struct hash **out, struct err *err);
void hash_add(struct hash *hash, const void *data, size_t size);
/* Writes the digest so far; the hash may then only be freed. */
void hash_finish(struct hash *hash, char text[HASH_TEXT_SIZE]);
void hash_free(struct hash *hash);

/* One-shot forms. */
void hash_bytes(const void *data, size_t size, char text[HASH_TEXT_SIZE]);
enum err_status hash_file(const char *path, char text[HASH_TEXT_SIZE], struct err *err);

#endif
