#include "division.h"

#include "base/rng.h"
#include "trainer.h"

#include <stdlib.h>
#include <string.h>

enum err_status division_create(struct division *out, const struct config *config,
                                const struct dataset *dataset, struct err *err)
{
    size_t count = dataset->train.count, all = count;
    struct rng rng;

    if (config->training.samples > 0 && (size_t)config->training.samples < all)
        all = (size_t)config->training.samples;
    if (all == 0)
        return err_set(err, ERR_ARG, "data set %s has no training samples", dataset->name);
    out->order = malloc(count * sizeof *out->order);
    if (out->order == NULL) return err_nomem(err, "the sample order");
    for (size_t i = 0; i < count; i++)
        out->order[i] = (uint32_t)i;
    rng_seed(&rng, (uint64_t)config->training.seed, STREAM_SPLIT);
    rng_shuffle(&rng, out->order, count);
    out->num_validation = (size_t)(config->training.validation * (double)all);
    out->num_train = all - out->num_validation;
    return ERR_OK;
}

enum err_status division_copy(struct dataset_split *out, const struct dataset *dataset,
                              const struct division *division, size_t first, size_t count,
                              struct err *err)
{
    size_t features = dataset->num_features;

    *out = (struct dataset_split){
        .count = count,
        .codes = malloc((count * features + 1) * sizeof *out->codes),
        .labels = malloc((count + 1) * sizeof *out->labels),
    };
    if (out->codes == NULL || out->labels == NULL) {
        dataset_split_free(out);
        return err_nomem(err, "a part of the training split");
    }
    for (size_t i = 0; i < count; i++) {
        size_t from = division->order[first + i];

        memcpy(out->codes + i * features, dataset->train.codes + from * features,
               features * sizeof *out->codes);
        out->labels[i] = dataset->train.labels[from];
    }
    return ERR_OK;
}

void division_free(struct division *division)
{
    free(division->order);
    *division = (struct division){0};
}
