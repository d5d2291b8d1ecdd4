#include "api.h"
#include "base/file.h"
#include "base/text.h"
#include "flow/cosim.h"
#include "hdl/vlog_emit.h"
#include "netlist/netlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err_status lower(const struct difflut_model *model, struct netlist **out,
                             uint64_t *removed, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model->model, &net, err);

    if (status == ERR_OK)
        status = netlist_optimize_with(
            net, netlist_passes_for(model->model->config->hardware.target), removed, err);
    if (status == ERR_OK)
        *out = net;
    else
        netlist_free(net);
    return status;
}

enum difflut_status difflut_cost(const struct difflut_model *model, struct difflut_cost *cost,
                                 struct difflut_error *err)
{
    struct netlist_cost found;
    struct netlist *net = NULL;
    enum err_status status = lower(model, &net, NULL, api_err(err));

    if (status == ERR_OK) status = netlist_cost(net, &found, api_err(err));
    if (status == ERR_OK)
        *cost = (struct difflut_cost){.luts_encoder = found.encoder,
                                      .luts_layers = found.layers,
                                      .luts_group_sum = found.group_sum,
                                      .luts_argmax = found.argmax,
                                      .luts = found.total,
                                      .registers = found.registers,
                                      .latency_cycles = netlist_latency(net)};
    netlist_free(net);
    return api_status(status);
}

enum difflut_status difflut_netlist(const struct difflut_model *model, char **text,
                                    struct difflut_error *err)
{
    struct netlist *net = NULL;
    struct text written = {0};
    enum err_status status = lower(model, &net, NULL, api_err(err));

    if (status == ERR_OK) {
        netlist_write(net, &written);
        status = text_status(&written, "the netlist", api_err(err));
    }
    netlist_free(net);
    if (status == ERR_OK)
        *text = written.data;
    else
        text_free(&written);
    return api_status(status);
}

/* --- emission --- */

static enum err_status emit(const struct difflut_model *model, const char *folder,
                            const char *const *extra_files, char *build_id, struct err *err)
{
    const struct config *config = model->model->config;
    uint64_t removed[NETLIST_MAX_PASSES];
    struct vlog_options options = {.top = "full",
                                   .target = config->hardware.target,
                                   .dont_care = model_is_edited(model->model) ? "data" : "none",
                                   .scores = config->hardware.scores,
                                   .chunk = (uint32_t)config->hardware.chunk,
                                   .passes = netlist_passes_for(config->hardware.target),
                                   .removed = removed,
                                   .extra_files = extra_files};
    struct manifest *manifest = NULL;
    struct netlist *net = NULL;
    enum err_status status = lower(model, &net, removed, err);

    if (status == ERR_OK) status = netlist_decompose(&net, options.target, err);
    if (status == ERR_OK) status = vlog_emit(net, folder, &options, &manifest, err);
    if (status == ERR_OK && build_id != NULL)
        memcpy(build_id, manifest->build_id, sizeof manifest->build_id);
    manifest_free(manifest);
    netlist_free(net);
    return status;
}

/* The model's two files, written to `scratch`, travel in the folder. */
static enum err_status emit_with_model(struct difflut_model *model, const char *folder,
                                       const char *scratch, char *build_id, struct err *err)
{
    static const char *const endings[2] = {"yaml", "safetensors"};
    const char *name = model->model->config->name;
    char names[2][CONFIG_NAME_SIZE + 32], *paths[2] = {NULL, NULL};
    enum err_status status = model_save(model->model, scratch, NULL, err);

    for (size_t i = 0; i < 2; i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", name, endings[i]);
        paths[i] = file_join(scratch, names[i]);
        snprintf(names[i], sizeof names[i], "model/%s.%s", name, endings[i]);
        if (status == ERR_OK && paths[i] == NULL) status = err_nomem(err, "a path");
    }
    if (status == ERR_OK) {
        const char *extra_files[] = {paths[0], names[0], paths[1], names[1], NULL};

        status = emit(model, folder, extra_files, build_id, err);
    }
    free(paths[0]);
    free(paths[1]);
    return status;
}

enum difflut_status difflut_emit(struct difflut_model *model, const char *folder, char *build_id,
                                 struct difflut_error *err)
{
    char name[64];
    char *parent = file_folder(folder), *scratch;
    enum err_status status;

    snprintf(name, sizeof name, FILE_TEMPORARY "%ld-XXXXXX", (long)getpid());
    scratch = parent == NULL ? NULL : file_join(parent, name);
    status = scratch == NULL ? err_nomem(api_err(err), "a path") : ERR_OK;

    if (status == ERR_OK) status = file_make_dirs(parent, api_err(err));
    if (status == ERR_OK && mkdtemp(scratch) == NULL)
        status = err_set(api_err(err), ERR_IO, "%s: a folder for the model cannot be made", parent);
    else if (status == ERR_OK) {
        status = emit_with_model(model, folder, scratch, build_id, api_err(err));
        file_remove_tree(scratch, NULL);
    }
    free(scratch);
    free(parent);
    return api_status(status);
}

/* --- co-simulation --- */

/* The vectors, with what the hard pass says of them. */
static enum err_status expect(struct vectors **out, const struct difflut_model *model,
                              const char *build_id, const uint16_t *codes, size_t count,
                              struct err *err)
{
    const struct encoder *encoder = model->model->encoder;
    struct vectors *vectors = NULL;
    enum err_status status =
        vectors_create(&vectors, count, (uint32_t)encoder->num_features, encoder->code_bits,
                       (uint32_t)encoder->num_bits, (uint32_t)model->model->num_classes, err);

    if (status == ERR_OK) {
        snprintf(vectors->build_id, sizeof vectors->build_id, "%s", build_id);
        memcpy(vectors->codes, codes, count * encoder->num_features * sizeof *codes);
        status = model_hard(model->model, codes, count, model->threads, vectors->bits,
                            vectors->scores, vectors->classes, err);
    }
    if (status == ERR_OK)
        *out = vectors;
    else
        vectors_free(vectors);
    return status;
}

/* A model without a hash has weights that no file knows: they may be anything. */
static enum err_status check_folder(const struct difflut_model *model,
                                    const struct manifest *manifest, const char *folder,
                                    struct err *err)
{
    enum err_status status = manifest_verify(manifest, folder, err);

    if (status == ERR_OK && strcmp(model->model->model_hash, manifest->model_hash) != 0)
        status =
            err_set(err, ERR_FORMAT, "%s: made from model %.16s, not from this one (%.16s)", folder,
                    manifest->model_hash,
                    model->model->model_hash[0] != '\0' ? model->model->model_hash : "never saved");
    return status;
}

static void note_result(struct difflut_cosim_result *result, const struct cosim_result *got)
{
    const struct cosim_mismatch *first = &got->first[0];

    *result = (struct difflut_cosim_result){.vectors = got->vectors,
                                            .mismatches = got->mismatches,
                                            .latency_cycles = got->latency_full,
                                            .build_seconds = got->build_seconds,
                                            .run_seconds = got->run_seconds};
    snprintf(result->tool, sizeof result->tool, "%s", got->tool_version);
    if (got->num_first > 0)
        snprintf(result->first, sizeof result->first,
                 "%s, vector %zu: %s: expected %llu, found %llu", first->top, first->vector,
                 first->what, (unsigned long long)first->expected, (unsigned long long)first->got);
}

static enum err_status simulate(const char *folder, const struct manifest *manifest,
                                const struct vectors *vectors, const char *simulator,
                                struct difflut_cosim_result *result, struct err *err)
{
    struct cosim_options options = {.simulator = simulator};
    struct cosim_result got = {0};
    enum err_status status = cosim_run(folder, manifest, vectors, &options, &got, err);

    if (status == ERR_OK && result != NULL) note_result(result, &got);
    if (status == ERR_OK && got.mismatches > 0)
        status = err_set(err, ERR_DIFF, "%s: %zu of %zu vectors differ from the C reference",
                         folder, got.mismatches, got.vectors);
    cosim_result_free(&got);
    return status;
}

enum difflut_status difflut_cosim(const struct difflut_model *model, const char *folder,
                                  const char *simulator, const uint16_t *codes, size_t count,
                                  struct difflut_cosim_result *result, struct difflut_error *err)
{
    struct manifest *manifest = NULL;
    struct vectors *vectors = NULL;
    enum err_status status = api_check_input(model, codes, count, api_err(err));

    if (status == ERR_OK) status = manifest_read(&manifest, folder, api_err(err));
    if (status == ERR_OK) status = check_folder(model, manifest, folder, api_err(err));
    if (status == ERR_OK)
        status = expect(&vectors, model, manifest->build_id, codes, count, api_err(err));
    if (status == ERR_OK)
        status = simulate(folder, manifest, vectors, simulator, result, api_err(err));
    vectors_free(vectors);
    manifest_free(manifest);
    return api_status(status);
}
