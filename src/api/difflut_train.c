#include "api.h"
#include "api_accuracy.h"
#include "train/train.h"

#include <stdlib.h>

static const struct difflut_train_options no_options = {.progress = NULL};

static void pass_on(const struct train_progress *from, void *user)
{
    const struct difflut_train_options *options = user;
    struct difflut_progress progress = {.epoch = from->epoch,
                                        .epochs = from->epochs,
                                        .batch = from->batch,
                                        .batches = from->batches,
                                        .epoch_done = from->epoch_done,
                                        .loss = from->loss,
                                        .loss_regularizers = from->loss_regularizers,
                                        .learning_rate = from->learning_rate,
                                        .accuracy_soft = from->accuracy_soft,
                                        .accuracy_hard = from->accuracy_hard,
                                        .best = from->best,
                                        .samples_per_second = from->samples_per_second,
                                        .seconds = from->seconds,
                                        .seconds_left = from->seconds_left};

    options->progress(&progress, options->user);
}

static void tell(bool warning, const char *message, void *user)
{
    const struct difflut_train_options *options = user;

    options->tell(warning, message, options->user);
}

/* The encoder is there, and the samples are such as it reads. */
static enum err_status prepare(struct difflut_model *model, const struct difflut_data *data,
                               struct difflut_error *err)
{
    const struct dataset *dataset = data->dataset;
    const struct encoder *encoder = model->model->encoder;

    if (encoder == NULL) return (enum err_status)difflut_fit_encoder(model, data, err);
    if (dataset->num_features != encoder->num_features ||
        dataset->num_classes > model->model->num_classes ||
        dataset->map->bits != encoder->code_bits)
        return err_set(api_err(err), ERR_ARG,
                       "data set %s (%zu features of %u bits, %zu classes) is not what model %s "
                       "reads (%zu of %u, %zu)",
                       dataset->name, dataset->num_features, dataset->map->bits,
                       dataset->num_classes, model->model->config->name, encoder->num_features,
                       encoder->code_bits, model->model->num_classes);
    return ERR_OK;
}

enum difflut_status difflut_train(struct difflut_model *model, const struct difflut_data *data,
                                  const struct difflut_train_options *wanted,
                                  struct difflut_train_result *result, struct difflut_error *err)
{
    struct difflut_train_options own = wanted != NULL ? *wanted : no_options;
    struct train_options options = {.threads = model->threads,
                                    .keep_parameters = model->started,
                                    .progress = own.progress != NULL ? pass_on : NULL,
                                    .tell = own.tell != NULL ? tell : NULL,
                                    .user = &own,
                                    .accuracy_hard = api_accuracy_hard,
                                    .checkpoint = own.checkpoint,
                                    .resume = own.resume,
                                    .stop = own.stop};
    struct train_result got;
    enum err_status status = prepare(model, data, err);

    if (status != ERR_OK) return api_status(status);
    model->model->model_hash[0] = '\0'; /* of weights that are no more */
    status = train_run(model->model, data->dataset, &options, &got, api_err(err));
    model->started |= status == ERR_OK || status == ERR_DIFF || status == ERR_TOOL;
    if (status == ERR_OK && result != NULL)
        *result = (struct difflut_train_result){.epochs = got.epochs,
                                                .best_epoch = got.best_epoch,
                                                .accuracy_soft = got.accuracy_soft,
                                                .accuracy_hard = got.accuracy_hard,
                                                .samples_per_second = got.samples_per_second,
                                                .seconds = got.seconds};
    return api_status(status);
}

enum difflut_status difflut_transfer(struct difflut_model *to, const struct difflut_model *from,
                                     bool *copied, struct difflut_error *err)
{
    size_t layers = to->model->num_layers;
    struct model_layer_copy *copies = calloc(layers, sizeof *copies);
    enum err_status status = ERR_OK;

    if (copies == NULL) return api_status(err_nomem(api_err(err), "a transfer"));
    if (model_copy_layers(to->model, from->model, copies) == 0) {
        status = err_set(api_err(err), ERR_ARG, "nothing of %s fits %s: layer 0: %s",
                         from->model->config->name, to->model->config->name, copies[0].reason);
    } else {
        to->started = true;
        to->model->model_hash[0] = '\0'; /* of weights that are no more */
    }
    for (size_t l = 0; status == ERR_OK && copied != NULL && l < layers; l++)
        copied[l] = copies[l].copied;
    free(copies);
    return api_status(status);
}
