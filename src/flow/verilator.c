/* Verilator: the model becomes C++, which is compiled with sim/bench.cpp. Compiling is the long pole,
 * so the options are chosen for that; the numbers below are of a model of 784 features, 3136
 * comparators and 2024 six-input LUTs on one core of the usual machine. */
#include "base/file.h"
#include "base/text.h"
#include "flow/simulator.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_PARTS = 64,
    PART_BYTES = 300000 /* of C++; a smaller part is not worth its headers */
};

static const char VERILATOR[] = "verilator";
static const char INSTALL[] = "apt-get install verilator";
static const char INSTALL_MAKE[] = "apt-get install make g++";

/* A C++ file that Verilator wrote. */
struct source {
    char name[256];
    size_t size;
};

static const char *program(const struct simulation *simulation)
{
    return simulation->options->verilator != NULL ? simulation->options->verilator : VERILATOR;
}

static enum err_status version(const struct simulation *simulation, char *line, size_t size,
                               struct err *err)
{
    const char *argv[] = {program(simulation), "--version", NULL};
    struct process_options options = simulator_process(simulation, argv, VERILATOR, INSTALL);

    return process_version(&options, line, size, err);
}

/* ---- Verilog to C++ ---- */

/* full and core are made of the same modules. Verilator emits a module once for all its instances when
 * it is not inlined, and its function is shared when its inputs are not replaced by the wires that drive
 * them, which public ones are not. Halves the C++: 9.1 to 5.0 MB. */
static enum err_status write_sharing(const struct simulation *simulation, struct err *err)
{
    const struct manifest *manifest = simulation->manifest;
    size_t name_size = strlen(manifest->name);
    struct text text = {0};
    char *path = file_join(simulation->work, "bench.vlt");
    enum err_status status;

    text_add(&text, "`verilator_config\n");
    for (size_t i = 0; i < manifest->num_files && !simulation->flat; i++) {
        char *module = file_stem(manifest->files[i].path);

        if (module != NULL && strcmp(manifest->files[i].kind, "rtl") == 0 &&
            strncmp(module, manifest->name, name_size) == 0 && module[name_size] == '_') {
            text_add(&text, "no_inline -module \"%s\"\n", module);
            text_add(&text, "public_flat_rd -module \"%s\" -var \"in_*\"\n", module);
        }
        free(module);
    }
    status = path == NULL ? err_nomem(err, "a path") : text_status(&text, "bench.vlt", err);
    if (status == ERR_OK) status = file_write(path, text.data, text.size, err);
    free(path);
    text_free(&text);
    return status;
}

/* --output-split keeps files and functions bounded. -fno-dfg: the data-flow optimiser of 5.006
 * makes more C++ of a bus that is assigned bit by bit (6.8 MB, 6.4 without) and gains nothing
 * (docs/verilator_table.csv). A port of another width than the manifest says must not be cut to
 * fit: these warnings are errors, all others are none of our business here (`make lint` looks at
 * them). */
static enum err_status verilate(const struct simulation *simulation, struct err *err)
{
    const char *trace = simulation->waveform == NULL                   ? "--no-trace"
                        : strstr(simulation->waveform, ".fst") != NULL ? "--trace-fst"
                                                                       : "--trace";
    const char *argv[] = {program(simulation),
                          "--cc",
                          "--prefix",
                          "Vbench",
                          "--top-module",
                          "bench_top",
                          "--Mdir",
                          ".",
                          "-O3",
                          "--x-assign",
                          "fast",
                          "--x-initial",
                          "fast",
                          "--output-split",
                          "20000",
                          "-fno-dfg",
                          "-Wno-lint",
                          "-Wno-style",
                          "-Wno-fatal",
                          "-Werror-WIDTH",
                          "-Werror-PINMISSING",
                          trace,
                          "bench.vlt",
                          "-f",
                          "sources.f",
                          simulation->bench,
                          NULL};
    struct process_options options = simulator_process(simulation, argv, VERILATOR, INSTALL);

    return process_call(&options, err);
}

/* ---- C++ to program ---- */

static int compare_sources(const void *a, const void *b)
{
    const struct source *x = a;
    const struct source *y = b;

    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool is_model_source(const char *name)
{
    size_t size = strlen(name);

    return strncmp(name, "Vbench", 6) == 0 && size > 4 && strcmp(name + size - 4, ".cpp") == 0 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               size - 4;
}

/* Verilator's files, largest first. */
static enum err_status list_sources(const char *work, struct source **out, size_t *count,
                                    struct err *err)
{
    DIR *folder = opendir(work);
    struct source *list = NULL;
    size_t used = 0;
    struct dirent *entry;

    if (folder == NULL) return err_set(err, ERR_IO, "%s: %s", work, strerror(errno));
    while ((entry = readdir(folder)) != NULL) {
        struct source *larger;
        struct stat info;

        if (!is_model_source(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &info, 0) != 0)
            continue;
        larger = realloc(list, (used + 1) * sizeof *list);
        if (larger == NULL) {
            free(list);
            closedir(folder);
            return err_nomem(err, "the list of Verilator's files");
        }
        list = larger;
        snprintf(list[used].name, sizeof list[used].name, "%s", entry->d_name);
        list[used++].size = (size_t)info.st_size;
    }
    closedir(folder);
    if (used == 0) return err_set(err, ERR_TOOL, "verilator: it wrote no C++ files");
    qsort(list, used, sizeof *list, compare_sources);
    *out = list;
    *count = used;
    return ERR_OK;
}

static unsigned num_jobs(const struct cosim_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->threads > 0) return options->threads;
    return cores > 0 ? (unsigned)cores : 1;
}

static unsigned num_parts(const struct source *list, size_t count, unsigned jobs)
{
    size_t bytes = 0;
    size_t parts;

    for (size_t i = 0; i < count; i++)
        bytes += list[i].size;
    parts = bytes / PART_BYTES + 1;
    if (parts > jobs) parts = jobs;
    return (unsigned)(parts > MAX_PARTS ? MAX_PARTS : parts);
}

/* Deals the files out to `parts` files of about equal size. */
static enum err_status write_parts(const char *work, const struct source *list, size_t count,
                                   unsigned parts, struct err *err)
{
    struct text text[MAX_PARTS] = {{0}};
    size_t bytes[MAX_PARTS] = {0};
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < count; i++) {
        unsigned least = 0;

        for (unsigned p = 1; p < parts; p++) {
            if (bytes[p] < bytes[least]) least = p;
        }
        bytes[least] += list[i].size;
        text_add(&text[least], "#include \"%s\"\n", list[i].name);
    }
    for (unsigned p = 0; p < parts; p++) {
        struct simulator_number name = simulator_number("part_%zu.cpp", p);
        char *path = file_join(work, name.text);

        if (status == ERR_OK) status = text_status(&text[p], name.text, err);
        if (status == ERR_OK && path == NULL) status = err_nomem(err, "a path");
        if (status == ERR_OK) status = file_write(path, text[p].data, text[p].size, err);
        free(path);
        text_free(&text[p]);
    }
    return status;
}

/* Where Verilator's runtime is; its own answer, in one line. */
static enum err_status find_root(const struct simulation *simulation, char *root, size_t size,
                                 struct err *err)
{
    const char *argv[] = {program(simulation), "--getenv", "VERILATOR_ROOT", NULL};
    struct process_options options = simulator_process(simulation, argv, VERILATOR, INSTALL);
    enum err_status status = process_version(&options, root, size, err);

    if (status == ERR_OK && root[0] != '/')
        return err_set(err, ERR_TOOL, "verilator: no VERILATOR_ROOT but '%s'", root);
    return status;
}

static enum err_status compile(const struct simulation *simulation, unsigned parts, unsigned jobs,
                               struct err *err)
{
    char root[512], assignment[560], defines[128];
    char part_list[8 + 4 * MAX_PARTS] = "BENCH_PARTS=";
    struct simulator_number job_count = simulator_number("-j%zu", jobs);
    const char *libraries = simulation->waveform != NULL ? "BENCH_LIBS=-lz" : "BENCH_LIBS=";
    const char *argv[] = {"make",     "-B",      "-s",    "-f",      "bench.mk", job_count.text,
                          assignment, part_list, defines, libraries, NULL};
    struct process_options options =
        simulator_process(simulation, argv, "the C++ compiler", INSTALL_MAKE);
    enum err_status status = find_root(simulation, root, sizeof root, err);

    if (status != ERR_OK) return status;
    snprintf(assignment, sizeof assignment, "VERILATOR_ROOT=%s", root);
    snprintf(defines, sizeof defines, "BENCH_DEFINES=-DBENCH_STIMULUS=%u -DBENCH_RECORD=%u",
             simulation->stimulus_bits, simulation->record_bits);
    for (unsigned p = 0; p < parts; p++) {
        size_t used = strlen(part_list);

        snprintf(part_list + used, sizeof part_list - used, "%s%u", p > 0 ? " " : "", p);
    }
    return process_call(&options, err);
}

/* Takes away what a build without waveform left: its files may be split otherwise. */
static enum err_status remove_sources(const char *work, struct err *err)
{
    struct source *list = NULL;
    size_t count = 0;
    enum err_status status = list_sources(work, &list, &count, err);

    for (size_t i = 0; i < count; i++) {
        char *path = file_join(work, list[i].name);

        if (path == NULL) status = err_nomem(err, "a path");
        if (path != NULL) unlink(path);
        free(path);
    }
    free(list);
    return status;
}

static enum err_status build(const struct simulation *simulation, struct err *err)
{
    struct source *list = NULL;
    size_t count = 0;
    unsigned jobs = num_jobs(simulation->options);
    unsigned parts = 1;
    enum err_status status = write_sharing(simulation, err);

    if (status == ERR_OK && simulation->waveform != NULL)
        status = remove_sources(simulation->work, err);
    if (status == ERR_OK) status = verilate(simulation, err);
    if (status == ERR_OK) status = list_sources(simulation->work, &list, &count, err);
    if (status == ERR_OK) {
        parts = num_parts(list, count, jobs);
        status = write_parts(simulation->work, list, count, parts, err);
    }
    if (status == ERR_OK) status = compile(simulation, parts, jobs, err);
    free(list);
    return status;
}

static enum err_status run(const struct simulation *simulation, struct err *err)
{
    struct simulator_number cycles = simulator_number("%zu", simulation->cycles);
    struct simulator_number first = simulator_number("%zu", simulation->first);
    struct simulator_number last = simulator_number("%zu", simulation->last);
    char *bench = file_join(simulation->work, "bench");
    const char *argv[] = {
        bench,      "stimulus.bin", "record.txt", cycles.text, simulation->waveform,
        first.text, last.text,      NULL};
    struct process_options options = simulator_process(simulation, argv, "the bench", NULL);
    enum err_status status = bench != NULL ? process_call(&options, err) : err_nomem(err, "a path");

    free(bench);
    return status;
}

const struct simulator simulator_verilator = {"verilator", "Verilator", version, build, run};
