/* difflut-hdl synth: what Yosys makes of a model, part by part. */
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_folder.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_progress.h"
#include "flow/pnr.h"
#include "flow/synth.h"
#include "flow/synth_report.h"
#include "hdl/vlog_board.h"

#include <string.h>

struct values {
    bool pnr;
    long freq;
    const char *device, *nextpnr;
    const char *yosys, *out_dir, *top, *target, *pipeline, *passes, *dont_care, *data_dir;
    long stream_width, time_limit;
    struct cli_list no_pass, set;
};

static const struct cli_option OPTIONS[] = {
    CLI_OPTION_TOP(struct values, top),
    {"target", 0, CLI_CHOICE, offsetof(struct values, target), "generic|xc7|xcup|ecp5|ice40", NULL,
     0, 0, "device family (default: the board's, the configuration's, or the folder's)"},
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "keep the emitted folder and the mapped netlist here"},
    {"pipeline", 0, CLI_TEXT, offsetof(struct values, pipeline), "SPEC", NULL, 0, 0,
     "register stages, as for emit"},
    CLI_OPTION_PASSES(struct values, passes),
    CLI_OPTION_NO_PASS(struct values, no_pass),
    CLI_OPTION_DONT_CARE(struct values, dont_care),
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_STREAM_WIDTH(struct values, stream_width),
    CLI_OPTION_TOOL(struct values, yosys),
    {"pnr", 0, CLI_FLAG, offsetof(struct values, pnr), "", NULL, 0, 0,
     "place and route with nextpnr (ice40, ecp5)"},
    {"device", 0, CLI_TEXT, offsetof(struct values, device), "NAME[:PACKAGE]", NULL, 0, 0,
     "hx1k, up5k, lp8k, hx8k; 25k, 45k, 85k (default: the board's, or the smallest\n"
     "that fits)"},
    {"freq", 0, CLI_LONG, offsetof(struct values, freq), "MHZ", "0", 0, 1000,
     "frequency that place and route must reach; 0: the board's clock, without\n"
     "a board it aims at 50 and reports"},
    CLI_OPTION_TOOL(struct values, nextpnr),
    CLI_OPTION_TIME_LIMIT(struct values, time_limit),
    CLI_OPTION_SET(struct values, set),
};

static json_t *result_json(const struct cli_folder *folder, const char *target,
                           const struct synth_result *r)
{
    const struct manifest *m = folder->manifest;
    json_t *json = synth_report_json(r);

    json_put(&json, "model", json_string(m->name));
    json_put(&json, "build_id", json_string(m->build_id));
    json_put(&json, "top_module", json_string(m->top_module));
    json_put(&json, "target", json_string(target));
    json_put(&json, "fmax_mhz", json_null());
    json_put(&json, "passes", cli_folder_passes(m));
    json_put(&json, "dont_care", cli_dont_care_json(&folder->dont_care));
    return json;
}

static void say_result(const struct cli *cli, const struct manifest *m, const char *target,
                       const struct synth_result *r)
{
    cli_say(cli, "%s (build %s) for %s, %s\n", m->top_module, m->build_id, target, r->tool_version);
    cli_say(cli,
            "  LUTs          %llu: encoder %llu, layers %llu, group sum %llu, argmax %llu, other "
            "%llu\n",
            (unsigned long long)r->luts, (unsigned long long)r->luts_encoder,
            (unsigned long long)r->luts_layers, (unsigned long long)r->luts_group_sum,
            (unsigned long long)r->luts_argmax, (unsigned long long)r->luts_other);
    if (r->physical_luts != r->luts)
        cli_say(cli, "  physical LUTs %llu, when pairs share one with two outputs\n",
                (unsigned long long)r->physical_luts);
    cli_say(cli, "  flip-flops    %llu; carry cells %llu; wide multiplexers %llu\n",
            (unsigned long long)r->ffs, (unsigned long long)r->carries,
            (unsigned long long)r->muxes);
    cli_say(cli, "  unmapped      %llu cells\n  time          %.1f s\n",
            (unsigned long long)r->unmapped_cells, r->seconds);
}

/* The path, part by part of the model; its cells are in report.json. */
static void say_path(const struct cli *cli, const struct pnr_result *r)
{
    for (size_t i = 0; i < r->num_steps;) {
        const char *part = r->step[i].part;
        double delay = 0.0;
        int cells = 0;

        for (; i < r->num_steps; i++) {
            const struct pnr_step *s = &r->step[i];
            bool wire = strcmp(s->type, "routing") == 0;

            if (!wire && strcmp(s->part, part) != 0) break;
            cells += !wire;
            delay += s->delay_ns;
        }
        cli_say(cli, "    %-20s %2d cells, with wires %.2f ns\n", part[0] != '\0' ? part : "other",
                cells, delay);
    }
}

static void say_pnr(const struct cli *cli, const struct pnr_result *r)
{
    cli_say(cli, "  placed on     %s %s: %llu of %llu cells, %llu of %llu pins (%s)\n", r->device,
            r->package, (unsigned long long)r->cells, (unsigned long long)r->cells_available,
            (unsigned long long)r->pins, (unsigned long long)r->pins_available, r->tool_version);
    if (r->fmax_mhz > 0.0)
        cli_say(cli, "  Fmax          %.1f MHz; the slowest path, %.2f ns, goes through\n",
                r->fmax_mhz, r->path_ns);
    else
        cli_say(cli, "  Fmax          none: there is no path between registers\n");
    say_path(cli, r);
    cli_say(cli, "  bitstream     %s\n", r->bitstream[0] != '\0' ? r->bitstream : r->note);
}

/* A design slower than --freq, or than its board's clock, is a failure, after everything was kept. */
static enum err_status place_and_route(struct cli *cli, struct cli_folder *folder,
                                       const struct values *values,
                                       const struct synth_options *synth,
                                       const struct synth_result *result, struct err *err)
{
    const struct vlog_board_parts *board = vlog_board_parts(folder->manifest->top);
    long clock = board != NULL ? (long)board->clock_hz / 1000000 : 0;
    long must = values->freq > 0 ? values->freq : clock;
    struct pnr_options options = {.target = synth->target,
                                  .device = values->device,
                                  .frequency = must > 0 ? must : 50,
                                  .luts = result->luts,
                                  .ffs = result->ffs,
                                  .nextpnr = values->nextpnr,
                                  .yosys = values->yosys,
                                  .time_limit = (double)values->time_limit,
                                  .progress = synth->progress,
                                  .user = synth->user,
                                  .stop = synth->stop};
    struct pnr_result placed;
    enum err_status status = pnr_run(folder->path, folder->manifest, &options, &placed, err);

    if (status != ERR_OK) return status;
    say_pnr(cli, &placed);
    json_put(&cli->result, "pnr", pnr_json(&placed));
    if (placed.fmax_mhz > 0.0) json_put(&cli->result, "fmax_mhz", json_real(placed.fmax_mhz));
    if (cli->result == NULL) return err_nomem(err, "the JSON result");
    if (must > 0 && placed.fmax_mhz > 0.0 && placed.fmax_mhz < (double)must)
        return err_set(err, ERR_DIFF, "%s reaches %.1f MHz on %s, not the %ld MHz of %s",
                       folder->manifest->top_module, placed.fmax_mhz, placed.device, must,
                       values->freq > 0 ? "--freq" : "the board's clock");
    return ERR_OK;
}

static enum err_status synthesise(struct cli *cli, struct cli_folder *folder,
                                  const struct values *values, const char *target, struct err *err)
{
    struct cli_progress progress;
    struct synth_options options = {.target = target,
                                    .yosys = values->yosys,
                                    .time_limit = (double)values->time_limit,
                                    .progress = cli_progress_flow,
                                    .user = &progress,
                                    .stop = cli_interrupt_flag(cli->interrupt)};
    struct synth_result result;
    enum err_status status, made = ERR_OK;

    memset(&result, 0, sizeof result);
    cli_progress_begin(&progress, cli);
    cli_interrupt_tool(cli->interrupt, true);
    status = synth_run(folder->path, folder->manifest, &options, &result, err);
    if (status == ERR_OK || status == ERR_DIFF) {
        say_result(cli, folder->manifest, target, &result);
        cli_dont_care_say(cli, &folder->dont_care);
        made = cli_set_result(cli, result_json(folder, target, &result), err);
    }
    if (status == ERR_OK && made == ERR_OK && values->pnr)
        made = place_and_route(cli, folder, values, &options, &result, err);
    cli_interrupt_tool(cli->interrupt, false);
    cli_progress_end(&progress);
    return status != ERR_OK ? status : made;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct cli_folder_request request = {.model = cli->positional[0],
                                         .out_dir = values->out_dir,
                                         .top = values->top,
                                         .target = values->target,
                                         .stream_width = values->stream_width,
                                         .pipeline = values->pipeline,
                                         .passes = values->passes,
                                         .no_pass = &values->no_pass,
                                         .dont_care = values->dont_care,
                                         .data_dir = values->data_dir,
                                         .set = &values->set};
    struct cli_folder folder = {0};
    enum err_status status = cli_folder_open(cli, &folder, &request, err);

    if (status == ERR_OK)
        status = synthesise(cli, &folder, values,
                            values->target != NULL ? values->target : folder.manifest->target, err);
    cli_folder_close(cli, &folder);
    return status;
}

const struct cli_command cmd_synth = {
    .name = "synth",
    .arguments = "MODEL|DIR",
    .summary = "count LUTs and flip-flops with Yosys",
    .description =
        "Synthesises an emitted folder, or a model, with Yosys and reports LUTs of encoder, "
        "layers,\n"
        "group sum and argmax apart, flip-flops, and cells that the target does not have. Any "
        "such\n"
        "cell makes the count worthless: the command then ends with status 1. With --pnr nextpnr\n"
        "places and routes it: device, Fmax, the slowest path in the model's terms, a bitstream "
        "when\n"
        "icepack or ecppack is there; status 1 when it does not fit or misses --freq. For a board "
        "top,\n"
        "device, pins and clock are the board's. A folder keeps the netlists (synth/) and "
        "report.json;\n"
        "a model is emitted to --out or a temporary folder.",
    .example =
        "  difflut-hdl synth mnist_large --target xcup\n"
        "  difflut-hdl synth mnist_small --target ecp5 --top stream --pnr --device 25k --freq 20\n"
        "  difflut-hdl synth digits_small --top icebreaker --pnr -o build/icebreaker",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
