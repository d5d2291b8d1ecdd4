/* Where a training run stands, as a safetensors file.
 *
 *   place              u64 (7)   step, whole epochs, batches after them, best epoch, the two counts
 *                                of schedule plateau, fingerprint of the training split
 *   sums               f64 (4)   loss and weight of the epoch so far, best soft and hard accuracy
 *   terms              f64 (17)  regularisers' losses at the epoch's start
 *   history            f64 (25 E)  finished epochs
 *   order_rng          u64 (4)
 *   order              u32 (N)   training samples in this epoch's order
 *   layers.L.params    f32       as the layer keeps them; .wiring u32; learned wires also .weights
 *                                f32, .candidates u32 (unless all inputs are) and .tau f64 (2)
 *   best               f32 (P)   parameters of the best epoch
 *   optimizer.K        f32 (P)   its state
 *
 * Metadata: format, version, everything of the configuration that decides the weights
 * (config_training_text), and the hash of all tensors. */
#include "checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char FORMAT[] = "difflut-hdl checkpoint", FORMAT_VERSION[] = "2";

enum { NAME_SIZE = 64, PLACE_SIZE = 7, SUMS_SIZE = 4 };
enum { EPOCH_SIZE = sizeof(struct trainer_epoch) / sizeof(double) };
_Static_assert(sizeof(struct trainer_epoch) == EPOCH_SIZE * sizeof(double), "an epoch is doubles");

/* --- both ways: one list of tensors, written or read --- */

struct pass {
    struct safetensors *file;
    const char *path;
    bool writing;
    enum err_status status; /* of the first failure */
    struct err *err;
};

/* Writes `data`, or fills it from the file, which must have exactly this many. */
static void tensor(struct pass *pass, const char *name, enum safetensors_type type, void *data,
                   size_t count)
{
    const struct safetensors_tensor *stored;

    if (pass->status != ERR_OK) return;
    if (pass->writing) {
        pass->status = safetensors_add(pass->file, name, type, 1, &count, data, pass->err);
        return;
    }
    pass->status = safetensors_require(pass->file, name, type, 1, &count, &stored, pass->err);
    if (pass->status == ERR_OK && count > 0)
        memcpy(data, stored->data, count * safetensors_type_size(type));
}

static void layer_tensor(struct pass *pass, size_t layer, const char *what,
                         enum safetensors_type type, void *data, size_t count)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof name, "layers.%zu.%s", layer, what);
    tensor(pass, name, type, data, count);
}

static void layer_tensors(struct pass *pass, const struct layer *layer, size_t l)
{
    struct selection *selection = layer->selection;
    size_t weights;
    double tau[2];

    layer_tensor(pass, l, "params", SAFETENSORS_F32, layer->params,
                 layer->width * layer->desc.num_params);
    layer_tensor(pass, l, "wiring", SAFETENSORS_U32, layer->wiring,
                 layer->instances * layer->desc.num_inputs);
    if (selection == NULL) return;
    weights = selection->slots * selection->candidates;
    tau[0] = selection->tau;
    tau[1] = selection->next_tau;
    layer_tensor(pass, l, "weights", SAFETENSORS_F32, selection->weights, weights);
    if (selection->wires != NULL)
        layer_tensor(pass, l, "candidates", SAFETENSORS_U32, selection->wires, weights);
    layer_tensor(pass, l, "tau", SAFETENSORS_F64, tau, 2);
    selection->tau = tau[0];
    selection->next_tau = tau[1];
}

static void place_tensors(struct pass *pass, struct trainer *t)
{
    struct train_result *result = t->result;
    uint64_t place[PLACE_SIZE] = {t->place.step,      t->place.epochs_done, t->place.batches_done,
                                  result->best_epoch, t->plateau.waited,    t->plateau.reductions,
                                  t->data_key};
    double sums[SUMS_SIZE] = {t->place.loss, t->place.weight, result->accuracy_soft,
                              result->accuracy_hard};
    double terms[TRAIN_MAX_TERMS] = {0};

    for (size_t i = 0; i < t->place.num_terms; i++)
        terms[i] = t->place.terms[i].loss;
    tensor(pass, "place", SAFETENSORS_U64, place, PLACE_SIZE);
    tensor(pass, "sums", SAFETENSORS_F64, sums, SUMS_SIZE);
    tensor(pass, "terms", SAFETENSORS_F64, terms, TRAIN_MAX_TERMS);
    if (pass->status == ERR_OK && place[6] != t->data_key)
        pass->status = err_set(pass->err, ERR_ARG,
                               "%s: a checkpoint of other training data: the data set has changed",
                               pass->path);
    t->place.step = place[0];
    t->place.epochs_done = place[1];
    t->place.batches_done = place[2];
    t->place.loss = sums[0];
    t->place.weight = sums[1];
    for (size_t i = 0; i < t->place.num_terms; i++)
        t->place.terms[i].loss = terms[i];
    t->plateau = (struct schedule_plateau){.waited = place[4], .reductions = place[5]};
    result->best_epoch = place[3];
    result->accuracy_soft = sums[2];
    result->accuracy_hard = sums[3];
}

/* Numbers that a damaged file could have: no index goes by them unchecked. */
static void check_place(struct pass *pass, const struct trainer *t)
{
    size_t epochs = (size_t)t->config->training.epochs;
    const struct trainer_place *place = &t->place;

    if (pass->status != ERR_OK || pass->writing) return;
    if (place->epochs_done > epochs || t->result->best_epoch > place->epochs_done ||
        place->batches_done >= t->steps_per_epoch ||
        (place->epochs_done == epochs && place->batches_done > 0) ||
        place->step != place->epochs_done * t->steps_per_epoch + place->batches_done)
        pass->status = err_set(pass->err, ERR_FORMAT,
                               "%s: epoch %zu, batch %zu is no place in a training of "
                               "%zu epochs of %zu batches",
                               pass->path, place->epochs_done, place->batches_done, epochs,
                               t->steps_per_epoch);
}

static void check_order(struct pass *pass, const struct trainer *t)
{
    for (size_t i = 0; pass->status == ERR_OK && i < t->num_train; i++) {
        if (t->order[i] >= t->data->count)
            pass->status = err_set(pass->err, ERR_FORMAT, "%s: there is no training sample %u",
                                   pass->path, t->order[i]);
    }
}

static void all_tensors(struct pass *pass, struct trainer *t)
{
    char name[NAME_SIZE];

    place_tensors(pass, t);
    check_place(pass, t);
    if (pass->status != ERR_OK) return;
    tensor(pass, "history", SAFETENSORS_F64, t->history, t->place.epochs_done * EPOCH_SIZE);
    tensor(pass, "order_rng", SAFETENSORS_U64, t->order_rng.state, 4);
    tensor(pass, "order", SAFETENSORS_U32, t->order, t->num_train);
    for (size_t l = 0; l < t->model->num_layers; l++)
        layer_tensors(pass, t->model->layers[l], l);
    tensor(pass, "best", SAFETENSORS_F32, t->best, t->num_params);
    for (unsigned k = 0; k < t->optimizer->slots; k++) {
        snprintf(name, sizeof name, "optimizer.%u", k);
        tensor(pass, name, SAFETENSORS_F32, t->state[k], t->num_params);
    }
    if (!pass->writing) check_order(pass, t);
}

/* --- writing --- */

static enum err_status add_metadata(struct safetensors *file, const struct config *config,
                                    struct err *err)
{
    struct text training = {0};
    char hash[HASH_TEXT_SIZE];
    enum err_status status = safetensors_hash(file, hash, err);

    config_training_text(config, &training);
    if (status == ERR_OK) status = text_status(&training, "the training's configuration", err);

    const char *const entries[][2] = {{"format", FORMAT},
                                      {"format_version", FORMAT_VERSION},
                                      {"training", training.data},
                                      {"tensor_hash", hash}};

    for (size_t i = 0; status == ERR_OK && i < sizeof entries / sizeof *entries; i++)
        status = safetensors_set_metadata(file, entries[i][0], entries[i][1], err);
    text_free(&training);
    return status;
}

enum err_status checkpoint_write(const struct trainer *t, const char *path, struct err *err)
{
    struct trainer copy = *t; /* written passes leave it as it is */
    struct pass pass = {.path = path, .writing = true, .err = err};

    pass.status = safetensors_create(&pass.file, err);
    if (pass.status == ERR_OK) all_tensors(&pass, &copy);
    if (pass.status == ERR_OK) pass.status = add_metadata(pass.file, t->config, err);
    if (pass.status == ERR_OK) pass.status = safetensors_write(pass.file, path, err);
    safetensors_free(pass.file);
    return pass.status;
}

/* --- reading --- */

static enum err_status check_metadata(const struct pass *pass, const struct config *config)
{
    const char *format = safetensors_metadata(pass->file, "format");
    const char *version = safetensors_metadata(pass->file, "format_version");
    const char *training = safetensors_metadata(pass->file, "training");
    const char *hash = safetensors_metadata(pass->file, "tensor_hash");
    char actual[HASH_TEXT_SIZE];
    struct text expected = {0};
    enum err_status status;

    if (format == NULL || strcmp(format, FORMAT) != 0 || training == NULL || hash == NULL)
        return err_set(pass->err, ERR_FORMAT, "%s: no checkpoint of a training", pass->path);
    if (version == NULL || strcmp(version, FORMAT_VERSION) != 0)
        return err_set(pass->err, ERR_FORMAT,
                       "%s: checkpoint version %s, this program reads version %s", pass->path,
                       version != NULL ? version : "(none)", FORMAT_VERSION);
    config_training_text(config, &expected);
    status = text_status(&expected, "the training's configuration", pass->err);
    if (status == ERR_OK)
        status = config_training_compare(expected.data, training, pass->path, pass->err);
    text_free(&expected);
    if (status == ERR_OK) status = safetensors_hash(pass->file, actual, pass->err);
    if (status == ERR_OK && strcmp(actual, hash) != 0)
        status = err_set(pass->err, ERR_FORMAT,
                         "%s: the tensors do not match their hash: the file was changed or damaged",
                         pass->path);
    return status;
}

static void check_layer(struct pass *pass, const struct layer *layer, size_t l)
{
    const struct selection *selection = layer->selection;
    size_t wires = layer->instances * layer->desc.num_inputs;
    bool good = true;

    for (size_t i = 0; i < wires; i++)
        good = good && layer->wiring[i] <= layer->num_inputs;
    for (size_t i = 0; selection != NULL && i < selection->slots * selection->candidates; i++)
        good = good && isfinite(selection->weights[i]) &&
               (selection->wires == NULL || selection->wires[i] < layer->num_inputs);
    if (selection != NULL) good = good && selection->tau > 0 && selection->next_tau > 0;
    if (!good)
        pass->status =
            err_set(pass->err, ERR_FORMAT, "%s: layer %zu has a wire out of range", pass->path, l);
    for (size_t node = 0; pass->status == ERR_OK && node < layer->width; node++)
        pass->status = node_check_params(&layer->desc, layer_params(layer, node), pass->err);
    if (pass->status == ERR_OK) layer_prepare(layer);
}

enum err_status checkpoint_take(struct trainer *t, struct safetensors *file, const char *path,
                                struct err *err)
{
    struct pass pass = {.file = file, .path = path, .err = err};

    pass.status = check_metadata(&pass, t->config);
    if (pass.status == ERR_OK) all_tensors(&pass, t);
    for (size_t l = 0; pass.status == ERR_OK && l < t->model->num_layers; l++)
        check_layer(&pass, t->model->layers[l], l);
    return pass.status;
}

enum err_status checkpoint_read(struct trainer *t, const char *path, struct err *err)
{
    struct safetensors *file = NULL;
    enum err_status status = safetensors_read(&file, path, err);

    if (status == ERR_OK) status = checkpoint_take(t, file, path, err);
    safetensors_free(file);
    return status;
}
