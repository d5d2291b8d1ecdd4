/* difflut-hdl eval: accuracy of a model on a split of its data set. */
#include "cli/cli_commands.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"

#include <string.h>

struct values {
    const char *data_dir, *split, *mode;
    long samples, seed, threads;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    CLI_OPTION_DATA(struct values, data_dir),
    {"split", 0, CLI_CHOICE, offsetof(struct values, split), "train|test", "test", 0, 0,
     "which samples"},
    {"mode", 0, CLI_CHOICE, offsetof(struct values, mode), "deterministic|expectation|sampling",
     NULL, 0, 0, "the hardware's bits, real numbers, or a draw at every node (default: eval_mode)"},
    {"samples", 0, CLI_COUNT, offsetof(struct values, samples), "N|all", "all", 0, 1000000000,
     "only the first N samples"},
    CLI_OPTION_SEED(struct values, seed, "1", "seed of draws and flips"),
    CLI_OPTION_THREADS(struct values, threads),
    CLI_OPTION_SET(struct values, set),
};

/* Bit flips of a configuration are noise for training; here only an override turns them on. */
static double flip_probability(const struct config *config, const struct cli_list *set)
{
    static const char key[] = "runtime.flip_probability";

    for (size_t i = 0; i < set->count; i++) {
        if (strncmp(set->items[i], key, sizeof key - 1) == 0)
            return config->runtime.flip_probability;
    }
    return 0.0;
}

/* Accuracies in the mode asked for, and in the two modes whose difference is the gap. */
struct accuracies {
    double asked, hard, soft;
};

static enum err_status measure(const struct model *model, const struct dataset_split *split,
                               const char *name, const struct values *values,
                               struct accuracies *out, struct err *err)
{
    struct model_mode mode = {.name = "deterministic",
                              .flip = flip_probability(model->config, &values->set),
                              .seed = (uint64_t)values->seed,
                              .threads = cli_threads(values->threads)};
    enum err_status status = model_accuracy(model, split, &mode, &out->hard, NULL, err);

    mode.name = "expectation";
    if (status == ERR_OK) status = model_accuracy(model, split, &mode, &out->soft, NULL, err);
    if (status != ERR_OK) return status;
    mode.name = name;
    if (strcmp(name, "sampling") == 0)
        return model_accuracy(model, split, &mode, &out->asked, NULL, err);
    out->asked = strcmp(name, "expectation") == 0 ? out->soft : out->hard;
    return ERR_OK;
}

static enum err_status report(struct cli *cli, const struct model *model, const char *mode,
                              const char *split_name, size_t samples, const struct accuracies *acc,
                              struct err *err)
{
    const char *dataset = cli_model_dataset_name(model->config);

    cli_say(cli, "%s on the %s split of %s, %zu samples\n", model->config->name, split_name,
            dataset, samples);
    cli_say(cli, "  accuracy      %.2f %% (%s)\n", 100.0 * acc->asked, mode);
    cli_say(cli, "  hard %.2f %%, soft %.2f %%, gap %.2f points\n", 100.0 * acc->hard,
            100.0 * acc->soft, 100.0 * (acc->soft - acc->hard));
    return cli_set_result(cli,
                          json_pack("{s:s, s:s, s:s, s:I, s:s, s:f, s:f, s:f, s:f}", "model",
                                    model->config->name, "dataset", dataset, "split", split_name,
                                    "samples", (json_int_t)samples, "mode", mode, "accuracy",
                                    acc->asked, "accuracy_hard", acc->hard, "accuracy_soft",
                                    acc->soft, "gap", acc->soft - acc->hard),
                          err);
}

static enum err_status evaluate(struct cli *cli, struct model *model, const struct dataset *dataset,
                                const struct values *values, struct err *err)
{
    struct dataset_split split =
        strcmp(values->split, "train") == 0 ? dataset->train : dataset->test;
    const char *mode = values->mode != NULL ? values->mode : model->config->runtime.eval_mode;
    struct accuracies accuracies = {0};
    enum err_status status;

    if (values->samples != CLI_ALL && (size_t)values->samples < split.count)
        split.count = (size_t)values->samples;
    if (split.count == 0)
        return err_set(err, ERR_ARG, "eval: no samples (the %s split of %s has %zu)", values->split,
                       dataset->name,
                       strcmp(values->split, "train") == 0 ? dataset->train.count
                                                           : dataset->test.count);
    status = measure(model, &split, mode, values, &accuracies, err);
    if (status != ERR_OK) return status;
    return report(cli, model, mode, values->split, split.count, &accuracies, err);
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    unsigned splits = strcmp(values->split, "train") == 0 ? DATASET_TRAIN : DATASET_TEST;
    struct model *model = NULL;
    struct dataset *dataset = NULL;
    enum err_status status = cli_model_open(&model, cli->positional[0], &values->set, err);

    if (status == ERR_OK)
        status = cli_model_dataset(&dataset, model, values->data_dir, splits, err);
    if (status == ERR_OK) status = evaluate(cli, model, dataset, values, err);
    dataset_free(dataset);
    model_free(model);
    return status;
}

const struct cli_command cmd_eval = {
    .name = "eval",
    .arguments = "MODEL",
    .summary = "measure a model's accuracy",
    .description =
        "Runs the C reference over a split of the model's data set. The hard accuracy is what the\n"
        "hardware reaches and is the model's accuracy; the soft one (training mathematics) and the "
        "gap\n"
        "between them are always shown beside it. Runtime keys may be overridden with --set.",
    .example = "  difflut-hdl eval mnist_large --mode expectation --set runtime.temperature=0.5",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
