/* difflut-hdl emit: a model's hardware as readable Verilog. */
#include "cli/cli_commands.h"
#include "cli/cli_folder.h"
#include "cli/cli_progress.h"

struct values {
    const char *out_dir, *top, *target, *pipeline, *passes, *dont_care, *data_dir;
    long stream_width;
    bool tmr;
    struct cli_list no_pass, set;
};

static const struct cli_option OPTIONS[] = {
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "folder to write (default build/<model>)"},
    CLI_OPTION_TOP(struct values, top),
    {"target", 0, CLI_CHOICE, offsetof(struct values, target), "generic|xc7|xcup|ecp5|ice40", NULL,
     0, 0, "device family (default: the board's, or the configuration's)"},
    {"pipeline", 0, CLI_TEXT, offsetof(struct values, pipeline), "SPEC", NULL, 0, 0,
     "register stages: auto or auto=N (at most N LUTs between registers, default 3), one number\n"
     "for every part, or encoder=1,layers=1,popcount=1,argmax=1"},
    CLI_OPTION_PASSES(struct values, passes),
    CLI_OPTION_NO_PASS(struct values, no_pass),
    CLI_OPTION_DONT_CARE(struct values, dont_care),
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_STREAM_WIDTH(struct values, stream_width),
    {"tmr", 0, CLI_FLAG, offsetof(struct values, tmr), "", NULL, 0, 0,
     "three copies of every part, with voters (hardware.tmr)"},
    CLI_OPTION_SET(struct values, set),
};

static void say_passes(const struct cli *cli, const struct manifest *m)
{
    cli_say(cli, "  passes removed   ");
    for (uint32_t i = 0; i < m->num_passes; i++)
        cli_say(cli, "%s %s %llu", i > 0 ? "," : "", m->passes[i].name,
                (unsigned long long)m->passes[i].removed);
    cli_say(cli, "%s\n", m->num_passes == 0 ? " nothing: none was run" : "");
}

static enum err_status report(struct cli *cli, const struct cli_folder *folder, double seconds,
                              struct err *err)
{
    const struct manifest *m = folder->manifest;
    uint64_t total = m->luts_encoder + m->luts_layers + m->luts_group_sum + m->luts_argmax;

    cli_say(cli, "%s (build %s) in %s, top %s\n", m->name, m->build_id, folder->path,
            m->top_module);
    cli_say(
        cli,
        "  LUTs, estimated   encoder %llu, layers %llu, group sum %llu, argmax %llu; total %llu\n",
        (unsigned long long)m->luts_encoder, (unsigned long long)m->luts_layers,
        (unsigned long long)m->luts_group_sum, (unsigned long long)m->luts_argmax,
        (unsigned long long)total);
    cli_say(cli,
            "  latency           %u cycles (encoder %u, layers %u, group sum %u, argmax %u), one "
            "sample a cycle\n"
            "  registers         at most %u LUTs between them; about %u flip-flops\n",
            m->latency_cycles, m->pipeline_encoder, m->pipeline_layers, m->pipeline_popcount,
            m->pipeline_argmax, m->depth, m->flip_flops);
    say_passes(cli, m);
    cli_dont_care_say(cli, &folder->dont_care);
    return cli_set_result(
        cli,
        json_pack(
            "{s:s, s:s, s:o, s:{s:I, s:I, s:I, s:I, s:I}, s:i, s:i, s:I, s:{s:i, s:i, s:i, s:i}, "
            "s:s, s:s, s:o, s:o, s:f}",
            "model", m->name, "build_id", m->build_id, "out_dir", cli_json_path(folder->path),
            "luts", "encoder", (json_int_t)m->luts_encoder, "layers", (json_int_t)m->luts_layers,
            "group_sum", (json_int_t)m->luts_group_sum, "argmax", (json_int_t)m->luts_argmax,
            "total", (json_int_t)total, "latency_cycles", (int)m->latency_cycles, "depth",
            (int)m->depth, "flip_flops", (json_int_t)m->flip_flops, "stages", "encoder",
            (int)m->pipeline_encoder, "layers", (int)m->pipeline_layers, "group_sum",
            (int)m->pipeline_popcount, "argmax", (int)m->pipeline_argmax, "top_module",
            m->top_module, "target", m->target, "passes", cli_folder_passes(m), "dont_care",
            cli_dont_care_json(&folder->dont_care), "seconds", seconds),
        err);
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct cli_folder_request request = {.model = cli->positional[0],
                                         .out_dir = values->out_dir,
                                         .top = values->top,
                                         .target = values->target,
                                         .stream_width = values->stream_width,
                                         .tmr = values->tmr,
                                         .pipeline = values->pipeline,
                                         .passes = values->passes,
                                         .no_pass = &values->no_pass,
                                         .dont_care = values->dont_care,
                                         .data_dir = values->data_dir,
                                         .set = &values->set};
    struct cli_folder folder = {0};
    double begin = cli_now();
    enum err_status status = cli_folder_emit(cli, &folder, &request, err);

    if (status == ERR_OK) status = report(cli, &folder, cli_now() - begin, err);
    cli_folder_close(cli, &folder);
    return status;
}

const struct cli_command cmd_emit = {
    .name = "emit",
    .arguments = "MODEL",
    .summary = "write a model's hardware as readable Verilog",
    .description =
        "Lowers the model to a netlist, removes what cannot matter, and writes a folder: rtl/ with "
        "one\n"
        "module a file and files.f, scripts/, the netlist as text, a copy of the model, and\n"
        "manifest.json with the SHA-256 of each file. The same model and options give the same "
        "bytes;\n"
        "the folder is replaced as a whole or not at all. LUTs are estimates; synth counts them.",
    .example = "  difflut-hdl emit mnist_small -o build/mnist_small --pipeline layers=2",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
