/* Training runs, as `train` and `sweep` make them: from a configuration and a data set to a folder
 * with a model, its logs and its checkpoint. */
#ifndef DIFFLUT_CLI_CLI_TRAIN_RUN_H
#define DIFFLUT_CLI_CLI_TRAIN_RUN_H

#include "cli/cli_progress.h"
#include "data/dataset.h"

/* How and where to train. */
struct cli_train_request {
    struct cli *cli;
    struct cli_progress *progress;
    const char *label;   /* put before each line, or "" */
    const char *out_dir; /* made when it is not there */
    long threads;        /* as --threads */
    bool resume;         /* go on from the folder's checkpoint when there is one */
    long fold;           /* held out of training.folds, and measured; -1: none */
};

/* The data set of a configuration; ERR_ARG when features or classes do not fit. */
enum err_status cli_train_load(struct dataset **out, const struct config *config,
                               const char *data_dir, struct err *err);

/* One run. *result receives its figures, as `train --json` prints them (a new reference). */
enum err_status cli_train_run(const struct cli_train_request *request, const struct config *config,
                              const struct dataset *dataset, json_t **result, struct err *err);

/* Mean and deviation (n - 1) of a key over the results in an array; false when one has no such
 * number. */
bool cli_train_mean(const json_t *results, const char *key, double *mean, double *deviation);

/* Sets KEY_mean and KEY_std in `summary`; null when cli_train_mean() has none. */
bool cli_train_add_mean(json_t *summary, const json_t *results, const char *key);

#endif
