/* What every fuzz target has in common. A target is fuzz_one() in a file fuzz_NAME.c; the engine (libFuzzer
 * in `make fuzz`, replay.c in `make test`, any other that knows the name) calls LLVMFuzzerTestOneInput(),
 * which is limits.c: it calls fuzz_one() and ends the process with SIGABRT and one line on standard error
 * when that took too much.
 *
 * The limits, of one input: FUZZ_MOST_SECONDS of processor time, and FUZZ_BYTES_PER_BYTE times the input's
 * size plus FUZZ_SPARE_BYTES of heap that is held at any one time.
 *
 * FUZZ_STATS in the environment names a file that one line is appended to at the end:
 *   inputs, processor seconds, most bytes held, bytes of that input, slowest input in seconds */
#ifndef DIFFLUT_TESTS_FUZZ_H
#define DIFFLUT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { FUZZ_BYTES_PER_BYTE = 64, FUZZ_SPARE_BYTES = 16 << 20 };
#ifndef FUZZ_MOST_SECONDS /* builds that count lines are slower */
#define FUZZ_MOST_SECONDS 1.0
#endif

/* One input. What is wrong ends the process: abort(), a sanitizer, a limit. */
void fuzz_one(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Optional, of targets that prepare something once: called before the first input, without limits. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Choices made by the bytes of an input, for targets that build something valid from it. After the last
 * byte every choice is 0. */
struct fuzz_bytes {
    const uint8_t *at, *end;
};

/* A number in [0, bound), bound not 0, from as many bytes as that takes. */
static inline uint64_t fuzz_below(struct fuzz_bytes *bytes, uint64_t bound)
{
    uint64_t value = 0;

    for (uint64_t most = bound - 1; most > 0; most >>= 8)
        value = value << 8 | (bytes->at < bytes->end ? *bytes->at++ : 0);
    return value % bound;
}

static inline uint64_t fuzz_word(struct fuzz_bytes *bytes)
{
    uint64_t high = fuzz_below(bytes, (uint64_t)1 << 32);

    return high << 32 | fuzz_below(bytes, (uint64_t)1 << 32);
}

/* `lines` lines of `digits` digits, as simulators record them, of the input's bytes; size is not 0. To be
 * freed; *length is that of all. NULL without memory. */
static inline char *fuzz_record_lines(const uint8_t *data, size_t size, size_t lines, size_t digits,
                                      size_t *length)
{
    char *record = malloc(*length = lines * (digits + 1));

    for (size_t i = 0, at = 0; record != NULL && i < *length; i++) {
        record[i] =
            i % (digits + 1) == digits ? '\n' : "0123456789abcdefxz"[data[at++ % size] % 18];
    }
    return record;
}

#endif
