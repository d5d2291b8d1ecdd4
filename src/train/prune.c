#include "prune.h"

#include "worth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SAMPLES = 2048 }; /* that worth is measured on */

/* --- when --- */

bool prune_wanted(const struct config *config)
{
    return config->training.prune_luts > 0 || config->training.prune_bits > 0 ||
           config->training.prune_inputs > 0;
}

enum err_status prune_check(const struct config *config, struct err *err)
{
    double start = config->training.prune_start, end = config->training.prune_end;
    double last = 1 - 1 / (double)config->training.epochs;

    if (!prune_wanted(config) || config->training.epochs == 0) return ERR_OK;
    if (end <= start)
        return config_complain(config, "training.prune_end", err,
                               "expected more than training.prune_start %g (found %g)", start, end);
    if (end <= last) return ERR_OK;
    return config_complain(config, "training.prune_end", err,
                           "expected at most %g: in %ld epochs pruning must end before the last "
                           "one, which trains what is left (found %g)",
                           floor(last * 1000) / 1000, config->training.epochs, end);
}

double prune_part(const struct config *config, size_t epoch)
{
    double start = config->training.prune_start, end = config->training.prune_end;
    double at = (double)epoch / (double)config->training.epochs;

    if (at <= start) return 0;
    return at >= end ? 1 : 1 - pow(1 - (at - start) / (end - start), 3);
}

bool prune_pending(const struct config *config, size_t epochs_done)
{
    return prune_wanted(config) && (epochs_done == 0 || prune_part(config, epochs_done - 1) < 1);
}

/* --- the worst --- */

struct ranked {
    double worth;
    size_t index;
};

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->worth < b->worth || a->worth > b->worth) return a->worth < b->worth ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static size_t share_of(double share, size_t count)
{
    return (size_t)floor(share * (double)count);
}

/* One pruning of a model. */
struct cutter {
    const struct model *model;
    const struct worth *worth;
    const bool *frozen;
    struct ranked *ranked; /* [most slots, LUTs or bits of a layer] */
    bool *marks;           /* the same number */
};

/* Whether slots of the layer may be cut because of what they read. */
static bool may_cut(const struct cutter *c, size_t l)
{
    return !c->frozen[l] && c->model->layers[l]->selection == NULL;
}

/* Whether worth may cut in the layer: OR nodes of a pooling have nothing to train. */
static bool may_prune(const struct cutter *c, size_t l)
{
    return !c->frozen[l] && c->model->layers[l]->desc.num_trainable > 0;
}

/* --- LUTs --- */

static void remove_lut(const struct layer *layer, size_t instance)
{
    for (size_t j = 0; j < layer->desc.num_inputs; j++)
        layer_cut(layer, instance * layer->desc.num_inputs + j);
}

/* A removed LUT is the constant 0 to fixed wires: it may have been 1, but training goes on. */
static void cut_readers(const struct cutter *c, size_t l)
{
    const struct layer *layer = c->model->layers[l], *reader = c->model->layers[l + 1];
    size_t slots = reader->instances * reader->desc.num_inputs;

    for (size_t i = 0; may_cut(c, l + 1) && i < slots; i++) {
        if (!layer_is_cut(reader, i) &&
            layer_is_removed(layer, reader->wiring[i] / layer->desc.num_outputs))
            layer_cut(reader, i);
    }
}

/* LUTs first..first + count of a layer: the share worth least, those removed before among them. */
static void remove_worst(const struct cutter *c, size_t l, size_t first, size_t count, double share)
{
    const struct layer *layer = c->model->layers[l];
    size_t m = layer->desc.num_outputs;

    for (size_t i = 0; i < count; i++) {
        double worth = 0;

        for (size_t o = (first + i) * m; o < (first + i + 1) * m; o++)
            worth += c->worth->signals[l + 1][o];
        c->ranked[i] = (struct ranked){
            layer_is_removed(layer, first + i) ? -(double)INFINITY : worth, first + i};
    }
    qsort(c->ranked, count, sizeof *c->ranked, compare);
    for (size_t i = 0; i < share_of(share, count); i++)
        remove_lut(layer, c->ranked[i].index);
}

static void prune_luts(const struct cutter *c, size_t l, double share)
{
    const struct layer *layer = c->model->layers[l];
    bool top = l + 1 == c->model->num_layers;
    size_t groups = top ? c->model->num_classes : 1, group = layer->instances / groups;

    if (!may_prune(c, l)) return;
    if (layer->positions > 1 && (top || !may_cut(c, l + 1))) return;
    for (size_t g = 0; g < groups; g++)
        remove_worst(c, l, g * group, group, share);
}

/* LUTs that no fixed wire reads any more go too, from the last layer down. */
static void remove_unread(const struct cutter *c)
{
    for (size_t l = c->model->num_layers - 1; l-- > 0;) {
        const struct layer *layer = c->model->layers[l], *reader = c->model->layers[l + 1];
        size_t m = layer->desc.num_outputs;

        if (c->frozen[l] || reader->selection != NULL) continue;
        memset(c->marks, 0, (layer->num_outputs + 1) * sizeof *c->marks);
        for (size_t i = 0; i < reader->instances * reader->desc.num_inputs; i++)
            c->marks[reader->wiring[i]] = true;
        for (size_t i = 0; i < layer->instances; i++) {
            size_t o = i * m;

            while (o < (i + 1) * m && !c->marks[o])
                o++;
            if (o == (i + 1) * m) remove_lut(layer, i);
        }
    }
}

/* --- bits --- */

static void mark_read_bits(const struct layer *layer, bool *marks)
{
    memset(marks, 0, (layer->num_inputs + 1) * sizeof *marks);
    for (size_t i = 0; i < layer->instances * layer->desc.num_inputs; i++)
        marks[layer->wiring[i]] = true;
}

static void prune_bits(const struct cutter *c, double share)
{
    const struct layer *layer = c->model->layers[0];
    size_t bits = layer->num_inputs;

    if (c->frozen[0]) return;
    mark_read_bits(layer, c->marks);
    for (size_t b = 0; b < bits; b++)
        c->ranked[b] =
            (struct ranked){c->marks[b] ? c->worth->signals[0][b] : -(double)INFINITY, b};
    qsort(c->ranked, bits, sizeof *c->ranked, compare);
    memset(c->marks, 0, (bits + 1) * sizeof *c->marks);
    for (size_t i = 0; i < share_of(share, bits); i++)
        c->marks[c->ranked[i].index] = true;
    for (size_t i = 0; i < layer->instances * layer->desc.num_inputs; i++) {
        if (c->marks[layer->wiring[i]]) layer_cut(layer, i);
    }
}

/* --- inputs --- */

static size_t live_slots(const struct layer *layer, size_t instance)
{
    size_t n = layer->desc.num_inputs, live = 0;

    for (size_t j = 0; j < n; j++)
        live += !layer_is_cut(layer, instance * n + j);
    return live;
}

static void prune_inputs(const struct cutter *c, size_t l, double share)
{
    const struct layer *layer = c->model->layers[l];
    size_t n = layer->desc.num_inputs, live = 0, all = 0, keep;

    if (!may_prune(c, l)) return;
    for (size_t i = 0; i < layer->instances * n; i++) {
        if (layer_is_removed(layer, i / n)) continue;
        all++;
        if (!layer_is_cut(layer, i)) c->ranked[live++] = (struct ranked){c->worth->slots[l][i], i};
    }
    qsort(c->ranked, live, sizeof *c->ranked, compare);
    keep = all - share_of(share, all);
    for (size_t i = 0, left = live; i < live && left > keep; i++) {
        if (live_slots(layer, c->ranked[i].index / n) == 1) continue;
        layer_cut(layer, c->ranked[i].index);
        left--;
    }
}

/* --- all of it --- */

static enum err_status allocate(struct cutter *c, struct err *err)
{
    size_t most = 0;

    for (size_t l = 0; l < c->model->num_layers; l++) {
        const struct layer *layer = c->model->layers[l];
        size_t slots = layer->instances * layer->desc.num_inputs;

        if (slots > most) most = slots;
        if (layer->num_inputs > most) most = layer->num_inputs;
        if (layer->num_outputs > most) most = layer->num_outputs;
    }
    c->ranked = calloc(most + 1, sizeof *c->ranked);
    c->marks = calloc(most + 1, sizeof *c->marks);
    return c->ranked == NULL || c->marks == NULL ? err_nomem(err, "pruning") : ERR_OK;
}

enum err_status prune_model(const struct model *model, const struct worth *worth,
                            const struct prune_shares *shares, const bool *frozen, struct err *err)
{
    struct cutter c = {.model = model, .worth = worth, .frozen = frozen};
    enum err_status status = allocate(&c, err);

    if (status == ERR_OK) {
        for (size_t l = 0; shares->luts > 0 && l < model->num_layers; l++)
            prune_luts(&c, l, shares->luts);
        if (shares->bits > 0) prune_bits(&c, shares->bits);
        for (size_t l = 0; l + 1 < model->num_layers; l++)
            cut_readers(&c, l);
        for (size_t l = 0; shares->inputs > 0 && l < model->num_layers; l++)
            prune_inputs(&c, l, shares->inputs);
        remove_unread(&c);
    }
    free(c.ranked);
    free(c.marks);
    return status;
}

enum err_status prune_epoch(struct trainer *t, bool *cut, struct err *err)
{
    size_t epoch = t->place.epochs_done;
    double part = prune_wanted(t->config) ? prune_part(t->config, epoch) : 0;
    struct prune_shares shares = {.luts = part * t->config->training.prune_luts,
                                  .bits = part * t->config->training.prune_bits,
                                  .inputs = part * t->config->training.prune_inputs};
    struct worth worth = {0};
    enum err_status status;

    *cut = part > 0 && part > prune_part(t->config, epoch - 1);
    if (!*cut) return ERR_OK;
    status =
        worth_measure(&worth, t->model, t->data->codes, t->data->labels, t->order,
                      t->num_train < MAX_SAMPLES ? t->num_train : MAX_SAMPLES, t->threads, err);
    if (status == ERR_OK) status = prune_model(t->model, &worth, &shares, t->frozen, err);
    worth_free(&worth);
    return status;
}

enum err_status prune_count(const struct model *model, struct train_pruned *out, struct err *err)
{
    const struct layer *first = model->layers[0];
    bool *read = calloc(first->num_inputs + 1, sizeof *read);

    if (read == NULL) return err_nomem(err, "the bits that are read");
    *out = (struct train_pruned){0};
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        size_t n = layer->desc.num_inputs;

        for (size_t i = 0; i < layer->instances; i++) {
            out->inputs += n - live_slots(layer, i);
            out->luts += layer_is_removed(layer, i);
        }
    }
    mark_read_bits(first, read);
    for (size_t b = 0; b < first->num_inputs; b++)
        out->bits += !read[b];
    free(read);
    return ERR_OK;
}
