/* What a simulator recorded of the stream top: as it is, and once more with as many lines of as many digits
 * as there must be. */
#include "fuzz.h"

#include "flow/cosim_stream.h"

#include <stdlib.h>

enum { VECTORS = 2, CLASSES = 2 };

static struct cosim_stream *stream;
static struct vectors *vectors;
static struct manifest manifest = {
    .name = "toy",
    .top = "stream",
    .top_module = "toy_stream",
    .scores = true,
    .num_features = 2,
    .code_bits = 2,
    .num_bits = 3,
    .num_classes = CLASSES,
    .class_bits = 1,
    .score_bits = 2,
    .latency_cycles = 1,
    .stream = {.width = 8,
               .code_slot = 8,
               .beats_in = 2,
               .result_slot = 8,
               .beats_out = 3,
               .result_words = 3},
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err;

    (void)argc, (void)argv;
    if (vectors_create(&vectors, VECTORS, 2, 2, 3, CLASSES, &err) != ERR_OK) abort();
    vectors->scores[0] = 1;
    vectors->scores[3] = 2;
    vectors->classes[1] = 1;
    if (cosim_stream_create(&stream, &manifest, vectors, 7, &err) != ERR_OK) abort();
    return 0;
}

static void check(const char *record, size_t size)
{
    struct cosim_result result = {0};
    struct err err;

    result.vectors = VECTORS;
    result.differs = calloc(VECTORS, 1);
    if (result.differs != NULL &&
        cosim_stream_check(stream, &manifest, vectors, record, size, &result, &err) == ERR_OK &&
        result.num_first > COSIM_MAX_REPORTED)
        abort();
    cosim_result_free(&result);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *record;
    size_t length;

    check((const char *)data, size);
    if (size == 0) return;
    record =
        fuzz_record_lines(data, size, stream->num_cycles, cosim_stream_digits(&manifest), &length);
    if (record == NULL) return;
    check(record, length);
    free(record);
}
