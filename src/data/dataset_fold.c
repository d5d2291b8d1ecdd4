#include "base/rng.h"
#include "dataset.h"

#include <stdlib.h>
#include <string.h>

/* fold_of[i] is the fold of sample i: the samples, class after class and in a random order inside a
 * class, are dealt out one by one, so that every fold has its share of each class. */
static enum err_status deal(const struct dataset *from, size_t folds, uint64_t seed,
                            uint32_t *fold_of, struct err *err)
{
    size_t count = from->train.count;
    uint32_t *order = malloc(count * sizeof *order);
    size_t *place = calloc(from->num_classes + 1, sizeof *place); /* of a class's next sample */
    struct rng rng;

    if (order == NULL || place == NULL) {
        free(order);
        free(place);
        return err_nomem(err, "folds");
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
        place[from->train.labels[i] + 1]++;
    }
    for (size_t c = 0; c < from->num_classes; c++)
        place[c + 1] += place[c];
    rng_seed(&rng, seed, folds);
    rng_shuffle(&rng, order, count);
    for (size_t i = 0; i < count; i++)
        fold_of[order[i]] = (uint32_t)(place[from->train.labels[order[i]]]++ % folds);
    free(order);
    free(place);
    return ERR_OK;
}

/* The samples inside (or outside) one fold. */
static enum err_status select_samples(struct dataset_split *out, const struct dataset *from,
                                      const uint32_t *fold_of, size_t fold, bool inside,
                                      struct err *err)
{
    size_t features = from->num_features, count = 0;

    for (size_t i = 0; i < from->train.count; i++)
        count += (fold_of[i] == fold) == inside;
    out->codes = malloc(count * features * sizeof *out->codes);
    out->labels = malloc(count * sizeof *out->labels);
    if (out->codes == NULL || out->labels == NULL) return err_nomem(err, "a fold");
    for (size_t i = 0; i < from->train.count; i++) {
        if ((fold_of[i] == fold) != inside) continue;
        memcpy(out->codes + out->count * features, from->train.codes + i * features,
               features * sizeof *out->codes);
        out->labels[out->count++] = from->train.labels[i];
    }
    return ERR_OK;
}

enum err_status dataset_fold(struct dataset **out, const struct dataset *from, size_t folds,
                             size_t fold, uint64_t seed, struct err *err)
{
    struct dataset *part;
    uint32_t *fold_of;
    enum err_status status;

    if (folds < 2 || folds > from->train.count || fold >= folds)
        return err_set(err, ERR_ARG, "fold %zu of %zu: data set %s has %zu training samples", fold,
                       folds, from->name, from->train.count);
    part = malloc(sizeof *part);
    fold_of = malloc(from->train.count * sizeof *fold_of);
    if (part == NULL || fold_of == NULL) {
        free(part);
        free(fold_of);
        return err_nomem(err, "a fold");
    }
    *part = *from;
    part->map = NULL;
    part->train = part->test = (struct dataset_split){0};
    status = code_map_copy(&part->map, from->map, err);
    if (status == ERR_OK) status = deal(from, folds, seed, fold_of, err);
    if (status == ERR_OK) status = select_samples(&part->train, from, fold_of, fold, false, err);
    if (status == ERR_OK) status = select_samples(&part->test, from, fold_of, fold, true, err);
    free(fold_of);
    if (status == ERR_OK)
        *out = part;
    else
        dataset_free(part);
    return status;
}
