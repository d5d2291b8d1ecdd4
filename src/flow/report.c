#include "report.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "report.json";

json_t *report_load(const char *folder, const struct manifest *manifest)
{
    char *path = file_join(folder, NAME);
    json_t *report = path == NULL ? NULL : json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const char *build_id = json_string_value(json_object_get(report, "build_id"));

    free(path);
    if (build_id != NULL && strcmp(build_id, manifest->build_id) == 0) return report;
    json_decref(report);
    return json_pack("{s:s, s:s}", "model", manifest->name, "build_id", manifest->build_id);
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
    json_t *report = report_load(folder, manifest);
    enum err_status status = set(report, section, key, result) == 0
                                 ? report_replace(folder, manifest, report, err)
                                 : err_nomem(err, NAME);

    json_decref(report);
    return status;
}
