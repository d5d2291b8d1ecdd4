#include "regularizer.h"
#include "train.h"
#include "trainer.h"

/* What all nodes add to a part of the loss: regulariser `use`, or their own penalty when that is NULL. */
static double sum_nodes(const struct model *model, const struct regularizer_use *use)
{
    double sum = 0;

    for (size_t l = 0; l < model->num_layers; l++) {
        const struct layer *layer = model->layers[l];
        const struct node_desc *desc = &layer->desc;

        for (size_t node = 0; node < layer->width; node++) {
            const float *params = layer_params(layer, node);

            if (use != NULL)
                sum += use->rule->value(use, desc, params, layer_table(layer, node));
            else if (desc->type->penalty != NULL)
                sum += desc->type->penalty(desc, params, NULL);
        }
    }
    return sum;
}

enum err_status train_terms(const struct model *model, struct train_term terms[TRAIN_MAX_TERMS],
                            size_t *count, struct err *err)
{
    const struct config *config = model->config;
    size_t tables = 0, found = 0;
    double penalty = sum_nodes(model, NULL);

    for (size_t l = 0; l < model->num_layers; l++)
        tables += model->layers[l]->width * model->layers[l]->desc.num_outputs;
    for (size_t r = 0; r < config->runtime.num_regularizers; r++) {
        struct regularizer_use use;
        enum err_status status = regularizer_read(&use, config, r, err);

        if (status != ERR_OK) return status;
        use.seed = rng_mix((uint64_t)config->training.seed, STREAM_REGULARIZER, r);
        terms[found++] = (struct train_term){
            .name = use.name, .loss = use.weight * sum_nodes(model, &use) / (double)tables};
    }
    if (penalty > 0) terms[found++] = (struct train_term){"node_penalty", penalty};
    *count = found;
    return ERR_OK;
}
