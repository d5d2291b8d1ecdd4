#include "fuzz.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ ||                                 \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER_HEAP 1
#else
#define SANITIZER_HEAP 0
#endif

/* Allocators call without an argument of ours, so what they add to has to be here. Targets have one
 * thread. */
static struct {
    bool on; /* an input is being run */
    size_t size;
    int64_t held, most; /* bytes of heap, now and at the highest, since the input began */
    /* Over all inputs. */
    unsigned long inputs;
    int64_t largest;
    size_t largest_size;
    double slowest;
} watch;

static double processor_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int64_t most_bytes(void)
{
    return (int64_t)watch.size * FUZZ_BYTES_PER_BYTE + FUZZ_SPARE_BYTES;
}

static void took(size_t bytes)
{
    if (!watch.on) return;
    watch.held += bytes < INT64_MAX / 2 ? (int64_t)bytes : INT64_MAX / 2;
    if (watch.held > watch.most) watch.most = watch.held;
    if (watch.held <= most_bytes()) return;
    watch.on = false;
    fprintf(stderr, "limit: %lld bytes of heap for an input of %zu bytes; at most %lld\n",
            (long long)watch.held, watch.size, (long long)most_bytes());
    abort();
}

static void gave_back(size_t bytes)
{
    if (watch.on) watch.held -= (int64_t)bytes;
}

/* --- how the heap is watched --- */

#if SANITIZER_HEAP

/* Of <sanitizer/allocator_interface.h>, which gcc has not. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static void on_malloc(const volatile void *block, size_t size)
{
    (void)block;
    took(size);
}

static void on_free(const volatile void *block)
{
    if (block != NULL && watch.on) gave_back(__sanitizer_get_allocated_size(block));
}

static void watch_heap(void)
{
    static bool done;

    if (!done) __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    done = true;
}

#else /* the program's own allocators stand in front of glibc's, for its libraries too */

#pragma GCC visibility push(default) /* or the libraries would not see them */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static void watch_heap(void) {}

void *malloc(size_t size)
{
    void *block = __libc_malloc(size);

    took(block != NULL ? malloc_usable_size(block) : size);
    return block;
}

void *calloc(size_t count, size_t size)
{
    void *block = __libc_calloc(count, size);

    took(block != NULL ? malloc_usable_size(block) : 0);
    return block;
}

void *realloc(void *block, size_t size)
{
    size_t before = block != NULL ? malloc_usable_size(block) : 0;
    void *moved = __libc_realloc(block, size);

    if (moved == NULL && size > 0) {
        took(size);
        return NULL;
    }
    took(moved != NULL ? malloc_usable_size(moved) : 0); /* both are there while one is copied */
    gave_back(before);
    return moved;
}

void *aligned_alloc(size_t align, size_t size)
{
    void *block = __libc_memalign(align, size);

    took(block != NULL ? malloc_usable_size(block) : size);
    return block;
}

int posix_memalign(void **out, size_t align, size_t size)
{
    *out = aligned_alloc(align, size);
    return *out != NULL ? 0 : ENOMEM;
}

void free(void *block)
{
    if (block != NULL) gave_back(malloc_usable_size(block));
    __libc_free(block);
}

#pragma GCC visibility pop

#endif

/* --- one input --- */

static void write_stats(void)
{
    const char *path = getenv("FUZZ_STATS");
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;

    if (file == NULL) return;
    fprintf(file, "%lu,%.3f,%lld,%zu,%.6f\n", watch.inputs, processor_seconds(),
            (long long)watch.largest, watch.largest_size, watch.slowest);
    fclose(file);
}

static void judge(double seconds)
{
    if (watch.most > watch.largest) {
        watch.largest = watch.most;
        watch.largest_size = watch.size;
    }
    if (seconds > watch.slowest) watch.slowest = seconds;
    if (seconds <= FUZZ_MOST_SECONDS) return;
    fprintf(stderr, "limit: %.2f seconds for an input of %zu bytes; at most %.2f\n", seconds,
            watch.size, FUZZ_MOST_SECONDS);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double begin;

    if (watch.inputs++ == 0) {
        watch_heap();
        atexit(write_stats);
    }
    watch.size = size;
    watch.held = watch.most = 0;
    begin = processor_seconds();
    watch.on = true;
    fuzz_one(data, size);
    watch.on = false;
    judge(processor_seconds() - begin);
    return 0;
}
