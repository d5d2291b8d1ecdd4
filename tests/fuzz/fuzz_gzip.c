/* gzip: what is unpacked is no larger than it may be. A fuzzer cannot guess a CRC-32, so each input is
 * tried as it is, and as the deflated data between a right header and a trailer that fits. */
#include "fuzz.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The higher limit is what a bomb has to pass, which takes so many bytes; it is for few inputs, so that most
 * are quick. */
enum { HEADER = 10, TRAILER = 8, FEW = 1 << 16, MOST = 64 << 20, BOMB = 7 << 10 };

static size_t limit_for(const uint8_t *data, size_t size)
{
    return size >= BOMB && crc32(0, data, (uInt)size) % 64 == 0 ? MOST : FEW;
}

static void unpack(const uint8_t *packed, size_t packed_size, size_t limit)
{
    uint8_t *data = NULL;
    size_t size = 0;
    struct err err;

    if (file_unpack(packed, packed_size, limit, "fuzz.gz", &data, &size, &err) != ERR_OK) return;
    if (size > limit || data[size] != '\0') abort();
    free(data);
}

/* The trailer of raw deflated data: CRC-32 and size of what they hold, as far as they are right. */
static void make_trailer(const uint8_t *deflated, size_t size, size_t limit,
                         uint8_t trailer[TRAILER])
{
    uint8_t plain[4096];
    uLong crc = crc32(0, NULL, 0), total = 0;
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)deflated, .avail_in = (uInt)size};
    int code = inflateInit2(&stream, -MAX_WBITS);

    while (code == Z_OK && total <= limit) {
        stream.next_out = plain;
        stream.avail_out = sizeof plain;
        code = inflate(&stream, Z_NO_FLUSH);
        crc = crc32(crc, plain, (uInt)sizeof plain - stream.avail_out);
        total += sizeof plain - stream.avail_out;
    }
    inflateEnd(&stream);
    for (int i = 0; i < 4; i++) {
        trailer[i] = (uint8_t)(crc >> (8 * i));
        trailer[4 + i] = (uint8_t)(total >> (8 * i));
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const uint8_t header[HEADER] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    uint8_t *whole = malloc(HEADER + size + TRAILER);
    size_t limit = limit_for(data, size);

    unpack(data, size, limit);
    if (whole == NULL) return;
    memcpy(whole, header, HEADER);
    if (size > 0) memcpy(whole + HEADER, data, size);
    make_trailer(data, size, limit, whole + HEADER + size);
    unpack(whole, HEADER + size + TRAILER, limit);
    free(whole);
}
