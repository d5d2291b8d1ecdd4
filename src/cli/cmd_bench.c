/* difflut-hdl bench: how fast this machine trains and runs models. */
#include "cli/cli_bench.h"
#include "cli/cli_commands.h"
#include "cli/cli_native.h"
#include "cli/cli_options.h"

struct values {
    bool inference, training;
    const char *filter, *cc, *data_dir;
    long threads;
};

static const struct cli_option OPTIONS[] = {
    {"inference", 0, CLI_FLAG, offsetof(struct values, inference), "", NULL, 0, 0,
     "inference only (default with MODEL; without, both)"},
    {"training", 0, CLI_FLAG, offsetof(struct values, training), "", NULL, 0, 0,
     "training steps only, of the standard nets or of CONFIG"},
    {"filter", 0, CLI_TEXT, offsetof(struct values, filter), "WORD", NULL, 0, 0,
     "only the cases whose name contains WORD"},
    {"threads", 0, CLI_LONG, offsetof(struct values, threads), "N", "0", 0, 4096,
     "threads of training; 0: all cores"},
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_CC(struct values, cc),
};

static enum err_status standard(const struct cli_bench *bench, bool inference, bool training,
                                struct err *err)
{
    static char small[] = "mnist_small", large[] = "mnist_large";
    static char *const models[] = {small, large};
    enum err_status status = ERR_OK;

    if (training) status = cli_bench_training_standard(bench, err);
    if (status == ERR_OK && inference) status = cli_bench_inference(bench, models, 2, err);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct cli_bench bench = {.cli = cli,
                              .filter = values->filter,
                              .cc = values->cc,
                              .data_dir = values->data_dir,
                              .threads = values->threads};
    bool both = values->inference == values->training;
    size_t count = cli->num_positional;
    enum err_status status = cli_set_result(cli, json_array(), err);

    if (status != ERR_OK) return status;
    if (count == 0)
        status = standard(&bench, both || values->inference, both || values->training, err);
    else if (values->training && values->inference)
        status = err_set(err, ERR_ARG,
                         "bench: --training takes configurations and --inference "
                         "models: name them in two calls");
    else if (values->training)
        status = cli_bench_training(&bench, cli->positional, count, err);
    else
        status = cli_bench_inference(&bench, cli->positional, count, err);
    if (status == ERR_OK && json_array_size(cli->result) == 0)
        status = err_set(err, ERR_ARG,
                         "bench: no case has '%s' in its name; without --filter "
                         "all names are printed",
                         values->filter);
    return status;
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .arguments = "[MODEL | CONFIG]...",
    .summary = "measure how fast this machine trains and runs models",
    .description =
        "Training: samples a second of whole training steps (gather, encode, forward, backward,\n"
        "update; nothing is evaluated or written) by the clock on the wall, the median of five\n"
        "runs. The standard nets have LUT6, batches of 128 and every node type; they train on\n"
        "MNIST, or on drawn digits of its shape where that is missing. With --training CONFIG a\n"
        "configuration of your own, on its data set.\n"
        "Inference: images a second of one core from 8-bit codes to classes, the median of five\n"
        "runs of 20,480 images, in processor time of the thread; by the interpreting engine and\n"
        "by generated C, and the time of one image alone; of MODEL, or mnist_small and\n"
        "mnist_large. Without arguments it takes about a minute.",
    .example = "  difflut-hdl bench mnist_small --json\n"
               "  difflut-hdl bench --training --filter dwn\n"
               "  difflut-hdl bench --training configs/quickstart.yaml",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 0,
    .max_positional = 64,
    .run = run,
};
