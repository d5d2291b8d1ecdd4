#include "train.h"

#include "base/file.h"
#include "base/stop.h"
#include "checkpoint.h"
#include "init.h"
#include "prune.h"
#include "train_step.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- progress --- */

static struct train_progress progress_of(const struct trainer *t)
{
    struct train_progress progress = {
        .epoch = t->place.epochs_done + 1,
        .epochs = (size_t)t->config->training.epochs,
        .batch = t->place.batches_done,
        .batches = t->steps_per_epoch,
        .loss = t->place.weight > 0 ? t->place.loss / t->place.weight : 0,
        .num_terms = t->place.num_terms,
    };
    double total = (double)(t->steps_per_epoch * (size_t)t->config->training.epochs);
    double here = (double)(t->place.step - t->first_step);

    for (size_t i = 0; i < t->place.num_terms; i++) {
        progress.terms[i] = t->place.terms[i];
        progress.loss_regularizers += t->place.terms[i].loss;
    }
    progress.seconds = trainer_now() - t->started;
    if (here > 0) progress.seconds_left = progress.seconds * (total - (double)t->place.step) / here;
    if (t->step_seconds > 0)
        progress.samples_per_second = (double)t->step_samples / t->step_seconds;
    return progress;
}

static void report(const struct trainer *t, const struct train_progress *progress)
{
    if (t->options->progress != NULL) t->options->progress(progress, t->options->user);
}

/* Reports epoch number `epoch` (from 0) as it stands in the history. */
static void report_epoch(const struct trainer *t, size_t epoch, bool replayed)
{
    const struct trainer_epoch *row = &t->history[epoch];
    struct train_progress progress = progress_of(t);

    progress.epoch = epoch + 1;
    progress.batch = t->steps_per_epoch;
    progress.epoch_done = true;
    progress.replayed = replayed;
    progress.loss = row->loss;
    progress.loss_regularizers = 0;
    for (size_t i = 0; i < progress.num_terms; i++) {
        progress.terms[i].loss = row->terms[i];
        progress.loss_regularizers += row->terms[i];
    }
    progress.learning_rate = row->learning_rate;
    progress.accuracy_soft = row->accuracy_soft;
    progress.accuracy_hard = row->accuracy_hard;
    progress.best = row->best > 0;
    progress.prunes = prune_wanted(t->config);
    progress.pruned = (struct train_pruned){.inputs = (size_t)row->pruned_inputs,
                                            .luts = (size_t)row->pruned_luts,
                                            .bits = (size_t)row->pruned_bits};
    report(t, &progress);
}

/* --- the best parameters --- */

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

/* --- checkpoints --- */

/* At an epoch's end and when the last one is old enough. Epochs of less than a second share one: what a
 * kill can cost stays below it. `last`: nothing follows. */
static enum err_status save(struct trainer *t, bool last, struct err *err)
{
    double age = trainer_now() - t->last_checkpoint;
    double limit = t->config->training.checkpoint_seconds;
    enum err_status status;

    if (t->options->checkpoint == NULL) return ERR_OK;
    if (t->place.batches_done == 0 && limit > 1) limit = 1;
    if (!last && age < limit) return ERR_OK;
    status = watch_params(t, err);
    if (status == ERR_OK) status = checkpoint_write(t, t->options->checkpoint, err);
    t->last_checkpoint = trainer_now();
    return status;
}

static enum err_status check_stop(struct trainer *t, struct err *err)
{
    enum err_status status;

    if (!stop_asked(t->options->stop)) return ERR_OK;
    status = save(t, true, err);
    if (status != ERR_OK) return status;
    return err_set(err, ERR_TOOL, "training was interrupted in epoch %zu after batch %zu%s",
                   t->place.epochs_done + 1, t->place.batches_done,
                   t->options->checkpoint != NULL ? "; --resume continues it" : "");
}

/* Goes where the checkpoint says, and tells the epochs before it again. */
static enum err_status resume(struct trainer *t, struct err *err)
{
    enum err_status status = checkpoint_read(t, t->options->checkpoint, err);

    if (status != ERR_OK) return status;
    t->first_step = t->place.step;
    t->result->epochs = t->place.epochs_done;
    for (size_t e = 0; e < t->place.epochs_done; e++)
        report_epoch(t, e, true);
    trainer_tell(t, false, "resumed after %zu epochs and %zu batches", t->place.epochs_done,
                 t->place.batches_done);
    return ERR_OK;
}

/* --- epochs --- */

/* Another net begins after each pruning: the best epoch before it is not comparable, and the best
 * parameters would not fit the wires. */
static enum err_status prune(struct trainer *t, struct err *err)
{
    bool cut = false;
    enum err_status status = prune_epoch(t, &cut, err);

    if (status != ERR_OK || !cut) return status;
    t->result->best_epoch = 0;
    copy_params(t, true);
    return ERR_OK;
}

static enum err_status begin_epoch(struct trainer *t, struct err *err)
{
    enum err_status status;

    rng_shuffle(&t->order_rng, t->order, t->num_train);
    status = prune(t, err);
    t->place.loss = t->place.weight = 0;
    t->place.num_terms = train_step_terms(t, t->place.terms);
    return status;
}

static enum err_status run_batch(struct trainer *t, struct err *err)
{
    double begin = trainer_now(), rate;
    struct train_progress progress;
    size_t samples;

    rate = train_step_next(t, &samples);
    t->step_seconds += trainer_now() - begin;
    t->step_samples += samples;
    t->history[t->place.epochs_done].learning_rate = rate;
    progress = progress_of(t);
    progress.learning_rate = rate;
    report(t, &progress);
    return watch_loss(t, t->place.loss, rate, err);
}

/* Best is the highest hard accuracy, then the highest soft one, then the earliest. */
static bool is_best(const struct trainer_epoch *epoch, const struct train_result *result)
{
    if (result->best_epoch == 0 || epoch->accuracy_hard > result->accuracy_hard) return true;
    return epoch->accuracy_hard >= result->accuracy_hard &&
           epoch->accuracy_soft > result->accuracy_soft;
}

static void note_best(struct trainer *t, const struct trainer_epoch *epoch)
{
    t->result->best_epoch = t->place.epochs_done + 1;
    t->result->accuracy_hard = epoch->accuracy_hard;
    t->result->accuracy_soft = epoch->accuracy_soft;
    copy_params(t, true);
}

static enum err_status note_pruned(const struct trainer *t, struct trainer_epoch *epoch,
                                   struct err *err)
{
    struct train_pruned pruned = {0};
    enum err_status status = prune_wanted(t->config) ? prune_count(t->model, &pruned, err) : ERR_OK;

    epoch->pruned_inputs = (double)pruned.inputs;
    epoch->pruned_luts = (double)pruned.luts;
    epoch->pruned_bits = (double)pruned.bits;
    return status;
}

static enum err_status measure_hard(const struct trainer *t, double *accuracy, struct err *err)
{
    struct model_mode hard = {.name = "deterministic", .threads = (unsigned)t->threads};

    if (t->options->accuracy_hard != NULL)
        return t->options->accuracy_hard(t->model, &t->validation, (unsigned)t->threads, accuracy,
                                         err);
    return model_accuracy(t->model, &t->validation, &hard, accuracy, NULL, err);
}

static enum err_status judge_epoch(struct trainer *t, struct err *err)
{
    struct model_mode soft = {.name = "expectation", .threads = (unsigned)t->threads};
    struct trainer_epoch *epoch = &t->history[t->place.epochs_done];
    enum err_status status = watch_params(t, err);

    if (status == ERR_OK)
        status = model_accuracy(t->model, &t->validation, &soft, &epoch->accuracy_soft, NULL, err);
    if (status == ERR_OK) status = measure_hard(t, &epoch->accuracy_hard, err);
    if (status == ERR_OK) status = note_pruned(t, epoch, err);
    if (status != ERR_OK) return status;
    epoch->loss = t->place.loss / t->place.weight;
    epoch->best = is_best(epoch, t->result);
    for (size_t i = 0; i < t->place.num_terms; i++)
        epoch->terms[i] = t->place.terms[i].loss;
    schedule_judge(t->config, &t->plateau, epoch->best > 0);
    if (epoch->best > 0) note_best(t, epoch);
    t->result->epochs = ++t->place.epochs_done;
    t->place.batches_done = 0;
    report_epoch(t, t->place.epochs_done - 1, false);
    watch_gap(t);
    return ERR_OK;
}

/* Early stopping: training.patience epochs have gone by since the best one, and nothing is left to
 * prune. */
static bool is_over(const struct trainer *t)
{
    size_t patience = (size_t)t->config->training.patience, epochs = t->place.epochs_done;

    if (epochs >= (size_t)t->config->training.epochs) return true;
    if (prune_pending(t->config, epochs)) return false;
    return patience > 0 && epochs >= t->result->best_epoch + patience;
}

static enum err_status run_epoch(struct trainer *t, struct err *err)
{
    enum err_status status = ERR_OK;

    if (t->place.batches_done == 0) status = begin_epoch(t, err);
    while (status == ERR_OK && t->place.batches_done < t->steps_per_epoch) {
        status = run_batch(t, err);
        if (t->place.batches_done == t->steps_per_epoch) break;
        if (status == ERR_OK) status = check_stop(t, err);
        if (status == ERR_OK) status = save(t, false, err);
    }
    if (status == ERR_OK) status = judge_epoch(t, err);
    if (status == ERR_OK) status = check_stop(t, err);
    if (status == ERR_OK) status = save(t, is_over(t), err);
    return status;
}

static enum err_status run_epochs(struct trainer *t, bool resuming, struct err *err)
{
    enum err_status status = ERR_OK;

    t->place.num_terms = train_step_terms(t, t->place.terms);
    copy_params(t, true);
    if (resuming) status = resume(t, err);
    if (status != ERR_OK) return status;
    status = watch_use(t, false, err);
    while (status == ERR_OK && !is_over(t))
        status = run_epoch(t, err);
    copy_params(t, false);
    if (status == ERR_OK) status = watch_use(t, true, err);
    t->result->prunes = prune_wanted(t->config);
    if (status == ERR_OK && t->result->prunes)
        status = prune_count(t->model, &t->result->pruned, err);
    t->result->samples_per_second =
        t->step_seconds > 0 ? (double)t->step_samples / t->step_seconds : 0;
    t->result->seconds = trainer_now() - t->started;
    return status;
}

/* --- transfer --- */

static void tell_copies(const struct trainer *t, const struct model_layer_copy *copies)
{
    const char *from = t->config->training.init_from;

    for (size_t l = 0; l < t->model->num_layers; l++) {
        if (copies[l].copied)
            trainer_tell(t, false, "layer %zu: copied from %s", l, from);
        else
            trainer_tell(t, t->frozen[l], "layer %zu: new%s; %s", l,
                         t->frozen[l] ? ", though it is frozen" : "", copies[l].reason);
    }
}

/* Layers of training.init_from into the model. */
static enum err_status transfer(struct trainer *t, struct err *err)
{
    const char *name = t->config->training.init_from;
    struct model_layer_copy *copies;
    struct model *from = NULL;
    struct err why = {""};
    enum err_status status;

    if (name[0] == '\0') return ERR_OK;
    status = model_open_own(&from, name, NULL, 0, t->config->own_nodes, &why);
    if (status == ERR_ARG)
        return config_complain(t->config, "training.init_from", err, "%s", why.message);
    if (status != ERR_OK) return err_set(err, status, "%s", why.message);
    copies = calloc(t->model->num_layers, sizeof *copies);
    if (copies == NULL) status = err_nomem(err, "a transfer");
    if (status == ERR_OK && model_copy_layers(t->model, from, copies) == 0)
        status =
            config_complain(t->config, "training.init_from", err,
                            "nothing of %s fits this model: layer 0: %s", name, copies[0].reason);
    if (status == ERR_OK) tell_copies(t, copies);
    model_free(from);
    free(copies);
    return status;
}

enum err_status train_run(struct model *model, const struct dataset *dataset,
                          const struct train_options *options, struct train_result *result,
                          struct err *err)
{
    struct trainer trainer;
    bool resuming =
        options->checkpoint != NULL && options->resume && file_exists(options->checkpoint);
    enum err_status status;

    memset(result, 0, sizeof *result);
    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "the encoder of model %s is not fitted", model->config->name);
    status = options->keep_parameters ? ERR_OK : init_apply(model, err);
    if (status == ERR_OK) {
        status = trainer_create(&trainer, model, dataset, options, result, err);
        if (status == ERR_OK && options->checkpoint != NULL && !resuming)
            remove(options->checkpoint);
        if (status == ERR_OK && !resuming && !options->keep_parameters)
            status = transfer(&trainer, err);
        if (status == ERR_OK) status = run_epochs(&trainer, resuming, err);
        trainer_free(&trainer);
    }
    return status;
}
