#include "vlog_emit.h"

#include "base/file.h"
#include "netlist/pass.h"
#include "vlog.h"
#include "vlog_board.h"
#include "vlog_stream.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const TEMPLATES[] = {"lut_node.v",    "bit_counter.v", "argmax_pair.v",
                                        "argmax_tree.v", "pipe_data.v",   "pipe_valid.v"};
enum { NUM_TEMPLATES = sizeof TEMPLATES / sizeof TEMPLATES[0] };

/* --- what is emitted --- */

static enum err_status check_options(const struct netlist *net, const struct vlog_options *options,
                                     struct err *err)
{
    if (options->chunk == 0)
        return err_set(err, ERR_ARG, "emit: chunk must be at least 1 LUT a module");
    if (strcmp(options->top, "full") != 0 && strcmp(options->top, "core") != 0 &&
        !vlog_has_stream(options->top))
        return err_set(err, ERR_ARG,
                       "emit: top must be full, core, stream, icebreaker or ulx3s, not \"%s\"",
                       options->top);
    if (strcmp(options->top, "stream") == 0 &&
        (options->stream_width < 8 || options->stream_width > VLOG_STREAM_MAX_WIDTH ||
         options->stream_width % 8 != 0))
        return err_set(err, ERR_ARG,
                       "emit: the stream width (--stream-width, hardware.stream_width) must be 8, "
                       "16, 24 .. %d, not %u",
                       VLOG_STREAM_MAX_WIDTH, options->stream_width);
    if (options->tmr && vlog_has_stream(options->top))
        return err_set(err, ERR_ARG,
                       "emit: --tmr (hardware.tmr) is for the tops full and core: the handshake of "
                       "%s has one copy of its registers only",
                       options->top);
    if (!vlog_target_known(options->target))
        return err_set(err, ERR_ARG,
                       "emit: target must be generic, xc7, xcup, ecp5 or ice40, not \"%s\"",
                       options->target);
    if (net->num_steps == 0) return err_set(err, ERR_ARG, "emit: the netlist has no encoder bits");
    return netlist_check(net, err);
}

static enum err_status set_build_id(struct manifest *m, const struct text *net,
                                    const struct vlog_options *options, struct err *err)
{
    char hash[HASH_TEXT_SIZE];
    struct text text = {0};
    enum err_status status;

    hash_bytes(net->data, net->size, hash);
    text_add(&text, "difflut-hdl %s netlist %s top %s target %s scores %d chunk %u passes",
             DIFFLUT_VERSION, hash, options->top, options->target, options->scores, options->chunk);
    for (uint32_t i = 0; i < m->num_passes; i++)
        text_add(&text, " %s", m->passes[i].name);
    if (options->tmr) text_add(&text, " tmr");
    if (vlog_has_stream(options->top)) text_add(&text, " stream %u", m->stream.width);
    status = text_status(&text, "the build id", err);
    if (status == ERR_OK) {
        hash_bytes(text.data, text.size, hash);
        memcpy(m->build_id, hash, sizeof m->build_id - 1);
    }
    text_free(&text);
    return status;
}

static void note_passes(struct manifest *m, const struct vlog_options *options)
{
    size_t count;
    const struct netlist_pass *passes = netlist_passes(&count);

    for (size_t i = 0; i < count && options->removed != NULL; i++) {
        struct manifest_pass *pass = &m->passes[m->num_passes];

        if (!(options->passes >> i & 1)) continue;
        snprintf(pass->name, sizeof pass->name, "%s", passes[i].name);
        pass->removed = options->removed[i];
        m->num_passes++;
    }
}

/* The voters are added where they are written. */
static void triplicate(struct manifest *m)
{
    m->tmr = true;
    m->depth++;
    m->flip_flops = m->flip_flops > UINT32_MAX / 3 ? UINT32_MAX : 3 * m->flip_flops;
    m->luts_encoder *= 3;
    m->luts_layers *= 3;
    m->luts_group_sum *= 3;
    m->luts_argmax *= 3;
}

static enum err_status fill_manifest(struct manifest *m, const struct netlist *net,
                                     const struct text *text, const struct vlog_options *options,
                                     struct err *err)
{
    struct netlist_cost cost;
    struct netlist_timing timing;
    enum err_status status = netlist_cost(net, &cost, err);

    if (status == ERR_OK) status = netlist_timing(net, &timing, err);
    if (status != ERR_OK) return status;
    if (net->pipeline.depth > 0 && timing.depth > net->pipeline.depth)
        return err_set(err, ERR_ARG,
                       "emit: a path of %u LUTs between registers, but the pipeline allows %u: "
                       "the registers were placed before the netlist was changed",
                       timing.depth, net->pipeline.depth);
    memcpy(m->name, net->name, sizeof m->name);
    memcpy(m->model_hash, net->model_hash, sizeof m->model_hash);
    snprintf(m->version, sizeof m->version, "%s", DIFFLUT_VERSION);
    snprintf(m->top, sizeof m->top, "%s", options->top);
    snprintf(m->target, sizeof m->target, "%s", options->target);
    snprintf(m->dont_care, sizeof m->dont_care, "%s",
             options->dont_care != NULL ? options->dont_care : "none");
    snprintf(m->top_module, sizeof m->top_module, "%s_%s", net->name, options->top);
    m->scores = options->scores;
    if (vlog_has_stream(options->top))
        m->stream = vlog_stream_layout(
            net, vlog_is_board(options->top) ? VLOG_BOARD_WIDTH : options->stream_width,
            options->scores);
    m->num_features = net->num_features;
    m->code_bits = net->code_bits;
    m->num_bits = net->num_steps;
    m->num_classes = net->num_classes;
    m->class_bits = netlist_class_bits(net);
    m->score_bits = netlist_score_bits(net);
    m->pipeline_encoder = timing.stages_encoder;
    m->pipeline_layers = timing.stages_layers;
    m->pipeline_popcount = timing.stages_popcount;
    m->pipeline_argmax = timing.stages_argmax;
    m->depth = timing.depth;
    m->flip_flops = cost.registers > UINT32_MAX ? UINT32_MAX : (uint32_t)cost.registers;
    m->latency_cycles = netlist_latency(net);
    m->latency_cycles_core = m->latency_cycles - timing.stages_encoder;
    m->luts_encoder = cost.encoder;
    m->luts_layers = cost.layers;
    m->luts_group_sum = cost.group_sum;
    m->luts_argmax = cost.argmax;
    if (options->tmr) triplicate(m);
    note_passes(m, options);
    return set_build_id(m, text, options, err);
}

/* --- plan --- */

static enum err_status plan_create(struct vlog *v)
{
    const struct netlist *net = v->net;
    size_t signals = (size_t)net->num_steps + net->num_luts;

    v->read = calloc(signals, 1);
    v->last_use = calloc(signals, sizeof *v->last_use);
    v->position = malloc(signals * sizeof *v->position);
    if (v->read == NULL || v->last_use == NULL || v->position == NULL)
        return err_nomem(v->err, "the emitter's plan");
    pass_mark_read(net, v->read);
    for (uint32_t i = 0; i < v->num_slices; i++) {
        for (uint32_t lut = v->slices[i].first; lut < v->slices[i].last; lut++) {
            for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
                v->last_use[net->fan_in[(size_t)lut * NETLIST_MAX_FAN_IN + k]] = i;
        }
    }
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        v->last_use[net->group[i]] = v->num_slices;
    return ERR_OK;
}

static void plan_free(struct vlog *v)
{
    free(v->read);
    free(v->last_use);
    free(v->position);
    text_free(&v->text);
    text_free(&v->files);
}

/* --- the folder --- */

static void write_parts(struct vlog *v)
{
    const struct netlist *net = v->net;
    struct vlog_bus bus = {.count = net->num_steps};
    uint32_t *widths = calloc((size_t)v->num_slices + 1, sizeof *widths);

    bus.signals = malloc(net->num_steps * sizeof *bus.signals);
    if (widths == NULL || bus.signals == NULL) {
        v->status = err_nomem(v->err, "buses");
    } else {
        for (uint32_t s = 0; s < net->num_steps; s++)
            bus.signals[s] = s;
        vlog_encoder(v);
        widths[0] = bus.count;
        for (uint32_t i = 0; i < v->num_slices && v->status == ERR_OK; i++) {
            vlog_layer(v, i, &bus);
            widths[i + 1] = bus.count;
        }
        vlog_group_sum(v, &bus);
        vlog_argmax(v);
        if (v->options->tmr) {
            vlog_tmr(v, widths);
        } else {
            vlog_core(v, widths);
            vlog_full(v);
        }
        if (vlog_has_stream(v->options->top)) vlog_stream(v);
        if (vlog_is_board(v->options->top)) vlog_board(v);
        if (v->status == ERR_OK) v->status = text_status(&v->files, "rtl/files.f", v->err);
        vlog_file(v, "rtl/files.f", v->files.data, v->files.size, "rtl");
        vlog_scripts(v, widths);
        vlog_projects(v);
    }
    free(widths);
    free(bus.signals);
}

static enum err_status make_parent(const struct vlog *v, const char *path)
{
    char *full = file_join(v->folder, path), *parent = full != NULL ? file_folder(full) : NULL;
    enum err_status status =
        parent != NULL ? file_make_dirs(parent, v->err) : err_nomem(v->err, path);

    free(full);
    free(parent);
    return status;
}

static void copy_extra_file(struct vlog *v, const char *from, const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0;

    if (v->status == ERR_OK && !manifest_path_is_safe(path))
        v->status = err_set(v->err, ERR_ARG, "emit: %s leaves the folder", path);
    if (v->status == ERR_OK) v->status = file_read(from, SIZE_MAX, &data, &size, v->err);
    if (v->status == ERR_OK) v->status = make_parent(v, path);
    vlog_file(v, path, (const char *)data, size, "model");
    free(data);
}

static void copy_extra_files(struct vlog *v)
{
    for (const char *const *pair = v->options->extra_files; pair != NULL && *pair != NULL;
         pair += 2)
        copy_extra_file(v, pair[0], pair[1]);
}

static enum err_status make_folders(const char *folder, struct err *err)
{
    static const char *const NAMES[] = {"rtl", "scripts", "constraints"};
    enum err_status status = file_make_dirs(folder, err);

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0] && status == ERR_OK; i++) {
        char *path = file_join(folder, NAMES[i]);

        status = path != NULL ? file_make_dirs(path, err) : err_nomem(err, NAMES[i]);
        free(path);
    }
    return status;
}

static enum err_status write_folder(struct vlog *v, const struct text *net)
{
    v->status = make_folders(v->folder, v->err);
    if (v->status == ERR_OK) v->status = plan_create(v);
    vlog_file(v, "netlist.txt", net->data, net->size, "netlist");
    for (size_t i = 0; i < NUM_TEMPLATES; i++)
        vlog_template(v, TEMPLATES[i]);
    if (v->status == ERR_OK) write_parts(v);
    copy_extra_files(v);
    if (v->status == ERR_OK) v->status = manifest_write(v->manifest, v->folder, v->err);
    plan_free(v);
    return v->status;
}

/* --- taking its place --- */

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = folder != NULL;

    while (empty && (entry = readdir(folder)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (folder != NULL) closedir(folder);
    return empty;
}

/* Nothing of the user's is ever overwritten: what is there must be ours, or nothing. */
static enum err_status check_target(const char *out_dir, struct err *err)
{
    char *manifest;
    bool ours;

    if (!file_exists(out_dir)) return ERR_OK;
    if (!file_is_dir(out_dir))
        return err_set(err, ERR_IO, "%s: exists and is not a folder", out_dir);
    manifest = file_join(out_dir, "manifest.json");
    if (manifest == NULL) return err_nomem(err, out_dir);
    ours = file_exists(manifest);
    free(manifest);
    if (ours || is_empty_folder(out_dir)) return ERR_OK;
    return err_set(err, ERR_IO,
                   "%s: is not empty and has no manifest.json, so it is not an emitted folder; "
                   "choose another one or empty it",
                   out_dir);
}

/* "<out_dir>.new-<process>", beside out_dir; malloc'ed. */
static char *sibling_name(const char *out_dir)
{
    size_t length = strlen(out_dir), size = length + 40;
    char *name = malloc(size);

    while (length > 1 && out_dir[length - 1] == '/')
        length--;
    if (name != NULL) snprintf(name, size, "%.*s.new-%ld", (int)length, out_dir, (long)getpid());
    return name;
}

/* Removes what emissions that were killed left beside out_dir. */
static void sweep_siblings(const char *out_dir, const char *sibling)
{
    char *parent = file_folder(out_dir), *prefix = strdup(sibling);

    if (parent != NULL && prefix != NULL) {
        const char *slash = strrchr(prefix, '/');

        *(strrchr(prefix, '-') + 1) = '\0';
        file_sweep(parent, slash != NULL ? slash + 1 : prefix);
        file_sweep(parent, FILE_TEMPORARY);
    }
    free(parent);
    free(prefix);
}

/* Changes the order of the LUTs of `net`. */
static enum err_status emit_into(struct netlist *net, const struct text *text, const char *out_dir,
                                 const struct vlog_options *options, struct manifest *manifest,
                                 struct err *err)
{
    char *folder = sibling_name(out_dir);
    struct vlog v = {
        .net = net, .options = options, .folder = folder, .manifest = manifest, .err = err};
    enum err_status status;

    if (folder == NULL) return err_nomem(err, out_dir);
    sweep_siblings(out_dir, folder);
    status = vlog_slices(net, &v.slices, &v.num_slices, err);
    if (status == ERR_OK) status = file_remove_tree(folder, err);
    if (status == ERR_OK) status = write_folder(&v, text);
    if (status == ERR_OK) status = file_replace_dir(folder, out_dir, err);
    if (status != ERR_OK) file_remove_tree(folder, NULL);
    free(v.slices);
    free(folder);
    return status;
}

enum err_status vlog_emit(const struct netlist *net, const char *out_dir,
                          const struct vlog_options *options, struct manifest **out,
                          struct err *err)
{
    struct manifest *manifest = NULL;
    struct netlist *live = NULL;
    struct text text = {0};
    uint64_t removed;
    enum err_status status = check_options(net, options, err);

    if (status == ERR_OK) status = check_target(out_dir, err);
    if (status == ERR_OK) status = netlist_copy(&live, net, err);
    if (status == ERR_OK) status = pass_dead(live, &removed, err);
    if (status == ERR_OK) {
        netlist_write(live, &text);
        status = text_status(&text, "netlist.txt", err);
    }
    if (status == ERR_OK) {
        manifest = calloc(1, sizeof *manifest);
        status = manifest != NULL ? fill_manifest(manifest, live, &text, options, err)
                                  : err_nomem(err, "a manifest");
    }
    if (status == ERR_OK) status = emit_into(live, &text, out_dir, options, manifest, err);
    text_free(&text);
    netlist_free(live);
    if (status == ERR_OK && out != NULL) {
        *out = manifest;
    } else {
        manifest_free(manifest);
    }
    return status;
}
