#include "manifest.h"

#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FORMAT = 1, LARGEST_MANIFEST = 64 << 20 };

/* Every 32-bit number of the manifest: its key (NULL parent: top level) and range. */
static const struct {
    const char *parent, *key;
    size_t offset;
    uint32_t low, high;
} NUMBERS[] = {
    {NULL, "num_features", offsetof(struct manifest, num_features), 1, 1u << 22},
    {NULL, "code_bits", offsetof(struct manifest, code_bits), 1, 16},
    {NULL, "num_bits", offsetof(struct manifest, num_bits), 1, UINT32_MAX},
    {NULL, "num_classes", offsetof(struct manifest, num_classes), 2, 65535},
    {NULL, "class_bits", offsetof(struct manifest, class_bits), 1, 16},
    {NULL, "score_bits", offsetof(struct manifest, score_bits), 1, 31},
    {"pipeline", "encoder", offsetof(struct manifest, pipeline_encoder), 0, 64},
    {"pipeline", "layers", offsetof(struct manifest, pipeline_layers), 0, 1u << 20},
    {"pipeline", "popcount", offsetof(struct manifest, pipeline_popcount), 0, 64},
    {"pipeline", "argmax", offsetof(struct manifest, pipeline_argmax), 0, 64},
    {NULL, "depth", offsetof(struct manifest, depth), 0, UINT32_MAX},
    {NULL, "flip_flops", offsetof(struct manifest, flip_flops), 0, UINT32_MAX},
    {NULL, "latency_cycles", offsetof(struct manifest, latency_cycles), 0, 1u << 20},
    {NULL, "latency_cycles_core", offsetof(struct manifest, latency_cycles_core), 0, 1u << 20},
    {"stream", "width", offsetof(struct manifest, stream.width), 8, 512},
    {"stream", "code_slot", offsetof(struct manifest, stream.code_slot), 8, 16},
    {"stream", "beats_in", offsetof(struct manifest, stream.beats_in), 1, 1u << 24},
    {"stream", "result_slot", offsetof(struct manifest, stream.result_slot), 8, 32},
    {"stream", "beats_out", offsetof(struct manifest, stream.beats_out), 1, 1u << 24},
    {"stream", "result_words", offsetof(struct manifest, stream.result_words), 1, 65536},
};

static const struct {
    const char *key;
    size_t offset;
} LUTS[] = {
    {"encoder", offsetof(struct manifest, luts_encoder)},
    {"layers", offsetof(struct manifest, luts_layers)},
    {"group_sum", offsetof(struct manifest, luts_group_sum)},
    {"argmax", offsetof(struct manifest, luts_argmax)},
};

static const struct {
    const char *key;
    size_t offset, size;
} TEXTS[] = {
    {"name", offsetof(struct manifest, name), sizeof((struct manifest *)0)->name},
    {"model_hash", offsetof(struct manifest, model_hash), sizeof((struct manifest *)0)->model_hash},
    {"build_id", offsetof(struct manifest, build_id), sizeof((struct manifest *)0)->build_id},
    {"version", offsetof(struct manifest, version), sizeof((struct manifest *)0)->version},
    {"top", offsetof(struct manifest, top), sizeof((struct manifest *)0)->top},
    {"target", offsetof(struct manifest, target), sizeof((struct manifest *)0)->target},
    {"dont_care", offsetof(struct manifest, dont_care), sizeof((struct manifest *)0)->dont_care},
    {"top_module", offsetof(struct manifest, top_module), sizeof((struct manifest *)0)->top_module},
};

static const char *const KINDS[] = {"rtl",     "script",  "constraint", "model",
                                    "netlist", "vectors", "report"};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void *field(struct manifest *manifest, size_t offset)
{
    return (char *)manifest + offset;
}

static const void *const_field(const struct manifest *manifest, size_t offset)
{
    return (const char *)manifest + offset;
}

/* --- what is allowed --- */

static bool is_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && strchr("0123456789", text[0]) == NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               strlen(text);
}

/* One of "a|b|c". */
static bool is_one_of(const char *text, const char *list)
{
    size_t size = strlen(text);

    for (const char *at = list; *at != '\0' && size > 0; at += strspn(at, "|")) {
        size_t length = strcspn(at, "|");

        if (length == size && memcmp(at, text, size) == 0) return true;
        at += length;
    }
    return false;
}

bool manifest_fits_bits(const struct manifest *manifest, uint32_t encoder_bits)
{
    uint64_t codes = (uint64_t)manifest->num_features * manifest->code_bits;

    return manifest->num_bits == encoder_bits || manifest->num_bits == encoder_bits + codes;
}

/* No part of it is empty or begins with a dot. */
bool manifest_path_is_safe(const char *path)
{
    size_t length = strlen(path);

    if (length == 0 || length > PATH_MAX / 2) return false;
    for (const char *at = path;; at++) {
        size_t size = strcspn(at, "/");

        if (size == 0 || at[0] == '.') return false;
        for (size_t i = 0; i < size; i++) {
            if (at[i] <= 0x20 || at[i] > 0x7e || at[i] == '\\' || at[i] == ':') return false;
        }
        at += size;
        if (*at == '\0') return true;
    }
}

static bool is_kind(const char *kind)
{
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        if (strcmp(kind, KINDS[i]) == 0) return true;
    }
    return false;
}

/* A stream's beats follow from its words. */
static bool is_stream(const struct manifest *m)
{
    const struct manifest_stream *s = &m->stream;
    uint64_t in = (uint64_t)m->num_features * s->code_slot;
    uint64_t out = (uint64_t)s->result_words * s->result_slot;

    return s->width % 8 == 0 && s->code_slot % 8 == 0 && s->code_slot >= m->code_bits &&
           (s->result_slot == 8 || s->result_slot == 16 || s->result_slot == 32) &&
           s->result_slot >= m->class_bits &&
           s->result_words == 1 + (m->scores ? m->num_classes : 0) &&
           s->beats_in == (in + s->width - 1) / s->width &&
           s->beats_out == (out + s->width - 1) / s->width;
}

/* Rules between fields, after their ranges. */
static const char *find_fault(const struct manifest *m)
{
    size_t length = strlen(m->name);

    if (!is_name(m->name)) return "name: must match [A-Za-z_][A-Za-z0-9_]*";
    if (m->model_hash[0] != '\0' && !is_hex(m->model_hash, 64))
        return "model_hash: must be 64 hex digits";
    if (!is_hex(m->build_id, 16)) return "build_id: must be 16 hex digits";
    if (!is_one_of(m->top, "full|core|stream|icebreaker|ulx3s"))
        return "top: must be full, core, stream, icebreaker or ulx3s";
    if (!is_one_of(m->target, "generic|xc7|xcup|ecp5|ice40")) return "target: not a known one";
    if (!is_one_of(m->dont_care, "none|data")) return "dont_care: must be none or data";
    if (strncmp(m->top_module, m->name, length) != 0 || m->top_module[length] != '_' ||
        strcmp(m->top_module + length + 1, m->top) != 0)
        return "top_module: must be the name, '_' and the top";
    if (m->stream.width == 0 && !is_one_of(m->top, "full|core"))
        return "stream: missing, but the top has one";
    if (m->stream.width > 0 && !is_stream(m)) return "stream: its numbers do not fit together";
    if (m->class_bits < 16 && m->num_classes > 1u << m->class_bits)
        return "class_bits: too few for the classes";
    if (m->latency_cycles != m->latency_cycles_core + m->pipeline_encoder)
        return "latency_cycles: must be latency_cycles_core and the encoder's stages";
    if (m->latency_cycles_core != m->pipeline_layers + m->pipeline_popcount + m->pipeline_argmax)
        return "latency_cycles_core: must be the stages of layers, popcount and argmax";
    return NULL;
}

/* --- writing --- */

static json_t *files_json(const struct manifest *manifest)
{
    json_t *list = json_array();

    for (size_t i = 0; i < manifest->num_files; i++) {
        const struct manifest_file *file = &manifest->files[i];

        json_push(&list, json_pack("{s:s, s:s, s:s}", "path", file->path, "sha256", file->sha256,
                                   "kind", file->kind));
    }
    return list;
}

static json_t *passes_json(const struct manifest *manifest)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < manifest->num_passes; i++)
        json_push(&list, json_pack("{s:s, s:I}", "name", manifest->passes[i].name, "removed",
                                   (json_int_t)manifest->passes[i].removed));
    return list;
}

/* NUMBERS into the objects they belong to; a folder without a stream top has none of its numbers. */
static void add_numbers(const struct manifest *manifest, json_t **root)
{
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        const char *parent = NUMBERS[i].parent;
        const uint32_t *number = const_field(manifest, NUMBERS[i].offset);

        if (parent != NULL && strcmp(parent, "stream") == 0 && manifest->stream.width == 0)
            continue;
        if (parent == NULL) {
            json_put(root, NUMBERS[i].key, json_integer(*number));
        } else {
            json_t *object = json_incref(json_object_get(*root, parent));

            if (object == NULL) object = json_object();
            json_put(&object, NUMBERS[i].key, json_integer(*number));
            json_put(root, parent, object);
        }
    }
}

static json_t *manifest_json(const struct manifest *manifest)
{
    json_t *root = json_object(), *luts = json_object();

    json_put(&root, "format", json_integer(FORMAT));
    json_put(&root, "scores", json_boolean(manifest->scores));
    if (manifest->tmr) json_put(&root, "tmr", json_true());
    for (size_t i = 0; i < COUNT(TEXTS); i++)
        json_put(&root, TEXTS[i].key, json_string(const_field(manifest, TEXTS[i].offset)));
    add_numbers(manifest, &root);
    for (size_t i = 0; i < COUNT(LUTS); i++) {
        const uint64_t *number = const_field(manifest, LUTS[i].offset);

        json_put(&luts, LUTS[i].key, json_integer((json_int_t)*number));
    }
    json_put(&root, "luts", luts);
    json_put(&root, "passes", passes_json(manifest));
    json_put(&root, "files", files_json(manifest));
    return root;
}

enum err_status manifest_write(const struct manifest *manifest, const char *folder, struct err *err)
{
    json_t *root = manifest_json(manifest);
    char *text = root != NULL ? json_dumps(root, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
    char *path = file_join(folder, "manifest.json");
    enum err_status status;

    if (text == NULL || path == NULL) {
        status = err_nomem(err, "manifest.json");
    } else {
        size_t size = strlen(text);
        struct manifest *again = NULL;

        /* What we write is what a reader accepts: a fault is found here, not by the next command. */
        status = manifest_parse(&again, text, size, path, err);
        manifest_free(again);
        text[size] = '\n'; /* in the place of the NUL; the size says where it ends */
        if (status == ERR_OK) status = file_write(path, text, size + 1, err);
    }
    json_decref(root);
    free(text);
    free(path);
    return status;
}

/* --- reading --- */

struct reader {
    const char *path;
    enum err_status status;
    struct err *err;
};

static void fail(struct reader *r, const char *key, const char *what)
{
    if (r->status == ERR_OK)
        r->status = err_set(r->err, ERR_FORMAT, "%s: %s: %s", r->path, key, what);
}

static uint64_t read_number(struct reader *r, const json_t *object, const char *key, uint64_t low,
                            uint64_t high)
{
    const json_t *value = json_object_get(object, key);
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value)) {
        fail(r, key, "a whole number is missing");
    } else if (number < 0 || (uint64_t)number < low || (uint64_t)number > high) {
        fail(r, key, "number out of range");
    }
    return r->status == ERR_OK ? (uint64_t)number : 0;
}

/* A text of at most size - 1 bytes into text[size]; NULL bytes inside are refused by jansson. */
static void read_text(struct reader *r, const json_t *object, const char *key, char *text,
                      size_t size)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value)) {
        fail(r, key, "a text is missing");
    } else if (json_string_length(value) >= size) {
        fail(r, key, "text too long");
    } else if (r->status == ERR_OK) {
        memcpy(text, json_string_value(value), json_string_length(value) + 1);
    }
}

static void read_file_entry(struct reader *r, const json_t *entry, struct manifest_file *file)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    const char *kind = json_string_value(json_object_get(entry, "kind"));

    read_text(r, entry, "sha256", file->sha256, sizeof file->sha256);
    if (r->status == ERR_OK && !is_hex(file->sha256, HASH_TEXT_SIZE - 1))
        fail(r, "sha256", "must be 64 hex digits");
    if (path == NULL || !manifest_path_is_safe(path)) {
        fail(r, "files", "a path is missing or leaves the folder");
    } else if (kind == NULL || !is_kind(kind)) {
        fail(r, path, "unknown kind of file");
    } else if (r->status == ERR_OK) {
        file->path = strdup(path);
        file->kind = strdup(kind);
        if (file->path == NULL || file->kind == NULL) r->status = err_nomem(r->err, r->path);
    }
}

static void read_files(struct reader *r, const json_t *root, struct manifest *manifest)
{
    const json_t *list = json_object_get(root, "files");
    size_t count = json_array_size(list);

    if (!json_is_array(list)) fail(r, "files", "a list is missing");
    if (r->status != ERR_OK || count == 0) return;
    manifest->files = calloc(count, sizeof *manifest->files);
    if (manifest->files == NULL) {
        r->status = err_nomem(r->err, r->path);
        return;
    }
    for (size_t i = 0; i < count && r->status == ERR_OK; i++) {
        manifest->num_files = i + 1; /* also a half-read one is freed */
        read_file_entry(r, json_array_get(list, i), &manifest->files[i]);
        if (r->status == ERR_OK && i > 0 &&
            strcmp(manifest->files[i - 1].path, manifest->files[i].path) >= 0)
            fail(r, manifest->files[i].path, "files must be sorted by path, each once");
    }
}

static void read_passes(struct reader *r, const json_t *root, struct manifest *m)
{
    const json_t *list = json_object_get(root, "passes");
    size_t count = json_array_size(list);

    if (!json_is_array(list)) {
        fail(r, "passes", "a list is missing");
    } else if (count > MANIFEST_MAX_PASSES) {
        fail(r, "passes", "too many");
    }
    for (size_t i = 0; i < count && r->status == ERR_OK; i++) {
        const json_t *pass = json_array_get(list, i);

        read_text(r, pass, "name", m->passes[i].name, sizeof m->passes[i].name);
        m->passes[i].removed = read_number(r, pass, "removed", 0, INT64_MAX);
        m->num_passes++;
    }
}

static void read_numbers(struct reader *r, const json_t *root, struct manifest *m)
{
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        const char *parent = NUMBERS[i].parent;
        const json_t *object = parent != NULL ? json_object_get(root, parent) : root;
        uint32_t *number = field(m, NUMBERS[i].offset);

        if (object == NULL && strcmp(parent, "stream") == 0) continue;
        *number = (uint32_t)read_number(r, object, NUMBERS[i].key, NUMBERS[i].low, NUMBERS[i].high);
    }
}

static void read_manifest(struct reader *r, const json_t *root, struct manifest *m)
{
    const json_t *luts = json_object_get(root, "luts"), *scores = json_object_get(root, "scores");
    const char *fault;

    if (!json_is_object(root)) fail(r, "manifest", "must be an object");
    read_number(r, root, "format", FORMAT, FORMAT);
    if (!json_is_boolean(scores)) fail(r, "scores", "true or false is missing");
    m->scores = json_is_true(scores);
    m->tmr = json_is_true(json_object_get(root, "tmr"));
    if (json_object_get(root, "tmr") != NULL && !m->tmr) fail(r, "tmr", "is true or not there");
    for (size_t i = 0; i < COUNT(TEXTS); i++)
        read_text(r, root, TEXTS[i].key, field(m, TEXTS[i].offset), TEXTS[i].size);
    read_numbers(r, root, m);
    for (size_t i = 0; i < COUNT(LUTS); i++) {
        uint64_t *number = field(m, LUTS[i].offset);

        *number = read_number(r, luts, LUTS[i].key, 0, INT64_MAX);
    }
    read_passes(r, root, m);
    fault = r->status == ERR_OK ? find_fault(m) : NULL;
    if (fault != NULL) fail(r, "manifest", fault);
    read_files(r, root, m);
}

enum err_status manifest_parse(struct manifest **out, const char *text, size_t size,
                               const char *path, struct err *err)
{
    struct reader r = {path, ERR_OK, err};
    struct manifest *manifest = NULL;
    json_error_t where;
    json_t *root = NULL;

    r.status = json_parse(&root, text, size, JSON_REJECT_DUPLICATES, &where, err);
    if (r.status == ERR_FORMAT) err_set(err, ERR_FORMAT, "%s:%d: %s", path, where.line, where.text);
    if (r.status != ERR_OK) return r.status;
    manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL) {
        r.status = err_nomem(err, path);
    } else {
        read_manifest(&r, root, manifest);
    }
    json_decref(root);
    if (r.status == ERR_OK) {
        *out = manifest;
    } else {
        manifest_free(manifest);
    }
    return r.status;
}

enum err_status manifest_read(struct manifest **out, const char *folder, struct err *err)
{
    char *path = file_join(folder, "manifest.json");
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status;

    if (path == NULL) return err_nomem(err, "manifest.json");
    status = file_read(path, LARGEST_MANIFEST, &text, &size, err);
    if (status == ERR_OK) status = manifest_parse(out, (const char *)text, size, path, err);
    free(text);
    free(path);
    return status;
}

/* --- checking a folder --- */

static int compare_path(const void *key, const void *file)
{
    return strcmp(key, ((const struct manifest_file *)file)->path);
}

static struct manifest_file *find_file(const struct manifest *manifest, const char *path)
{
    if (manifest->num_files == 0) return NULL;
    return bsearch(path, manifest->files, manifest->num_files, sizeof *manifest->files,
                   compare_path);
}

static enum err_status verify_file(const struct manifest *manifest,
                                   const struct manifest_file *file, const char *folder,
                                   struct err *err)
{
    char *path = file_join(folder, file->path), hash[HASH_TEXT_SIZE];
    struct stat info;
    enum err_status status;

    if (path == NULL) return err_nomem(err, file->path);
    if (lstat(path, &info) != 0) {
        status =
            err_set(err, ERR_FORMAT, "%s: listed in manifest.json, but %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        status = err_set(err, ERR_FORMAT, "%s: not a regular file", path);
    } else {
        status = hash_file(path, hash, err);
        if (status == ERR_OK && strcmp(hash, file->sha256) != 0)
            status = err_set(err, ERR_FORMAT,
                             "%s: is not the file of build %s (its SHA-256 differs from "
                             "manifest.json); emit the folder again",
                             path, manifest->build_id);
    }
    free(path);
    return status;
}

static bool is_verilog(const char *name)
{
    size_t length = strlen(name);

    return length > 2 && strcmp(name + length - 2, ".v") == 0;
}

/* A stray Verilog file would be taken for part of the design by whoever compiles rtl/ as a whole. */
static enum err_status verify_strays(const struct manifest *manifest, const char *folder,
                                     struct err *err)
{
    char *rtl = file_join(folder, "rtl");
    DIR *open_folder = rtl != NULL ? opendir(rtl) : NULL;
    const struct dirent *entry;
    enum err_status status = ERR_OK;

    if (rtl == NULL) return err_nomem(err, "rtl/");
    while (open_folder != NULL && status == ERR_OK && (entry = readdir(open_folder)) != NULL) {
        char path[sizeof "rtl/" + sizeof entry->d_name];

        if (!is_verilog(entry->d_name)) continue;
        snprintf(path, sizeof path, "rtl/%s", entry->d_name);
        if (find_file(manifest, path) == NULL)
            status = err_set(err, ERR_FORMAT, "%s/%s: not listed in manifest.json", folder, path);
    }
    if (open_folder != NULL) closedir(open_folder);
    free(rtl);
    return status;
}

enum err_status manifest_verify(const struct manifest *manifest, const char *folder,
                                struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < manifest->num_files && status == ERR_OK; i++)
        status = verify_file(manifest, &manifest->files[i], folder, err);
    if (status == ERR_OK) status = verify_strays(manifest, folder, err);
    return status;
}

/* --- changing --- */

/* A new empty entry in its place in the order of paths, or NULL. */
static struct manifest_file *insert_file(struct manifest *manifest, const char *path)
{
    struct manifest_file *files =
        realloc(manifest->files, (manifest->num_files + 1) * sizeof *files);
    size_t at = manifest->num_files;

    if (files == NULL) return NULL;
    manifest->files = files;
    while (at > 0 && strcmp(files[at - 1].path, path) > 0)
        at--;
    memmove(files + at + 1, files + at, (manifest->num_files - at) * sizeof *files);
    files[at] = (struct manifest_file){0};
    manifest->num_files++;
    return &files[at];
}

enum err_status manifest_add_file(struct manifest *manifest, const char *folder, const char *path,
                                  const char *kind, struct err *err)
{
    char *full, *path_copy = NULL, *kind_copy = NULL, hash[HASH_TEXT_SIZE];
    struct manifest_file *file;
    enum err_status status;

    if (!manifest_path_is_safe(path) || !is_kind(kind)) {
        return err_set(err, ERR_ARG, "%s (%s): not a file that a manifest can list", path, kind);
    }
    full = file_join(folder, path);
    status = full != NULL ? hash_file(full, hash, err) : err_nomem(err, path);
    free(full);
    if (status != ERR_OK) return status;
    path_copy = strdup(path);
    kind_copy = strdup(kind);
    file = find_file(manifest, path);
    if (file == NULL && path_copy != NULL && kind_copy != NULL) file = insert_file(manifest, path);
    if (file == NULL || path_copy == NULL || kind_copy == NULL) {
        free(path_copy);
        free(kind_copy);
        return err_nomem(err, path);
    }
    free(file->path);
    free(file->kind);
    file->path = path_copy;
    file->kind = kind_copy;
    memcpy(file->sha256, hash, sizeof file->sha256);
    return ERR_OK;
}

bool manifest_remove_file(struct manifest *manifest, const char *path)
{
    struct manifest_file *file = find_file(manifest, path);

    if (file == NULL) return false;
    free(file->path);
    free(file->kind);
    manifest->num_files--;
    memmove(file, file + 1, (size_t)(manifest->files + manifest->num_files - file) * sizeof *file);
    return true;
}

void manifest_free(struct manifest *manifest)
{
    if (manifest == NULL) return;
    for (size_t i = 0; i < manifest->num_files; i++) {
        free(manifest->files[i].path);
        free(manifest->files[i].kind);
    }
    free(manifest->files);
    free(manifest);
}
