/* difflut-hdl report: everything that is known about an emitted folder, as JSON and as a page. */
#include "base/file.h"
#include "base/text.h"
#include "cli/cli_commands.h"
#include "cli/cli_folder.h"
#include "cli/cli_model.h"
#include "flow/report.h"
#include "flow/report_html.h"

#include <stdlib.h>

struct values {
    char unused;
};

static json_t *accuracy(const struct model *model, const char *key)
{
    double value;

    return cli_model_result(model->config, key, &value) ? json_real(value) : json_null();
}

/* Facts of the folder itself: the section "folder" of report.json. */
static json_t *folder_json(const struct cli_folder *folder)
{
    const struct manifest *m = folder->manifest;

    return json_pack("{s:s, s:s, s:s, s:i, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o}", "top_module",
                     m->top_module, "target", m->target, "dont_care", m->dont_care,
                     "latency_cycles", (int)m->latency_cycles, "luts_estimated", "encoder",
                     (json_int_t)m->luts_encoder, "layers", (json_int_t)m->luts_layers, "group_sum",
                     (json_int_t)m->luts_group_sum, "argmax", (json_int_t)m->luts_argmax, "passes",
                     cli_folder_passes(m), "accuracy_hard",
                     accuracy(folder->model, "accuracy_hard"), "accuracy_soft",
                     accuracy(folder->model, "accuracy_soft"));
}

/* report.html, listed in the manifest like every file of the folder. */
static enum err_status write_page(const struct cli_folder *folder, const json_t *report,
                                  struct err *err)
{
    struct text page = {0};
    char *path = file_join(folder->path, "report.html");
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    report_html(report, &page);
    if (status == ERR_OK) status = text_status(&page, "report.html", err);
    if (status == ERR_OK && manifest_remove_file(folder->manifest, "report.html"))
        status = manifest_write(folder->manifest, folder->path, err);
    if (status == ERR_OK) status = file_write(path, page.data, page.size, err);
    if (status == ERR_OK)
        status = manifest_add_file(folder->manifest, folder->path, "report.html", "report", err);
    if (status == ERR_OK) status = manifest_write(folder->manifest, folder->path, err);
    text_free(&page);
    free(path);
    return status;
}

static enum err_status write_reports(struct cli *cli, struct cli_folder *folder, struct err *err)
{
    json_t *report = NULL;
    enum err_status status = report_load(&report, folder->path, folder->manifest, err);

    if (status == ERR_OK && json_object_set_new(report, "folder", folder_json(folder)) != 0)
        status = err_nomem(err, "a report");
    if (status == ERR_OK) status = report_replace(folder->path, folder->manifest, report, err);
    if (status == ERR_OK) status = write_page(folder, report, err);
    if (status != ERR_OK) {
        json_decref(report);
        return status;
    }
    cli_say(cli, "%s/report.json\n%s/report.html\n", folder->path, folder->path);
    return cli_set_result(cli, report, err);
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    struct cli_folder_request request = {.model = cli->positional[0]};
    struct cli_folder folder = {0};
    enum err_status status = ERR_OK;

    (void)untyped;
    if (!cli_model_is_folder(request.model))
        return err_set(err, ERR_ARG, "%s is no emitted folder: make one with difflut-hdl emit",
                       request.model);
    status = cli_folder_open(cli, &folder, &request, err);
    if (status == ERR_OK) status = write_reports(cli, &folder, err);
    cli_folder_close(cli, &folder);
    return status;
}

const struct cli_command cmd_report = {
    .name = "report",
    .arguments = "DIR",
    .summary = "report.json and report.html of an emitted folder",
    .description =
        "Gathers what is known about an emitted folder: accuracies, latency, what the passes "
        "removed, and\n"
        "the latest results of synth, place and route and cosim in it. Writes report.json "
        "and a page\n"
        "that needs nothing else, report.html.",
    .example = "  difflut-hdl report build/mnist_large",
    .options = NULL,
    .num_options = 0,
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
