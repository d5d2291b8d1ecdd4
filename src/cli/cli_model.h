/* Opening what MODEL names, and its data set. */
#ifndef DIFFLUT_CLI_CLI_MODEL_H
#define DIFFLUT_CLI_CLI_MODEL_H

#include "cli/cli_options.h"
#include "data/dataset.h"
#include "model/model.h"

/* True when `path` is an emitted folder (it holds manifest.json). */
bool cli_model_is_folder(const char *path);

/* The two files of a pretrained name, YAML path, training folder, or of an emitted folder's own copy
 * of the model. The caller frees both. */
enum err_status cli_model_find(const char *name, char **config_path, char **weights_path,
                               struct err *err);

/* cli_model_find(), then load with the --set overrides. */
enum err_status cli_model_open(struct model **out, const char *name, const struct cli_list *set,
                               struct err *err);

/* The model's data set in the model's own codes. */
enum err_status cli_model_dataset(struct dataset **out, const struct model *model,
                                  const char *data_dir, unsigned splits, struct err *err);

/* LUT6 estimate of the model's hardware, after the passes. */
enum err_status cli_model_cost(const struct model *model, struct netlist_cost *cost,
                               struct err *err);

/* "mnist", or the file name of the training CSV. */
const char *cli_model_dataset_name(const struct config *config);

/* A result of the model's `results:` block as a number; false when it is not there. */
bool cli_model_result(const struct config *config, const char *key, double *value);

/* Sets one entry of the `results:` block. ERR_ARG when the block is full. */
enum err_status cli_model_set_result(struct config *config, const char *key, struct err *err,
                                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
