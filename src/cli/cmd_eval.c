/* difflut-hdl eval: accuracy of a model on a split of its data set. */
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_engine.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"
#include "cli/cli_upset.h"
#include "model/metrics.h"

#include <stdlib.h>
#include <string.h>

struct values {
    const char *data_dir, *split, *mode, *engine, *cc, *seu;
    long flips, repeats, samples, seed, threads;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    CLI_OPTION_DATA(struct values, data_dir),
    {"split", 0, CLI_CHOICE, offsetof(struct values, split), "train|test", "test", 0, 0,
     "which samples"},
    {"mode", 0, CLI_CHOICE, offsetof(struct values, mode), "deterministic|expectation|sampling",
     NULL, 0, 0, "the hardware's bits, real numbers, or a draw at every node (default: eval_mode)"},
    {"engine", 0, CLI_CHOICE, offsetof(struct values, engine), "interpreted|native|reference",
     "interpreted", 0, 0, "what computes the hardware's bits"},
    CLI_OPTION_CC(struct values, cc),
    {"samples", 0, CLI_COUNT, offsetof(struct values, samples), "N|all", "all", 0, 1000000000,
     "only the first N samples"},
    CLI_OPTION_SEED(struct values, seed, "1", "seed of draws and flips"),
    {"flip-bits", 0, CLI_LONG, offsetof(struct values, flips), "N", "0", 0, 1000000000000,
     "accuracy with up to N table bits and LUT inputs of the hardware upset"},
    {"seu", 0, CLI_TEXT, offsetof(struct values, seu), "RATE", NULL, 0, 0,
     "the same with each of them upset with this probability"},
    {"repeats", 0, CLI_LONG, offsetof(struct values, repeats), "N", "10", 1, 100000,
     "draws of upsets that each accuracy is the mean of"},
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

/* In the mode asked for, and the accuracies of the two modes whose difference is the gap. */
struct figures {
    double hard, soft;
    struct metrics metrics;
};

/* One mode; its predictions are kept when it is the mode asked for. */
static enum err_status measure_mode(const struct model *model, const struct dataset_split *split,
                                    struct model_mode *mode, const char *name, const char *asked,
                                    double *accuracy, uint32_t *predictions, struct err *err)
{
    mode->name = name;
    return model_accuracy(model, split, mode, accuracy,
                          strcmp(name, asked) == 0 ? predictions : NULL, err);
}

/* The hardware's bits: by the engine, or by the C reference, which bit flips need. */
static enum err_status measure_hard(struct cli *cli, const struct model *model,
                                    const struct dataset_split *split, struct model_mode *mode,
                                    const char *asked, const struct values *values,
                                    double *accuracy, uint32_t *predictions, struct err *err)
{
    enum err_status status;

    if (mode->flip > 0.0 || strcmp(values->engine, "reference") == 0)
        return measure_mode(model, split, mode, "deterministic", asked, accuracy, predictions, err);
    status = cli_engine_classify(
        cli, model, split, &(struct cli_engine_request){values->engine, values->cc, mode->threads},
        predictions, err);
    if (status == ERR_OK) *accuracy = cli_engine_accuracy(split, predictions);
    return status;
}

static enum err_status measure(struct cli *cli, const struct model *model,
                               const struct dataset_split *split, const char *asked,
                               const struct values *values, struct figures *out, struct err *err)
{
    struct model_mode mode = {.flip = flip_probability(model->config, &values->set),
                              .seed = (uint64_t)values->seed,
                              .threads = cli_threads(values->threads)};
    uint32_t *predictions = malloc(split->count * sizeof *predictions);
    enum err_status status = predictions == NULL ? err_nomem(err, "predictions") : ERR_OK;
    double sampled;

    if (status == ERR_OK)
        status =
            measure_hard(cli, model, split, &mode, asked, values, &out->hard, predictions, err);
    if (status == ERR_OK)
        status =
            measure_mode(model, split, &mode, "expectation", asked, &out->soft, predictions, err);
    if (status == ERR_OK && strcmp(asked, "sampling") == 0)
        status = measure_mode(model, split, &mode, "sampling", asked, &sampled, predictions, err);
    if (status == ERR_OK)
        status = metrics_compute(&out->metrics, split->labels, predictions, split->count,
                                 model->num_classes, err);
    free(predictions);
    return status;
}

/* ---- report ---- */

static json_t *classes_json(const struct metrics *m)
{
    json_t *list = json_array();

    for (size_t c = 0; c < m->num_classes; c++) {
        const struct metrics_class *class = &m->classes[c];

        json_push(&list, json_pack("{s:I, s:I, s:I, s:f, s:f, s:f}", "class", (json_int_t)c,
                                   "samples", (json_int_t) class->samples, "predictions",
                                   (json_int_t) class->predictions, "recall", class->recall,
                                   "precision", class->precision, "f1", class->f1));
    }
    return list;
}

/* Row: label; column: prediction. null for more than METRICS_MAX_CONFUSION classes. */
static json_t *confusion_json(const struct metrics *m)
{
    json_t *rows = m->confusion == NULL ? json_null() : json_array();

    for (size_t label = 0; m->confusion != NULL && label < m->num_classes; label++) {
        json_t *row = json_array();

        for (size_t c = 0; c < m->num_classes; c++)
            json_push(&row, json_integer((json_int_t)m->confusion[label * m->num_classes + c]));
        json_push(&rows, row);
    }
    return rows;
}

/* The class with samples that is found least often. */
static void say_weakest(const struct cli *cli, const struct metrics *m)
{
    size_t weakest = m->num_classes;

    for (size_t c = 0; c < m->num_classes; c++) {
        if (m->classes[c].samples == 0) continue;
        if (weakest == m->num_classes || m->classes[c].recall < m->classes[weakest].recall)
            weakest = c;
    }
    if (weakest == m->num_classes) return;
    cli_say(cli, "  weakest class %zu: recall %.2f %%, precision %.2f %% (%zu samples)\n", weakest,
            100.0 * m->classes[weakest].recall, 100.0 * m->classes[weakest].precision,
            (size_t)m->classes[weakest].samples);
}

static enum err_status report(struct cli *cli, const struct model *model, const char *mode,
                              const char *split_name, size_t samples, const struct figures *figures,
                              struct err *err)
{
    const char *dataset = cli_model_dataset_name(model->config);
    const struct metrics *m = &figures->metrics;
    double gap = figures->soft - figures->hard;

    cli_say(cli, "%s on the %s split of %s, %zu samples\n", model->config->name, split_name,
            dataset, samples);
    cli_say(cli, "  accuracy      %.2f %% (%s)\n", 100.0 * m->accuracy, mode);
    cli_say(cli, "  hard %.2f %%, soft %.2f %%, gap %.2f points\n", 100.0 * figures->hard,
            100.0 * figures->soft, 100.0 * gap);
    cli_say(cli, "  macro F1      %.2f %%, balanced accuracy %.2f %%\n", 100.0 * m->macro_f1,
            100.0 * m->balanced_accuracy);
    say_weakest(cli, m);
    return cli_set_result(
        cli,
        json_pack("{s:s, s:s, s:s, s:I, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "model",
                  model->config->name, "dataset", dataset, "split", split_name, "samples",
                  (json_int_t)samples, "mode", mode, "accuracy", m->accuracy, "accuracy_hard",
                  figures->hard, "accuracy_soft", figures->soft, "gap", gap, "macro_f1",
                  m->macro_f1, "macro_precision", m->macro_precision, "balanced_accuracy",
                  m->balanced_accuracy, "classes", classes_json(m), "confusion", confusion_json(m)),
        err);
}

static enum err_status upsets(struct cli *cli, const struct model *model,
                              const struct dataset_split *split, const struct values *values,
                              struct err *err)
{
    struct cli_upset_request request = {.flips = values->flips,
                                        .seu = values->seu,
                                        .repeats = values->repeats,
                                        .seed = (uint64_t)values->seed,
                                        .threads = cli_threads(values->threads)};

    return cli_upset(cli, model, split, &request, err);
}

static enum err_status evaluate(struct cli *cli, struct model *model, const struct dataset *dataset,
                                const struct values *values, struct err *err)
{
    struct dataset_split split =
        strcmp(values->split, "train") == 0 ? dataset->train : dataset->test;
    const char *mode = values->mode != NULL ? values->mode : model->config->runtime.eval_mode;
    struct figures figures = {0};
    enum err_status status;

    if (values->samples != CLI_ALL && (size_t)values->samples < split.count)
        split.count = (size_t)values->samples;
    if (split.count == 0)
        return err_set(err, ERR_ARG, "eval: no samples (the %s split of %s has %zu)", values->split,
                       dataset->name,
                       strcmp(values->split, "train") == 0 ? dataset->train.count
                                                           : dataset->test.count);
    status = measure(cli, model, &split, mode, values, &figures, err);
    if (status == ERR_OK)
        status = report(cli, model, mode, values->split, split.count, &figures, err);
    if (status == ERR_OK) status = upsets(cli, model, &split, values, err);
    metrics_free(&figures.metrics);
    return status;
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
        "Runs a model over a split of its data set. The hard accuracy is what the\n"
        "hardware reaches and is the model's accuracy; the soft one (training mathematics) and the "
        "gap\n"
        "between them are always shown beside it. --json adds recall, precision and F1 of every "
        "class and the\n"
        "confusion matrix (rows are labels). Runtime keys may be overridden with --set.\n"
        "The hardware's bits come from the bit-parallel engine; --engine native compiles\n"
        "generated C instead; --engine reference computes them from the trained parameters, and "
        "so\n"
        "does any run with bit flips.",
    .example = "  difflut-hdl eval mnist_large --mode expectation --set runtime.temperature=0.5\n"
               "  difflut-hdl eval mnist_large --seu 0.001",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
