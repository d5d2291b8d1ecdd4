/* difflut-hdl train: from a configuration and a data set to a folder with a trained model. */
#include "base/file.h"
#include "cli/cli_commands.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"
#include "cli/cli_train_log.h"

#include <math.h>
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

/* One training run. */
struct run {
    struct cli *cli;
    struct cli_train_log log;
    struct model *model;
    const struct dataset *dataset;
    struct train_result result;
    long seed, fold;                     /* fold -1: none */
    bool tested;                         /* the data set has a test split, or there is a fold */
    double accuracy_soft, accuracy_hard; /* of the test split, or of the fold held out */
    char *out_dir;
};

/* ---- steps ---- */

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

static enum err_status load(struct dataset **out, const struct config *config, const char *data_dir,
                            struct err *err)
{
    struct dataset_request request = {.spec = &config->dataset,
                                      .data_dir = data_dir,
                                      .bits = (unsigned)config->input_bits,
                                      .splits = DATASET_TRAIN | DATASET_TEST};
    struct dataset *dataset = NULL;
    enum err_status status = dataset_load(&dataset, &request, err);

    if (status == ERR_OK && dataset->num_features != (size_t)config->input_size)
        status = config_complain(config, "input_size", err,
                                 "expected %zu, as data set %s has (found %ld)",
                                 dataset->num_features, dataset->name, config->input_size);
    if (status == ERR_OK && dataset->num_classes > (size_t)config->num_classes)
        status = config_complain(config, "num_classes", err,
                                 "expected %zu, as data set %s has (found %ld)",
                                 dataset->num_classes, dataset->name, config->num_classes);
    if (status == ERR_OK && config->training.folds > (long)dataset->train.count)
        status = config_complain(config, "training.folds", err,
                                 "expected at most %zu, the training samples of data set %s "
                                 "(found %ld)",
                                 dataset->train.count, dataset->name, config->training.folds);
    if (status == ERR_OK)
        *out = dataset;
    else
        dataset_free(dataset);
    return status;
}

/* The test split is looked at once, after training. */
static enum err_status test(struct run *run, unsigned threads, struct err *err)
{
    struct model_mode mode = {.name = "deterministic", .threads = threads};
    const struct dataset_split *split = &run->dataset->test;
    enum err_status status;

    run->tested = split->count > 0;
    if (!run->tested) return ERR_OK;
    status = model_accuracy(run->model, split, &mode, &run->accuracy_hard, NULL, err);
    mode.name = "expectation";
    if (status == ERR_OK)
        status = model_accuracy(run->model, split, &mode, &run->accuracy_soft, NULL, err);
    return status;
}

/* Measured figures for the YAML; no times, so that equal runs write equal files. */
static enum err_status store_results(struct run *run, struct err *err)
{
    struct config *config = run->model->config;
    enum err_status status = cli_model_set_result(config, "epochs", err, "%zu", run->result.epochs);

    if (status == ERR_OK)
        status = cli_model_set_result(config, "best_epoch", err, "%zu", run->result.best_epoch);
    if (status != ERR_OK || !run->tested) return status;
    status = cli_model_set_result(config, "accuracy_hard", err, "%.6g", run->accuracy_hard);
    if (status == ERR_OK)
        status = cli_model_set_result(config, "accuracy_soft", err, "%.6g", run->accuracy_soft);
    if (status == ERR_OK)
        status = cli_model_set_result(config, "gap", err, "%.6g",
                                      run->accuracy_soft - run->accuracy_hard);
    if (status == ERR_OK)
        status = cli_model_set_result(config, "test_samples", err, "%zu", run->dataset->test.count);
    return status;
}

static enum err_status save_model(struct run *run, struct err *err)
{
    char hard[32] = "";
    char soft[32] = "";
    const char *metadata[] = {"dataset",
                              cli_model_dataset_name(run->model->config),
                              "accuracy_hard",
                              hard,
                              "accuracy_soft",
                              soft,
                              NULL};

    snprintf(hard, sizeof hard, "%.6g", run->accuracy_hard);
    snprintf(soft, sizeof soft, "%.6g", run->accuracy_soft);
    if (!run->tested) metadata[2] = NULL;
    return model_save(run->model, run->out_dir, metadata, err);
}

static enum err_status train(struct run *run, const struct values *values, struct err *err)
{
    char *checkpoint = file_join(run->out_dir, "train.checkpoint");
    struct train_options options = {.threads = cli_threads(values->threads),
                                    .progress = cli_train_log_progress,
                                    .tell = cli_train_log_tell,
                                    .user = &run->log,
                                    .checkpoint = checkpoint,
                                    .resume = values->resume,
                                    .stop = cli_interrupt_flag(run->cli->interrupt)};
    enum err_status status = checkpoint == NULL ? err_nomem(err, "a path") : ERR_OK;

    file_sweep(run->out_dir);
    cli_interrupt_tool(run->cli->interrupt, true);
    if (status == ERR_OK) status = train_run(run->model, run->dataset, &options, &run->result, err);
    cli_interrupt_tool(run->cli->interrupt, false);
    cli_progress_end(run->log.progress);
    if (status == ERR_OK) status = test(run, options.threads, err);
    if (status == ERR_OK) status = store_results(run, err);
    if (status == ERR_OK) status = save_model(run, err);
    if (status == ERR_OK) status = cli_train_log_write(&run->log, run->out_dir, err);
    free(checkpoint);
    return status;
}

/* ---- result ---- */

static json_t *accuracy_json(const struct run *run, double accuracy)
{
    return run->tested ? json_real(accuracy) : json_null();
}

static json_t *result_json(const struct run *run)
{
    const struct train_result *r = &run->result;
    json_t *result;

    result = json_pack("{s:s, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:o, s:s, s:I, s:O}", "model",
                       run->model->config->name, "epochs", (json_int_t)r->epochs, "best_epoch",
                       (json_int_t)r->best_epoch, "accuracy_soft",
                       accuracy_json(run, run->accuracy_soft), "accuracy_hard",
                       accuracy_json(run, run->accuracy_hard), "validation_accuracy_soft",
                       r->accuracy_soft, "validation_accuracy_hard", r->accuracy_hard,
                       "samples_per_second", r->samples_per_second, "seconds", r->seconds,
                       "out_dir", cli_json_path(run->out_dir), "model_hash", run->model->model_hash,
                       "seed", (json_int_t)run->seed, "warnings", run->log.warnings);
    if (result != NULL && r->prunes)
        json_object_set_new(result, "pruned", cli_train_log_pruned(&r->pruned));
    return result;
}

static void say_result(const struct run *run)
{
    const struct train_result *r = &run->result;
    char speed[32];

    cli_progress_number(speed, r->samples_per_second);
    cli_say(run->cli, "%s%s: %zu epochs in %.1f s, %s samples/s; best epoch %zu\n", run->log.label,
            run->model->config->name, r->epochs, r->seconds, speed, r->best_epoch);
    if (run->tested)
        cli_say(run->cli, "  %s    hard %.2f %%, soft %.2f %%, gap %.2f points (%zu samples)\n",
                run->fold < 0 ? "test split" : "held out  ", 100.0 * run->accuracy_hard,
                100.0 * run->accuracy_soft, 100.0 * (run->accuracy_soft - run->accuracy_hard),
                run->dataset->test.count);
    if (r->prunes)
        cli_say(run->cli, "  pruned        %zu LUTs, %zu encoder bits, %zu LUT inputs\n",
                r->pruned.luts, r->pruned.bits, r->pruned.inputs);
    cli_say(run->cli, "  validation    hard %.2f %%, soft %.2f %%\n  written to    %s\n",
            100.0 * r->accuracy_hard, 100.0 * r->accuracy_soft, run->out_dir);
}

/* ---- one run ---- */

/* Trains `config` on `dataset` into out_dir; adds the result to `results`. */
static enum err_status run_once(struct run *run, const struct config *config,
                                const struct values *values, json_t *results, struct err *err)
{
    json_t *result = NULL;
    enum err_status status = file_make_dirs(run->out_dir, err);

    if (status == ERR_OK) status = model_create(&run->model, config, err);
    if (status == ERR_OK) status = model_fit_encoder(run->model, run->dataset, err);
    if (status == ERR_OK) status = train(run, values, err);
    if (status == ERR_OK) {
        result = result_json(run);
        if (result == NULL) status = err_nomem(err, "the result");
    }
    if (status == ERR_OK && run->fold >= 0)
        json_object_set_new(result, "fold", json_integer(run->fold));
    if (status == ERR_OK) {
        say_result(run);
        json_array_append(results, result);
    }
    json_decref(result);
    model_free(run->model);
    run->model = NULL;
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
static void name_run(const struct plan *plan, const struct run *run, char label[96],
                     char folder[96])
{
    bool folds = run->fold >= 0, seeds = !folds || plan->values->seeds > 1;
    char seed_label[32] = "", seed_folder[32] = "", fold_label[32] = "", fold_folder[32] = "";

    if (seeds) {
        snprintf(seed_label, sizeof seed_label, "seed %ld", run->seed);
        snprintf(seed_folder, sizeof seed_folder, "seed_%ld", run->seed);
    }
    if (folds) {
        snprintf(fold_label, sizeof fold_label, "fold %ld", run->fold);
        snprintf(fold_folder, sizeof fold_folder, "fold_%ld", run->fold);
    }
    snprintf(label, 96, "%s%s%s: ", seed_label, seeds && folds ? ", " : "", fold_label);
    snprintf(folder, 96, "%s%s%s", seed_folder, seeds && folds ? "_" : "", fold_folder);
}

static enum err_status run_of_plan(struct plan *plan, long seed, long fold, struct err *err)
{
    struct run run = {.cli = plan->cli, .dataset = plan->dataset, .seed = seed, .fold = fold};
    struct dataset *part = NULL;
    char label[96] = "", folder[96] = "";
    enum err_status status = ERR_OK;

    if (plan->many) name_run(plan, &run, label, folder);
    plan->config->training.seed = seed;
    run.out_dir = plan->many ? file_join(plan->out_dir, folder) : strdup(plan->out_dir);
    if (run.out_dir == NULL) status = err_nomem(err, "a path");
    if (status == ERR_OK && fold >= 0) {
        status = dataset_fold(&part, plan->dataset, (size_t)plan->config->training.folds,
                              (size_t)fold, (uint64_t)seed, err);
        run.dataset = part;
    }
    if (status == ERR_OK) status = cli_train_log_create(&run.log, &plan->progress, label, err);
    if (status == ERR_OK) status = run_once(&run, plan->config, plan->values, plan->results, err);
    cli_train_log_free(&run.log);
    dataset_free(part);
    free(run.out_dir);
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

/* Mean and deviation (n - 1) of a key over the runs; false when a run has no such number. */
static bool mean_of(const json_t *results, const char *key, double *mean, double *deviation)
{
    size_t count = json_array_size(results);

    *mean = *deviation = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(json_array_get(results, i), key);

        if (!json_is_number(value)) return false;
        *mean += json_number_value(value) / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(json_array_get(results, i), key);

        *deviation += pow(json_number_value(value) - *mean, 2);
    }
    *deviation = count > 1 ? sqrt(*deviation / (double)(count - 1)) : 0;
    return true;
}

static void add_mean(json_t *summary, const json_t *results, const char *key)
{
    double mean, deviation;
    bool found = mean_of(results, key, &mean, &deviation);
    char name[64];

    snprintf(name, sizeof name, "%s_mean", key);
    json_object_set_new(summary, name, found ? json_real(mean) : json_null());
    snprintf(name, sizeof name, "%s_std", key);
    json_object_set_new(summary, name, found ? json_real(deviation) : json_null());
}

static void say_mean(const struct plan *plan)
{
    double hard, hard_std, soft, soft_std;

    if (!mean_of(plan->results, "accuracy_hard", &hard, &hard_std) ||
        !mean_of(plan->results, "accuracy_soft", &soft, &soft_std))
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

    if (summary != NULL) {
        add_mean(summary, plan->results, "accuracy_hard");
        add_mean(summary, plan->results, "accuracy_soft");
        text = json_dumps(summary, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    }
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

    if (status == ERR_OK) status = load(&plan->dataset, plan->config, values->data_dir, err);
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
