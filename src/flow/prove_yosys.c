#include "prove_yosys.h"

#include "base/file.h"
#include "base/text.h"
#include "flow/process.h"
#include "flow/work_folder.h"
#include "hdl/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JSON = 1 << 30 };

static bool is_rtl(const struct manifest_file *file)
{
    size_t length = strlen(file->path);

    return strcmp(file->kind, "rtl") == 0 && length > 2 &&
           strcmp(file->path + length - 2, ".v") == 0;
}

static bool lists(const struct manifest *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->num_files; i++) {
        if (strcmp(manifest->files[i].path, path) == 0) return true;
    }
    return false;
}

/* What each target's cells are, as logic: in Yosys' own words, but for the look-up tables, which stay one
 * cell each (hdl_templates/yosys/prove_*.v). */
static const struct {
    const char *target, *models, *tables;
} TARGETS[] = {
    {"generic", "", NULL},
    {"xc7", "read_verilog -defer +/xilinx/cells_sim.v; ", "prove_xilinx.v"},
    {"xcup", "read_verilog -defer +/xilinx/cells_sim.v; ", "prove_xilinx.v"},
    {"ecp5", "read_verilog -defer +/ecp5/cells_sim.v; ", "prove_ecp5.v"},
    {"ice40", "read_verilog -defer -D ICE40_HX +/ice40/cells_sim.v; ", "prove_ice40.v"},
};

/* The named template as a file in the work folder `path`, "prove/..." to Yosys. */
static enum err_status read_tables(struct text *script, const char *name, const char *path,
                                   const char *work, struct err *err)
{
    const struct embedded *template = template_find(name);

    if (template == NULL) return err_set(err, ERR_ARG, "%s is not in the program", name);
    text_add(script, "read_verilog -icells -overwrite %s/%s; ", work, name);
    return work_folder_write(path, name, template->text, template->size, err);
}

static enum err_status read_mapped(struct text *script, const struct manifest *manifest,
                                   const char *target, const char *work_path, const char *work,
                                   struct err *err)
{
    for (size_t i = 0; i < sizeof TARGETS / sizeof TARGETS[0]; i++) {
        enum err_status status = ERR_OK;
        char path[64];

        if (strcmp(TARGETS[i].target, target) != 0) continue;
        snprintf(path, sizeof path, "synth/%s.v", target);
        if (!lists(manifest, path))
            return err_set(err, ERR_ARG,
                           "the folder has no %s: run difflut-hdl synth DIR --target %s first",
                           path, target);
        text_add(script, "%s", TARGETS[i].models);
        if (TARGETS[i].tables != NULL)
            status = read_tables(script, TARGETS[i].tables, work_path, work, err);
        text_add(script, "read_verilog -icells %s; ", path);
        return status;
    }
    return err_set(err, ERR_ARG, "target '%s': expected generic, xc7, xcup, ecp5 or ice40", target);
}

/* No optimisation: registers and multiplexers from processes, one flat module, and registers with
 * enable or reset as plain ones behind multiplexers. Paths of a manifest need no quotes. */
static enum err_status make_script(struct text *script, const struct manifest *manifest,
                                   const char *top_module, const char *target,
                                   const char *work_path, const char *work, struct err *err)
{
    enum err_status status = ERR_OK;

    if (target != NULL) status = read_mapped(script, manifest, target, work_path, work, err);
    for (size_t i = 0; target == NULL && i < manifest->num_files; i++) {
        if (is_rtl(&manifest->files[i]))
            text_add(script, "read_verilog -icells %s; ", manifest->files[i].path);
    }
    text_add(script,
             "hierarchy -check -top %s; setattr -mod -unset keep_hierarchy *; proc; flatten; "
             "dffunmap; setattr -unset src *; write_json %s/netlist.json",
             top_module, work);
    return status == ERR_OK ? text_status(script, "a Yosys script", err) : status;
}

static enum err_status run(const char *folder, const char *commands,
                           const struct prove_options *options, char version[128], struct err *err)
{
    const char *program = options->yosys != NULL ? options->yosys : "yosys";
    const char *const ask[] = {program, "-V", NULL};
    struct process_options process = {
        .argv = ask,
        .time_limit = options->time_limit > 0 ? options->time_limit : 3600,
        .tool = "yosys",
        .install = "apt-get install yosys",
        .stop = options->stop,
    };
    enum err_status status = process_version(&process, version, 128, err);

    if (status != ERR_OK) return status;
    return process_yosys(program, folder, commands, options->time_limit, options->stop, err);
}

static enum err_status read_json(struct prove_netlist **out, const char *work,
                                 const char *top_module, struct err *err)
{
    char *path = file_join(work, "netlist.json");
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && !file_exists(path))
        status = err_set(err, ERR_TOOL, "yosys ended without writing its netlist");
    if (status == ERR_OK) status = file_read(path, MAX_JSON, &text, &size, err);
    if (status == ERR_OK)
        status = prove_netlist_parse(out, (const char *)text, size, top_module, err);
    free(text);
    free(path);
    return status;
}

enum err_status prove_yosys_read(struct prove_netlist **out, const char *folder,
                                 const struct manifest *manifest, const char *top_module,
                                 const char *target, const struct prove_options *options,
                                 char version[128], struct err *err)
{
    struct text script = {0};
    char *work = NULL;
    enum err_status status = work_folder_create(&work, folder, "prove", err);

    if (status == ERR_OK) {
        const char *slash = strrchr(work, '/'); /* "prove/work-...", relative to the folder */
        char place[64];

        snprintf(place, sizeof place, "prove%s", slash != NULL ? slash : "");
        status = make_script(&script, manifest, top_module, target, work, place, err);
    }
    if (status == ERR_OK) status = run(folder, script.data, options, version, err);
    if (status == ERR_OK) status = read_json(out, work, top_module, err);
    text_free(&script);
    work_folder_remove(work);
    return status;
}
