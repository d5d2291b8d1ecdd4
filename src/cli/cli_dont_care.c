#include "cli/cli_dont_care.h"

#include "base/file.h"
#include "cli/cli_model.h"
#include "train/division.h"

#include <stdio.h>
#include <stdlib.h>

/* What is measured: the data set and the part of it that nothing was trained on. */
struct samples {
    struct dataset *dataset;
    struct dataset_split trained, validation;
};

static enum err_status samples_load(struct samples *s, const struct model *model,
                                    const char *data_dir, struct err *err)
{
    struct division division = {0};
    enum err_status status =
        cli_model_dataset(&s->dataset, model, data_dir, DATASET_TRAIN | DATASET_TEST, err);

    if (status == ERR_OK) status = division_create(&division, model->config, s->dataset, err);
    if (status == ERR_OK)
        status = division_copy(&s->trained, s->dataset, &division, 0, division.num_train, err);
    if (status == ERR_OK)
        status = division_copy(&s->validation, s->dataset, &division, division.num_train,
                               division.num_validation, err);
    division_free(&division);
    return status;
}

static void samples_free(struct samples *s)
{
    dataset_split_free(&s->trained);
    dataset_split_free(&s->validation);
    dataset_free(s->dataset);
}

static enum err_status measure(struct cli_dont_care_accuracy *out, const struct model *model,
                               const struct samples *s, struct err *err)
{
    const struct dataset_split *kept = s->validation.count > 0 ? &s->validation : &s->trained;
    struct model_mode mode = {.name = "deterministic"};
    enum err_status status = model_accuracy(model, kept, &mode, &out->validation, NULL, err);

    if (status == ERR_OK)
        status = model_accuracy(model, &s->dataset->test, &mode, &out->test, NULL, err);
    return status;
}

enum err_status cli_dont_care_edit(struct cli_dont_care *out, struct model *model,
                                   const char *data_dir, struct err *err)
{
    struct samples s = {0};
    enum err_status status = samples_load(&s, model, data_dir, err);

    out->asked = true;
    snprintf(out->from, sizeof out->from, "%s", model->model_hash);
    if (status == ERR_OK) status = measure(&out->before, model, &s, err);
    if (status == ERR_OK)
        status = model_drop_unseen(model, s.trained.codes, s.trained.count, 0, &out->tables_changed,
                                   err);
    if (status == ERR_OK) status = measure(&out->after, model, &s, err);
    samples_free(&s);
    return status;
}

/* The hard accuracy of now, and its distance from the soft one, which is as it was. */
static enum err_status set_results(const struct cli_dont_care *dont_care, struct config *config,
                                   struct err *err)
{
    double soft, hard = dont_care->after.test;
    enum err_status status = cli_model_set_result(config, "accuracy_hard", err, "%.6g", hard);

    if (status == ERR_OK && cli_model_result(config, "accuracy_soft", &soft))
        status = cli_model_set_result(config, "gap", err, "%.6g", soft - hard);
    return status;
}

static enum err_status make_path(char **path, const struct model *model, const char *folder,
                                 const char *ending, struct err *err)
{
    char leaf[CONFIG_NAME_SIZE + 16];

    snprintf(leaf, sizeof leaf, "%s%s", model->config->name, ending);
    *path = file_join(folder, leaf);
    return *path == NULL ? err_nomem(err, "a path") : ERR_OK;
}

enum err_status cli_dont_care_save(const struct cli_dont_care *dont_care, struct model *model,
                                   const char *folder, char **config_path, char **weights_path,
                                   struct err *err)
{
    char text[4][32];
    const double accuracies[4] = {dont_care->before.validation, dont_care->before.test,
                                  dont_care->after.validation, dont_care->after.test};
    const char *metadata[] = {"dont_care",
                              "data",
                              "dont_care_from",
                              dont_care->from,
                              "dont_care_validation_accuracy_before",
                              text[0],
                              "dont_care_test_accuracy_before",
                              text[1],
                              "dont_care_validation_accuracy_after",
                              text[2],
                              "dont_care_test_accuracy_after",
                              text[3],
                              NULL};
    enum err_status status;

    for (size_t i = 0; i < 4; i++)
        snprintf(text[i], sizeof text[i], "%.6f", accuracies[i]);
    status = set_results(dont_care, model->config, err);
    if (status == ERR_OK) status = model_save(model, folder, metadata, err);
    if (status == ERR_OK) status = make_path(config_path, model, folder, ".yaml", err);
    if (status == ERR_OK) status = make_path(weights_path, model, folder, ".safetensors", err);
    return status;
}

static json_t *accuracy_json(const struct cli_dont_care_accuracy *a)
{
    return json_pack("{s:f, s:f}", "validation", a->validation, "test", a->test);
}

json_t *cli_dont_care_json(const struct cli_dont_care *d)
{
    if (!d->asked) return json_null();
    return json_pack("{s:o, s:o, s:I, s:I, s:I}", "accuracy_before", accuracy_json(&d->before),
                     "accuracy_after", accuracy_json(&d->after), "luts_before",
                     (json_int_t)d->luts_before, "luts_after", (json_int_t)d->luts_after,
                     "tables_changed", (json_int_t)d->tables_changed);
}

void cli_dont_care_say(const struct cli *cli, const struct cli_dont_care *d)
{
    if (!d->asked) return;
    cli_say(
        cli,
        "  don't-care data   LOSSY: %llu tables changed; LUTs, estimated, %llu -> %llu\n"
        "                    accuracy: validation %.2f %% -> %.2f %%, test %.2f %% -> %.2f %%\n",
        (unsigned long long)d->tables_changed, (unsigned long long)d->luts_before,
        (unsigned long long)d->luts_after, 100.0 * d->before.validation,
        100.0 * d->after.validation, 100.0 * d->before.test, 100.0 * d->after.test);
}
