#include "base/file.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static struct err err;

static void write_ok(const char *path, const char *content)
{
    assert_int_equal(file_write(path, content, strlen(content), &err), ERR_OK);
}

static void assert_content(const char *path, const char *content)
{
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(file_read(path, 1 << 20, &data, &size, &err), ERR_OK);
    assert_int_equal(size, strlen(content));
    assert_string_equal((char *)data, content);
    free(data);
}

static void test_write_read(void **state)
{
    struct scratch scratch;
    struct stat info;
    uint8_t *data = NULL;
    size_t size = 0;

    (void)state;
    scratch_create(&scratch);
    write_ok(scratch_path(&scratch, "f"), "one");
    assert_content(scratch.path, "one");
    write_ok(scratch.path, "");
    assert_content(scratch.path, "");
    for (size_t length = 0; length < 20000; length = length * 3 + 1) {
        uint8_t *block = malloc(length + 1);

        assert_non_null(block);
        memset(block, (int)length, length);
        assert_int_equal(file_write(scratch.path, block, length, &err), ERR_OK);
        assert_int_equal(file_read(scratch.path, length, &data, &size, &err), ERR_OK);
        assert_int_equal(size, length);
        assert_memory_equal(data, block, length);
        assert_int_equal(data[size], 0);
        free(data);
        free(block);
    }
    assert_int_equal(stat(scratch.path, &info), 0);
    assert_int_equal(info.st_mode & 0600, 0600);
    scratch_remove(&scratch);
    assert_false(file_exists(scratch.folder));
}

static void test_read_errors(void **state)
{
    struct scratch scratch;
    uint8_t *data = NULL;
    size_t size = 77;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_read(scratch_path(&scratch, "no"), 10, &data, &size, &err), ERR_IO);
    assert_non_null(strstr(err.message, "no: No such file or directory"));
    assert_int_equal(file_read(scratch.folder, 10, &data, &size, &err), ERR_IO);
    assert_non_null(strstr(err.message, "is a folder"));
    write_ok(scratch_path(&scratch, "f"), "12345");
    assert_int_equal(file_read(scratch.path, 4, &data, &size, &err), ERR_IO);
    assert_non_null(strstr(err.message, "larger than the limit of 4 bytes"));
    /* A size that is not known before is limited too. */
    assert_int_equal(file_read("/dev/zero", 1000, &data, &size, &err), ERR_IO);
    assert_non_null(strstr(err.message, "larger than the limit of 1000 bytes"));
    assert_null(data);
    assert_int_equal(size, 77);
    scratch_remove(&scratch);
}

static void test_write_errors(void **state)
{
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_write(scratch_path(&scratch, "a/b"), "x", 1, &err), ERR_IO);
    assert_non_null(strstr(err.message, "a/b: No such file or directory"));
    assert_int_equal(file_write(scratch.folder, "x", 1, &err), ERR_IO);
    assert_non_null(strstr(err.message, "is a folder"));
    /* A full disk leaves no trace; a device is written, not replaced. */
    assert_int_equal(file_write("/dev/full", "x", 1, &err), ERR_IO);
    assert_non_null(strstr(err.message, "No space left"));
    assert_int_equal(file_write("/dev/null", "x", 1, &err), ERR_OK);
    assert_false(file_is_dir("/dev/null"));
    scratch_remove(&scratch);
}

static void test_write_keeps_link(void **state)
{
    struct scratch scratch;
    struct stat info;
    char target[600];

    (void)state;
    scratch_create(&scratch);
    snprintf(target, sizeof target, "%s", scratch_path(&scratch, "target"));
    write_ok(target, "old");
    assert_int_equal(symlink("target", scratch_path(&scratch, "link")), 0);
    write_ok(scratch.path, "new");
    assert_int_equal(lstat(scratch.path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_content(target, "new");
    scratch_remove(&scratch);
}

/* gzip bytes of `data`. */
static size_t pack(const void *data, size_t size, uint8_t *out, size_t capacity)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static void test_gz(void **state)
{
    enum { SIZE = 300000 };
    uint8_t *plain = malloc(SIZE), *packed = malloc(2 * SIZE), *data = NULL;
    size_t packed_size, size = 0;
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_true(plain != NULL && packed != NULL);
    for (size_t i = 0; i < SIZE; i++)
        plain[i] = (uint8_t)(i * i >> 7);
    packed_size = pack(plain, SIZE, packed, 2 * SIZE);
    scratch_path(&scratch, "f.gz");
    assert_int_equal(file_write(scratch.path, packed, packed_size, &err), ERR_OK);
    assert_int_equal(file_read_gz(scratch.path, SIZE, &data, &size, &err), ERR_OK);
    assert_int_equal(size, SIZE);
    assert_memory_equal(data, plain, SIZE);
    free(data);
    data = NULL;

    assert_int_equal(file_read_gz(scratch.path, SIZE - 1, &data, &size, &err), ERR_IO);
    assert_non_null(strstr(err.message, "larger than the limit"));
    /* Every short form is noticed; so is a flipped bit. */
    for (size_t cut = 2; cut < packed_size; cut += packed_size / 50) {
        assert_int_equal(file_write(scratch.path, packed, cut, &err), ERR_OK);
        assert_int_equal(file_read_gz(scratch.path, SIZE, &data, &size, &err), ERR_FORMAT);
        assert_non_null(strstr(err.message, "truncated gzip data"));
    }
    packed[packed_size - 6] ^= 1; /* in the checksum */
    assert_int_equal(file_write(scratch.path, packed, packed_size, &err), ERR_OK);
    assert_int_equal(file_read_gz(scratch.path, SIZE, &data, &size, &err), ERR_FORMAT);
    assert_non_null(strstr(err.message, "corrupt gzip data"));
    assert_null(data);
    free(plain);
    free(packed);
    scratch_remove(&scratch);
}

/* What grows a thousandfold is refused; the same below 7 MiB, and what grows a little, is not. */
static void test_gz_bomb(void **state)
{
    enum { SIZE = 8 << 20, SMALL = 6 << 20 };
    uint8_t *plain = calloc(SIZE, 1), *packed = malloc(SIZE), *data = NULL;
    size_t packed_size, size = 0;

    (void)state;
    assert_true(plain != NULL && packed != NULL);
    packed_size = pack(plain, SIZE, packed, SIZE);
    assert_int_equal(file_unpack(packed, packed_size, SIZE, "bomb.gz", &data, &size, &err),
                     ERR_FORMAT);
    assert_non_null(strstr(err.message, "bomb.gz: unpacks to more than 31 times"));
    assert_null(data);
    packed_size = pack(plain, SMALL, packed, SIZE);
    assert_int_equal(file_unpack(packed, packed_size, SIZE, "small.gz", &data, &size, &err),
                     ERR_OK);
    assert_int_equal(size, SMALL);
    free(data);
    for (size_t i = 0; i < SIZE; i += 67) /* grows about 25 times */
        plain[i] = (uint8_t)(i * i >> 9);
    packed_size = pack(plain, SIZE, packed, SIZE);
    assert_in_range(SIZE / packed_size, 8, 30);
    assert_int_equal(file_unpack(packed, packed_size, SIZE, "data.gz", &data, &size, &err), ERR_OK);
    assert_int_equal(size, SIZE);
    free(data);
    free(plain);
    free(packed);
}

static void test_gz_members(void **state)
{
    uint8_t packed[200], *data = NULL;
    size_t used, size = 0;
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    used = pack("one ", 4, packed, sizeof packed);
    used += pack("two", 3, packed + used, sizeof packed - used);
    scratch_path(&scratch, "f.gz");
    assert_int_equal(file_write(scratch.path, packed, used, &err), ERR_OK);
    assert_int_equal(file_read_gz(scratch.path, 100, &data, &size, &err), ERR_OK);
    assert_string_equal((char *)data, "one two");
    free(data);
    packed[used] = 'x'; /* garbage after the last member */
    assert_int_equal(file_write(scratch.path, packed, used + 1, &err), ERR_OK);
    assert_int_equal(file_read_gz(scratch.path, 100, &data, &size, &err), ERR_FORMAT);
    write_ok(scratch.path, "plain");
    assert_int_equal(file_read_gz(scratch.path, 100, &data, &size, &err), ERR_OK);
    assert_string_equal((char *)data, "plain");
    free(data);
    scratch_remove(&scratch);
}

static void test_dirs(void **state)
{
    struct scratch scratch;

    (void)state;
    scratch_create(&scratch);
    assert_int_equal(file_make_dirs(scratch_path(&scratch, "a//b/c/"), &err), ERR_OK);
    assert_true(file_is_dir(scratch_path(&scratch, "a/b/c")));
    assert_int_equal(file_make_dirs(scratch.path, &err), ERR_OK);
    write_ok(scratch_path(&scratch, "a/f"), "x");
    assert_int_equal(file_make_dirs(scratch_path(&scratch, "a/f/g"), &err), ERR_IO);
    assert_non_null(strstr(err.message, "a/f: cannot create the folder"));

    /* Removal does not follow a link out of the tree. */
    write_ok(scratch_path(&scratch, "kept"), "x");
    assert_int_equal(symlink("../kept", scratch_path(&scratch, "a/link")), 0);
    assert_int_equal(symlink("..", scratch_path(&scratch, "a/up")), 0);
    assert_int_equal(file_remove_tree(scratch_path(&scratch, "a"), &err), ERR_OK);
    assert_false(file_exists(scratch.path));
    assert_true(file_exists(scratch_path(&scratch, "kept")));
    assert_int_equal(file_remove_tree(scratch_path(&scratch, "none"), &err), ERR_OK);
    assert_int_equal(file_remove_tree(scratch_path(&scratch, "kept"), &err), ERR_IO);
    assert_non_null(strstr(err.message, "kept: cannot remove the folder"));
    assert_int_equal(symlink(".", scratch_path(&scratch, "self")), 0);
    assert_int_equal(file_remove_tree(scratch.path, &err), ERR_IO);
    assert_true(file_exists(scratch_path(&scratch, "kept")));
    scratch_remove(&scratch);
}

static void test_replace_dir(void **state)
{
    struct scratch scratch;
    char from[600], to[600];

    (void)state;
    scratch_create(&scratch);
    snprintf(from, sizeof from, "%s/new", scratch.folder);
    snprintf(to, sizeof to, "%s/out", scratch.folder);
    for (int round = 0; round < 2; round++) { /* into an empty place, then over an old folder */
        assert_int_equal(file_make_dirs(scratch_path(&scratch, "new/rtl"), &err), ERR_OK);
        write_ok(scratch_path(&scratch, "new/rtl/f"), round == 0 ? "old" : "new");
        assert_int_equal(file_replace_dir(from, to, &err), ERR_OK);
        assert_content(scratch_path(&scratch, "out/rtl/f"), round == 0 ? "old" : "new");
        assert_false(file_exists(from));
    }
    assert_int_equal(file_replace_dir(from, to, &err), ERR_IO); /* nothing to put there */
    assert_content(scratch_path(&scratch, "out/rtl/f"), "new");
    write_ok(scratch_path(&scratch, "plain"), "x");
    assert_int_equal(file_replace_dir(to, scratch.path, &err), ERR_IO);
    assert_non_null(strstr(err.message, "plain: exists and is not a folder"));
    scratch_remove(&scratch);
}

/* What a killed writer leaves goes away, folders too; a living one's file and other files stay. */
static void test_sweep(void **state)
{
    static const char *const others[] = {".difflut-1-0.tmp", ".difflut--1.tmp", "a.tmp"};
    struct scratch scratch;
    char dead[64], own[64], folder[80], within[96];
    pid_t child = fork();

    (void)state;
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    snprintf(dead, sizeof dead, ".difflut-%ld-12.tmp", (long)child);
    snprintf(own, sizeof own, ".difflut-%ld-0.tmp", (long)getpid());
    scratch_create(&scratch);
    assert_int_equal(file_write(scratch_path(&scratch, dead), "x", 1, NULL), ERR_OK);
    assert_int_equal(file_write(scratch_path(&scratch, own), "x", 1, NULL), ERR_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(file_write(scratch_path(&scratch, others[i]), "x", 1, NULL), ERR_OK);
    snprintf(folder, sizeof folder, "work-%ld-abc", (long)child);
    snprintf(within, sizeof within, "%s/sub", folder);
    assert_int_equal(file_make_dirs(scratch_path(&scratch, within), NULL), ERR_OK);
    file_sweep(scratch.folder, FILE_TEMPORARY);
    file_sweep("/nowhere/at/all", FILE_TEMPORARY);
    assert_true(file_exists(scratch_path(&scratch, folder)));
    file_sweep(scratch.folder, "work-");
    assert_false(file_exists(scratch_path(&scratch, folder)));
    assert_false(file_exists(scratch_path(&scratch, dead)));
    assert_true(file_exists(scratch_path(&scratch, own)));
    for (size_t i = 0; i < 3; i++)
        assert_true(file_exists(scratch_path(&scratch, others[i])));
    scratch_remove(&scratch);
}

static void test_names(void **state)
{
    static const struct {
        const char *path, *folder, *stem;
    } cases[] = {
        {"x/mnist_large.yaml", "x", "mnist_large"},
        {"y.yaml", ".", "y"},
        {"/y", "/", "y"},
        {"a/b/", "a", "b"},
        {"a//b.tar.gz", "a", "b.tar"},
        {".hidden", ".", ".hidden"},
        {"", ".", ""},
        {"/", "/", ""},
    };
    static const char *const joins[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"a", "/b", "/b"}, {"/", "b", "/b"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *folder = file_folder(cases[i].path), *stem = file_stem(cases[i].path);

        assert_string_equal(folder, cases[i].folder);
        assert_string_equal(stem, cases[i].stem);
        free(folder);
        free(stem);
    }
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        char *path = file_join(joins[i][0], joins[i][1]);

        assert_string_equal(path, joins[i][2]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_read),   cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_write_errors), cmocka_unit_test(test_write_keeps_link),
        cmocka_unit_test(test_gz),           cmocka_unit_test(test_gz_bomb),
        cmocka_unit_test(test_gz_members),   cmocka_unit_test(test_dirs),
        cmocka_unit_test(test_replace_dir),  cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
