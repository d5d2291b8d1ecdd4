#include "synth.h"

#include "base/file.h"
#include "flow/process.h"
#include "flow/synth_report.h"
#include "flow/work_folder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char YOSYS[] = "yosys";
static const char INSTALL[] = "apt-get install yosys";

/* Names within the emitted folder. Targets are fixed words and the work folder's name is mkdtemp()'s, so
 * nothing here needs quoting in a Yosys command. */
struct outputs {
    char script[64];            /* of the emitted folder: what runs is what a user runs by hand */
    char verilog[64], json[64]; /* the mapped netlist at its place */
    char work[64];              /* where Yosys writes */
    char commands[512];
};

static enum err_status check_script(const struct manifest *manifest, const char *folder,
                                    const char *target, struct err *err)
{
    char script[64];

    if (!synth_report_target_known(target))
        return err_set(err, ERR_ARG, "target '%s': expected generic, xc7, xcup, ecp5 or ice40",
                       target);
    snprintf(script, sizeof script, "scripts/synth_%s.ys", target);
    for (size_t i = 0; i < manifest->num_files; i++) {
        if (strcmp(manifest->files[i].path, script) == 0) return ERR_OK;
    }
    return err_set(err, ERR_FORMAT, "%s has no %s: emit it again", folder, script);
}

static struct outputs name_outputs(const char *target, const char *work)
{
    const char *slash = strrchr(work, '/');
    struct outputs out;

    snprintf(out.script, sizeof out.script, "scripts/synth_%s.ys", target);
    snprintf(out.verilog, sizeof out.verilog, "synth/%s.v", target);
    snprintf(out.json, sizeof out.json, "synth/%s.json", target);
    snprintf(out.work, sizeof out.work, "synth/%s", slash != NULL ? slash + 1 : work);
    snprintf(out.commands, sizeof out.commands,
             "script %s; tee -q -o %s/stat.json stat -json; blackbox =A:whitebox; "
             "write_verilog -noattr %s/netlist.v; write_json %s/netlist.json",
             out.script, out.work, out.work, out.work);
    return out;
}

/* ---- running ---- */

static struct process_options yosys_process(const struct synth_options *options,
                                            const char *const *argv, const char *folder)
{
    return (struct process_options){
        .argv = argv,
        .folder = folder,
        .time_limit = options->time_limit > 0 ? options->time_limit : 3600,
        .tool = YOSYS,
        .install = INSTALL,
        .stop = options->stop,
    };
}

static enum err_status run_yosys(const char *folder, const struct outputs *out,
                                 const struct synth_options *options, struct synth_result *result,
                                 struct err *err)
{
    const char *program = options->yosys != NULL ? options->yosys : YOSYS;
    const char *const version[] = {program, "-V", NULL};
    const char *const argv[] = {program, "-q", "-p", out->commands, NULL};
    struct process_options ask = yosys_process(options, version, NULL);
    struct process_options run = yosys_process(options, argv, folder);
    struct process_result done;
    enum err_status status =
        process_version(&ask, result->tool_version, sizeof result->tool_version, err);

    if (status == ERR_OK && options->progress != NULL)
        options->progress("synthesising with Yosys", options->user);
    if (status == ERR_OK) status = process_run(&run, &done, err);
    if (status != ERR_OK) return status;
    result->seconds = done.seconds;
    status = process_check(&run, &done, err);
    process_result_free(&done);
    return status;
}

static enum err_status read_stat(const char *work, const struct manifest *manifest,
                                 const char *target, struct synth_result *result, struct err *err)
{
    char *path = file_join(work, "stat.json");
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && file_read(path, 64U << 20, &text, &size, NULL) != ERR_OK)
        status = err_set(err, ERR_TOOL, "yosys ended without writing its report");
    if (status == ERR_OK)
        status = synth_report_read((const char *)text, size, manifest->name, manifest->top_module,
                                   target, result, err);
    free(text);
    free(path);
    return status;
}

/* ---- keeping the results ---- */

/* report.json of this build, or an empty one: numbers of an older build must not survive. */
static json_t *load_report(const char *path, const struct manifest *manifest)
{
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const char *build_id = json_string_value(json_object_get(report, "build_id"));

    if (build_id != NULL && strcmp(build_id, manifest->build_id) == 0) return report;
    json_decref(report);
    return json_object();
}

/* Keeps the latest result of each target. */
static enum err_status write_report(const char *folder, const struct manifest *manifest,
                                    const char *target, const struct synth_result *result,
                                    struct err *err)
{
    char *path = file_join(folder, "report.json");
    char *text = NULL;
    json_t *report = path == NULL ? NULL : load_report(path, manifest);
    json_t *synth = json_object_get(report, "synth");
    enum err_status status;

    json_object_set_new(report, "model", json_string(manifest->name));
    json_object_set_new(report, "build_id", json_string(manifest->build_id));
    if (!json_is_object(synth)) {
        synth = json_object();
        json_object_set_new(report, "synth", synth);
    }
    if (json_object_set_new(synth, target, synth_report_json(result)) == 0)
        text = json_dumps(report, JSON_INDENT(2) | JSON_SORT_KEYS);
    status = path == NULL || text == NULL ? err_nomem(err, "report.json") : ERR_OK;
    if (status == ERR_OK) status = file_write(path, text, strlen(text), err);
    json_decref(report);
    free(text);
    free(path);
    return status;
}

static void unlist(struct manifest *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->num_files; i++) {
        struct manifest_file *file = &manifest->files[i];

        if (strcmp(file->path, path) != 0) continue;
        free(file->path);
        free(file->kind);
        manifest->num_files--;
        memmove(file, file + 1, (manifest->num_files - i) * sizeof *file);
        return;
    }
}

static enum err_status move_file(const char *folder, const char *work, const char *name,
                                 const char *to, struct err *err)
{
    char *from_path = file_join(work, name);
    char *to_path = file_join(folder, to);
    enum err_status status = ERR_OK;

    if (from_path == NULL || to_path == NULL) {
        status = err_nomem(err, "a path");
    } else if (!file_exists(from_path)) {
        status = err_set(err, ERR_TOOL, "yosys ended without writing %s", to);
    } else if (rename(from_path, to_path) != 0) {
        status = err_set(err, ERR_IO, "%s: %s", to_path, strerror(errno));
    }
    free(from_path);
    free(to_path);
    return status;
}

static enum err_status add_file(struct manifest *manifest, const char *folder, const char *path,
                                enum err_status status, struct err *err)
{
    return status == ERR_OK ? manifest_add_file(manifest, folder, path, "report", err) : status;
}

/* A listed file never changes: it leaves the manifest first and comes back with its new hash, so that a
 * run killed on the way leaves a folder that still verifies. */
static enum err_status publish(const char *folder, const char *work, struct manifest *manifest,
                               const struct outputs *out, const char *target,
                               const struct synth_result *result, struct err *err)
{
    enum err_status status;

    unlist(manifest, out->verilog);
    unlist(manifest, out->json);
    unlist(manifest, "report.json");
    status = manifest_write(manifest, folder, err);
    if (status == ERR_OK) status = move_file(folder, work, "netlist.v", out->verilog, err);
    if (status == ERR_OK) status = move_file(folder, work, "netlist.json", out->json, err);
    if (status == ERR_OK) status = write_report(folder, manifest, target, result, err);
    status = add_file(manifest, folder, out->verilog, status, err);
    status = add_file(manifest, folder, out->json, status, err);
    status = add_file(manifest, folder, "report.json", status, err);
    if (status == ERR_OK) status = manifest_write(manifest, folder, err);
    return status;
}

static enum err_status run_in(const char *folder, const char *work, struct manifest *manifest,
                              const struct synth_options *options, struct synth_result *result,
                              struct err *err)
{
    struct outputs out = name_outputs(options->target, work);
    enum err_status status = run_yosys(folder, &out, options, result, err);

    if (status == ERR_OK) status = read_stat(work, manifest, options->target, result, err);
    if (status == ERR_OK)
        status = publish(folder, work, manifest, &out, options->target, result, err);
    if (status == ERR_OK && result->unmapped_cells > 0)
        status = err_set(err, ERR_DIFF,
                         "%llu cells are not cells of %s, for instance %s: the LUT count is not to "
                         "be believed",
                         (unsigned long long)result->unmapped_cells, options->target,
                         result->unmapped_example);
    return status;
}

enum err_status synth_run(const char *folder, struct manifest *manifest,
                          const struct synth_options *options, struct synth_result *result,
                          struct err *err)
{
    char *work = NULL;
    enum err_status status = check_script(manifest, folder, options->target, err);

    memset(result, 0, sizeof *result);
    if (status == ERR_OK) status = manifest_verify(manifest, folder, err);
    if (status == ERR_OK) status = work_folder_create(&work, folder, "synth", err);
    if (status == ERR_OK) status = run_in(folder, work, manifest, options, result, err);
    work_folder_remove(work);
    return status;
}
