#include "api.h"
#include "train/train.h"

#include <stdlib.h>
#include <string.h>

enum err_status api_check_input(const struct difflut_model *wrapped, const uint16_t *codes,
                                size_t count, struct err *err)
{
    const struct model *model = wrapped->model;

    if (model->encoder == NULL)
        return err_set(err, ERR_ARG, "model %s has no fitted encoder yet: train it first",
                       model->config->name);
    return api_check_codes(codes, count, model->encoder->num_features,
                           (1U << model->encoder->code_bits) - 1, err);
}

enum difflut_status difflut_fit_encoder(struct difflut_model *model,
                                        const struct difflut_data *data, struct difflut_error *err)
{
    const struct dataset *dataset = data->dataset;
    const struct config *config = model->model->config;

    if (dataset->train.count == 0)
        return api_status(
            err_set(api_err(err), ERR_ARG, "data set %s has no training samples", dataset->name));
    if (dataset->map->bits != (unsigned)config->input_bits)
        return api_status(config_complain(config, "input.bits", api_err(err),
                                          "is %ld, but data set %s has codes of %u bits",
                                          config->input_bits, dataset->name, dataset->map->bits));
    return api_status(model_fit_encoder(model->model, dataset, api_err(err)));
}

enum difflut_status difflut_codes(const struct difflut_model *model, const double *x, size_t count,
                                  uint16_t *codes, struct difflut_error *err)
{
    const struct code_map *map = model->model->map;
    enum err_status status = api_check_input(model, NULL, 0, api_err(err));

    if (status != ERR_OK) return api_status(status);
    for (size_t i = 0; i < count * map->num_features; i++)
        codes[i] = code_map_code(map, i % map->num_features, x[i]);
    return DIFFLUT_OK;
}

enum difflut_status difflut_encode(const struct difflut_model *model, const uint16_t *codes,
                                   size_t count, uint8_t *bits, struct difflut_error *err)
{
    enum err_status status = api_check_input(model, codes, count, api_err(err));

    if (status == ERR_OK) encoder_encode_rows(model->model->encoder, codes, count, bits);
    return api_status(status);
}

enum difflut_status difflut_forward_hard(const struct difflut_model *model, const uint16_t *codes,
                                         size_t count, uint32_t *scores, uint32_t *classes,
                                         struct difflut_error *err)
{
    uint32_t *own = NULL;
    enum err_status status = api_check_input(model, codes, count, api_err(err));

    if (status == ERR_OK && classes == NULL) {
        classes = own = calloc(count + 1, sizeof *own);
        if (own == NULL) status = err_nomem(api_err(err), "classes");
    }
    if (status == ERR_OK)
        status = model_hard(model->model, codes, count, model->threads, NULL, scores, classes,
                            api_err(err));
    free(own);
    return api_status(status);
}

enum difflut_status difflut_forward_soft(const struct difflut_model *model, const uint16_t *codes,
                                         size_t count, float *logits, struct difflut_error *err)
{
    enum err_status status = api_check_input(model, codes, count, api_err(err));

    if (status == ERR_OK)
        status = model_soft(model->model, codes, count, model->threads, logits, api_err(err));
    return api_status(status);
}

enum difflut_status difflut_forward_sampled(const struct difflut_model *model,
                                            const uint16_t *codes, size_t count, uint64_t seed,
                                            float *logits, struct difflut_error *err)
{
    enum err_status status = api_check_input(model, codes, count, api_err(err));

    if (status == ERR_OK)
        status =
            model_sample(model->model, codes, count, model->threads, seed, logits, api_err(err));
    return api_status(status);
}

/* --- accuracy and loss --- */

/* The split's arrays are only read. */
static struct dataset_split split_of(const struct difflut_samples *samples)
{
    return (struct dataset_split){.count = samples->count,
                                  .codes = (uint16_t *)(uintptr_t)samples->codes,
                                  .labels = (uint16_t *)(uintptr_t)samples->labels};
}

static enum err_status check_mode(const struct difflut_mode *mode, struct err *err)
{
    if (mode->pass != DIFFLUT_HARD && mode->pass != DIFFLUT_SOFT && mode->pass != DIFFLUT_SAMPLED)
        return err_set(err, ERR_ARG,
                       "mode: expected DIFFLUT_HARD, DIFFLUT_SOFT or DIFFLUT_SAMPLED, found %d",
                       (int)mode->pass);
    if (!(mode->flip_probability >= 0 && mode->flip_probability <= 1))
        return err_set(err, ERR_ARG, "flip_probability: expected 0 to 1, found %g",
                       mode->flip_probability);
    return ERR_OK;
}

enum difflut_status difflut_accuracy(const struct difflut_model *model,
                                     const struct difflut_samples *samples,
                                     const struct difflut_mode *mode, double *accuracy,
                                     struct difflut_error *err)
{
    static const struct difflut_mode standard = {.pass = DIFFLUT_HARD};
    static const char *const names[] = {[DIFFLUT_HARD] = "deterministic",
                                        [DIFFLUT_SOFT] = "expectation",
                                        [DIFFLUT_SAMPLED] = "sampling"};
    const struct difflut_mode *used = mode != NULL ? mode : &standard;
    struct dataset_split split = split_of(samples);
    enum err_status status = check_mode(used, api_err(err));

    if (status == ERR_OK)
        status = api_check_input(model, samples->codes, samples->count, api_err(err));
    if (status == ERR_OK && samples->labels == NULL && samples->count > 0)
        status = err_set(api_err(err), ERR_ARG, "samples without labels");
    if (status == ERR_OK) {
        struct model_mode how = {.name = names[used->pass],
                                 .flip = used->flip_probability,
                                 .seed = used->seed,
                                 .threads = model->threads};

        status = model_accuracy(model->model, &split, &how, accuracy, NULL, api_err(err));
    }
    return api_status(status);
}

enum difflut_status difflut_regularization(const struct difflut_model *model, double *loss,
                                           struct difflut_error *err)
{
    struct train_term terms[TRAIN_MAX_TERMS];
    size_t count = 0;
    enum err_status status = train_terms(model->model, terms, &count, api_err(err));

    if (status != ERR_OK) return api_status(status);
    *loss = 0;
    for (size_t i = 0; i < count; i++)
        *loss += terms[i].loss;
    return DIFFLUT_OK;
}
