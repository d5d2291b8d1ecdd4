#include "flow/mapped.h"

#include "flow/process.h"
#include "flow/synth_report.h"
#include "flow/work_folder.h"
#include "hdl/template.h"

#include <stdio.h>
#include <string.h>

/* Models that are part of Yosys. -defer: read, but not elaborated unless a cell needs them; the memories
 * among those of ice40 would take minutes. -nooverwrite: newer files for ecp5 have some cells twice. */
static const struct {
    const char *target, *read;
} MODELS[] = {
    {"generic", ""},
    {"xc7", "read_verilog -defer +/xilinx/cells_sim.v; "},
    {"xcup", "read_verilog -defer +/xilinx/cells_sim.v; "},
    {"ecp5", "read_verilog -defer -nooverwrite +/ecp5/cells_sim.v; "},
    {"ice40", "read_verilog -defer -D ICE40_HX +/ice40/cells_sim.v; "},
};

static bool lists(const struct manifest *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->num_files; i++) {
        if (strcmp(manifest->files[i].path, path) == 0) return true;
    }
    return false;
}

enum err_status mapped_find(const struct manifest *manifest, const char *folder, const char *target,
                            bool routed, char path[64], struct err *err)
{
    if (!synth_report_target_known(target))
        return err_set(err, ERR_ARG, "target '%s': expected generic, xc7, xcup, ecp5 or ice40",
                       target);
    if (routed && strcmp(target, "ice40") != 0)
        return err_set(err, ERR_ARG, "%s: only ice40 has models of the cells after routing",
                       target);
    snprintf(path, 64, "synth/%s_%s.v", target, routed ? "routed" : "packed");
    if (!routed && !lists(manifest, path)) snprintf(path, 64, "synth/%s.v", target);
    if (!lists(manifest, path))
        return err_set(
            err, ERR_ARG,
            "%s has no netlist for %s: make it with `difflut-hdl synth %s --target %s%s`", folder,
            target, folder, target, routed ? " --pnr" : "");
    if (strcmp(manifest->top, "full") != 0 && strcmp(manifest->top, "stream") != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: the netlist's top is %s; those of full and stream can be simulated: "
                       "emit the model with --top stream",
                       folder, manifest->top_module);
    return ERR_OK;
}

/* <work>/pads.v: pads as plain wires, in the place of Yosys' tri-state ones. */
static enum err_status write_pads(const char *work, struct err *err)
{
    const struct embedded *pads = template_find("pads_ice40.v");

    if (pads == NULL) return err_set(err, ERR_ARG, "pads_ice40.v is not in this program");
    return work_folder_write(work, "pads.v", pads->text, pads->size, err);
}

enum err_status mapped_write(const char *folder, const char *work, const struct manifest *manifest,
                             const char *target, const char *netlist,
                             const struct mapped_options *options, struct err *err)
{
    const char *slash = strrchr(work, '/'), *models = "";
    const char *inside = slash != NULL ? slash + 1 : work;
    char commands[768], pads[128] = "";
    enum err_status status = options->routed ? write_pads(work, err) : ERR_OK;

    if (status != ERR_OK) return status;
    if (options->routed)
        snprintf(pads, sizeof pads, "read_verilog -defer -overwrite sim/%s/pads.v; ", inside);
    for (size_t i = 0; i < sizeof MODELS / sizeof MODELS[0]; i++) {
        if (strcmp(MODELS[i].target, target) == 0) models = MODELS[i].read;
    }
    snprintf(commands, sizeof commands,
             "%s%sread_verilog %s; hierarchy -check -top %s; proc; flatten; opt_clean; "
             "write_verilog -noattr sim/%s/mapped.v",
             models, pads, netlist, manifest->top_module, inside);
    return process_yosys(options->yosys, folder, commands, options->time_limit, options->stop, err);
}
