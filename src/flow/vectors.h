/* Test vectors with their expected results, computed by the caller (the C reference). */
#ifndef DIFFLUT_FLOW_VECTORS_H
#define DIFFLUT_FLOW_VECTORS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct vectors {
    char build_id[17]; /* 16 hex digits: of the RTL they were made for; cosim refuses any other */
    uint32_t num_features, code_bits, num_bits, num_classes;
    size_t count;
    uint16_t *codes;   /* [count][num_features], below 2^code_bits */
    uint8_t *bits;     /* [count][num_bits] 0/1: the reference's encoder bits, inputs of `core` */
    uint32_t *scores;  /* [count][num_classes] expected */
    uint32_t *classes; /* [count] expected, below num_classes */
};

/* All zero. ERR_ARG for sizes out of range (code_bits 1..16, at least 2 classes, 1 of the others). */
enum err_status vectors_create(struct vectors **out, size_t count, uint32_t num_features,
                               uint32_t code_bits, uint32_t num_bits, uint32_t num_classes,
                               struct err *err);
void vectors_free(struct vectors *vectors);

/* One binary file, every number little-endian:
 *   8 bytes  magic "DIFFLUTV"     u32 version 1         16 bytes build id
 *   u32 num_features  u32 code_bits  u32 num_bits  u32 num_classes  u64 count
 *   codes    [count][num_features] of 1 byte (code_bits <= 8) or 2
 *   bits     [count][ceil(num_bits / 8)], bit b of a vector in byte b / 8 at b % 8, the rest 0
 *   scores   [count][num_classes] u32      classes [count] u32
 *   64 bytes SHA-256 of all before, lower-case hexadecimal
 * Reading checks all of this: ERR_FORMAT says what is wrong. */
enum err_status vectors_write(const struct vectors *vectors, const char *path, struct err *err);
enum err_status vectors_read(struct vectors **out, const char *path, struct err *err);

/* vectors_read() from memory; `path` is for messages. */
enum err_status vectors_parse(struct vectors **out, const uint8_t *data, size_t size,
                              const char *path, struct err *err);

#endif
