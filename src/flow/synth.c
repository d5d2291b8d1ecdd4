#include "synth.h"

#include "base/file.h"
#include "base/json.h"
#include "flow/pack.h"
#include "flow/process.h"
#include "flow/report.h"
#include "flow/synth_report.h"
#include "flow/work_folder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char YOSYS[] = "yosys";
static const char INSTALL[] = "apt-get install yosys";

#define LARGEST_NETLIST ((size_t)2 << 30)

/* Names within the emitted folder. Targets are fixed words and the work folder's name is mkdtemp()'s, so
 * nothing here needs quoting in a Yosys command. */
struct outputs {
    char script[64];            /* of the emitted folder: what runs is what a user runs by hand */
    char verilog[64], json[64]; /* the mapped netlist at its place */
    char packed_verilog[64], packed_json[64];
    char work[64]; /* where Yosys writes */
    char commands[512], pack_commands[768];
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

/* Targets whose LUTs have two outputs. */
static bool packs(const char *target)
{
    return strcmp(target, "xc7") == 0 || strcmp(target, "xcup") == 0;
}

static struct outputs name_outputs(const char *target, const char *work, const char *top)
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
    snprintf(out.packed_verilog, sizeof out.packed_verilog, "synth/%s_packed.v", target);
    snprintf(out.packed_json, sizeof out.packed_json, "synth/%s_packed.json", target);
    snprintf(out.pack_commands, sizeof out.pack_commands,
             "read_json %s/pairs.json; "
             "hierarchy -top %s; tee -q -o %s/packed_stat.json stat -json; "
             "blackbox =A:whitebox; write_verilog -noattr %s/packed.v; write_json %s/packed.json",
             out.work, top, out.work, out.work, out.work);
    return out;
}

/* ---- running ---- */

static const char *program(const struct synth_options *options)
{
    return options->yosys != NULL ? options->yosys : YOSYS;
}

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
    const char *const version[] = {program(options), "-V", NULL};
    const char *const argv[] = {program(options), "-q", "-p", out->commands, NULL};
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

static enum err_status read_stat(const char *work, const char *name,
                                 const struct manifest *manifest, const char *target,
                                 struct synth_result *result, struct err *err)
{
    char *path = file_join(work, name);
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && !file_exists(path))
        status = err_set(err, ERR_TOOL, "yosys ended without writing its report");
    if (status == ERR_OK) status = file_read(path, 64U << 20, &text, &size, err);
    if (status == ERR_OK)
        status = synth_report_read((const char *)text, size, manifest->name, manifest->top_module,
                                   target, result, err);
    free(text);
    free(path);
    return status;
}

/* ---- packing ---- */

/* The mapped netlist with pairs of LUTs in one, as pairs.json. */
static enum err_status write_pairs(const char *work, struct err *err)
{
    char *from = file_join(work, "netlist.json"), *to = file_join(work, "pairs.json"), *text = NULL;
    json_error_t problem;
    json_t *netlist = NULL;
    uint64_t pairs;
    enum err_status status = from == NULL || to == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK) status = json_read(&netlist, from, LARGEST_NETLIST, &problem, err);
    if (status == ERR_FORMAT)
        status = err_set(err, ERR_TOOL, "mapped netlist, line %d: %s", problem.line, problem.text);
    if (status == ERR_OK) status = pack_netlist(netlist, &pairs, err);
    if (status == ERR_OK) text = json_dumps(netlist, JSON_COMPACT);
    if (status == ERR_OK && text == NULL) status = err_nomem(err, "a packed netlist");
    if (status == ERR_OK) status = file_write(to, text, strlen(text), err);
    json_decref(netlist);
    free(text);
    free(from);
    free(to);
    return status;
}

/* Yosys turns pairs.json into Verilog and counts it, so that the counts are those of what is written. */
static enum err_status pack(const char *folder, const char *work, const struct manifest *manifest,
                            const struct outputs *out, const struct synth_options *options,
                            struct synth_result *result, struct err *err)
{
    const char *const argv[] = {program(options), "-q", "-p", out->pack_commands, NULL};
    struct process_options run = yosys_process(options, argv, folder);
    struct synth_result packed;
    enum err_status status;

    memset(&packed, 0, sizeof packed);
    synth_report_physical(result, result);
    if (!packs(options->target) || result->unmapped_cells > 0) return ERR_OK;
    status = write_pairs(work, err);
    if (status == ERR_OK) status = process_call(&run, err);
    if (status == ERR_OK)
        status = read_stat(work, "packed_stat.json", manifest, options->target, &packed, err);
    if (status == ERR_OK) synth_report_physical(result, &packed);
    return status;
}

/* ---- keeping the results ---- */

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

static enum err_status publish(const char *folder, const char *work, struct manifest *manifest,
                               const struct outputs *out, const char *target,
                               const struct synth_result *result, struct err *err)
{
    bool packed = packs(target) && result->unmapped_cells == 0;
    const struct {
        const char *from, *to;
        bool made;
    } files[] = {{"netlist.v", out->verilog, true},
                 {"netlist.json", out->json, true},
                 {"packed.v", out->packed_verilog, packed},
                 {"packed.json", out->packed_json, packed}};
    enum { NUM_FILES = sizeof files / sizeof files[0] };
    enum err_status status;

    for (size_t i = 0; i < NUM_FILES; i++)
        manifest_remove_file(manifest, files[i].to);
    status = manifest_write(manifest, folder, err);
    for (size_t i = 0; i < NUM_FILES && status == ERR_OK; i++) {
        if (!files[i].made) continue;
        status = move_file(folder, work, files[i].from, files[i].to, err);
        if (status == ERR_OK)
            status = manifest_add_file(manifest, folder, files[i].to, "report", err);
    }
    if (status == ERR_OK)
        status = report_put(folder, manifest, "synth", target, synth_report_json(result), err);
    return status;
}

static enum err_status run_in(const char *folder, const char *work, struct manifest *manifest,
                              const struct synth_options *options, struct synth_result *result,
                              struct err *err)
{
    struct outputs out = name_outputs(options->target, work, manifest->top_module);
    enum err_status status = run_yosys(folder, &out, options, result, err);

    if (status == ERR_OK)
        status = read_stat(work, "stat.json", manifest, options->target, result, err);
    if (status == ERR_OK) status = pack(folder, work, manifest, &out, options, result, err);
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
