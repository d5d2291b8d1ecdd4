/* Test vectors with their expected results, computed by the caller (the C reference). */
#ifndef DIFFLUT_FLOW_VECTORS_H
#define DIFFLUT_FLOW_VECTORS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct vectors {
    char build_id[17]; /* of the RTL they were made for; a bench refuses any other */
    uint32_t num_features, code_bits, num_bits, num_classes;
    size_t count;
    uint16_t *codes;   /* [count][num_features] */
    uint8_t *bits;     /* [count][num_bits] 0/1: the reference's encoder bits, inputs of `core` */
    uint32_t *scores;  /* [count][num_classes] expected */
    uint32_t *classes; /* [count] expected */
};

enum err_status vectors_create(struct vectors **out, size_t count, uint32_t num_features,
                               uint32_t code_bits, uint32_t num_bits, uint32_t num_classes,
                               struct err *err);
void vectors_free(struct vectors *vectors);

/* One binary file: magic, version, build id, sizes, little-endian data, SHA-256 at the end. */
enum err_status vectors_write(const struct vectors *vectors, const char *path, struct err *err);
enum err_status vectors_read(struct vectors **out, const char *path, struct err *err);

#endif
