#define _GNU_SOURCE /* renameat2 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST /* next_in reads only */
#include <zlib.h>

enum { MOST_EXPANSION = 31, SMALL_FILE = 7 << 20 }; /* of gzip data */

static enum err_status fail_errno(struct err *err, const char *path)
{
    return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
}

static enum err_status fail_limit(struct err *err, const char *path, size_t limit)
{
    return err_set(err, ERR_IO, "%s: larger than the limit of %zu bytes", path, limit);
}

/* --- reading --- */

/* Doubles a buffer of *capacity bytes up to `most`. */
static bool grow(uint8_t **buffer, size_t *capacity, size_t most)
{
    size_t larger = *capacity > most / 2 ? most : *capacity * 2;
    uint8_t *moved = realloc(*buffer, larger);

    if (moved == NULL) return false;
    *buffer = moved;
    *capacity = larger;
    return true;
}

/* Reads to the end; also for pipes, whose size is not known before. `expected` is the first guess of
 * the size. One byte beyond the limit is read to notice the excess, one more holds the NUL. */
static enum err_status read_all(int fd, const char *path, size_t expected, size_t limit,
                                uint8_t **data, size_t *size, struct err *err)
{
    size_t most = limit + 2, capacity = expected + 2, used = 0;
    uint8_t *buffer = malloc(capacity);
    enum err_status status = ERR_OK;

    if (buffer == NULL) return err_nomem(err, path);
    for (;;) {
        ssize_t got = read(fd, buffer + used, capacity - used - 1);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = fail_errno(err, path);
        if (got <= 0) break;
        used += (size_t)got;
        if (used > limit) {
            status = fail_limit(err, path, limit);
            break;
        }
        if (used + 1 == capacity && !grow(&buffer, &capacity, most)) {
            status = err_nomem(err, path);
            break;
        }
    }
    if (status != ERR_OK) {
        free(buffer);
        return status;
    }
    buffer[used] = '\0';
    *data = buffer;
    *size = used;
    return ERR_OK;
}

enum err_status file_read(const char *path, size_t limit, uint8_t **data, size_t *size,
                          struct err *err)
{
    enum err_status status;
    struct stat info;
    size_t expected = 4096;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) return fail_errno(err, path);
    if (limit > SIZE_MAX / 2 - 2) limit = SIZE_MAX / 2 - 2;
    if (fstat(fd, &info) != 0) {
        status = fail_errno(err, path);
    } else if (S_ISDIR(info.st_mode)) {
        status = err_set(err, ERR_IO, "%s: is a folder, not a file", path);
    } else if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > limit) {
        status = fail_limit(err, path, limit);
    } else {
        if (S_ISREG(info.st_mode)) expected = (size_t)info.st_size;
        if (expected > limit) expected = limit;
        status = read_all(fd, path, expected, limit, data, size, err);
    }
    close(fd);
    return status;
}

/* Inflates one or more gzip members; `stream` is set up, its input not yet. */
static enum err_status inflate_all(z_stream *stream, const char *path, const uint8_t *packed,
                                   size_t packed_size, size_t limit, uint8_t **buffer, size_t *used,
                                   struct err *err)
{
    size_t capacity = 65536, consumed = 0;

    *buffer = malloc(capacity);
    if (*buffer == NULL) return err_nomem(err, path);
    for (;;) {
        size_t room = capacity - *used - 1, left = packed_size - consumed;
        uInt in = left > UINT_MAX ? UINT_MAX : (uInt)left;
        uInt out = room > UINT_MAX ? UINT_MAX : (uInt)room;
        int code;

        stream->next_in = packed + consumed;
        stream->avail_in = in;
        stream->next_out = *buffer + *used;
        stream->avail_out = out;
        code = inflate(stream, Z_NO_FLUSH);
        consumed += in - stream->avail_in;
        *used += out - stream->avail_out;
        if (*used > limit) return fail_limit(err, path, limit);
        if (code == Z_STREAM_END) {
            if (consumed == packed_size) return ERR_OK;
            if (inflateReset(stream) != Z_OK) return err_nomem(err, path);
        } else if (code == Z_MEM_ERROR) {
            return err_nomem(err, path);
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            return err_set(err, ERR_FORMAT, "%s: corrupt gzip data at byte %zu", path, consumed);
        } else if (consumed == packed_size && stream->avail_out > 0) {
            return err_set(err, ERR_FORMAT, "%s: truncated gzip data (%zu bytes unpacked)", path,
                           *used);
        }
        if (*used + 1 == capacity && !grow(buffer, &capacity, limit + 2)) {
            return err_nomem(err, path);
        }
    }
}

/* What is packed may be this much larger when it is unpacked; data grow to a few times their size at
 * most, a bomb to a thousand. Twice this, while the buffer is doubled, is less than 64 times the size
 * and 16 MiB. */
static size_t most_unpacked(size_t packed_size)
{
    if (packed_size > SIZE_MAX / (4 * MOST_EXPANSION)) return SIZE_MAX / 2 - 2;
    return packed_size * MOST_EXPANSION + SMALL_FILE;
}

enum err_status file_unpack(const void *packed, size_t packed_size, size_t limit, const char *path,
                            uint8_t **data, size_t *size, struct err *err)
{
    size_t most = most_unpacked(packed_size), plain_size = 0;
    bool bomb = most < limit;
    uint8_t *plain = NULL;
    z_stream stream = {0};
    enum err_status status;

    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return err_nomem(err, path);
    status = inflate_all(&stream, path, packed, packed_size, bomb ? most : limit, &plain,
                         &plain_size, err);
    inflateEnd(&stream);
    if (status != ERR_OK) {
        free(plain);
        if (bomb && plain_size > most)
            status = err_set(err, ERR_FORMAT,
                             "%s: unpacks to more than %d times its size, as data do not; if they "
                             "are right, unpack them with gunzip",
                             path, MOST_EXPANSION);
        return status;
    }
    plain[plain_size] = '\0';
    *data = plain;
    *size = plain_size;
    return ERR_OK;
}

enum err_status file_read_gz(const char *path, size_t limit, uint8_t **data, size_t *size,
                             struct err *err)
{
    uint8_t *packed = NULL;
    size_t packed_size = 0;
    enum err_status status;

    if (limit > SIZE_MAX / 2 - 2) limit = SIZE_MAX / 2 - 2;
    status = file_read(path, limit, &packed, &packed_size, err);
    if (status != ERR_OK) return status;
    if (packed_size < 2 || packed[0] != 0x1f || packed[1] != 0x8b) {
        *data = packed;
        *size = packed_size;
        return ERR_OK;
    }
    status = file_unpack(packed, packed_size, limit, path, data, size, err);
    free(packed);
    return status;
}

/* --- writing --- */

static bool write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);

        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

/* Flushes a folder, so that a rename in it survives a power cut. Best effort: not every file system
 * lets a folder be flushed. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* A new name in `folder` that nothing has; malloc'ed, the file is created and opened. The mode is
 * left to the umask, which mkstemp() would not do. */
static char *create_beside(const char *folder, int *fd)
{
    for (unsigned i = 0; i < 10000; i++) {
        char name[64];
        char *path;

        snprintf(name, sizeof name, FILE_TEMPORARY "%ld-%u.tmp", (long)getpid(), i);
        path = file_join(folder, name);
        if (path == NULL) return NULL;
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0) return path;
        free(path);
        if (errno != EEXIST) return NULL;
    }
    return NULL;
}

/* --- what is left behind --- */

enum { DEEPEST_FOLDER = 64 }; /* one open descriptor a level */

static bool remove_content(int fd, int depth);

static bool remove_entry(int fd, const char *name, int depth)
{
    int child;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return true;
    if (unlinkat(fd, name, 0) == 0) return true;
    if (errno != EISDIR && errno != EPERM) return false; /* EPERM is POSIX's word for a folder */
    child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return child >= 0 && remove_content(child, depth + 1) && unlinkat(fd, name, AT_REMOVEDIR) == 0;
}

/* Empties the folder `fd`, which is closed. Works by descriptors, so a folder that is swapped for a
 * symbolic link meanwhile is not followed, and without an allocation (readdir() makes one), so that what
 * failed for lack of memory is cleaned up all the same. */
static bool remove_content(int fd, int depth)
{
    union {
        char bytes[2048];
        struct dirent64 first; /* for its alignment */
    } entries;
    bool good = depth < DEEPEST_FOLDER;
    ssize_t size = 0;
    int failure;

    if (!good) errno = ELOOP;
    while (good && (size = getdents64(fd, &entries, sizeof entries)) > 0) {
        for (ssize_t at = 0; good && at < size;) {
            const struct dirent64 *entry = (const void *)(entries.bytes + at);

            good = remove_entry(fd, entry->d_name, depth);
            at += entry->d_reclen;
        }
    }
    failure = errno;
    close(fd);
    errno = failure;
    return good && size == 0;
}

/* The process that a name says it belongs to, or 0. */
static long owner_of(const char *name, const char *prefix)
{
    size_t length = strlen(prefix), digits;

    if (strncmp(name, prefix, length) != 0) return 0;
    digits = strspn(name + length, "0123456789");
    if (digits == 0 || digits > 9) return 0;
    if (name[length + digits] != '\0' && name[length + digits] != '-') return 0;
    return strtol(name + length, NULL, 10);
}

void file_sweep(const char *folder, const char *prefix)
{
    DIR *open_folder = opendir(folder);
    const struct dirent *entry;

    while (open_folder != NULL && (entry = readdir(open_folder)) != NULL) {
        long process = owner_of(entry->d_name, prefix);

        if (process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH)
            remove_entry(dirfd(open_folder), entry->d_name, 0);
    }
    if (open_folder != NULL) closedir(open_folder);
}

/* --- writing, whole or not at all --- */

static enum err_status write_beside(const char *target, const void *data, size_t size,
                                    struct err *err)
{
    char *folder = file_folder(target), *temporary = NULL;
    enum err_status status = ERR_OK;
    int fd = -1;

    if (folder != NULL) temporary = create_beside(folder, &fd);
    if (temporary == NULL) {
        status = fail_errno(err, target);
        free(folder);
        return status;
    }
    if (!write_all(fd, data, size) || fsync(fd) != 0) status = fail_errno(err, target);
    if (close(fd) != 0 && status == ERR_OK) status = fail_errno(err, target);
    if (status == ERR_OK && rename(temporary, target) != 0) status = fail_errno(err, target);
    if (status == ERR_OK) {
        sync_folder(folder);
    } else {
        unlink(temporary);
    }
    free(temporary);
    free(folder);
    return status;
}

/* Devices and pipes cannot be renamed over: /dev/null must stay /dev/null. */
static enum err_status write_through(const char *path, const void *data, size_t size,
                                     struct err *err)
{
    enum err_status status = ERR_OK;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0) return fail_errno(err, path);
    if (!write_all(fd, data, size)) status = fail_errno(err, path);
    if (close(fd) != 0 && status == ERR_OK) status = fail_errno(err, path);
    return status;
}

enum err_status file_write(const char *path, const void *data, size_t size, struct err *err)
{
    char *target;
    enum err_status status;
    struct stat info;

    if (stat(path, &info) != 0) return write_beside(path, data, size, err);
    if (S_ISDIR(info.st_mode)) return err_set(err, ERR_IO, "%s: is a folder, not a file", path);
    if (!S_ISREG(info.st_mode)) return write_through(path, data, size, err);
    target = realpath(path, NULL); /* a symbolic link stays, what it points to is replaced */
    if (target == NULL) return fail_errno(err, path);
    status = write_beside(target, data, size, err);
    free(target);
    return status;
}

/* --- folders --- */

enum err_status file_make_dirs(const char *path, struct err *err)
{
    char *copy = strdup(path);
    enum err_status status = ERR_OK;

    if (copy == NULL) return err_nomem(err, path);
    for (char *c = copy; *c != '\0' && status == ERR_OK;) {
        char kept;

        c += strspn(c, "/");
        c += strcspn(c, "/");
        kept = *c;
        *c = '\0';
        if (mkdir(copy, 0777) != 0) {
            int failure = errno;

            if (!file_is_dir(copy)) {
                status = err_set(err, ERR_IO, "%s: cannot create the folder: %s", copy,
                                 strerror(failure));
            }
        }
        *c = kept;
    }
    free(copy);
    return status;
}

enum err_status file_remove_tree(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) return ERR_OK;
    if (fd < 0 || !remove_content(fd, 0) || rmdir(path) != 0) {
        return err_set(err, ERR_IO, "%s: cannot remove the folder: %s", path, strerror(errno));
    }
    return ERR_OK;
}

/* Where names cannot be exchanged: the old folder steps aside, and comes back if the new one cannot
 * take its place. */
static enum err_status replace_in_two_steps(const char *from, const char *to, struct err *err)
{
    size_t size = strlen(from) + sizeof ".old";
    char *aside = malloc(size);
    enum err_status status = ERR_OK;

    if (aside == NULL) return err_nomem(err, to);
    snprintf(aside, size, "%s.old", from);
    if (rename(to, aside) != 0) {
        status = fail_errno(err, to);
    } else if (rename(from, to) != 0) {
        status = fail_errno(err, to);
        rename(aside, to);
    } else {
        status = file_remove_tree(aside, err);
    }
    free(aside);
    return status;
}

static bool exchange(const char *from, const char *to)
{
#ifdef RENAME_EXCHANGE
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0;
#else
    (void)from;
    (void)to;
    errno = ENOSYS;
    return false;
#endif
}

enum err_status file_replace_dir(const char *from, const char *to, struct err *err)
{
    enum err_status status = ERR_OK;
    char *folder;
    struct stat info;

    if (lstat(to, &info) != 0) {
        if (errno != ENOENT || rename(from, to) != 0) status = fail_errno(err, to);
    } else if (!S_ISDIR(info.st_mode)) {
        return err_set(err, ERR_IO, "%s: exists and is not a folder", to);
    } else if (exchange(from, to)) {
        status = file_remove_tree(from, err);
    } else if (errno == EINVAL || errno == ENOSYS) {
        status = replace_in_two_steps(from, to, err);
    } else {
        status = fail_errno(err, to);
    }
    folder = file_folder(to);
    if (folder != NULL) sync_folder(folder);
    free(folder);
    return status;
}

/* --- names --- */

bool file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *file_join(const char *folder, const char *name)
{
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    char *path;

    if (length == 0 || name[0] == '/') return strdup(name);
    path = malloc(size);
    if (path == NULL) return NULL;
    snprintf(path, size, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
    return path;
}

/* The last part of a path, trailing slashes aside. */
static const char *last_part(const char *path, size_t *length)
{
    const char *end = path + strlen(path), *start;

    while (end > path && end[-1] == '/')
        end--;
    start = end;
    while (start > path && start[-1] != '/')
        start--;
    *length = (size_t)(end - start);
    return start;
}

char *file_stem(const char *path)
{
    size_t length;
    const char *part = last_part(path, &length);

    for (size_t i = length; i > 1; i--) { /* a leading dot is no extension */
        if (part[i - 1] == '.') {
            length = i - 1;
            break;
        }
    }
    return strndup(part, length);
}

char *file_folder(const char *path)
{
    size_t length;
    const char *part = last_part(path, &length);

    while (part > path + 1 && part[-1] == '/')
        part--;
    if (part == path) return strdup(path[0] == '/' ? "/" : ".");
    return strndup(path, (size_t)(part - path));
}
