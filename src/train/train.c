#include "train.h"

#include "init.h"
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note_terms(struct trainer *t, struct train_progress *progress)
{
    progress->num_terms = train_step_terms(t, progress->terms);
    progress->loss_regularizers = 0;
    for (size_t i = 0; i < progress->num_terms; i++)
        progress->loss_regularizers += progress->terms[i].loss;
}

static void report(const struct trainer *t, struct train_progress *progress, double started)
{
    double done =
        (double)t->step / (double)(t->steps_per_epoch * (size_t)t->config->training.epochs);

    progress->seconds = now() - started;
    progress->seconds_left = done > 0 ? progress->seconds * (1 - done) / done : 0;
    progress->samples_per_second =
        t->step_seconds > 0 ? (double)t->step_samples / t->step_seconds : 0;
    if (t->options->progress != NULL) t->options->progress(progress, t->options->user);
}

static enum err_status run_epoch(struct trainer *t, struct train_progress *progress, double started,
                                 struct err *err)
{
    double loss = 0, weight = 0;

    rng_shuffle(&t->order_rng, t->order, t->num_train);
    progress->epoch_done = false;
    note_terms(t, progress);
    for (size_t b = 0; b < t->steps_per_epoch; b++) {
        size_t first = b * t->batch_size;
        size_t batch = t->num_train - first < t->batch_size ? t->num_train - first : t->batch_size;
        double begin = now();

        progress->learning_rate =
            schedule_rate(t->config, &t->plateau, t->step, t->steps_per_epoch);
        loss += train_step_run(t, first, batch, progress->learning_rate, &weight);
        t->step_seconds += now() - begin;
        t->step_samples += batch;
        progress->batch = b + 1;
        progress->loss = loss / weight;
        if (!isfinite(progress->loss))
            return err_set(err, ERR_DIFF,
                           "the loss is not finite after batch %zu of epoch %zu: lower "
                           "training.learning_rate (now %g) or raise runtime.tau",
                           b + 1, progress->epoch, progress->learning_rate);
        report(t, progress, started);
    }
    return ERR_OK;
}

static void copy_block(float *best, float *own, size_t count, bool keep)
{
    memcpy(keep ? best : own, keep ? own : best, count * sizeof *own);
}

/* Learned wires: the weights, and the temperature at which their mixture was judged. */
static void copy_selection(float *best, const struct layer *layer, bool keep)
{
    size_t count = layer->width * layer_num_weights(layer);

    copy_block(best, layer->selection->weights, count, keep);
    if (keep)
        best[count] = (float)layer->selection->next_tau;
    else
        layer->selection->tau = layer->selection->next_tau = (double)best[count];
}

/* Copies all parameters to the best ones (keep) or back. */
static void copy_params(const struct trainer *t, bool keep)
{
    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];
        size_t own = layer->width * layer->desc.num_params;

        copy_block(t->best + t->offset[l], layer->params, own, keep);
        if (layer->selection != NULL) copy_selection(t->best + t->offset[l] + own, layer, keep);
        if (!keep) layer_prepare(layer);
    }
}

/* Best is the highest hard accuracy, then the highest soft one, then the earliest. */
static enum err_status judge_epoch(struct trainer *t, struct train_progress *progress,
                                   struct train_result *result, struct err *err)
{
    struct model_mode soft = {.name = "expectation", .threads = (unsigned)t->threads};
    struct model_mode hard = {.name = "deterministic", .threads = (unsigned)t->threads};
    enum err_status status =
        model_accuracy(t->model, &t->validation, &soft, &progress->accuracy_soft, NULL, err);

    if (status == ERR_OK)
        status =
            model_accuracy(t->model, &t->validation, &hard, &progress->accuracy_hard, NULL, err);
    progress->epoch_done = true;
    progress->best = result->best_epoch == 0 || progress->accuracy_hard > result->accuracy_hard ||
                     (progress->accuracy_hard >= result->accuracy_hard &&
                      progress->accuracy_soft > result->accuracy_soft);
    if (status != ERR_OK) return status;
    schedule_judge(t->config, &t->plateau, progress->best);
    if (!progress->best) return ERR_OK;
    result->best_epoch = progress->epoch;
    result->accuracy_hard = progress->accuracy_hard;
    result->accuracy_soft = progress->accuracy_soft;
    copy_params(t, true);
    return ERR_OK;
}

/* Early stopping: training.patience epochs have gone by since the best one. */
static bool is_over(const struct trainer *t, size_t epoch, const struct train_result *result)
{
    size_t patience = (size_t)t->config->training.patience;

    if (epoch >= (size_t)t->config->training.epochs) return true;
    return patience > 0 && epoch >= result->best_epoch + patience;
}

static enum err_status run_epochs(struct trainer *t, struct train_result *result, struct err *err)
{
    struct train_progress progress = {.epochs = (size_t)t->config->training.epochs,
                                      .batches = t->steps_per_epoch};
    double started = now();
    enum err_status status = ERR_OK;

    copy_params(t, true);
    while (status == ERR_OK && !is_over(t, result->epochs, result)) {
        progress.epoch = ++result->epochs;
        status = run_epoch(t, &progress, started, err);
        if (status == ERR_OK) status = judge_epoch(t, &progress, result, err);
        if (status == ERR_OK) report(t, &progress, started);
    }
    copy_params(t, false);
    result->samples_per_second =
        t->step_seconds > 0 ? (double)t->step_samples / t->step_seconds : 0;
    result->seconds = now() - started;
    return status;
}

enum err_status train_run(struct model *model, const struct dataset *dataset,
                          const struct train_options *options, struct train_result *result,
                          struct err *err)
{
    struct trainer trainer;
    enum err_status status;

    memset(result, 0, sizeof *result);
    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "the encoder of model %s is not fitted", model->config->name);
    status = init_apply(model, err);
    if (status == ERR_OK) {
        status = trainer_create(&trainer, model, dataset, options, err);
        if (status == ERR_OK) status = run_epochs(&trainer, result, err);
        trainer_free(&trainer);
    }
    return status;
}
