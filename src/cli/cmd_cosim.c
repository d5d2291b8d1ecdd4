/* difflut-hdl cosim: does the Verilog do what the C reference says, on every vector? */
#include "base/file.h"
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_folder.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_located.h"
#include "cli/cli_model.h"
#include "cli/cli_progress.h"
#include "cli/cli_vectors.h"
#include "flow/cosim.h"
#include "flow/report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    const char *out_dir, *simulator, *top, *pipeline, *passes, *dont_care, *data_dir, *trace;
    const char *verilator, *icarus, *yosys, *after_synth, *after_pnr;
    long vectors, random, seed, threads, stream_width, time_limit;
    bool no_locate;
    struct cli_list no_pass, set;
};

static const struct cli_option OPTIONS[] = {
    {"simulator", 0, CLI_CHOICE, offsetof(struct values, simulator), "verilator|icarus",
     "verilator", 0, 0, "who runs the Verilog"},
    {"vectors", 0, CLI_COUNT, offsetof(struct values, vectors), "N|all", "all", 0, 1000000000,
     "at most N vectors of each kind (edges are always whole)"},
    {"random", 0, CLI_LONG, offsetof(struct values, random), "N", "1000", 0, 100000000,
     "random vectors"},
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_SEED(struct values, seed, "1", "seed of random and tied vectors"),
    {"trace", 0, CLI_TEXT, offsetof(struct values, trace), "FILE", NULL, 0, 0,
     "write a waveform of the first mismatch (.fst, .vcd)"},
    {"no-locate", 0, CLI_FLAG, offsetof(struct values, no_locate), "", NULL, 0, 0,
     "do not look for where a mismatch starts"},
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "keep the emitted folder here"},
    {"pipeline", 0, CLI_TEXT, offsetof(struct values, pipeline), "SPEC", NULL, 0, 0,
     "register stages: auto or auto=N (at most N LUTs between registers, default 3), one number\n"
     "for every part, or encoder=1,layers=1,popcount=1,argmax=1"},
    CLI_OPTION_THREADS(struct values, threads),
    CLI_OPTION_TOOL(struct values, verilator),
    CLI_OPTION_TOOL(struct values, icarus),
    {"after-synth", 0, CLI_CHOICE, offsetof(struct values, after_synth),
     "generic|xc7|xcup|ecp5|ice40", NULL, 0, 0,
     "simulate the netlist that `synth` mapped to this target"},
    {"after-pnr", 0, CLI_CHOICE, offsetof(struct values, after_pnr), "ice40", NULL, 0, 0,
     "simulate the netlist that `synth --pnr` placed and routed"},
    CLI_OPTION_TOOL(struct values, yosys),
    CLI_OPTION_TIME_LIMIT(struct values, time_limit),
    {"top", 0, CLI_CHOICE, offsetof(struct values, top), "full|stream", NULL, 0, 0,
     "stream: emit and simulate the AXI4-Stream top as well"},
    CLI_OPTION_STREAM_WIDTH(struct values, stream_width),
    CLI_OPTION_PASSES(struct values, passes),
    CLI_OPTION_NO_PASS(struct values, no_pass),
    CLI_OPTION_DONT_CARE(struct values, dont_care),
    CLI_OPTION_SET(struct values, set),
};

/* What one run has collected. */
struct run {
    struct cli_folder folder;
    struct dataset *dataset; /* NULL when there is none */
    struct cli_vectors set;
    struct cosim_result result;
    double accuracy_hardware, accuracy_reference; /* of the data set vectors */
};

/* Whether `full` classified samples of the test split. */
static bool has_split(const struct run *run)
{
    return run->result.classes != NULL && run->set.count[CLI_VECTORS_DATASET] > 0;
}

static bool is_here(const struct config_dataset *spec)
{
    if (spec->name[0] != '\0') return dataset_available(spec->name, NULL, NULL);
    return file_exists(spec->train) || file_exists(spec->test);
}

/* A data set that is not here is no error, unless a folder was named for it. */
static enum err_status load_dataset(struct run *run, const struct values *values,
                                    struct cli_progress *progress, struct err *err)
{
    const struct model *model = run->folder.model;
    struct err why = {.message = ""};
    enum err_status status =
        cli_model_dataset(&run->dataset, model, values->data_dir, DATASET_TEST, &why);

    if (status == ERR_OK) return ERR_OK;
    if (status != ERR_IO || values->data_dir != NULL || is_here(&model->config->dataset))
        return err_set(err, status, "%s", why.message);
    cli_progress_line(progress, "no test split of %s here: vectors are random, edges and ties%s",
                      cli_model_dataset_name(model->config),
                      model->config->input_size == 784 ? ", and drawn digits" : "");
    return ERR_OK;
}

static enum err_status make_vectors(struct run *run, const struct values *values,
                                    struct cli_progress *progress, struct err *err)
{
    struct cli_vectors_request request = {
        .split = run->dataset != NULL ? &run->dataset->test : NULL,
        .limit = values->vectors == CLI_ALL ? SIZE_MAX : (size_t)values->vectors,
        .random = (size_t)values->random,
        .seed = (uint64_t)values->seed,
        .threads = cli_threads(values->threads),
        .build_id = run->folder.manifest->build_id};
    enum err_status status = cli_vectors_make(&run->set, run->folder.model, &request, err);

    if (status == ERR_OK && run->set.count[CLI_VECTORS_EDGE] < run->set.edges_wanted)
        cli_progress_line(progress, "edge codes: %zu of %zu vectors are used",
                          run->set.count[CLI_VECTORS_EDGE], run->set.edges_wanted);
    return status;
}

/* The C reference, for vectors that cosim makes up. */
static enum err_status expect(struct vectors *vectors, void *user, struct err *err)
{
    const struct run *run = user;

    return cli_vectors_expect(vectors, run->folder.model, 1, err);
}

static enum err_status simulate(struct cli *cli, struct run *run, const struct values *values,
                                struct cli_progress *progress, struct err *err)
{
    struct cosim_options options = {.simulator = values->simulator,
                                    .verilator = values->verilator,
                                    .icarus = values->icarus,
                                    .after_synth = values->after_pnr != NULL ? values->after_pnr
                                                                             : values->after_synth,
                                    .routed = values->after_pnr != NULL,
                                    .yosys = values->yosys,
                                    .trace = values->trace,
                                    .seed = (uint64_t)values->seed,
                                    .threads = (unsigned)values->threads,
                                    .time_limit = (double)values->time_limit,
                                    .progress = cli_progress_flow,
                                    .user = progress,
                                    .stop = cli_interrupt_flag(cli->interrupt),
                                    .expect = values->no_locate ? NULL : expect,
                                    .expect_user = run};
    enum err_status status;

    cli_interrupt_tool(cli->interrupt, true);
    status = cosim_run(run->folder.path, run->folder.manifest, run->set.vectors, &options,
                       &run->result, err);
    cli_interrupt_tool(cli->interrupt, false);
    if (status == ERR_OK && has_split(run)) {
        run->accuracy_hardware =
            cli_vectors_accuracy(&run->set, &run->dataset->test, run->result.classes);
        run->accuracy_reference =
            cli_vectors_accuracy(&run->set, &run->dataset->test, run->set.vectors->classes);
    }
    return status;
}

static json_t *mismatches_json(const struct run *run)
{
    json_t *list = json_array();

    for (size_t i = 0; i < run->result.num_first; i++) {
        const struct cosim_mismatch *m = &run->result.first[i];
        char name[64];

        cli_vectors_name(&run->set, m->vector, name);
        json_push(&list, json_pack("{s:s, s:I, s:s, s:s, s:i, s:I, s:I}", "top", m->top, "vector",
                                   (json_int_t)m->vector, "origin", name, "what", m->what, "class",
                                   (int)m->class_index, "expected", (json_int_t)m->expected, "got",
                                   (json_int_t)m->got));
    }
    return list;
}

static json_t *result_json(const struct run *run, const struct values *values)
{
    const struct manifest *m = run->folder.manifest;
    const size_t *count = run->set.count;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:i, s:f, s:f, s:s}", "model",
        m->name, "build_id", m->build_id, "simulator", values->simulator, "vectors",
        (json_int_t)run->result.vectors, "vectors_dataset", (json_int_t)count[CLI_VECTORS_DATASET],
        "vectors_digits", (json_int_t)count[CLI_VECTORS_DIGITS], "vectors_random",
        (json_int_t)count[CLI_VECTORS_RANDOM], "vectors_edge", (json_int_t)count[CLI_VECTORS_EDGE],
        "vectors_tied", (json_int_t)count[CLI_VECTORS_TIED], "ties", (json_int_t)run->set.ties,
        "mismatches", (json_int_t)run->result.mismatches, "first_mismatches", mismatches_json(run),
        "latency_cycles", (int)m->latency_cycles, "build_seconds", run->result.build_seconds,
        "run_seconds", run->result.run_seconds, "tool_version", run->result.tool_version);

    if (json != NULL) {
        bool known = has_split(run);

        json_put(&json, "located", cli_located_json(&run->result, m->num_features));
        json_put(&json, "stream_frames", json_integer((json_int_t)run->result.stream_frames));
        json_put(&json, "dont_care", cli_dont_care_json(&run->folder.dont_care));
        json_put(&json, "accuracy_hardware",
                 known ? json_real(run->accuracy_hardware) : json_null());
        json_put(&json, "accuracy_reference",
                 known ? json_real(run->accuracy_reference) : json_null());
        json_put(&json, "after_synth",
                 values->after_synth != NULL ? json_string(values->after_synth) : json_null());
        json_put(&json, "after_pnr",
                 values->after_pnr != NULL ? json_string(values->after_pnr) : json_null());
    }
    return json;
}

static void say_mismatches(const struct cli *cli, const struct run *run)
{
    for (size_t i = 0; i < run->result.num_first; i++) {
        const struct cosim_mismatch *m = &run->result.first[i];
        char name[64];
        char what[64];

        cli_vectors_name(&run->set, m->vector, name);
        if (strcmp(m->what, "score") == 0)
            snprintf(what, sizeof what, "score of class %u", m->class_index);
        else
            snprintf(what, sizeof what, "%s", m->what);
        cli_say(cli, "  MISMATCH      top %s, vector %zu (%s), %s: expected %llu, got %llu\n",
                m->top, m->vector, name, what, (unsigned long long)m->expected,
                (unsigned long long)m->got);
    }
}

static void say_result(const struct cli *cli, const struct run *run)
{
    const size_t *count = run->set.count;

    cli_say(cli, "%s (build %s), %s\n", run->folder.manifest->name, run->folder.manifest->build_id,
            run->result.tool_version);
    cli_say(
        cli,
        "  vectors       %zu%s %zu test split, %zu drawn digits, %zu random, %zu edge, %zu tied\n"
        "                (the two best classes tie in %zu of them)\n",
        run->result.vectors, run->result.classes == NULL ? ", spread over" : ":",
        count[CLI_VECTORS_DATASET], count[CLI_VECTORS_DIGITS], count[CLI_VECTORS_RANDOM],
        count[CLI_VECTORS_EDGE], count[CLI_VECTORS_TIED], run->set.ties);
    if (run->result.stream_frames > 0)
        cli_say(cli,
                "  stream        %zu frames, %zu more wrong on purpose, pauses on both sides\n",
                run->result.stream_frames, run->result.stream_wrong);
    cli_say(cli, "  mismatches    %zu\n", run->result.mismatches);
    say_mismatches(cli, run);
    cli_located_say(cli, &run->result, &run->set);
    if (has_split(run))
        cli_say(cli, "  accuracy      hardware %.2f %%, reference %.2f %% of %zu test samples\n",
                100.0 * run->accuracy_hardware, 100.0 * run->accuracy_reference,
                count[CLI_VECTORS_DATASET]);
    cli_dont_care_say(cli, &run->folder.dont_care);
    cli_say(cli, "  time          build %.1f s, run %.1f s\n", run->result.build_seconds,
            run->result.run_seconds);
}

/* A user's folder keeps the verdict in report.json. */
static enum err_status keep_verdict(struct cli *cli, const struct run *run,
                                    const struct values *values, struct err *err)
{
    char key[64];

    if (run->folder.temporary != NULL) return ERR_OK;
    if (values->after_pnr != NULL)
        snprintf(key, sizeof key, "%s_after_pnr_%s", values->simulator, values->after_pnr);
    else if (values->after_synth != NULL)
        snprintf(key, sizeof key, "%s_after_synth_%s", values->simulator, values->after_synth);
    else
        snprintf(key, sizeof key, "%s", values->simulator);
    return report_put(run->folder.path, run->folder.manifest, "cosim", key,
                      json_deep_copy(cli->result), err);
}

static enum err_status verdict(struct cli *cli, const struct run *run, const struct values *values,
                               struct err *err)
{
    enum err_status status = cli_set_result(cli, result_json(run, values), err);

    say_result(cli, run);
    if (status == ERR_OK) status = keep_verdict(cli, run, values, err);
    if (status == ERR_OK && run->result.mismatches > 0)
        status = err_set(err, ERR_DIFF, "cosim: %zu of %zu vectors differ from the C reference",
                         run->result.mismatches, run->result.vectors);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct cli_folder_request request = {.model = cli->positional[0],
                                         .out_dir = values->out_dir,
                                         .top = values->top,
                                         .stream_width = values->stream_width,
                                         .pipeline = values->pipeline,
                                         .passes = values->passes,
                                         .no_pass = &values->no_pass,
                                         .dont_care = values->dont_care,
                                         .data_dir = values->data_dir,
                                         .set = &values->set};
    struct run run = {0};
    struct cli_progress progress;
    enum err_status status;

    cli_progress_begin(&progress, cli);
    status = cli_folder_open(cli, &run.folder, &request, err);
    if (status == ERR_OK) status = load_dataset(&run, values, &progress, err);
    if (status == ERR_OK) status = make_vectors(&run, values, &progress, err);
    if (status == ERR_OK) status = simulate(cli, &run, values, &progress, err);
    cli_progress_end(&progress);
    if (status == ERR_OK) status = verdict(cli, &run, values, err);
    cosim_result_free(&run.result);
    cli_vectors_free(&run.set);
    dataset_free(run.dataset);
    cli_folder_close(cli, &run.folder);
    return status;
}

const struct cli_command cmd_cosim = {
    .name = "cosim",
    .arguments = "MODEL|DIR",
    .summary = "check the Verilog against the C reference, bit for bit",
    .description =
        "Runs every vector through the emitted tops `full` (from integer codes) and "
        "`core` (from encoder\n"
        "bits) and compares every class score and the class with the C reference. "
        "Vectors: the whole\n"
        "test split when it is found (so the hardware's accuracy is measured), random "
        "codes, edge codes\n"
        "(all 0, all maximal, every threshold and its neighbours) and vectors whose two "
        "best classes\n"
        "tie. A stream top gets frames of them, with pauses, wrong frames and resets. The "
        "first\n"
        "differences are printed, with the part, LUT and address where they start and two "
        "vectors, one\n"
        "right and one wrong, that differ in one code only; the exit status is then 1.",
    .example = "  difflut-hdl cosim mnist_large --data data\n"
               "  difflut-hdl cosim build/mnist_large --vectors 100 --simulator icarus",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
