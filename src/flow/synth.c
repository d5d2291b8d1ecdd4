#include "synth.h"

#include "base/file.h"
#include "flow/process.h"
#include "flow/synth_report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char INSTALL[] = "apt-get install yosys";

/* What Yosys leaves in the folder; target names are fixed words, so none of this needs quoting. */
struct outputs {
    char script[64], commands[512];
    char stat[64], verilog[64], json[64];
};

static enum err_status name_outputs(struct outputs *out, const char *target, struct err *err)
{
    if (!synth_report_target_known(target))
        return err_set(err, ERR_ARG, "target '%s': expected generic, xc7, xcup, ecp5 or ice40",
                       target);
    snprintf(out->script, sizeof out->script, "scripts/synth_%s.ys", target);
    snprintf(out->stat, sizeof out->stat, "synth/%s_stat.json", target);
    snprintf(out->verilog, sizeof out->verilog, "synth/%s.v", target);
    snprintf(out->json, sizeof out->json, "synth/%s.json", target);
    snprintf(out->commands, sizeof out->commands,
             "script %s; tee -q -o %s stat -json; blackbox =A:whitebox; write_verilog -noattr %s; "
             "write_json %s",
             out->script, out->stat, out->verilog, out->json);
    return ERR_OK;
}

static struct process_options yosys_process(const struct synth_options *options,
                                            const char *const *argv, const char *folder)
{
    return (struct process_options){
        .argv = argv,
        .folder = folder,
        .time_limit = options->time_limit > 0 ? options->time_limit : 3600,
        .tool = "yosys",
        .install = INSTALL,
        .stop = options->stop,
    };
}

static enum err_status run_yosys(const char *folder, const struct outputs *out,
                                 const struct synth_options *options, struct synth_result *result,
                                 struct err *err)
{
    const char *program = options->yosys != NULL ? options->yosys : "yosys";
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

/* A run that failed leaves nothing half-written behind. */
static void remove_outputs(const char *folder, const struct outputs *out)
{
    const char *const leaves[] = {out->stat, out->verilog, out->json};

    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        char *path = file_join(folder, leaves[i]);

        if (path != NULL) remove(path);
        free(path);
    }
}

static enum err_status read_stat(const char *folder, const struct outputs *out,
                                 const struct manifest *manifest, const char *target,
                                 struct synth_result *result, struct err *err)
{
    char *path = file_join(folder, out->stat);
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && file_read(path, 64U << 20, &text, &size, NULL) != ERR_OK)
        status = err_set(err, ERR_TOOL, "yosys ended without its report %s", path);
    if (status == ERR_OK)
        status = synth_report_read((const char *)text, size, manifest->name, manifest->top_module,
                                   target, result, err);
    free(text);
    if (status == ERR_OK) remove(path);
    free(path);
    return status;
}

/* report.json keeps the latest result of each target. */
static enum err_status write_report(const char *folder, const struct manifest *manifest,
                                    const char *target, const struct synth_result *result,
                                    struct err *err)
{
    char *path = file_join(folder, "report.json"), *text = NULL;
    json_t *report = path == NULL ? NULL : json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    json_t *synth;
    enum err_status status;

    if (!json_is_object(report)) {
        json_decref(report);
        report = json_object();
    }
    json_object_set_new(report, "model", json_string(manifest->name));
    json_object_set_new(report, "build_id", json_string(manifest->build_id));
    synth = json_object_get(report, "synth");
    if (!json_is_object(synth)) {
        synth = json_object();
        json_object_set_new(report, "synth", synth);
    }
    json_object_set_new(synth, target, synth_report_json(result));
    text = json_dumps(report, JSON_INDENT(2) | JSON_SORT_KEYS);
    status = path == NULL || text == NULL ? err_nomem(err, "report.json") : ERR_OK;
    if (status == ERR_OK) status = file_write(path, text, strlen(text), err);
    json_decref(report);
    free(text);
    free(path);
    return status;
}

static enum err_status list_files(const char *folder, struct manifest *manifest,
                                  const struct outputs *out, struct err *err)
{
    enum err_status status = manifest_add_file(manifest, folder, out->verilog, "report", err);

    if (status == ERR_OK) status = manifest_add_file(manifest, folder, out->json, "report", err);
    if (status == ERR_OK)
        status = manifest_add_file(manifest, folder, "report.json", "report", err);
    if (status == ERR_OK) status = manifest_write(manifest, folder, err);
    return status;
}

enum err_status synth_run(const char *folder, struct manifest *manifest,
                          const struct synth_options *options, struct synth_result *result,
                          struct err *err)
{
    struct outputs out = {.script = ""};
    char *sub = NULL;
    enum err_status status;

    memset(result, 0, sizeof *result);
    status = name_outputs(&out, options->target, err);
    if (status == ERR_OK) status = manifest_verify(manifest, folder, err);
    if (status == ERR_OK) {
        sub = file_join(folder, "synth");
        status = sub == NULL ? err_nomem(err, "a path") : file_make_dirs(sub, err);
        free(sub);
    }
    if (status == ERR_OK) status = run_yosys(folder, &out, options, result, err);
    if (status == ERR_OK) status = read_stat(folder, &out, manifest, options->target, result, err);
    if (status != ERR_OK && out.script[0] != '\0') remove_outputs(folder, &out);
    if (status == ERR_OK) status = write_report(folder, manifest, options->target, result, err);
    if (status == ERR_OK) status = list_files(folder, manifest, &out, err);
    if (status == ERR_OK && result->unmapped_cells > 0)
        status = err_set(err, ERR_DIFF,
                         "%llu cells are not cells of %s, for instance %s: the LUT count is not to "
                         "be believed",
                         (unsigned long long)result->unmapped_cells, options->target,
                         result->unmapped_example);
    return status;
}
