/* difflut-hdl models: what can be named as MODEL. */
#include "cli/cli_commands.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"

#include <stdlib.h>

static json_t *accuracy_or_null(const struct config *config, double *value)
{
    return cli_model_result(config, "accuracy_hard", value) ? json_real(*value) : json_null();
}

static enum err_status list_one(struct cli *cli, const char *name, json_t *list, struct err *err)
{
    struct model *model = NULL;
    struct netlist_cost cost = {0};
    double accuracy = 0.0;
    enum err_status status = cli_model_open(&model, name, NULL, err);

    if (status == ERR_OK) status = cli_model_cost(model, &cost, err);
    if (status == ERR_OK) {
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:o, s:I}", "name", name, "dataset",
                      cli_model_dataset_name(model->config), "model_type",
                      model->config->model_type, "accuracy_hard",
                      accuracy_or_null(model->config, &accuracy), "luts", (json_int_t)cost.total);

        cli_say(cli, "%-20s %-18s %-12s %8.2f %% %8llu\n", name,
                cli_model_dataset_name(model->config), model->config->model_type, 100.0 * accuracy,
                (unsigned long long)cost.total);
        if (json_array_append_new(list, row) != 0) status = err_nomem(err, "the JSON result");
    }
    model_free(model);
    return status;
}

static enum err_status run(struct cli *cli, const void *values, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    enum err_status status = model_list(&names, &count, err);

    (void)values;
    if (status == ERR_OK) status = cli_set_result(cli, json_array(), err);
    if (status == ERR_OK) {
        if (count == 0)
            cli_say(cli, "no pretrained models found ($DIFFLUT_PRETRAINED, ./pretrained)\n");
        else
            cli_say(cli, "%-20s %-18s %-12s %10s %8s\n", "name", "data set", "type", "accuracy",
                    "LUTs");
    }
    for (size_t i = 0; i < count; i++) {
        if (status == ERR_OK) status = list_one(cli, names[i], cli->result, err);
        free(names[i]);
    }
    free(names);
    return status;
}

const struct cli_command cmd_models = {
    .name = "models",
    .arguments = "",
    .summary = "list the pretrained models",
    .description =
        "Lists every pretrained model found, with its hard accuracy on the test split (what the\n"
        "hardware reaches) and an estimate of its LUTs, encoder included. Searched:\n"
        "$DIFFLUT_PRETRAINED, ./pretrained, and the folder installed with the program.",
    .example = "  difflut-hdl models --json",
    .run = run,
};
