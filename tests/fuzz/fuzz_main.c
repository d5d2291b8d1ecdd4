/* A small coverage-guided fuzzer for programs that define LLVMFuzzerTestOneInput(), for machines
 * without libFuzzer: gcc's -fsanitize-coverage=trace-pc calls us at every branch.
 *
 *   fuzz_NAME SECONDS LAST SEED...
 *
 * Inputs start as the SEED files and are mutated at random; one that reaches new code joins the corpus.
 * LAST always holds the input being tried, so after a crash it holds the culprit. */
#include "base/file.h"
#include "base/rng.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_cov_trace_pc(void);

enum { MAP_SIZE = 1 << 16, MAX_INPUT = 1 << 16, MAX_CORPUS = 4096, SEED_LIMIT = 1 << 20 };

struct input {
    uint8_t *data;
    size_t size;
};

/* The callback has no argument, so the map of one run has to be here. */
static uint8_t touched[MAP_SIZE];

__attribute__((no_sanitize_coverage, no_sanitize_address)) void __sanitizer_cov_trace_pc(void)
{
    uintptr_t pc = (uintptr_t)__builtin_return_address(0);

    touched[(pc ^ pc >> 16) % MAP_SIZE] = 1;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* One random change in place; returns the new size. */
static size_t mutate(uint8_t *data, size_t size, const struct input *other, struct rng *rng)
{
    static const uint8_t special[] = {0,   1,   127, 128, 255, '"', '{', '}', '[',
                                      ']', ':', ',', '-', '.', '0', '9', ' ', '\n'};
    size_t at = size > 0 ? (size_t)rng_below(rng, size) : 0;
    size_t length = (size_t)rng_below(rng, 16) + 1;

    switch (rng_below(rng, 6)) {
    case 0: /* flip a bit */
        if (size > 0) data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        return size;
    case 1: /* a byte that means something to parsers */
        if (size > 0) data[at] = special[rng_below(rng, sizeof special)];
        return size;
    case 2: /* delete */
        if (length > size - at) length = size - at;
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 3: /* repeat a piece */
        if (length > size - at) length = size - at;
        if (size + length > MAX_INPUT) return size;
        memmove(data + at + length, data + at, size - at);
        return size + length;
    case 4: /* a piece of another input */
        if (other->size == 0) return size;
        length = (size_t)rng_below(rng, other->size < 64 ? other->size : 64) + 1;
        if (at + length > MAX_INPUT) return size;
        memcpy(data + at, other->data + rng_below(rng, other->size - length + 1), length);
        return at + length > size ? at + length : size;
    default: /* cut */
        return rng_below(rng, 8) == 0 ? at : size;
    }
}

static void add(struct input *corpus, size_t *count, const uint8_t *data, size_t size)
{
    struct input *input = &corpus[*count];

    if (*count == MAX_CORPUS) return;
    input->data = malloc(size + 1);
    if (input->data == NULL) return;
    if (size > 0) memcpy(input->data, data, size);
    input->size = size;
    (*count)++;
}

/* Runs one input; true when it reached code that no input before it did. */
static int run(const struct input *input, uint8_t *last, uint8_t *seen)
{
    uint8_t *copy = malloc(input->size + 1); /* exact size, so that ASan sees a read beyond it */
    int news = 0;

    memset(last, 0, MAX_INPUT + 8);
    memcpy(last, &(uint64_t){input->size}, 8);
    memcpy(last + 8, input->data, input->size);
    if (copy == NULL) return 0;
    copy = realloc(copy, input->size > 0 ? input->size : 1);
    memcpy(copy, input->data, input->size);
    memset(touched, 0, sizeof touched);
    LLVMFuzzerTestOneInput(copy, input->size);
    free(copy);
    for (size_t i = 0; i < MAP_SIZE; i++) {
        news |= touched[i] & (uint8_t)~seen[i];
        seen[i] |= touched[i];
    }
    return news;
}

static size_t read_seeds(struct input *corpus, int argc, char **argv)
{
    size_t count = 0;

    add(corpus, &count, NULL, 0);
    for (int i = 3; i < argc; i++) {
        uint8_t *data = NULL;
        size_t size = 0;

        if (file_read(argv[i], SEED_LIMIT, &data, &size, NULL) == ERR_OK && size <= MAX_INPUT)
            add(corpus, &count, data, size);
        free(data);
    }
    return count;
}

static unsigned long fuzz(struct input *corpus, size_t count, double seconds, uint8_t *last)
{
    static uint8_t seen[MAP_SIZE];
    uint8_t *data = malloc(MAX_INPUT);
    unsigned long runs = 0;
    double end = now() + seconds;
    struct rng rng;

    rng_seed(&rng, 1, 0);
    for (size_t i = 0; i < count; i++)
        run(&corpus[i], last, seen);
    while (data != NULL && now() < end) {
        const struct input *from = &corpus[rng_below(&rng, count)];
        struct input input = {data, from->size};

        if (from->size > 0) memcpy(data, from->data, from->size);
        for (uint64_t changes = rng_below(&rng, 8) + 1; changes > 0; changes--)
            input.size = mutate(data, input.size, &corpus[rng_below(&rng, count)], &rng);
        if (run(&input, last, seen)) add(corpus, &count, data, input.size);
        runs++;
    }
    free(data);
    printf("%lu runs, %zu inputs in the corpus\n", runs, count);
    for (size_t i = 0; i < count; i++)
        free(corpus[i].data);
    return runs;
}

int main(int argc, char **argv)
{
    struct input *corpus = calloc(MAX_CORPUS, sizeof *corpus);
    int fd = argc > 2 ? open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0666) : -1;
    uint8_t *last = MAP_FAILED;
    unsigned long runs = 0;

    if (fd >= 0 && ftruncate(fd, MAX_INPUT + 8) == 0)
        last = mmap(NULL, MAX_INPUT + 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (corpus == NULL || last == MAP_FAILED) {
        fprintf(stderr, "usage: %s SECONDS LAST SEED...\n", argv[0]);
        free(corpus);
        return 2;
    }
    runs = fuzz(corpus, read_seeds(corpus, argc, argv), strtod(argv[1], NULL), last);
    free(corpus);
    munmap(last, MAX_INPUT + 8);
    close(fd);
    return runs > 0 ? 0 : 1;
}
