/* Icarus Verilog: slower to run than Verilator, but built in a moment, and it sees x and z. */
#include "flow/simulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char IVERILOG[] = "iverilog";
static const char INSTALL[] = "apt-get install iverilog";

static const char *program(const struct simulation *simulation)
{
    return simulation->options->icarus != NULL ? simulation->options->icarus : IVERILOG;
}

static enum err_status version(const struct simulation *simulation, char *line, size_t size,
                               struct err *err)
{
    const char *argv[] = {program(simulation), "-V", NULL};
    struct process_options options = simulator_process(simulation, argv, IVERILOG, INSTALL);

    return process_version(&options, line, size, err);
}

/* -Wportbind speaks up, and only it, when a port has another width than the manifest says. */
static enum err_status build(const struct simulation *simulation, struct err *err)
{
    const char *argv[] = {program(simulation), "-g2005",
                          "-Wportbind",        "-s",
                          "bench_icarus",      "-o",
                          "bench.vvp",         "-c",
                          "sources.f",         simulation->bench,
                          "bench_icarus.v",    NULL};
    struct process_options options = simulator_process(simulation, argv, IVERILOG, INSTALL);
    struct process_result result;
    enum err_status status = process_run(&options, &result, err);

    if (status == ERR_OK) status = process_check(&options, &result, err);
    if (status == ERR_OK && strstr(result.output, "warning: Port") != NULL)
        status = err_set(err, ERR_TOOL, "iverilog: %.*s", (int)strcspn(result.output, "\n"),
                         result.output);
    process_result_free(&result);
    return status;
}

/* "vvp", beside the iverilog that was named. */
static char *find_vvp(const struct simulation *simulation)
{
    const char *name = program(simulation);
    const char *slash = strrchr(name, '/');
    size_t folder = slash != NULL ? (size_t)(slash - name) + 1 : 0;
    char *path = malloc(folder + sizeof "vvp");

    if (path == NULL) return NULL;
    memcpy(path, name, folder);
    memcpy(path + folder, "vvp", sizeof "vvp");
    return path;
}

static enum err_status run(const struct simulation *simulation, struct err *err)
{
    const char *waveform = simulation->waveform;
    struct simulator_number cycles = simulator_number("+cycles=%zu", simulation->cycles);
    struct simulator_number first = simulator_number("+first=%zu", simulation->first);
    struct simulator_number last = simulator_number("+last=%zu", simulation->last);
    char name[64];
    char *vvp = find_vvp(simulation);
    const char *argv[11] = {
        vvp, "-n", "bench.vvp", "+stimulus=stimulus.bin", "+record=record.txt", cycles.text};
    struct process_options options = simulator_process(simulation, argv, "vvp", INSTALL);
    enum err_status status = vvp != NULL ? ERR_OK : err_nomem(err, "a path");

    if (waveform != NULL) {
        snprintf(name, sizeof name, "+waveform=%s", waveform);
        argv[6] = name;
        argv[7] = first.text;
        argv[8] = last.text;
        if (strstr(waveform, ".fst") != NULL) argv[9] = "-fst";
    }
    if (status == ERR_OK) status = process_call(&options, err);
    free(vvp);
    return status;
}

const struct simulator simulator_icarus = {"icarus", "Icarus Verilog", version, build, run};
