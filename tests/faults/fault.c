#define _GNU_SOURCE /* RTLD_NEXT, dl_iterate_phdr, fopencookie */
#include "fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The library hides its names; these must stand in front of the C library's. */
#pragma GCC visibility push(default)

static _Atomic(unsigned long) counts[FAULT_KINDS];
static _Atomic(unsigned long) fail_at[FAULT_KINDS]; /* 0: never */
static _Atomic(int) sticky_kind[FAULT_KINDS];
static _Atomic(int) armed[FAULT_KINDS];
static _Atomic(long) live;

static const char *const NAMES[FAULT_KINDS] = {"malloc", "disk", "read", "gone"};

/* ---- who asks ---- */

/* Libraries that cannot go on without memory, whatever we do: libgomp and the dynamic linker end the
 * program; jansson 2.14 asserts, or drops a byte, when its buffer for tokens cannot grow, which it does in
 * powers of two. */
static const struct {
    const char *name;
    bool powers_of_two; /* only of 32 bytes and up */
} LEFT_ALONE[] = {{"libgomp", false},  {"ld-linux", false}, {"/ld-", false},     {"libasan", false},
                  {"libubsan", false}, {"libtsan", false},  {"libjansson", true}};
enum { MAX_RANGES = 32 };

static struct {
    uintptr_t begin, end;
    bool powers_of_two;
} ranges[MAX_RANGES]; /* where their code is */
static size_t num_ranges;

static void note_code(const struct dl_phdr_info *info, bool powers_of_two)
{
    for (int h = 0; h < info->dlpi_phnum && num_ranges < MAX_RANGES; h++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[h];
        uintptr_t begin = info->dlpi_addr + header->p_vaddr;

        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
        ranges[num_ranges].begin = begin;
        ranges[num_ranges].end = begin + header->p_memsz;
        ranges[num_ranges++].powers_of_two = powers_of_two;
    }
}

static int note_object(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    for (size_t i = 0; i < sizeof LEFT_ALONE / sizeof LEFT_ALONE[0]; i++) {
        if (strstr(info->dlpi_name, LEFT_ALONE[i].name) != NULL)
            note_code(info, LEFT_ALONE[i].powers_of_two);
    }
    return 0;
}

static bool is_left_alone(const void *caller, size_t size)
{
    for (size_t i = 0; i < num_ranges; i++) {
        if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
            return !ranges[i].powers_of_two || (size >= 32 && (size & (size - 1)) == 0);
    }
    return false;
}

/* ---- counting ---- */

static bool trace;

/* Whoever asked, for addr2line; only with DIFFLUT_FAULT_TRACE. */
static void show_stack(void)
{
    void *stack[24];
    int depth = backtrace(stack, 24);

    backtrace_symbols_fd(stack, depth, 2);
}

static _Atomic(unsigned long) any_count;
static _Atomic(unsigned long) signal_at;
static int signal_number;
static pid_t program; /* not a child of it that has yet to become a tool */

/* The other way to end a program: at a random operation rather than at a random time. */
static void count_any(void)
{
    if (atomic_fetch_add(&any_count, 1) + 1 != signal_at) return;
    if (getpid() == program) kill(program, signal_number);
}

static bool fails(enum fault_kind kind)
{
    unsigned long number, at;
    bool now;

    if (kind != FAULT_GONE) count_any(); /* it is counted with FAULT_READ */

    if (!atomic_load_explicit(&armed[kind], memory_order_relaxed)) return false;
    number = atomic_fetch_add_explicit(&counts[kind], 1, memory_order_relaxed) + 1;
    at = atomic_load_explicit(&fail_at[kind], memory_order_relaxed);
    now = at != 0 && (number == at || (number > at && sticky_kind[kind]));
    if (now && trace) show_stack();
    return now;
}

static bool malloc_fails(const void *caller, size_t size)
{
    if (is_left_alone(caller, size) || !fails(FAULT_MALLOC)) return false;
    errno = ENOMEM;
    return true;
}

static bool disk_fails(void)
{
    if (!fails(FAULT_DISK)) return false;
    errno = ENOSPC;
    return true;
}

static bool read_fails(void)
{
    if (!fails(FAULT_READ)) return false;
    errno = EIO;
    return true;
}

/* Opening for reading is of two kinds. */
static bool open_fails(void)
{
    bool gone = fails(FAULT_GONE);

    if (read_fails()) return true;
    if (gone) errno = ENOENT;
    return gone;
}

void fault_arm(enum fault_kind kind, unsigned long at, bool sticky)
{
    counts[kind] = 0;
    fail_at[kind] = at;
    sticky_kind[kind] = sticky;
    armed[kind] = 1;
}

unsigned long fault_disarm(void)
{
    unsigned long count = 0;

    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (armed[kind]) count = counts[kind];
        armed[kind] = 0;
    }
    return count;
}

/* ---- memory: in front of the C library's, or of a sanitizer's ---- */

#define BEHIND(result, name, parameters)                                                           \
    extern result __libc_##name parameters;                                                        \
    extern result __interceptor_##name parameters __attribute__((weak));

BEHIND(void *, malloc, (size_t))
BEHIND(void *, calloc, (size_t, size_t))
BEHIND(void *, realloc, (void *, size_t))
BEHIND(void *, memalign, (size_t, size_t))
BEHIND(void, free, (void *))

#define REAL(name) (__interceptor_##name != NULL ? __interceptor_##name : __libc_##name)

bool fault_counts_live(void)
{
    return __interceptor_malloc == NULL;
}

long fault_live(void)
{
    return fault_counts_live() ? live : 0;
}

static void *counted(void *block)
{
    if (block != NULL) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return block;
}

void *malloc(size_t size)
{
    if (malloc_fails(__builtin_return_address(0), size)) return NULL;
    return counted(REAL(malloc)(size));
}

void *calloc(size_t number, size_t size)
{
    if (malloc_fails(__builtin_return_address(0), size)) return NULL;
    return counted(REAL(calloc)(number, size));
}

void *realloc(void *block, size_t size)
{
    void *moved;

    if (malloc_fails(__builtin_return_address(0), size)) return NULL;
    moved = REAL(realloc)(block, size);
    if (block == NULL) return counted(moved);
    if (size == 0) atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (malloc_fails(__builtin_return_address(0), size)) return NULL;
    return counted(REAL(memalign)(alignment, size));
}

void *memalign(size_t alignment, size_t size)
{
    if (malloc_fails(__builtin_return_address(0), size)) return NULL;
    return counted(REAL(memalign)(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *block;

    if (malloc_fails(__builtin_return_address(0), size)) return ENOMEM;
    block = counted(REAL(memalign)(alignment, size));
    if (block == NULL) return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    if (block != NULL) atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    REAL(free)(block);
}

/* ---- files ---- */

/* The next definition of the function that stands here. */
#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static bool is_regular(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

static bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

/* Folders open: else nobody could clean up. */
static bool opening_fails(const char *path, int flags)
{
    if ((flags & O_DIRECTORY) != 0) return false;
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0 ||
        strncmp(path, "/sys/", 5) == 0)
        return false;
    return writes(flags) ? disk_fails() : open_fails();
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return opening_fails(path, flags) ? -1 : NEXT(open)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return opening_fails(path, flags) ? -1 : NEXT(openat)(folder, path, flags, mode);
}

DIR *opendir(const char *path)
{
    return open_fails() ? NULL : NEXT(opendir)(path);
}

ssize_t write(int fd, const void *data, size_t size)
{
    return is_regular(fd) && disk_fails() ? -1 : NEXT(write)(fd, data, size);
}

ssize_t read(int fd, void *data, size_t size)
{
    return is_regular(fd) && read_fails() ? -1 : NEXT(read)(fd, data, size);
}

/* Nobody pulls the plug in a test, and waiting for the disk takes nine tenths of the time. */
int fsync(int fd)
{
    (void)fd;
    return disk_fails() ? -1 : 0;
}

/* Closing does close. */
int close(int fd)
{
    bool written = is_regular(fd) && writes(fcntl(fd, F_GETFL));
    int result = NEXT(close)(fd);

    return written && disk_fails() ? -1 : result;
}

int rename(const char *from, const char *to)
{
    return disk_fails() ? -1 : NEXT(rename)(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return disk_fails() ? -1 : NEXT(renameat2)(from_folder, from, to_folder, to, flags);
}

int mkdir(const char *path, mode_t mode)
{
    struct stat info;

    if (stat(path, &info) == 0) return NEXT(mkdir)(path, mode);
    return disk_fails() ? -1 : NEXT(mkdir)(path, mode);
}

char *mkdtemp(char *pattern)
{
    return disk_fails() ? NULL : NEXT(mkdtemp)(pattern);
}

/* Streams read and write inside the C library: theirs come here by way of a cookie. */
static ssize_t cookie_read(void *cookie, char *data, size_t size)
{
    return read((int)(intptr_t)cookie, data, size);
}

static ssize_t cookie_write(void *cookie, const char *data, size_t size)
{
    ssize_t put = write((int)(intptr_t)cookie, data, size);

    return put < 0 ? 0 : put; /* what fopencookie() wants for an error */
}

static int cookie_close(void *cookie)
{
    return close((int)(intptr_t)cookie);
}

FILE *fopen(const char *path, const char *mode)
{
    bool reading = mode[0] == 'r' && strchr(mode, '+') == NULL;
    int flags = reading          ? O_RDONLY
                : mode[0] == 'a' ? O_WRONLY | O_CREAT | O_APPEND
                                 : O_WRONLY | O_CREAT | O_TRUNC;
    cookie_io_functions_t functions = {
        .read = cookie_read, .write = cookie_write, .close = cookie_close};
    FILE *file;
    int fd;

    if (!armed[FAULT_DISK] && !armed[FAULT_READ] && !armed[FAULT_GONE])
        return NEXT(fopen)(path, mode);
    fd = open(path, flags | O_CLOEXEC, 0666);
    if (fd < 0) return NULL;
    file = fopencookie((void *)(intptr_t)fd, reading ? "r" : "w", functions);
    if (file == NULL) NEXT(close)(fd);
    return file;
}

/* ---- as a preloaded library ---- */

static void arm_from(const char *text)
{
    if (strncmp(text, "any:", 4) == 0) {
        signal_number = strstr(text, "=KILL") != NULL ? SIGKILL : SIGINT;
        signal_at = strtoul(text + 4, NULL, 10);
    }
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        size_t length = strlen(NAMES[kind]);
        char *end = NULL;

        if (strncmp(text, NAMES[kind], length) != 0 || text[length] != ':') continue;
        fault_arm((enum fault_kind)kind, strtoul(text + length + 1, &end, 10), false);
        sticky_kind[kind] = *end == '+';
    }
}

static char count_path[4096];

__attribute__((constructor)) static void begin(void)
{
    const char *fault = getenv("DIFFLUT_FAULT"), *count = getenv("DIFFLUT_FAULT_COUNT");

    program = getpid();
    dl_iterate_phdr(note_object, NULL);
    trace = getenv("DIFFLUT_FAULT_TRACE") != NULL;
    if (count != NULL) {
        snprintf(count_path, sizeof count_path, "%s", count);
        for (int kind = 0; kind < FAULT_KINDS; kind++)
            fault_arm((enum fault_kind)kind, 0, false);
    }
    if (fault != NULL) arm_from(fault);
    if (fault == NULL && count == NULL) return;
    unsetenv("LD_PRELOAD");
    unsetenv("DIFFLUT_FAULT");
    unsetenv("DIFFLUT_FAULT_COUNT");
}

__attribute__((destructor)) static void end(void)
{
    unsigned long found[FAULT_KINDS];
    char line[256];
    int fd, size = 0;

    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        found[kind] = counts[kind];
        armed[kind] = 0;
        size +=
            snprintf(line + size, sizeof line - (size_t)size, "%s %lu\n", NAMES[kind], found[kind]);
    }
    size +=
        snprintf(line + size, sizeof line - (size_t)size, "any %lu\n", (unsigned long)any_count);
    if (count_path[0] == '\0') return;
    fd = open(count_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) return;
    if (write(fd, line, (size_t)size) != size) perror(count_path);
    close(fd);
}
