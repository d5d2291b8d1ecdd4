/* What a training run says: to people as it goes, and to train.log and train.json in its folder. */
#ifndef DIFFLUT_CLI_CLI_TRAIN_LOG_H
#define DIFFLUT_CLI_CLI_TRAIN_LOG_H

#include "base/text.h"
#include "cli/cli_progress.h"
#include "train/train.h"

struct cli_train_log {
    struct cli_progress *progress;
    struct text text;  /* train.log: the lines without speeds, so that equal runs log the same */
    json_t *history;   /* train.json: one object an epoch */
    json_t *warnings;  /* texts */
    const char *label; /* put before each line, or "" */
};

/* Starts as {0}. */
enum err_status cli_train_log_create(struct cli_train_log *log, struct cli_progress *progress,
                                     const char *label, struct err *err);
void cli_train_log_free(struct cli_train_log *log);

/* For struct train_options; `user` is the struct cli_train_log. */
void cli_train_log_progress(const struct train_progress *progress, void *user);
void cli_train_log_tell(bool warning, const char *message, void *user);

/* {luts, bits, inputs}: what training left out. */
json_t *cli_train_log_pruned(const struct train_pruned *pruned);

/* Writes <folder>/train.log and train.json. */
enum err_status cli_train_log_write(const struct cli_train_log *log, const char *folder,
                                    struct err *err);

#endif
