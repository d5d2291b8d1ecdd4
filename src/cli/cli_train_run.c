#include "cli/cli_train_run.h"

#include "api/api_accuracy.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_model.h"
#include "cli/cli_train_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One training run. */
struct run {
    const struct cli_train_request *request;
    struct cli_train_log log;
    struct model *model;
    const struct dataset *dataset;
    struct train_result result;
    long seed;
    bool tested;                         /* the data set has a test split, or there is a fold */
    double accuracy_soft, accuracy_hard; /* of the test split, or of the fold held out */
};

/* ---- steps ---- */

/* What is wrong with the configuration is said before data are read. */
static enum err_status check_model(const struct config *config, struct err *err)
{
    struct model *model = NULL;
    enum err_status status = model_create(&model, config, err);

    model_free(model);
    return status;
}

enum err_status cli_train_load(struct dataset **out, const struct config *config,
                               const char *data_dir, struct err *err)
{
    struct dataset_request request = {.spec = &config->dataset,
                                      .data_dir = data_dir,
                                      .bits = (unsigned)config->input_bits,
                                      .splits = DATASET_TRAIN | DATASET_TEST};
    struct dataset *dataset = NULL;
    enum err_status status = check_model(config, err);

    if (status == ERR_OK) status = dataset_load(&dataset, &request, err);
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
    struct model_mode mode = {.name = "expectation", .threads = threads};
    const struct dataset_split *split = &run->dataset->test;
    enum err_status status;

    run->tested = split->count > 0;
    if (!run->tested) return ERR_OK;
    status = api_accuracy_hard(run->model, split, threads, &run->accuracy_hard, err);
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
    return model_save(run->model, run->request->out_dir, metadata, err);
}

static enum err_status train(struct run *run, struct err *err)
{
    const struct cli_train_request *request = run->request;
    char *checkpoint = file_join(request->out_dir, "train.checkpoint");
    struct train_options options = {.threads = cli_threads(request->threads),
                                    .progress = cli_train_log_progress,
                                    .tell = cli_train_log_tell,
                                    .user = &run->log,
                                    .accuracy_hard = api_accuracy_hard,
                                    .checkpoint = checkpoint,
                                    .resume = request->resume,
                                    .stop = cli_interrupt_flag(request->cli->interrupt)};
    enum err_status status = checkpoint == NULL ? err_nomem(err, "a path") : ERR_OK;

    file_sweep(request->out_dir, FILE_TEMPORARY);
    cli_interrupt_tool(request->cli->interrupt, true);
    if (status == ERR_OK) status = train_run(run->model, run->dataset, &options, &run->result, err);
    cli_interrupt_tool(request->cli->interrupt, false);
    cli_progress_end(run->log.progress);
    if (status == ERR_OK) status = test(run, options.threads, err);
    if (status == ERR_OK) status = store_results(run, err);
    if (status == ERR_OK) status = save_model(run, err);
    if (status == ERR_OK) status = cli_train_log_write(&run->log, request->out_dir, err);
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
    json_t *result = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:o, s:s, s:I, s:O}", "model",
        run->model->config->name, "epochs", (json_int_t)r->epochs, "best_epoch",
        (json_int_t)r->best_epoch, "accuracy_soft", accuracy_json(run, run->accuracy_soft),
        "accuracy_hard", accuracy_json(run, run->accuracy_hard), "validation_accuracy_soft",
        r->accuracy_soft, "validation_accuracy_hard", r->accuracy_hard, "samples_per_second",
        r->samples_per_second, "seconds", r->seconds, "out_dir",
        cli_json_path(run->request->out_dir), "model_hash", run->model->model_hash, "seed",
        (json_int_t)run->seed, "warnings", run->log.warnings);
    if (r->prunes) json_put(&result, "pruned", cli_train_log_pruned(&r->pruned));
    if (run->request->fold >= 0) json_put(&result, "fold", json_integer(run->request->fold));
    return result;
}

static void say_result(const struct run *run)
{
    const struct train_result *r = &run->result;
    char speed[32];

    cli_progress_number(speed, r->samples_per_second);
    cli_say(run->request->cli, "%s%s: %zu epochs in %.1f s, %s samples/s; best epoch %zu\n",
            run->log.label, run->model->config->name, r->epochs, r->seconds, speed, r->best_epoch);
    if (run->tested)
        cli_say(run->request->cli,
                "  %s    hard %.2f %%, soft %.2f %%, gap %.2f points (%zu samples)\n",
                run->request->fold < 0 ? "test split" : "held out  ", 100.0 * run->accuracy_hard,
                100.0 * run->accuracy_soft, 100.0 * (run->accuracy_soft - run->accuracy_hard),
                run->dataset->test.count);
    if (r->prunes)
        cli_say(run->request->cli, "  pruned        %zu LUTs, %zu encoder bits, %zu LUT inputs\n",
                r->pruned.luts, r->pruned.bits, r->pruned.inputs);
    cli_say(run->request->cli, "  validation    hard %.2f %%, soft %.2f %%\n  written to    %s\n",
            100.0 * r->accuracy_hard, 100.0 * r->accuracy_soft, run->request->out_dir);
}

/* ---- one run ---- */

static enum err_status run_model(struct run *run, const struct config *config, json_t **result,
                                 struct err *err)
{
    json_t *found = NULL;
    enum err_status status = model_create(&run->model, config, err);

    if (status == ERR_OK) status = model_fit_encoder(run->model, run->dataset, err);
    if (status == ERR_OK) status = train(run, err);
    if (status == ERR_OK) {
        found = result_json(run);
        if (found == NULL) status = err_nomem(err, "the result");
    }
    if (status != ERR_OK) return status;
    say_result(run);
    *result = found;
    return ERR_OK;
}

enum err_status cli_train_run(const struct cli_train_request *request, const struct config *config,
                              const struct dataset *dataset, json_t **result, struct err *err)
{
    struct run run = {.request = request, .dataset = dataset, .seed = config->training.seed};
    struct dataset *part = NULL;
    enum err_status status = file_make_dirs(request->out_dir, err);

    if (status == ERR_OK && request->fold >= 0) {
        status = dataset_fold(&part, dataset, (size_t)config->training.folds, (size_t)request->fold,
                              (uint64_t)run.seed, err);
        run.dataset = part;
    }
    if (status == ERR_OK)
        status = cli_train_log_create(&run.log, request->progress, request->label, err);
    if (status == ERR_OK) status = run_model(&run, config, result, err);
    cli_train_log_free(&run.log);
    model_free(run.model);
    dataset_free(part);
    return status;
}

/* ---- means ---- */

/* Mean and deviation (n - 1) of a key over the runs; false when a run has no such number. */
bool cli_train_mean(const json_t *results, const char *key, double *mean, double *deviation)
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

bool cli_train_add_mean(json_t *summary, const json_t *results, const char *key)
{
    double mean, deviation;
    bool found = cli_train_mean(results, key, &mean, &deviation);
    char name[64];
    bool good;

    snprintf(name, sizeof name, "%s_mean", key);
    good = json_object_set_new(summary, name, found ? json_real(mean) : json_null()) == 0;
    snprintf(name, sizeof name, "%s_std", key);
    return json_object_set_new(summary, name, found ? json_real(deviation) : json_null()) == 0 &&
           good;
}
