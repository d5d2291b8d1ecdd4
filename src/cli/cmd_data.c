/* difflut-hdl data: which data sets are known, which are here, and how to get the others. */
#include "base/json.h"
#include "base/text.h"
#include "cli/cli_commands.h"
#include "cli/cli_options.h"
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

struct values {
    const char *data_dir;
};

static const struct cli_option OPTIONS[] = {CLI_OPTION_DATA(struct values, data_dir)};

static const struct dataset_info *find_info(const char *name, struct err *err)
{
    size_t count = 0;
    const struct dataset_info *list = dataset_list(&count);
    const char *names[64];
    const char *nearest;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0) return &list[i];
        if (i < 64) names[i] = list[i].name;
    }
    nearest = text_nearest(name, names, count < 64 ? count : 64);
    err_set(err, ERR_ARG, "unknown data set '%s'%s%s%s; see 'difflut-hdl data list'", name,
            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "'?" : "");
    return NULL;
}

/* Everything known of one set; `folder` is where it was found, or NULL. */
static json_t *describe(const struct dataset_info *info, bool available, const char *folder)
{
    json_t *files = json_array();

    for (size_t i = 0; i < 4 && info->files[i] != NULL; i++)
        json_push(&files, json_string(info->files[i]));
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:s?}", "name", info->name,
                     "task", info->task, "features", (json_int_t)info->num_features, "classes",
                     (json_int_t)info->num_classes, "train", (json_int_t)info->num_train, "test",
                     (json_int_t)info->num_test, "available", available, "folder",
                     folder != NULL ? cli_json_path(folder) : json_null(), "files", files, "source",
                     info->source);
}

static enum err_status run_list(struct cli *cli, const struct values *values, struct err *err)
{
    size_t count = 0;
    const struct dataset_info *list = dataset_list(&count);
    enum err_status status = cli_set_result(cli, json_array(), err);

    cli_say(cli, "%-18s %8s %8s %8s %8s  %-5s %s\n", "name", "features", "classes", "train", "test",
            "here", "task");
    for (size_t i = 0; i < count && status == ERR_OK; i++) {
        char *folder = NULL;
        bool here = dataset_available(list[i].name, values->data_dir, &folder);

        cli_say(cli, "%-18s %8zu %8zu %8zu %8zu  %-5s %s\n", list[i].name, list[i].num_features,
                list[i].num_classes, list[i].num_train, list[i].num_test, here ? "yes" : "no",
                list[i].task);
        if (json_array_append_new(cli->result, describe(&list[i], here, folder)) != 0)
            status = err_nomem(err, "the JSON result");
        free(folder);
    }
    return status;
}

static void say_files(const struct cli *cli, const struct dataset_info *info)
{
    for (size_t i = 0; i < 4 && info->files[i] != NULL; i++)
        cli_say(cli, "    %s/%s\n", info->name, info->files[i]);
}

static enum err_status run_info(struct cli *cli, const struct values *values, bool fetch,
                                struct err *err)
{
    const struct dataset_info *info = find_info(cli->positional[1], err);
    char *folder = NULL;
    enum err_status status;
    bool here;

    if (info == NULL) return ERR_ARG;
    here = dataset_available(info->name, values->data_dir, &folder);
    cli_say(cli, "%s: %s\n  %zu features, %zu classes, %zu training and %zu test samples\n",
            info->name, info->task, info->num_features, info->num_classes, info->num_train,
            info->num_test);
    if (info->source != NULL) cli_say(cli, "  source: %s\n", info->source);
    if (info->files[0] == NULL) {
        cli_say(cli, "  drawn by the program: no file is needed\n");
    } else if (here) {
        cli_say(cli, "  found in %s:\n", folder != NULL ? folder : "");
        say_files(cli, info);
    } else {
        cli_say(cli, "  not found in --data, $DIFFLUT_DATA or ~/.cache/difflut\n");
    }
    if (fetch && !here) {
        cli_say(cli,
                "  difflut-hdl opens no network connection. Get the files from their source, and\n"
                "  put them below one of those folders under these names (.gz may be unpacked):\n");
        say_files(cli, info);
    }
    status = cli_set_result(cli, describe(info, here, folder), err);
    free(folder);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    const char *action = cli->positional[0];
    bool fetch = strcmp(action, "fetch") == 0;

    if (strcmp(action, "list") == 0 && cli->num_positional == 1) return run_list(cli, values, err);
    if ((fetch || strcmp(action, "info") == 0) && cli->num_positional == 2)
        return run_info(cli, values, fetch, err);
    return err_set(err, ERR_ARG, "data: expected 'list', 'info NAME' or 'fetch NAME', found '%s'%s",
                   action, cli->num_positional == 1 ? " alone" : " and a name");
}

const struct cli_command cmd_data = {
    .name = "data",
    .arguments = "list|info NAME|fetch NAME",
    .summary = "list the known data sets, describe one, say how to get one",
    .description =
        "list    every data set known by name, and whether its files are found\n"
        "info    size, files and source of one\n"
        "fetch   what to put where; the program itself opens no network connection\n"
        "Any CSV can be used without being known: dataset: {train: a.csv, test: b.csv, label: y}.",
    .example = "  difflut-hdl data list\n  difflut-hdl data info mnist",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 2,
    .run = run,
};
