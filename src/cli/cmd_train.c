/* difflut-hdl train: from a configuration and a data set to a folder with a trained model. */
#include "base/file.h"
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_options.h"
#include "cli/cli_train_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    const char *out_dir, *data_dir;
    long seed, threads, seeds, folds;
    bool resume;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "folder to write (default build/train/<name>)"},
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_SET(struct values, set),
    CLI_OPTION_SEED(struct values, seed, "-1", "same as --set training.seed=N; -1: as configured"),
    {"seeds", 0, CLI_LONG, offsetof(struct values, seeds), "N", "1", 1, 1000,
     "train N times with seeds one after the other; report mean and spread"},
    {"folds", 0, CLI_LONG, offsetof(struct values, folds), "K", "0", 0, 1000,
     "cross-validate: same as --set training.folds=K; 0: as configured"},
    {"resume", 0, CLI_FLAG, offsetof(struct values, resume), "", NULL, 0, 0,
     "continue a run that was ended, from its folder's checkpoint"},
    CLI_OPTION_THREADS(struct values, threads),
};

static enum err_status read_config(struct config **out, const char *path,
                                   const struct values *values, struct err *err)
{
    struct config *config = NULL;
    enum err_status status = config_read(&config, path, err);

    for (size_t i = 0; i < values->set.count && status == ERR_OK; i++)
        status = config_set(config, values->set.items[i], err);
    if (status == ERR_OK && values->seed >= 0) config->training.seed = values->seed;
    if (status == ERR_OK && values->folds > 0) config->training.folds = values->folds;
    if (status == ERR_OK && config->training.folds == 1)
        status = config_complain(config, "training.folds", err,
                                 "expected 0, or 2 and more: one fold leaves nothing to train on");
    if (status == ERR_OK)
        *out = config;
    else
        config_free(config);
    return status;
}

/* ---- several runs ---- */

/* What all runs share. */
struct plan {
    struct cli *cli;
    const struct values *values;
    struct config *config;
    struct dataset *dataset;
    struct cli_progress progress;
    char *out_dir;
    bool many; /* each run has a folder of its own in out_dir */
    json_t *results;
};

/* "seed 7, fold 2: " and "seed_7_fold_2". */
static void name_run(const struct plan *plan, long seed, long fold, char label[96], char folder[96])
{
    bool folds = fold >= 0, seeds = !folds || plan->values->seeds > 1;
    char seed_label[32] = "", seed_folder[32] = "", fold_label[32] = "", fold_folder[32] = "";

    if (seeds) {
        snprintf(seed_label, sizeof seed_label, "seed %ld", seed);
        snprintf(seed_folder, sizeof seed_folder, "seed_%ld", seed);
    }
    if (folds) {
        snprintf(fold_label, sizeof fold_label, "fold %ld", fold);
        snprintf(fold_folder, sizeof fold_folder, "fold_%ld", fold);
    }
    snprintf(label, 96, "%s%s%s: ", seed_label, seeds && folds ? ", " : "", fold_label);
    snprintf(folder, 96, "%s%s%s", seed_folder, seeds && folds ? "_" : "", fold_folder);
}

static enum err_status run_of_plan(struct plan *plan, long seed, long fold, struct err *err)
{
    char label[96] = "", folder[96] = "", *out_dir;
    json_t *result = NULL;
    enum err_status status;

    if (plan->many) name_run(plan, seed, fold, label, folder);
    plan->config->training.seed = seed;
    out_dir = plan->many ? file_join(plan->out_dir, folder) : strdup(plan->out_dir);
    if (out_dir == NULL) {
        status = err_nomem(err, "a path");
    } else {
        struct cli_train_request request = {.cli = plan->cli,
                                            .progress = &plan->progress,
                                            .label = label,
                                            .out_dir = out_dir,
                                            .threads = plan->values->threads,
                                            .resume = plan->values->resume,
                                            .fold = fold};

        status = cli_train_run(&request, plan->config, plan->dataset, &result, err);
    }
    if (status == ERR_OK) {
        json_push(&plan->results, result);
        if (plan->results == NULL) status = err_nomem(err, "the result");
    }
    free(out_dir);
    return status;
}

static enum err_status run_plan(struct plan *plan, struct err *err)
{
    long first = plan->config->training.seed, folds = plan->config->training.folds;
    enum err_status status = ERR_OK;

    for (long s = 0; status == ERR_OK && s < plan->values->seeds; s++) {
        for (long fold = 0; status == ERR_OK && fold < (folds > 0 ? folds : 1); fold++)
            status = run_of_plan(plan, first + s, folds > 0 ? fold : -1, err);
    }
    return status;
}

static void say_mean(const struct plan *plan)
{
    double hard, hard_std, soft, soft_std;

    if (!cli_train_mean(plan->results, "accuracy_hard", &hard, &hard_std) ||
        !cli_train_mean(plan->results, "accuracy_soft", &soft, &soft_std))
        return;
    cli_say(plan->cli,
            "%zu runs: hard %.2f +- %.2f %%, soft %.2f +- %.2f %% (mean, standard deviation)\n",
            json_array_size(plan->results), 100.0 * hard, 100.0 * hard_std, 100.0 * soft,
            100.0 * soft_std);
}

/* Runs and their mean, to runs.json and the command's result. */
static enum err_status report_many(const struct plan *plan, struct err *err)
{
    json_t *summary = json_pack("{s:s, s:O, s:o}", "model", plan->config->name, "runs",
                                plan->results, "out_dir", cli_json_path(plan->out_dir));
    char *path = file_join(plan->out_dir, "runs.json"), *text = NULL;
    enum err_status status;

    if (cli_train_add_mean(summary, plan->results, "accuracy_hard") &&
        cli_train_add_mean(summary, plan->results, "accuracy_soft"))
        text = json_dumps(summary, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    say_mean(plan);
    status = path == NULL || text == NULL ? err_nomem(err, "the result")
                                          : file_write(path, text, strlen(text), err);
    if (status == ERR_OK)
        status = cli_set_result(plan->cli, summary, err);
    else
        json_decref(summary);
    free(path);
    free(text);
    return status;
}

/* ---- the command ---- */

static enum err_status prepare(struct plan *plan, struct err *err)
{
    const struct values *values = plan->values;
    enum err_status status =
        plan->results == NULL ? err_nomem(err, "the result")
                              : read_config(&plan->config, plan->cli->positional[0], values, err);

    if (status == ERR_OK)
        status = cli_train_load(&plan->dataset, plan->config, values->data_dir, err);
    if (status != ERR_OK) return status;
    plan->many = values->seeds > 1 || plan->config->training.folds > 0;
    plan->out_dir = values->out_dir != NULL ? strdup(values->out_dir)
                                            : file_join("build/train", plan->config->name);
    return plan->out_dir == NULL ? err_nomem(err, "a path") : ERR_OK;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    struct plan plan = {.cli = cli, .values = untyped, .results = json_array()};
    enum err_status status = prepare(&plan, err);

    cli_progress_begin(&plan.progress, cli);
    if (status == ERR_OK) status = run_plan(&plan, err);
    if (status == ERR_OK && plan.many) status = report_many(&plan, err);
    if (status == ERR_OK && !plan.many)
        status = cli_set_result(cli, json_incref(json_array_get(plan.results, 0)), err);
    cli_progress_end(&plan.progress);
    json_decref(plan.results);
    config_free(plan.config);
    dataset_free(plan.dataset);
    free(plan.out_dir);
    return status;
}

const struct cli_command cmd_train = {
    .name = "train",
    .arguments = "CONFIG",
    .summary = "train a model from a YAML configuration",
    .description = "Trains on all cores of the CPU and writes <name>.yaml and <name>.safetensors "
                   "(weights, wiring,\n"
                   "thresholds, everything), the logs train.log and train.json, and a checkpoint "
                   "as it goes. The best\n"
                   "epoch is chosen on a validation part of the training split; the test split is "
                   "measured once, at\n"
                   "the end. The same configuration and seed give the same bytes for any number of "
                   "threads, and however\n"
                   "often the run was ended and continued with --resume. --seeds and --folds train "
                   "several times, each\n"
                   "in a folder of its own, and write runs.json.",
    .example = "  difflut-hdl train configs/quickstart.yaml -o build/train/quickstart\n"
               "  difflut-hdl train configs/quickstart.yaml --seeds 3",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
