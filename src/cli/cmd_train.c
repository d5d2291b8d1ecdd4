/* difflut-hdl train: from a configuration and a data set to a folder with a trained model. */
#include "base/file.h"
#include "base/text.h"
#include "cli/cli_commands.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"
#include "cli/cli_progress.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct values {
    const char *out_dir, *data_dir;
    long seed, threads;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    {"out", 'o', CLI_TEXT, offsetof(struct values, out_dir), "DIR", NULL, 0, 0,
     "folder to write (default build/train/<name>)"},
    CLI_OPTION_DATA(struct values, data_dir),
    CLI_OPTION_SET(struct values, set),
    CLI_OPTION_SEED(struct values, seed, "-1", "same as --set training.seed=N; -1: as configured"),
    CLI_OPTION_THREADS(struct values, threads),
};

/* One training run. */
struct run {
    struct cli_progress progress;
    struct text log; /* train.log: the lines that people see */
    json_t *history; /* train.json: one object an epoch */
    struct model *model;
    struct dataset *dataset;
    struct train_result result;
    bool tested;                         /* the data set has a test split */
    double accuracy_soft, accuracy_hard; /* of the test split */
    char *out_dir;
};

/* ---- progress ---- */

/* "  entropy 0.0123  l1 0.0004": the regularisers' parts of the loss. */
static void say_terms(char *text, size_t size, const struct train_progress *p)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < p->num_terms && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "  %s %.4f", p->terms[i].name,
                                 p->terms[i].loss);
}

static json_t *terms_json(const struct train_progress *p)
{
    json_t *terms = json_object();

    for (size_t i = 0; i < p->num_terms; i++)
        json_object_set_new(terms, p->terms[i].name, json_real(p->terms[i].loss));
    return terms;
}

static void log_epoch(struct run *run, const struct train_progress *p)
{
    char speed[32];
    char left[48];
    char terms[400];
    json_t *row =
        json_pack("{s:I, s:f, s:f, s:o, s:f, s:f, s:f, s:b}", "epoch", (json_int_t)p->epoch, "loss",
                  p->loss, "loss_regularizers", p->loss_regularizers, "regularizers", terms_json(p),
                  "learning_rate", p->learning_rate, "accuracy_soft", p->accuracy_soft,
                  "accuracy_hard", p->accuracy_hard, "best", p->best);

    json_array_append_new(run->history, row);
    cli_progress_number(speed, p->samples_per_second);
    cli_progress_time(left, p->seconds_left);
    say_terms(terms, sizeof terms, p);
    text_add(&run->log, "epoch %zu/%zu  loss %.4f%s  soft %.2f %%  hard %.2f %%%s\n", p->epoch,
             p->epochs, p->loss, terms, 100.0 * p->accuracy_soft, 100.0 * p->accuracy_hard,
             p->best ? "  best" : "");
    cli_progress_line(
        &run->progress,
        "epoch %*zu/%zu  loss %.4f%s  soft %.2f %%  hard %.2f %%  %s samples/s  %s left%s",
        p->epochs > 99 ? 3 : 2, p->epoch, p->epochs, p->loss, terms, 100.0 * p->accuracy_soft,
        100.0 * p->accuracy_hard, speed, left, p->best ? "  best" : "");
}

static void show_progress(const struct train_progress *p, void *user)
{
    struct run *run = user;
    char speed[32];
    char left[48];

    if (p->epoch_done) {
        log_epoch(run, p);
        return;
    }
    cli_progress_number(speed, p->samples_per_second);
    cli_progress_time(left, p->seconds_left);
    cli_progress_bar(&run->progress, (double)p->batch / (double)(p->batches > 0 ? p->batches : 1),
                     "epoch %zu/%zu  loss %.4f  %s samples/s  %s left", p->epoch, p->epochs,
                     p->loss, speed, left);
}

/* ---- steps ---- */

static enum err_status read_config(struct config **out, const char *path,
                                   const struct values *values, struct err *err)
{
    struct config *config = NULL;
    enum err_status status = config_read(&config, path, err);

    for (size_t i = 0; i < values->set.count && status == ERR_OK; i++)
        status = config_set(config, values->set.items[i], err);
    if (status == ERR_OK && values->seed >= 0) config->training.seed = values->seed;
    if (status == ERR_OK)
        *out = config;
    else
        config_free(config);
    return status;
}

static enum err_status load(struct run *run, const struct config *config, const char *data_dir,
                            struct err *err)
{
    struct dataset_request request = {.spec = &config->dataset,
                                      .data_dir = data_dir,
                                      .bits = (unsigned)config->input_bits,
                                      .splits = DATASET_TRAIN | DATASET_TEST};
    enum err_status status = model_create(&run->model, config, err);

    if (status == ERR_OK) status = dataset_load(&run->dataset, &request, err);
    if (status == ERR_OK && run->dataset->num_features != (size_t)config->input_size)
        status = config_complain(
            config, "input_size", err, "expected %zu, as data set %s has (found %ld)",
            run->dataset->num_features, run->dataset->name, config->input_size);
    if (status == ERR_OK && run->dataset->num_classes > (size_t)config->num_classes)
        status = config_complain(
            config, "num_classes", err, "expected %zu, as data set %s has (found %ld)",
            run->dataset->num_classes, run->dataset->name, config->num_classes);
    if (status == ERR_OK) status = model_fit_encoder(run->model, run->dataset, err);
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

static enum err_status write_file(const struct run *run, const char *name, const char *text,
                                  struct err *err)
{
    char *path = file_join(run->out_dir, name);
    enum err_status status = path == NULL || text == NULL
                                 ? err_nomem(err, "the training log")
                                 : file_write(path, text, strlen(text), err);

    free(path);
    return status;
}

static enum err_status write_logs(struct run *run, struct err *err)
{
    char *json = json_dumps(run->history, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    enum err_status status = text_status(&run->log, "the training log", err);

    if (status == ERR_OK)
        status = write_file(run, "train.log", run->log.data != NULL ? run->log.data : "", err);
    if (status == ERR_OK) status = write_file(run, "train.json", json, err);
    free(json);
    return status;
}

static enum err_status make_out_dir(struct run *run, const char *wanted, struct err *err)
{
    run->out_dir =
        wanted != NULL ? strdup(wanted) : file_join("build/train", run->model->config->name);
    if (run->out_dir == NULL) return err_nomem(err, "a path");
    return file_make_dirs(run->out_dir, err);
}

static enum err_status train(struct run *run, const struct config *config,
                             const struct values *values, struct err *err)
{
    struct train_options options = {
        .threads = cli_threads(values->threads), .progress = show_progress, .user = run};
    enum err_status status = load(run, config, values->data_dir, err);

    if (status == ERR_OK) status = make_out_dir(run, values->out_dir, err);
    if (status == ERR_OK) status = train_run(run->model, run->dataset, &options, &run->result, err);
    cli_progress_end(&run->progress);
    if (status == ERR_OK) status = test(run, options.threads, err);
    if (status == ERR_OK) status = store_results(run, err);
    if (status == ERR_OK) status = save_model(run, err);
    if (status == ERR_OK) status = write_logs(run, err);
    return status;
}

/* ---- result ---- */

static json_t *accuracy_json(const struct run *run, double accuracy)
{
    return run->tested ? json_real(accuracy) : json_null();
}

static enum err_status report(struct cli *cli, const struct run *run, struct err *err)
{
    const struct train_result *r = &run->result;
    char speed[32];

    cli_progress_number(speed, r->samples_per_second);
    cli_say(cli, "%s: %zu epochs in %.1f s, %s samples/s; best epoch %zu\n",
            run->model->config->name, r->epochs, r->seconds, speed, r->best_epoch);
    if (run->tested)
        cli_say(cli, "  test split    hard %.2f %%, soft %.2f %%, gap %.2f points (%zu samples)\n",
                100.0 * run->accuracy_hard, 100.0 * run->accuracy_soft,
                100.0 * (run->accuracy_soft - run->accuracy_hard), run->dataset->test.count);
    cli_say(cli, "  validation    hard %.2f %%, soft %.2f %%\n  written to    %s\n",
            100.0 * r->accuracy_hard, 100.0 * r->accuracy_soft, run->out_dir);
    return cli_set_result(
        cli,
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:o, s:s}", "model",
                  run->model->config->name, "epochs", (json_int_t)r->epochs, "best_epoch",
                  (json_int_t)r->best_epoch, "accuracy_soft",
                  accuracy_json(run, run->accuracy_soft), "accuracy_hard",
                  accuracy_json(run, run->accuracy_hard), "validation_accuracy_soft",
                  r->accuracy_soft, "validation_accuracy_hard", r->accuracy_hard,
                  "samples_per_second", r->samples_per_second, "seconds", r->seconds, "out_dir",
                  cli_json_path(run->out_dir), "model_hash", run->model->model_hash),
        err);
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct run run = {.history = json_array()};
    struct config *config = NULL;
    enum err_status status = run.history == NULL ? err_nomem(err, "the training log") : ERR_OK;

    cli_progress_begin(&run.progress, cli);
    if (status == ERR_OK) status = read_config(&config, cli->positional[0], values, err);
    if (status == ERR_OK) status = train(&run, config, values, err);
    if (status == ERR_OK) status = report(cli, &run, err);
    cli_progress_end(&run.progress);
    config_free(config);
    dataset_free(run.dataset);
    model_free(run.model);
    json_decref(run.history);
    text_free(&run.log);
    free(run.out_dir);
    return status;
}

const struct cli_command cmd_train = {
    .name = "train",
    .arguments = "CONFIG",
    .summary = "train a model from a YAML configuration",
    .description = "Trains on all cores of the CPU and writes <name>.yaml and <name>.safetensors "
                   "(weights, wiring,\n"
                   "thresholds, everything) and the logs train.log and train.json. The best epoch "
                   "is chosen on a\n"
                   "validation part of the training split; the test split is measured once, at the "
                   "end. The same\n"
                   "configuration and seed give the same bytes for any number of threads.",
    .example = "  difflut-hdl train configs/quickstart.yaml -o build/train/quickstart",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
