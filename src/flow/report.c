#include "report.h"

#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "report.json";

#define LARGEST ((size_t)256 << 20)

enum err_status report_load(json_t **out, const char *folder, const struct manifest *manifest,
                            struct err *err)
{
    char *path = file_join(folder, NAME);
    json_t *report = NULL;
    json_error_t where;
    enum err_status status = path == NULL ? err_nomem(err, NAME) : ERR_OK;
    const char *build_id;

    /* One that was cut off tells nothing; one that cannot be read must not be replaced. */
    if (status == ERR_OK && file_exists(path))
        status = json_read(&report, path, LARGEST, &where, err);
    free(path);
    if (status != ERR_OK && status != ERR_FORMAT) return status;
    build_id = json_string_value(json_object_get(report, "build_id"));
    if (build_id == NULL || strcmp(build_id, manifest->build_id) != 0) {
        json_decref(report);
        report = json_pack("{s:s, s:s}", "model", manifest->name, "build_id", manifest->build_id);
        if (report == NULL) return err_nomem(err, NAME);
    }
    *out = report;
    return ERR_OK;
}

/* 0 when `result` (taken over) is in its place. */
static int set(json_t *report, const char *section, const char *key, json_t *result)
{
    json_t *results = json_object_get(report, section);

    if (!json_is_object(results)) {
        results = json_object();
        if (json_object_set_new(report, section, results) != 0) results = NULL;
    }
    return json_object_set_new(results, key, result);
}

static enum err_status write_report(const char *folder, const char *text, struct err *err)
{
    char *path = file_join(folder, NAME);
    enum err_status status =
        path == NULL ? err_nomem(err, NAME) : file_write(path, text, strlen(text), err);

    free(path);
    return status;
}

enum err_status report_replace(const char *folder, struct manifest *manifest, const json_t *report,
                               struct err *err)
{
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_SORT_KEYS);
    enum err_status status = text == NULL ? err_nomem(err, NAME) : ERR_OK;

    if (status == ERR_OK && manifest_remove_file(manifest, NAME))
        status = manifest_write(manifest, folder, err);
    if (status == ERR_OK) status = write_report(folder, text, err);
    if (status == ERR_OK) status = manifest_add_file(manifest, folder, NAME, "report", err);
    if (status == ERR_OK) status = manifest_write(manifest, folder, err);
    free(text);
    return status;
}

enum err_status report_put(const char *folder, struct manifest *manifest, const char *section,
                           const char *key, json_t *result, struct err *err)
{
    json_t *report = NULL;
    enum err_status status = report_load(&report, folder, manifest, err);

    if (status == ERR_OK) {
        status = set(report, section, key, result) == 0
                     ? report_replace(folder, manifest, report, err)
                     : err_nomem(err, NAME);
    } else {
        json_decref(result);
    }
    json_decref(report);
    return status;
}
