#include "watch.h"

#include "model/model_usage.h"
#include "prune.h"

#include <math.h>

/* The gap that is worth a word, and for how many epochs it must have grown. */
static const double GAP = 0.02;
enum { RISES = 3 };

static bool all_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

/* --- not finite --- */

/* Whether a layer gave only finite numbers in the last forward pass. */
static bool finite_outputs(const struct trainer *t, size_t l)
{
    for (size_t i = 0; i < t->num_tiles; i++) {
        const struct tile *tile = &t->tiles[i];

        for (size_t o = 0; o < t->model->layers[l]->num_outputs; o++)
            if (!all_finite(tile->layers[l].out + o * LAYER_TILE, tile->samples)) return false;
    }
    return true;
}

enum err_status watch_loss(const struct trainer *t, double loss, double rate, struct err *err)
{
    size_t batch = t->place.batches_done, epoch = t->place.epochs_done + 1;

    if (isfinite(loss)) return ERR_OK;
    for (size_t l = 0; l < t->model->num_layers; l++) {
        if (finite_outputs(t, l)) continue;
        return err_set(err, ERR_DIFF,
                       "the loss is not finite after batch %zu of epoch %zu: layer %zu is the "
                       "first whose outputs are not; lower training.learning_rate (now %g) or set "
                       "training.clip_norm",
                       batch, epoch, l, rate);
    }
    return err_set(err, ERR_DIFF,
                   "the loss is not finite after batch %zu of epoch %zu, though the outputs of all "
                   "layers are: raise runtime.tau (now %g)",
                   batch, epoch, t->model->tau);
}

enum err_status watch_params(const struct trainer *t, struct err *err)
{
    for (size_t l = 0; l < t->model->num_layers; l++) {
        const struct layer *layer = t->model->layers[l];

        if (all_finite(layer->params, layer->width * layer->desc.num_params) &&
            (layer->selection == NULL ||
             all_finite(layer->selection->weights, layer->width * layer_num_weights(layer))))
            continue;
        return err_set(err, ERR_DIFF,
                       "the parameters of layer %zu are not finite after batch %zu of epoch %zu: "
                       "lower training.learning_rate or set training.clip_norm",
                       l, t->place.batches_done, t->place.epochs_done + 1);
    }
    return ERR_OK;
}

/* --- the gap --- */

static double gap_of(const struct trainer_epoch *epoch)
{
    return epoch->accuracy_soft - epoch->accuracy_hard;
}

/* Whether the gap grew in each of the last epochs, up to number `count`. */
static bool has_risen(const struct trainer_epoch *history, size_t count)
{
    if (count <= RISES) return false;
    for (size_t e = count - RISES; e < count; e++)
        if (gap_of(&history[e]) <= gap_of(&history[e - 1])) return false;
    return true;
}

/* Once for each climb. */
void watch_gap(const struct trainer *t)
{
    size_t count = t->place.epochs_done;
    double gap = gap_of(&t->history[count - 1]);

    if (gap <= GAP || !has_risen(t->history, count)) return;
    if (has_risen(t->history, count - 1) && gap_of(&t->history[count - 2]) > GAP) return;
    trainer_tell(t, true,
                 "soft accuracy is %.1f points above hard accuracy and the gap has grown for %d "
                 "epochs (epoch %zu); hardware has the hard one: runtime.regularizers entropy or "
                 "clarity, or training.forward: sampled close it",
                 100 * gap, RISES, count);
}

/* --- wires and tables --- */

static bool has_learned_wires(const struct trainer *t)
{
    for (size_t l = 0; l < t->model->num_layers; l++)
        if (t->model->layers[l]->selection != NULL) return true;
    return false;
}

static void tell_unread(const struct trainer *t, const struct model_usage *usage)
{
    if (usage->unread_features > 0 && !prune_wanted(t->config))
        trainer_tell(t, true, "%zu of %zu inputs are never read: no wire leads to their bits",
                     usage->unread_features, usage->features);
    for (size_t l = 0; l < usage->num_layers; l++) {
        const struct model_usage_layer *layer = &usage->layers[l];

        if (layer->unread > 0)
            trainer_tell(t, true, "layer %zu: %zu of %zu LUTs are dead: nothing reads them", l,
                         layer->unread, layer->luts);
    }
}

static void tell_constant(const struct trainer *t, const struct model_usage *usage)
{
    for (size_t l = 0; l < usage->num_layers; l++) {
        const struct model_usage_layer *layer = &usage->layers[l];

        if (layer->constant > 0)
            trainer_tell(t, true, "layer %zu: %zu of %zu tables are constant: they say nothing", l,
                         layer->constant, layer->tables);
    }
}

enum err_status watch_use(const struct trainer *t, bool trained, struct err *err)
{
    struct model_usage usage = {0};
    enum err_status status;

    if (t->options->tell == NULL) return ERR_OK;
    status = model_usage_measure(&usage, t->model, err);
    if (status == ERR_OK && trained == has_learned_wires(t)) tell_unread(t, &usage);
    if (status == ERR_OK && trained) tell_constant(t, &usage);
    model_usage_free(&usage);
    return status;
}
