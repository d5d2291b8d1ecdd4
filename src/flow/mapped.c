#include "flow/mapped.h"

#include "flow/process.h"
#include "flow/synth_report.h"

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
                            char path[64], struct err *err)
{
    if (!synth_report_target_known(target))
        return err_set(err, ERR_ARG, "target '%s': expected generic, xc7, xcup, ecp5 or ice40",
                       target);
    snprintf(path, 64, "synth/%s_packed.v", target);
    if (!lists(manifest, path)) snprintf(path, 64, "synth/%s.v", target);
    if (!lists(manifest, path))
        return err_set(err, ERR_ARG,
                       "%s has no netlist for %s: make it with `difflut-hdl synth %s --target %s`",
                       folder, target, folder, target);
    if (strcmp(manifest->top, "full") != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: the netlist's top is %s; only that of full is simulated", folder,
                       manifest->top_module);
    return ERR_OK;
}

enum err_status mapped_write(const char *folder, const char *work, const struct manifest *manifest,
                             const char *target, const char *netlist,
                             const struct mapped_options *options, struct err *err)
{
    const char *slash = strrchr(work, '/'), *models = "";
    char commands[768];
    const char *const argv[] = {options->yosys != NULL ? options->yosys : "yosys", "-q", "-p",
                                commands, NULL};
    struct process_options run = {.argv = argv,
                                  .folder = folder,
                                  .time_limit =
                                      options->time_limit > 0 ? options->time_limit : 3600,
                                  .tool = "yosys",
                                  .install = "apt-get install yosys",
                                  .stop = options->stop};

    for (size_t i = 0; i < sizeof MODELS / sizeof MODELS[0]; i++) {
        if (strcmp(MODELS[i].target, target) == 0) models = MODELS[i].read;
    }
    snprintf(commands, sizeof commands,
             "%sread_verilog %s; hierarchy -check -top %s_full; proc; flatten; opt_clean; "
             "write_verilog -noattr sim/%s/mapped.v",
             models, netlist, manifest->name, slash != NULL ? slash + 1 : work);
    return process_call(&run, err);
}
