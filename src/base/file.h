/* Reading whole files, and writing them so that a reader never sees half of one.
 *
 * Writes go to a temporary name in the same folder, are flushed to disk and renamed over the target:
 * a failed or killed write leaves the old file whole. Paths are plain byte strings and are never
 * handed to a shell. */
#ifndef DIFFLUT_BASE_FILE_H
#define DIFFLUT_BASE_FILE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads all of `path` into *data (malloc'ed, one NUL byte appended beyond *size; the caller frees).
 * A file over `limit` bytes is refused before anything is allocated. ERR_IO, ERR_NOMEM. */
enum err_status file_read(const char *path, size_t limit, uint8_t **data, size_t *size,
                          struct err *err);

/* As file_read(); when the content starts with the gzip magic it is unpacked (file_unpack()). */
enum err_status file_read_gz(const char *path, size_t limit, uint8_t **data, size_t *size,
                             struct err *err);

/* Inflates one or more gzip members as file_read() reads: over `limit` bytes is ERR_IO. A truncated or
 * corrupt stream, and one that grows to more than 31 times its size and over 7 MiB, is ERR_FORMAT.
 * `path` is for messages. */
enum err_status file_unpack(const void *packed, size_t packed_size, size_t limit, const char *path,
                            uint8_t **data, size_t *size, struct err *err);

/* Replaces `path` by `size` bytes atomically. Creates no folders. */
enum err_status file_write(const char *path, const void *data, size_t size, struct err *err);

/* Removes the files and folders that killed processes left in `folder`: those named `prefix` and the number
 * of a process, perhaps with '-' and more after it, where this machine has no such process any more. */
void file_sweep(const char *folder, const char *prefix);
#define FILE_TEMPORARY ".difflut-" /* prefix of file_write()'s */

/* mkdir -p. */
enum err_status file_make_dirs(const char *path, struct err *err);

/* Removes a folder and all in it; a missing one is fine. Does not follow symbolic links. */
enum err_status file_remove_tree(const char *path, struct err *err);

/* Puts the finished folder `from` in the place of `to`, atomically where the file system can
 * (exchange of names), so that `to` is always either the old or the new folder; the old one is then
 * removed. Both must be in the same parent folder. */
enum err_status file_replace_dir(const char *from, const char *to, struct err *err);

bool file_exists(const char *path);
bool file_is_dir(const char *path);

/* "a/b" from "a" and "b" (b alone when it is absolute or a is ""), malloc'ed; NULL when out of
 * memory. */
char *file_join(const char *folder, const char *name);

/* Last part of a path without its final extension ("x/mnist_large.yaml" -> "mnist_large"),
 * malloc'ed; NULL when out of memory. */
char *file_stem(const char *path);

/* The folder part of a path ("x/y.yaml" -> "x", "y.yaml" -> "."), malloc'ed. */
char *file_folder(const char *path);

#endif
