/* Data-driven don't-cares: what a table says at an address that no training sample leads to was never
 * asked of it, so inputs that matter only there can go. */
#include "base/partial.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)PARTIAL_MAX_INPUTS >= (int)NODE_MAX_INPUTS, "partial tables take every node");

/* A layer being edited. */
struct edit {
    const struct layer *layer;
    const uint64_t *seen; /* [width][words] */
    uint32_t *readers;    /* [num_inputs + 1] slots of the layer that read a signal */
    uint64_t *tables;     /* [width * m][words] */
};

bool model_is_edited(const struct model *model)
{
    for (size_t l = 0; l < model->num_layers; l++)
        if (model->layers[l]->edited != NULL) return true;
    return false;
}

/* For each address over the kept inputs: how many more ones than zeros the table has there. */
static void weigh(const struct partial *p, unsigned kept, int *balance)
{
    memset(balance, 0, sizeof *balance << __builtin_popcount(kept));
    for (unsigned a = 0; a < 1U << p->inputs; a++)
        balance[partial_project(a, kept, p->inputs)] += p->table[a / 64] >> a % 64 & 1 ? 1 : -1;
}

/* The table that depends on the kept inputs alone. What was asked there decides; else the majority. */
static void rewrite(const struct partial *p, unsigned kept, uint64_t *table)
{
    uint64_t ones[PARTIAL_MAX_WORDS], zeros[PARTIAL_MAX_WORDS];
    int balance[64 * PARTIAL_MAX_WORDS];

    partial_sort(p, kept, ones, zeros);
    weigh(p, kept, balance);
    memset(table, 0, ((1U << p->inputs) + 63) / 64 * sizeof *table);
    for (unsigned a = 0; a < 1U << p->inputs; a++) {
        unsigned rest = partial_project(a, kept, p->inputs);
        bool one = ones[rest / 64] >> rest % 64 & 1;
        bool zero = zeros[rest / 64] >> rest % 64 & 1;

        if (one || (!zero && balance[rest] > 0)) table[a / 64] |= UINT64_C(1) << a % 64;
    }
}

/* What many slots read stays in any case, so that is what to keep. */
static void find_worth(const struct edit *edit, size_t node, uint64_t *worth)
{
    const struct layer *layer = edit->layer;
    size_t n = layer->desc.num_inputs;

    for (size_t k = 0; k < n; k++) {
        worth[k] = 0;
        for (size_t i = node * layer->positions; i < (node + 1) * layer->positions; i++)
            worth[k] += edit->readers[layer->wiring[i * n + k]];
    }
}

/* Whether the table at `place` is another now. */
static bool edit_table(const struct edit *edit, size_t place)
{
    const struct layer *layer = edit->layer;
    size_t words = layer_table_words(layer), node = place / layer->desc.num_outputs;
    uint64_t *table = edit->tables + place * words;
    uint64_t old[PARTIAL_MAX_WORDS], worth[PARTIAL_MAX_INPUTS];
    struct partial p = {old, edit->seen + node * words, layer->desc.num_inputs};
    unsigned kept;

    memcpy(old, table, words * sizeof *old);
    find_worth(edit, node, worth);
    kept = partial_choose(&p, worth);
    if (kept == (1U << p.inputs) - 1) return false;
    rewrite(&p, kept, table);
    return memcmp(old, table, words * sizeof *old) != 0;
}

static enum err_status edit_layer(struct layer *layer, const uint64_t *seen, uint64_t *changed,
                                  struct err *err)
{
    size_t places = layer->width * layer->desc.num_outputs;
    struct edit edit = {
        .layer = layer,
        .seen = seen,
        .readers = calloc(layer->num_inputs + 1, sizeof *edit.readers),
        .tables = malloc(places * layer_table_words(layer) * sizeof *edit.tables),
    };
    enum err_status status =
        edit.readers == NULL || edit.tables == NULL ? err_nomem(err, "hard tables") : ERR_OK;

    if (status == ERR_OK) {
        layer_hard_tables(layer, edit.tables);
        for (size_t slot = 0; slot < layer->instances * layer->desc.num_inputs; slot++)
            edit.readers[layer->wiring[slot]]++;
        for (size_t place = 0; place < places; place++)
            *changed += edit_table(&edit, place);
        status = layer_edit(layer, edit.tables, err);
    }
    free(edit.readers);
    free(edit.tables);
    return status;
}

static enum err_status seen_create(const struct model *model, uint64_t ***out, struct err *err)
{
    uint64_t **seen = calloc(model->num_layers, sizeof *seen);

    if (seen == NULL) return err_nomem(err, "addresses seen");
    *out = seen;
    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];

        seen[l] = calloc(layer->width * layer_table_words(layer), sizeof **seen);
        if (seen[l] == NULL) return err_nomem(err, "addresses seen");
    }
    return ERR_OK;
}

/* What a sample gives never changes, so the addresses that were seen before any edit are also those
 * that later layers see after the earlier ones were edited. */
enum err_status model_drop_unseen(struct model *model, const uint16_t *codes, size_t count,
                                  unsigned threads, uint64_t *changed, struct err *err)
{
    uint64_t **seen = NULL;
    enum err_status status;

    if (model_is_edited(model))
        return err_set(err, ERR_ARG,
                       "model %s: its tables were edited for unseen addresses before; begin with "
                       "the model it was made from",
                       model->config->name);
    *changed = 0;
    status = seen_create(model, &seen, err);
    if (status == ERR_OK) status = model_seen(model, codes, count, threads, seen, err);
    for (size_t l = 0; status == ERR_OK && l < model->num_layers; l++)
        status = edit_layer(model->layers[l], seen[l], changed, err);
    for (size_t l = 0; seen != NULL && l < model->num_layers; l++)
        free(seen[l]);
    free(seen);
    return status;
}
