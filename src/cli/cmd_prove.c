/* difflut-hdl prove: is the hardware the model, for all inputs? */
#include "base/file.h"
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_folder.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_progress.h"
#include "cli/cli_reference.h"
#include "cli/cli_vectors.h"
#include "flow/prove.h"
#include "flow/prove_fault.h"
#include "flow/prove_stream_fault.h"
#include "flow/synth.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    const char *yosys, *out_dir, *top, *after_synth, *pipeline, *passes, *kind;
    const char *simulator, *verilator, *icarus;
    long seed, faults, simulate, time_limit;
    bool list;
    struct cli_list no_pass, set;
};

static const struct cli_option OPTIONS[] = {
    {"after-synth", 0, CLI_CHOICE, offsetof(struct values, after_synth),
     "generic|xc7|xcup|ecp5|ice40", NULL, 0, 0,
     "prove the mapped netlist of this target too (synthesised first where it is not there)"},
    {"top", 0, CLI_CHOICE, offsetof(struct values, top), "core|full", NULL, 0, 0,
     "which top (default: core where the folder's top is core, else full)"},
    {"faults", 0, CLI_LONG, offsetof(struct values, faults), "N", "0", 0, 1000000,
     "plant N faults of each kind instead, and say how many are caught"},
    {"kind", 0, CLI_TEXT, offsetof(struct values, kind), "WORD", NULL, 0, 0,
     "of --faults, only the kinds whose name has WORD in it"},
    {"simulate", 0, CLI_LONG, offsetof(struct values, simulate), "M", "0", 0, 1000000,
     "with --faults: simulate the first M of each kind, too, and compare"},
    {"simulator", 0, CLI_CHOICE, offsetof(struct values, simulator), "verilator|icarus", "icarus",
     0, 0, "who simulates them"},
    {"list", 0, CLI_FLAG, offsetof(struct values, list), "", NULL, 0, 0, "list every obligation"},
    CLI_OPTION_SEED(struct values, seed, "1",
                    "seed of the simulated codes that guide the proof, and of faults"),
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "keep the emitted folder here"},
    {"pipeline", 0, CLI_TEXT, offsetof(struct values, pipeline), "SPEC", NULL, 0, 0,
     "register stages, as for emit"},
    CLI_OPTION_TOOL(struct values, yosys),
    CLI_OPTION_TOOL(struct values, verilator),
    CLI_OPTION_TOOL(struct values, icarus),
    CLI_OPTION_TIME_LIMIT(struct values, time_limit),
    CLI_OPTION_PASSES(struct values, passes),
    CLI_OPTION_NO_PASS(struct values, no_pass),
    CLI_OPTION_SET(struct values, set),
};

enum { MAX_SHOWN = 20 }; /* unproved obligations printed without --list */

static const char *outcome_name(enum prove_outcome outcome)
{
    return outcome == PROVE_PROVED ? "proved" : outcome == PROVE_FAILED ? "failed" : "undecided";
}

/* ---- results ---- */

static json_t *obligation_json(const struct prove_obligation *o)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:f}", "part", o->part, "name", o->name, "method",
                  o->method, "verdict", outcome_name(o->outcome), "seconds", o->seconds);

    if (json != NULL && o->detail != NULL) json_put(&json, "detail", json_string(o->detail));
    return json;
}

/* Obligations in the order they were worked on: all of them, or those that are not proved. */
static json_t *list_json(const struct prove_result *r, bool all)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->count; i++) {
        if (all || r->obligations[i].outcome != PROVE_PROVED)
            json_push(&list, obligation_json(&r->obligations[i]));
    }
    return list;
}

static json_t *codes_json(const struct prove_result *r, const struct manifest *m)
{
    json_t *list;

    if (r->codes == NULL) return json_null();
    list = json_array();
    for (uint32_t f = 0; f < m->num_features; f++)
        json_push(&list, json_integer(r->codes[f]));
    return list;
}

static json_t *result_json(const struct manifest *m, const struct values *values, const char *top,
                           const struct prove_result *r, bool all)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:s, s:o, s:o}", "model", m->name, "build_id",
        m->build_id, "top", top, "obligations", (json_int_t)r->count, "proved",
        (json_int_t)r->proved, "failed", (json_int_t)r->failed, "undecided",
        (json_int_t)r->undecided, "seconds", r->seconds, "tool_version", r->tool_version,
        all ? "list" : "not_proved", list_json(r, all), "counterexample", codes_json(r, m));

    if (json != NULL)
        json_put(&json, "after_synth",
                 values->after_synth != NULL ? json_string(values->after_synth) : json_null());
    return json;
}

/* One line a part: parts stand together. */
static void say_parts(const struct cli *cli, const struct prove_result *r)
{
    for (size_t i = 0; i < r->count;) {
        size_t count = 0, proved = 0, diagrams = 0, within = 0;
        const char *part = r->obligations[i].part;
        double seconds = 0;

        for (; i < r->count && strcmp(r->obligations[i].part, part) == 0; i++) {
            const struct prove_obligation *o = &r->obligations[i];

            count++;
            proved += o->outcome == PROVE_PROVED;
            diagrams += strcmp(o->method, "decision diagram") == 0;
            within += strcmp(o->method, "within what reads it") == 0;
            seconds += o->seconds;
        }
        cli_say(cli, "  %-20s %6zu of %6zu proved, %zu by diagrams, %zu within readers; %.2f s\n",
                part, proved, count, diagrams, within, seconds);
    }
}

static void say_obligations(const struct cli *cli, const struct prove_result *r, bool all)
{
    size_t shown = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct prove_obligation *o = &r->obligations[i];

        if (!all && o->outcome == PROVE_PROVED) continue;
        if (!all && shown++ == MAX_SHOWN) {
            cli_say(cli, "  ... (--list shows all)\n");
            break;
        }
        cli_say(cli, "  %-9s %s %s: %s%s%s\n",
                o->outcome == PROVE_PROVED   ? "proved"
                : o->outcome == PROVE_FAILED ? "FAILED"
                                             : "UNDECIDED",
                o->part, o->name, o->method, o->detail != NULL ? "; " : "",
                o->detail != NULL ? o->detail : "");
    }
}

static void say_codes(const struct cli *cli, const struct prove_result *r, const struct manifest *m)
{
    if (r->codes == NULL) return;
    cli_say(cli, "  input that shows a fault:");
    for (uint32_t f = 0; f < m->num_features; f++)
        cli_say(cli, "%s%u", f % 32 == 0 ? "\n    " : " ", r->codes[f]);
    cli_say(cli, "\n");
}

static void say_result(const struct cli *cli, const struct manifest *m, const char *top,
                       const struct prove_result *r, bool all)
{
    cli_say(cli, "%s_%s (build %s), %s\n", m->name, top, m->build_id, r->tool_version);
    say_parts(cli, r);
    say_obligations(cli, r, all);
    say_codes(cli, r, m);
    cli_say(cli,
            "  obligations   %zu: %zu proved, %zu failed, %zu undecided\n  time          %.1f s\n",
            r->count, r->proved, r->failed, r->undecided, r->seconds);
}

/* prove.json of a folder that stays. */
static enum err_status keep_result(const struct cli_folder *folder, const struct values *values,
                                   const char *top, const struct prove_result *r, struct err *err)
{
    json_t *json = result_json(folder->manifest, values, top, r, true);
    char *text = json_dumps(json, JSON_INDENT(1));
    char *path = file_join(folder->path, "prove.json");
    enum err_status status = text == NULL || path == NULL
                                 ? err_nomem(err, "prove.json")
                                 : file_write(path, text, strlen(text), err);

    json_decref(json);
    free(text);
    free(path);
    return status;
}

/* ---- running ---- */

static bool is_mapped(const struct cli_folder *folder, const char *target)
{
    for (size_t i = 0; i < folder->manifest->num_files; i++) {
        const char *path = folder->manifest->files[i].path;

        if (strncmp(path, "synth/", 6) == 0 && strncmp(path + 6, target, strlen(target)) == 0 &&
            strcmp(path + 6 + strlen(target), ".v") == 0)
            return true;
    }
    return false;
}

static enum err_status synthesise(struct cli *cli, struct cli_folder *folder,
                                  const struct values *values, struct cli_progress *progress,
                                  struct err *err)
{
    struct synth_options options = {.target = values->after_synth,
                                    .yosys = values->yosys,
                                    .time_limit = (double)values->time_limit,
                                    .progress = cli_progress_flow,
                                    .user = progress,
                                    .stop = cli_interrupt_flag(cli->interrupt)};
    struct synth_result result;

    if (values->after_synth == NULL || is_mapped(folder, values->after_synth)) return ERR_OK;
    return synth_run(folder->path, folder->manifest, &options, &result, err);
}

static enum err_status prove_folder(struct cli *cli, struct cli_folder *folder,
                                    const struct values *values, const char *top,
                                    struct prove_result *result, struct err *err)
{
    struct cli_progress progress;
    struct prove_options options = {.top = top,
                                    .after_synth = values->after_synth,
                                    .yosys = values->yosys,
                                    .time_limit = (double)values->time_limit,
                                    .seed = (uint64_t)values->seed,
                                    .progress = cli_progress_flow,
                                    .user = &progress,
                                    .stop = cli_interrupt_flag(cli->interrupt)};
    struct prove_reference *reference = NULL;
    enum err_status status = cli_reference_make(&reference, folder->model, err);

    cli_progress_begin(&progress, cli);
    cli_interrupt_tool(cli->interrupt, true);
    if (status == ERR_OK) status = synthesise(cli, folder, values, &progress, err);
    if (status == ERR_OK)
        status = prove_run(folder->path, folder->manifest, reference, &options, result, err);
    cli_interrupt_tool(cli->interrupt, false);
    cli_progress_end(&progress);
    prove_reference_free(reference);
    return status;
}

static enum err_status verdict(struct cli *cli, const struct cli_folder *folder,
                               const struct values *values, const char *top,
                               const struct prove_result *r, struct err *err)
{
    enum err_status status =
        cli_set_result(cli, result_json(folder->manifest, values, top, r, values->list), err);

    say_result(cli, folder->manifest, top, r, values->list);
    if (status == ERR_OK && folder->temporary == NULL)
        status = keep_result(folder, values, top, r, err);
    if (status == ERR_OK && r->proved < r->count)
        status = err_set(err, ERR_DIFF, "prove: %zu of %zu obligations are not proved",
                         r->count - r->proved, r->count);
    return status;
}

/* ---- planted faults ---- */

static json_t *fault_json(const struct prove_fault_row *row, bool simulated)
{
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "kind", row->kind, "planted",
                  (json_int_t)row->planted, "caught", (json_int_t)row->caught, "silent",
                  (json_int_t)row->silent, "missed", (json_int_t)row->missed, "cosim",
                  row->not_simulated ? json_null() : json_integer((json_int_t)row->by_cosim));

    if (json == NULL || !simulated || row->not_simulated) return json;
    json_put(&json, "simulated", json_integer((json_int_t)row->simulated));
    json_put(&json, "agree", json_integer((json_int_t)row->agree));
    json_put(&json, "loops", json_integer((json_int_t)row->loops));
    json_put(&json, "loops_seen", json_integer((json_int_t)row->loops_seen));
    return json;
}

static json_t *faults_json(const struct manifest *m, const struct values *values,
                           const struct prove_fault_row *rows, size_t num_rows)
{
    json_t *list = json_array();

    for (size_t k = 0; k < num_rows; k++)
        json_push(&list, fault_json(&rows[k], values->simulate > 0));
    return json_pack("{s:s, s:s, s:s?, s:o}", "model", m->name, "build_id", m->build_id,
                     "after_synth", values->after_synth, "faults", list);
}

static void say_fault_rows(const struct cli *cli, const struct values *values,
                           const struct prove_fault_row *rows, size_t num_rows)
{
    bool simulated = values->simulate > 0;
    size_t loops = 0, loops_seen = 0;

    cli_say(cli,
            "| fault | planted | caught | change nothing | missed | cosim's vectors catch |%s\n"
            "| --- | --- | --- | --- | --- | --- |%s\n",
            simulated ? " simulated | agree |" : "", simulated ? " --- | --- |" : "");
    for (size_t k = 0; k < num_rows; k++) {
        if (rows[k].planted == 0) continue; /* the netlist has no place for it */
        cli_say(cli, "| %s | %zu | %zu | %zu | %zu |", rows[k].kind, rows[k].planted,
                rows[k].caught, rows[k].silent, rows[k].missed);
        if (rows[k].not_simulated) {
            cli_say(cli, simulated ? " - | - | - |\n" : " - |\n");
            continue;
        }
        cli_say(cli, " %zu |", rows[k].by_cosim);
        if (simulated) cli_say(cli, " %zu | %zu |", rows[k].simulated, rows[k].agree);
        cli_say(cli, "\n");
        loops += rows[k].loops;
        loops_seen += rows[k].loops_seen;
    }
    if (loops > 0)
        cli_say(
            cli,
            "\nOf those simulated, %zu have nets that depend on themselves, which are left out of "
            "the columns before: the bench of %s saw %zu of them.\n",
            loops, values->simulator, loops_seen);
}

static enum err_status say_faults(struct cli *cli, const struct manifest *m,
                                  const struct values *values, const struct prove_fault_row *rows,
                                  size_t num_rows, struct err *err)
{
    size_t missed = 0;
    enum err_status status = cli_set_result(cli, faults_json(m, values, rows, num_rows), err);

    say_fault_rows(cli, values, rows, num_rows);
    for (size_t k = 0; k < num_rows; k++)
        missed += rows[k].missed;
    if (status == ERR_OK && num_rows == 0)
        status = err_set(err, ERR_ARG, "--kind: no kind of fault has that in its name");
    if (status == ERR_OK && missed > 0)
        return err_set(err, ERR_DIFF, "prove: %zu planted faults were not caught", missed);
    for (size_t k = 0; k < num_rows && status == ERR_OK; k++) {
        if (rows[k].disagrees > 0)
            status = err_set(err, ERR_DIFF,
                             "prove: \"%s\", fault %zu of seed %ld: reckoned as %s by cosim's "
                             "vectors, but %s by %s",
                             rows[k].kind, rows[k].disagrees, values->seed,
                             rows[k].disagrees_seen ? "not seen" : "seen",
                             rows[k].disagrees_seen ? "seen" : "not seen", values->simulator);
    }
    return status;
}

static enum err_status plant_faults(struct cli *cli, struct cli_folder *folder,
                                    const struct values *values, struct err *err)
{
    struct cli_progress progress;
    struct prove_options options = {.top = "full",
                                    .after_synth = values->after_synth,
                                    .yosys = values->yosys,
                                    .time_limit = (double)values->time_limit,
                                    .seed = (uint64_t)values->seed,
                                    .kind = values->kind,
                                    .progress = cli_progress_flow,
                                    .user = &progress,
                                    .stop = cli_interrupt_flag(cli->interrupt)};
    struct cli_vectors_request request = {.limit = SIZE_MAX,
                                          .random = 1000,
                                          .seed = (uint64_t)values->seed,
                                          .threads = cli_threads(0),
                                          .build_id = folder->manifest->build_id};
    struct prove_sample sample = {.count = (size_t)values->simulate,
                                  .how = {.simulator = values->simulator,
                                          .verilator = values->verilator,
                                          .icarus = values->icarus,
                                          .time_limit = (double)values->time_limit,
                                          .stop = options.stop}};
    struct prove_fault_row rows[PROVE_MAX_FAULT_KINDS];
    size_t num_rows = 0;
    struct prove_reference *reference = NULL;
    struct cli_vectors set = {0};
    enum err_status status = cli_reference_make(&reference, folder->model, err);

    cli_progress_begin(&progress, cli);
    if (status == ERR_OK) status = cli_vectors_make(&set, folder->model, &request, err);
    cli_interrupt_tool(cli->interrupt, true);
    if (status == ERR_OK) status = synthesise(cli, folder, values, &progress, err);
    if (status == ERR_OK)
        status = prove_faults(folder->path, folder->manifest, reference, &options,
                              (size_t)values->faults, set.vectors, &sample, rows, &num_rows, err);
    if (status == ERR_OK && values->after_synth == NULL && folder->manifest->stream.width > 0)
        status = prove_stream_faults(folder->path, folder->manifest, &options,
                                     (size_t)values->faults, rows, &num_rows, err);
    cli_interrupt_tool(cli->interrupt, false);
    cli_progress_end(&progress);
    if (status == ERR_OK) status = say_faults(cli, folder->manifest, values, rows, num_rows, err);
    cli_vectors_free(&set);
    prove_reference_free(reference);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct cli_folder_request request = {.model = cli->positional[0],
                                         .out_dir = values->out_dir,
                                         .pipeline = values->pipeline,
                                         .passes = values->passes,
                                         .no_pass = &values->no_pass,
                                         .set = &values->set};
    struct cli_folder folder = {0};
    struct prove_result result = {0};
    enum err_status status;

    if (values->kind != NULL && values->faults == 0)
        return err_set(err, ERR_ARG, "--kind belongs to --faults N");
    if (values->simulate > 0 && values->faults == 0)
        return err_set(err, ERR_ARG, "--simulate belongs to --faults N");
    status = cli_folder_open(cli, &folder, &request, err);
    if (status == ERR_OK && values->faults > 0) {
        status = plant_faults(cli, &folder, values, err);
    } else if (status == ERR_OK) {
        const char *top = values->top != NULL                         ? values->top
                          : strcmp(folder.manifest->top, "core") == 0 ? "core"
                                                                      : "full";

        status = prove_folder(cli, &folder, values, top, &result, err);
        if (status == ERR_OK) status = verdict(cli, &folder, values, top, &result, err);
    }
    prove_result_free(&result);
    cli_folder_close(cli, &folder);
    return status;
}

const struct cli_command cmd_prove = {
    .name = "prove",
    .arguments = "MODEL|DIR",
    .summary = "prove the Verilog equal to the model, for all inputs",
    .description =
        "Reads the emitted Verilog with Yosys and proves, for every input there is, that it does\n"
        "what the model's own parameters say: every encoder bit, LUT, class sum, the class, and\n"
        "the number of registers on every path. With --after-synth also that the mapped netlist\n"
        "still does. Exit status 1 unless every obligation is proved; what is not is listed with\n"
        "layer, LUT, address and an input that shows it. A folder keeps the list as prove.json.\n"
        "--faults plants faults into what Yosys read, and into the text of a stream top, and says\n"
        "how many of them the proof catches, and how many the bench of cosim would see; with\n"
        "--simulate a simulator runs that bench on some. Exit status 1 if one is missed, or seen\n"
        "otherwise.",
    .example = "  difflut-hdl prove mnist_large\n"
               "  difflut-hdl prove build/mnist_large --after-synth xcup\n"
               "  difflut-hdl prove digits_small --faults 100 --simulate 5\n"
               "  difflut-hdl prove build/stream --faults 100 --kind \"a beat dropped\"",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
