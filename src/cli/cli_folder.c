#include "cli/cli_folder.h"

#include "base/file.h"
#include "base/json.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_model.h"
#include "hdl/vlog_board.h"
#include "hdl/vlog_emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const PIPELINE_PARTS[] = {"encoder", "layers", "popcount", "argmax"};

enum { AUTO_DEPTH = 3 };

static enum err_status set_stages(struct config *config, const char *part, const char *value,
                                  struct err *err)
{
    char assignment[128];

    snprintf(assignment, sizeof assignment, "hardware.pipeline.%s=%.64s", part, value);
    return config_set(config, assignment, err);
}

/* part=number pairs. */
static enum err_status set_pairs(struct config *config, const char *spec, struct err *err)
{
    enum err_status status = ERR_OK;

    while (*spec != '\0' && status == ERR_OK) {
        size_t length = strcspn(spec, ",");
        char assignment[128];

        if (length > 64)
            return err_set(err, ERR_ARG,
                           "--pipeline: expected one number, auto, auto=N, or encoder=N,layers=N,"
                           "popcount=N,argmax=N, found '%s'",
                           spec);
        snprintf(assignment, sizeof assignment, "hardware.pipeline.%.*s", (int)length, spec);
        status = config_set(config, assignment, err);
        spec += length;
        spec += *spec == ',';
    }
    return status;
}

/* auto, auto=depth, one number for every part, or pairs; range and names are checked by config_set().
 * Counts on the command line put a depth in the configuration out of force. */
static enum err_status set_pipeline(struct config *config, const char *spec, struct err *err)
{
    char depth[16];
    enum err_status status;

    snprintf(depth, sizeof depth, "%d", AUTO_DEPTH);
    if (strcmp(spec, "auto") == 0) return set_stages(config, "depth", depth, err);
    if (strncmp(spec, "auto=", 5) == 0) {
        status = set_stages(config, "depth", spec + 5, err);
        if (status == ERR_OK && config->hardware.pipeline.depth == 0)
            status = err_set(err, ERR_ARG, "--pipeline: auto=N needs at least 1 LUT a stage");
        return status;
    }
    status = set_stages(config, "depth", "0", err);
    if (strchr(spec, '=') != NULL) return status == ERR_OK ? set_pairs(config, spec, err) : status;
    for (size_t i = 0; i < 4 && status == ERR_OK; i++)
        status = set_stages(config, PIPELINE_PARTS[i], spec, err);
    return status;
}

/* The target asked for; that of a board's chip, unless --set has one. NULL: the configuration's. */
static const char *wanted_target(const struct cli_folder_request *request)
{
    const struct vlog_board_parts *board =
        request->top != NULL ? vlog_board_parts(request->top) : NULL;

    if (request->target != NULL || board == NULL) return request->target;
    for (size_t i = 0; request->set != NULL && i < request->set->count; i++) {
        if (strncmp(request->set->items[i], "hardware.target=", 16) == 0) return NULL;
    }
    return board->target;
}

static enum err_status set_hardware(struct config *config, const struct cli_folder_request *request,
                                    struct err *err)
{
    char assignment[64];
    const char *target = wanted_target(request);
    enum err_status status = ERR_OK;

    if (request->pipeline != NULL) status = set_pipeline(config, request->pipeline, err);
    if (status == ERR_OK && target != NULL) {
        snprintf(assignment, sizeof assignment, "hardware.target=%s", target);
        status = config_set(config, assignment, err);
    }
    if (status == ERR_OK && request->stream_width != 0)
        config->hardware.stream_width = request->stream_width;
    return status;
}

/* The passes that --passes names, without those of --no-pass. */
static enum err_status select_passes(const struct cli_folder_request *request, uint32_t *selected,
                                     struct err *err)
{
    enum err_status status =
        netlist_passes_read(request->passes != NULL ? request->passes : "all", selected, err);

    for (size_t i = 0; request->no_pass != NULL && i < request->no_pass->count; i++) {
        uint32_t without = 0;

        if (status == ERR_OK)
            status = netlist_passes_read(request->no_pass->items[i], &without, err);
        *selected &= ~without;
    }
    return status;
}

/* The netlist as it is printed. */
static enum err_status lower(struct netlist **net, const struct model *model, uint32_t passes,
                             uint64_t *removed, struct err *err)
{
    enum err_status status = model_lower(model, net, err);

    if (status == ERR_OK) status = netlist_optimize_with(*net, passes, removed, err);
    if (status == ERR_OK) status = netlist_decompose(net, model->config->hardware.target, err);
    return status;
}

/* The passes of the request that are of use for the target. */
static enum err_status passes_of(const struct config *config,
                                 const struct cli_folder_request *request, uint32_t *passes,
                                 struct err *err)
{
    enum err_status status = select_passes(request, passes, err);

    *passes &= netlist_passes_for(config->hardware.target);
    return status;
}

/* Emits folder->model into folder->path, with a copy of the model's two files. */
static enum err_status emit(struct cli_folder *folder, const struct cli_folder_request *request,
                            const char *config_path, const char *weights_path, struct err *err)
{
    const struct config *config = folder->model->config;
    char names[2][CONFIG_NAME_SIZE + 32];
    const char *extra_files[] = {config_path, names[0], weights_path, names[1], NULL};
    uint64_t removed[NETLIST_MAX_PASSES];
    struct vlog_options options = {.top = request->top != NULL ? request->top : "full",
                                   .target = config->hardware.target,
                                   .dont_care = model_is_edited(folder->model) ? "data" : "none",
                                   .scores = config->hardware.scores,
                                   .tmr = config->hardware.tmr || request->tmr,
                                   .chunk = (uint32_t)config->hardware.chunk,
                                   .removed = removed,
                                   .stream_width = (uint32_t)config->hardware.stream_width,
                                   .extra_files = extra_files};
    struct netlist *net = NULL;
    char *parent = file_folder(folder->path);
    enum err_status status = parent == NULL ? err_nomem(err, "a path") : ERR_OK;

    snprintf(names[0], sizeof names[0], "model/%s.yaml", config->name);
    snprintf(names[1], sizeof names[1], "model/%s.safetensors", config->name);
    if (status == ERR_OK) status = passes_of(config, request, &options.passes, err);
    if (status == ERR_OK) status = file_make_dirs(parent, err);
    if (status == ERR_OK) status = lower(&net, folder->model, options.passes, removed, err);
    if (status == ERR_OK) status = vlog_emit(net, folder->path, &options, &folder->manifest, err);
    netlist_free(net);
    free(parent);
    return status;
}

/* <parent>/<model name> */
static enum err_status default_path(struct cli_folder *folder, const char *parent, struct err *err)
{
    folder->path = file_join(parent, folder->model->config->name);
    return folder->path == NULL ? err_nomem(err, "a path") : ERR_OK;
}

static enum err_status count_luts(const struct model *model, uint32_t passes, uint64_t *luts,
                                  struct err *err)
{
    struct netlist *net = NULL;
    struct netlist_cost cost = {0};
    enum err_status status = lower(&net, model, passes, NULL, err);

    if (status == ERR_OK) status = netlist_cost(net, &cost, err);
    netlist_free(net);
    *luts = cost.total;
    return status;
}

/* Edits folder->model and emits it with a copy of the edited one, which goes by way of a temporary
 * folder. */
static enum err_status emit_edited(struct cli *cli, struct cli_folder *folder,
                                   const struct cli_folder_request *request, struct err *err)
{
    struct cli_dont_care *d = &folder->dont_care;
    struct model *model = folder->model;
    bool own = folder->temporary == NULL;
    char *edited = NULL, *config_path = NULL, *weights_path = NULL;
    uint32_t passes = 0;
    enum err_status status = passes_of(model->config, request, &passes, err);

    if (status == ERR_OK) status = count_luts(model, passes, &d->luts_before, err);
    if (status == ERR_OK) status = cli_dont_care_edit(d, model, request->data_dir, err);
    if (status == ERR_OK) status = count_luts(model, passes, &d->luts_after, err);
    if (status == ERR_OK && own) status = cli_folder_temporary(cli, &folder->temporary, err);
    if (status == ERR_OK) {
        edited = file_join(folder->temporary, "edited");
        if (edited == NULL) status = err_nomem(err, "a path");
    }
    if (status == ERR_OK)
        status = cli_dont_care_save(d, model, edited, &config_path, &weights_path, err);
    if (status == ERR_OK) status = emit(folder, request, config_path, weights_path, err);
    if (own) {
        cli_folder_remove(cli, folder->temporary);
        folder->temporary = NULL;
    }
    free(edited);
    free(config_path);
    free(weights_path);
    return status;
}

enum err_status cli_folder_emit(struct cli *cli, struct cli_folder *folder,
                                const struct cli_folder_request *request, struct err *err)
{
    char *config_path = NULL;
    char *weights_path = NULL;
    enum err_status status = cli_model_find(request->model, &config_path, &weights_path, err);

    if (status == ERR_OK)
        status = cli_model_open(&folder->model, request->model, request->set, err);
    if (status == ERR_OK) status = set_hardware(folder->model->config, request, err);
    if (status == ERR_OK && request->out_dir != NULL) {
        folder->path = strdup(request->out_dir);
        if (folder->path == NULL) status = err_nomem(err, "a path");
    } else if (status == ERR_OK) {
        status = default_path(folder, folder->temporary != NULL ? folder->temporary : "build", err);
    }
    if (status == ERR_OK)
        status = request->dont_care != NULL && strcmp(request->dont_care, "data") == 0
                     ? emit_edited(cli, folder, request, err)
                     : emit(folder, request, config_path, weights_path, err);
    free(config_path);
    free(weights_path);
    return status;
}

/* An emitted folder's pipeline, top and target were chosen when it was emitted. */
static enum err_status open_existing(struct cli_folder *folder,
                                     const struct cli_folder_request *request, struct err *err)
{
    enum err_status status = ERR_OK;

    if (request->out_dir != NULL || request->pipeline != NULL || request->passes != NULL ||
        (request->no_pass != NULL && request->no_pass->count > 0) || request->top != NULL ||
        request->stream_width != 0 ||
        (request->dont_care != NULL && strcmp(request->dont_care, "none") != 0))
        return err_set(err, ERR_ARG,
                       "%s is an emitted folder: --out, --pipeline, --passes, --no-pass, --top, "
                       "--stream-width and --dont-care need a model",
                       request->model);
    folder->path = strdup(request->model);
    if (folder->path == NULL) return err_nomem(err, "a path");
    status = manifest_read(&folder->manifest, folder->path, err);
    if (status == ERR_OK) status = manifest_verify(folder->manifest, folder->path, err);
    if (status == ERR_OK)
        status = cli_model_open(&folder->model, request->model, request->set, err);
    if (status == ERR_OK && strcmp(folder->model->model_hash, folder->manifest->model_hash) != 0)
        status = err_set(err, ERR_FORMAT, "%s: made from model %.16s, but the copy in it is %.16s",
                         folder->path, folder->manifest->model_hash, folder->model->model_hash);
    return status;
}

enum err_status cli_folder_temporary(struct cli *cli, char **out, struct err *err)
{
    const char *root = getenv("TMPDIR");
    char *path = file_join(root != NULL && root[0] == '/' ? root : "/tmp", "difflut-XXXXXX");
    enum err_status status = ERR_OK;

    if (path == NULL) return err_nomem(err, "a path");
    if (mkdtemp(path) == NULL) {
        status = err_set(err, ERR_IO, "%s: no temporary folder can be made; set TMPDIR", path);
        free(path);
        return status;
    }
    *out = path;
    return cli_interrupt_folder(cli->interrupt, path, err);
}

void cli_folder_remove(struct cli *cli, char *path)
{
    if (path == NULL) return;
    file_remove_tree(path, NULL);
    cli_interrupt_folder(cli->interrupt, NULL, NULL);
    free(path);
}

enum err_status cli_folder_open(struct cli *cli, struct cli_folder *folder,
                                const struct cli_folder_request *request, struct err *err)
{
    enum err_status status = ERR_OK;

    if (cli_model_is_folder(request->model)) return open_existing(folder, request, err);
    if (request->out_dir == NULL) status = cli_folder_temporary(cli, &folder->temporary, err);
    if (status == ERR_OK) status = cli_folder_emit(cli, folder, request, err);
    return status;
}

json_t *cli_folder_passes(const struct manifest *manifest)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < manifest->num_passes; i++)
        json_push(&list, json_pack("{s:s, s:I}", "name", manifest->passes[i].name, "removed",
                                   (json_int_t)manifest->passes[i].removed));
    return list;
}

void cli_folder_close(struct cli *cli, struct cli_folder *folder)
{
    cli_folder_remove(cli, folder->temporary);
    free(folder->path);
    manifest_free(folder->manifest);
    model_free(folder->model);
    memset(folder, 0, sizeof *folder);
}
