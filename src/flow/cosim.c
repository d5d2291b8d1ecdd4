#include "flow/cosim.h"

#include "base/file.h"
#include "base/stop.h"
#include "base/text.h"
#include "flow/cosim_check.h"
#include "flow/cosim_locate.h"
#include "flow/cosim_plan.h"
#include "flow/cosim_stream.h"
#include "flow/mapped.h"
#include "flow/simulator.h"
#include "flow/work_folder.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim_files.h" /* made by the build from sim/ */

enum {
    MAX_PORT_BITS = 1 << 24, /* Verilator's own limit on a port */
    MAX_LATENCY = 10000,
    TRACE_BEFORE = 4, /* cycles of waveform before the inputs of the first mismatch */
    TRACE_AFTER = 4   /* and after it came out */
};

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void say(const struct cosim_options *options, const char *what, const char *title)
{
    char line[128];

    if (options->progress == NULL) return;
    snprintf(line, sizeof line, "%s with %s", what, title);
    options->progress(line, options->user);
}

/* ---- do folder and vectors belong together ---- */

static bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_') return false;
    for (const char *c = name; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_') return false;
    }
    return true;
}

/* Widths are used to build names, macros and files: in range before anything else. */
static enum err_status check_manifest(const struct manifest *manifest, const char *folder,
                                      struct err *err)
{
    uint64_t codes = (uint64_t)manifest->num_features * manifest->code_bits;
    uint64_t scores = (uint64_t)manifest->num_classes * manifest->score_bits;

    if (!is_identifier(manifest->name))
        return err_set(err, ERR_FORMAT, "%s/manifest.json: the name '%s' is no Verilog name",
                       folder, manifest->name);
    if (codes < 1 || codes > MAX_PORT_BITS || manifest->num_bits < 1 ||
        manifest->num_bits > MAX_PORT_BITS || manifest->class_bits < 1 ||
        manifest->class_bits > 32 ||
        (manifest->scores &&
         (manifest->score_bits < 1 || manifest->score_bits > 32 || scores > MAX_PORT_BITS)))
        return err_set(err, ERR_FORMAT, "%s/manifest.json: a port width is out of range", folder);
    if (manifest->latency_cycles > MAX_LATENCY || manifest->latency_cycles_core > MAX_LATENCY)
        return err_set(err, ERR_FORMAT, "%s/manifest.json: more than %d cycles of latency", folder,
                       MAX_LATENCY);
    return ERR_OK;
}

static enum err_status check_sizes(const struct manifest *manifest, const struct vectors *vectors,
                                   const char *folder, struct err *err)
{
    if (strcmp(manifest->build_id, vectors->build_id) != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: its build id is %s, but the vectors were made for build %s: emit the "
                       "folder again, or make vectors for it",
                       folder, manifest->build_id, vectors->build_id);
    if (manifest->num_features != vectors->num_features ||
        manifest->code_bits != vectors->code_bits ||
        !manifest_fits_bits(manifest, vectors->num_bits) ||
        manifest->num_classes != vectors->num_classes)
        return err_set(err, ERR_FORMAT,
                       "%s: %u features of %u bits, %u encoder bits, %u classes; the vectors have "
                       "%u of %u, %u, %u",
                       folder, manifest->num_features, manifest->code_bits, manifest->num_bits,
                       manifest->num_classes, vectors->num_features, vectors->code_bits,
                       vectors->num_bits, vectors->num_classes);
    return ERR_OK;
}

/* ---- the work folder ---- */

static enum err_status write_bench_files(const char *work, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < SIM_FILES_COUNT && status == ERR_OK; i++)
        status =
            work_folder_write(work, SIM_FILES[i].name, SIM_FILES[i].text, SIM_FILES[i].size, err);
    return status;
}

/* verilator and iverilog hand names on to shells of their own; ours have nothing that a shell reads. */
static bool is_plain_path(const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";

    return path[0] != '/' && strspn(path, plain) == strlen(path);
}

static bool is_verilog(const struct manifest_file *file)
{
    size_t size = strlen(file->path);

    return strcmp(file->kind, "rtl") == 0 && size > 2 && strcmp(file->path + size - 2, ".v") == 0;
}

/* What one simulation drives and how it is judged: the two bare tops by `plan`, or the stream top. */
struct course {
    const char *bench;
    const struct cosim_plan *plan;
    const struct cosim_stream *stream; /* NULL: plan */
};

static void define_tops(struct text *text, const struct manifest *manifest, bool core)
{
    text_add(text, "+define+BENCH_FULL=%s_full\n", manifest->name);
    if (core) text_add(text, "+define+BENCH_CORE=%s_core\n", manifest->name);
    text_add(text, "+define+BENCH_CODES=%u\n+define+BENCH_BITS=%u\n+define+BENCH_CLASS=%u\n",
             manifest->num_features * manifest->code_bits, manifest->num_bits,
             manifest->class_bits);
    if (manifest->scores)
        text_add(text, "+define+BENCH_SCORES=%u\n", manifest->num_classes * manifest->score_bits);
}

static void define_stream(struct text *text, const struct manifest *manifest,
                          const struct cosim_stream *stream)
{
    text_add(text,
             "+define+BENCH_STREAM=%s_stream\n+define+BENCH_WIDTH=%u\n"
             "+define+BENCH_BEATS=%zu\n",
             manifest->name, manifest->stream.width, stream->num_beats);
}

/* Definitions and files, read by both simulators; only what the manifest lists is compiled. */
static enum err_status write_sources(const struct simulation *simulation,
                                     const struct course *course, const char *folder,
                                     struct err *err)
{
    const struct manifest *manifest = simulation->manifest;
    struct text text = {0};
    enum err_status status = ERR_OK;

    if (course->stream == NULL)
        define_tops(&text, manifest, !simulation->flat);
    else
        define_stream(&text, manifest, course->stream);
    text_add(&text, "+define+BENCH_STIMULUS=%u\n+define+BENCH_RECORD=%u\n",
             simulation->stimulus_bits, simulation->record_bits);
    for (size_t i = 0; i < manifest->num_files && status == ERR_OK; i++) {
        const struct manifest_file *file = &manifest->files[i];

        if (simulation->flat || !is_verilog(file)) continue;
        if (!is_plain_path(file->path))
            status = err_set(err, ERR_FORMAT, "%s: '%s' is no name for a Verilog file", folder,
                             file->path);
        text_add(&text, "../../%s\n", file->path);
    }
    if (simulation->flat) text_add(&text, "mapped.v\n");
    if (status == ERR_OK) status = text_status(&text, "the list of sources", err);
    if (status == ERR_OK)
        status = work_folder_write(simulation->work, "sources.f", text.data, text.size, err);
    text_free(&text);
    return status;
}

/* mapped.v, where it is all there is. */
static enum err_status write_flat(const struct simulation *simulation, const char *folder,
                                  struct err *err)
{
    const struct cosim_options *options = simulation->options;
    struct mapped_options mapped = {options->yosys, options->time_limit, options->routed,
                                    options->stop};
    char netlist[64];
    enum err_status status;

    if (options->full != NULL)
        return work_folder_write(simulation->work, "mapped.v", options->full->data,
                                 options->full->size, err);
    if (options->after_synth == NULL) return ERR_OK;
    say(options, "reading the netlist", "Yosys");
    status = mapped_find(simulation->manifest, folder, options->after_synth, options->routed,
                         netlist, err);
    if (status == ERR_OK)
        status = mapped_write(folder, simulation->work, simulation->manifest, options->after_synth,
                              netlist, &mapped, err);
    return status;
}

static enum err_status write_stimulus(const char *work, const struct course *course,
                                      const struct manifest *manifest,
                                      const struct vectors *vectors, struct err *err)
{
    char *path;
    enum err_status status;

    if (course->stream != NULL)
        return cosim_stream_write(course->stream, manifest, vectors, work, err);
    path = file_join(work, "stimulus.bin");
    status = path != NULL ? cosim_plan_write(course->plan, vectors, path, err)
                          : err_nomem(err, "a path");
    free(path);
    return status;
}

/* ---- running ---- */

static enum err_status judge(const struct simulation *simulation, const struct course *course,
                             const struct vectors *vectors, struct cosim_result *result,
                             struct err *err)
{
    const struct manifest *manifest = simulation->manifest;
    char *record = NULL;
    size_t size = 0;
    enum err_status status = simulator_record(simulation, &record, &size, err);

    if (status == ERR_OK && course->stream != NULL)
        status = cosim_stream_check(course->stream, manifest, vectors, record, size, result, err);
    else if (status == ERR_OK)
        status = cosim_check_record(course->plan, vectors, manifest, record, size, result, err);
    free(record);
    return status;
}

static enum err_status build_and_run(const struct simulator *simulator,
                                     const struct simulation *simulation,
                                     struct cosim_result *result, struct err *err)
{
    double start = now_seconds();
    enum err_status status;

    say(simulation->options, "building", simulator->title);
    status = simulator->build(simulation, err);
    result->build_seconds += now_seconds() - start;
    if (status != ERR_OK) return status;
    say(simulation->options, "simulating", simulator->title);
    start = now_seconds();
    status = simulator->run(simulation, err);
    result->run_seconds += now_seconds() - start;
    return status;
}

static const char *trace_format(const char *path)
{
    size_t size = strlen(path);

    if (size > 4 && strcmp(path + size - 4, ".fst") == 0) return "waveform.fst";
    if (size > 4 && strcmp(path + size - 4, ".vcd") == 0) return "waveform.vcd";
    return NULL;
}

/* Waveforms make the model several times larger, so there is a second build, made only after a
 * mismatch. It runs from the start, since a fault may need what came before. */
static enum err_status trace(const struct simulator *simulator, struct simulation *simulation,
                             const struct cosim_result *result, struct err *err)
{
    size_t inputs = simulation->manifest->latency_cycles + TRACE_BEFORE;
    size_t cycle = result->first[0].cycle;

    simulation->first = cycle > inputs ? cycle - inputs : 0;
    simulation->last = cycle + TRACE_AFTER;
    return cosim_locate_trace(simulator, simulation, err);
}

/* Where the first mismatch of the bare tops starts, if there is a reference to ask; and its waveform. */
static enum err_status look_closer(const struct simulator *simulator, struct simulation *simulation,
                                   const char *folder, const struct course *course,
                                   const struct vectors *vectors, struct cosim_result *result,
                                   struct err *err)
{
    const struct cosim_options *options = simulation->options;

    simulation->waveform = options->trace != NULL ? trace_format(options->trace) : NULL;
    if (course->stream == NULL && options->expect != NULL) {
        enum err_status status;

        say(options, "locating the mismatch", simulator->title);
        status = cosim_locate(simulator, simulation, folder, vectors, result, err);
        if (status != ERR_TOOL || stop_asked(options->stop)) return status;
        return ERR_OK; /* the mismatch stands without its place */
    }
    return simulation->waveform != NULL ? trace(simulator, simulation, result, err) : ERR_OK;
}

static enum err_status run_in(const char *folder, struct simulation *simulation,
                              const struct simulator *simulator, const struct course *course,
                              const struct vectors *vectors, struct cosim_result *result,
                              struct err *err)
{
    size_t known = result->num_first;
    enum err_status status =
        simulator->version(simulation, result->tool_version, sizeof result->tool_version, err);

    if (status == ERR_OK) status = write_bench_files(simulation->work, err);
    if (status == ERR_OK) status = write_sources(simulation, course, folder, err);
    if (status == ERR_OK) status = write_flat(simulation, folder, err);
    if (status == ERR_OK)
        status = write_stimulus(simulation->work, course, simulation->manifest, vectors, err);
    if (status == ERR_OK) status = build_and_run(simulator, simulation, result, err);
    if (status == ERR_OK) status = judge(simulation, course, vectors, result, err);
    if (status == ERR_OK && known == 0 && result->num_first > 0)
        status = look_closer(simulator, simulation, folder, course, vectors, result, err);
    return status;
}

static enum err_status run_course(const char *folder, struct simulation *simulation,
                                  const struct simulator *simulator, const struct course *course,
                                  const struct vectors *vectors, struct cosim_result *result,
                                  struct err *err)
{
    char *work = NULL;
    enum err_status status = work_folder_create(&work, folder, "sim", err);

    simulation->work = work;
    simulation->bench = course->bench;
    if (status == ERR_OK)
        status = run_in(folder, simulation, simulator, course, vectors, result, err);
    work_folder_remove(work);
    return status;
}

static enum err_status run_tops(const char *folder, const struct simulation *base,
                                const struct simulator *simulator, const struct vectors *vectors,
                                struct cosim_result *result, struct err *err)
{
    const struct manifest *m = base->manifest;
    uint32_t latency =
        m->latency_cycles > m->latency_cycles_core ? m->latency_cycles : m->latency_cycles_core;
    struct cosim_plan *plan = NULL;
    enum err_status status = cosim_plan_create(&plan, vectors->count, latency, err);

    if (status == ERR_OK) {
        struct simulation simulation = *base;
        struct course course = {.bench = "bench_top.v", .plan = plan};

        plan->core = !base->flat;
        plan->core_bits = m->num_bits;
        simulation.cycles = plan->count;
        simulation.stimulus_bits = (uint32_t)(8 * cosim_plan_row_size(plan, vectors));
        simulation.record_bits = (uint32_t)(4 * cosim_check_digits(m, plan->core));
        status = run_course(folder, &simulation, simulator, &course, vectors, result, err);
    }
    cosim_plan_free(plan);
    return status;
}

static enum err_status run_stream(const char *folder, const struct simulation *base,
                                  const struct simulator *simulator, const struct vectors *vectors,
                                  struct cosim_result *result, struct err *err)
{
    struct cosim_stream *stream = NULL;
    enum err_status status =
        cosim_stream_create(&stream, base->manifest, vectors, base->options->seed, err);

    if (status == ERR_OK) {
        struct simulation simulation = *base;
        struct course course = {.bench = "bench_stream.v", .stream = stream};

        simulation.cycles = stream->num_cycles;
        simulation.stimulus_bits = 8;
        simulation.record_bits = (uint32_t)(4 * cosim_stream_digits(base->manifest));
        status = run_course(folder, &simulation, simulator, &course, vectors, result, err);
    }
    cosim_stream_free(stream);
    return status;
}

enum err_status cosim_run(const char *folder, const struct manifest *manifest,
                          const struct vectors *vectors, const struct cosim_options *options,
                          struct cosim_result *result, struct err *err)
{
    const struct simulator *simulator = NULL;
    struct simulation simulation = {.manifest = manifest,
                                    .options = options,
                                    .flat = options->after_synth != NULL || options->full != NULL};
    bool only_stream = options->after_synth != NULL && strcmp(manifest->top, "stream") == 0;
    enum err_status status = simulator_find(&simulator, options->simulator, err);

    memset(result, 0, sizeof *result);
    if (status == ERR_OK && options->trace != NULL && trace_format(options->trace) == NULL)
        status = err_set(err, ERR_ARG, "--trace %s: a waveform's name ends in .fst or .vcd",
                         options->trace);
    if (status == ERR_OK) status = manifest_verify(manifest, folder, err);
    if (status == ERR_OK) status = check_manifest(manifest, folder, err);
    if (status == ERR_OK) status = check_sizes(manifest, vectors, folder, err);
    if (status == ERR_OK && !only_stream)
        status = run_tops(folder, &simulation, simulator, vectors, result, err);
    if (status == ERR_OK && manifest->stream.width > 0 && options->full == NULL &&
        vectors->count > 0)
        status = run_stream(folder, &simulation, simulator, vectors, result, err);
    if (status == ERR_OK && only_stream) result->vectors = result->stream_frames;
    if (status != ERR_OK) cosim_result_free(result);
    return status;
}

void cosim_result_free(struct cosim_result *result)
{
    free(result->classes);
    free(result->differs);
    free(result->located.codes);
    result->classes = NULL;
    result->differs = NULL;
    result->located.codes = NULL;
}
