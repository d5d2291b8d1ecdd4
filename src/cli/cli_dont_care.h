/* --dont-care data: the lossy step before lowering, with what it costs and saves. */
#ifndef DIFFLUT_CLI_CLI_DONT_CARE_H
#define DIFFLUT_CLI_CLI_DONT_CARE_H

#include "cli/cli_options.h"
#include "hdl/manifest.h"
#include "model/model.h"

/* Hard accuracies on the trainer's validation part (the trained part when there is none) and on the
 * test split. */
struct cli_dont_care_accuracy {
    double validation, test;
};

struct cli_dont_care {
    bool asked;                /* else all is 0 */
    char from[HASH_TEXT_SIZE]; /* hash of the model as it was */
    struct cli_dont_care_accuracy before, after;
    uint64_t luts_before, luts_after, tables_changed; /* LUTs: the emitter's estimate */
};

#define CLI_OPTION_DONT_CARE(type, field)                                                          \
    {                                                                                              \
        "dont-care", 0, CLI_CHOICE, offsetof(type, field), "none|data", "none", 0, 0,              \
            "data: LOSSY, table entries that no training sample asks for are free\n"               \
            "(needs the data set)"                                                                 \
    }

/* Edits the model's tables (model_drop_unseen()) for the part of the training split that it was trained
 * on, and fills in `asked`, `from`, accuracies and tables_changed. ERR_IO when the data set is not
 * here, saying how to get it. */
enum err_status cli_dont_care_edit(struct cli_dont_care *out, struct model *model,
                                   const char *data_dir, struct err *err);

/* Writes the edited model below `folder`: the metadata of its weights says what was done, and its
 * results have the accuracy of now. The two paths are malloc'ed. */
enum err_status cli_dont_care_save(const struct cli_dont_care *dont_care, struct model *model,
                                   const char *folder, char **config_path, char **weights_path,
                                   struct err *err);

/* {"accuracy_before": {"validation", "test"}, ...}, or null when it was not asked for. */
json_t *cli_dont_care_json(const struct cli_dont_care *dont_care);
void cli_dont_care_say(const struct cli *cli, const struct cli_dont_care *dont_care);

#endif
