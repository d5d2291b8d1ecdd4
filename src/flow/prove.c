#include "prove.h"

#include "flow/prove_check.h"
#include "flow/prove_mask.h"
#include "flow/prove_stream.h"
#include "flow/prove_yosys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void prove_reference_free(struct prove_reference *reference)
{
    if (reference == NULL) return;
    for (size_t l = 0; reference->layers != NULL && l < reference->num_layers; l++) {
        free(reference->layers[l].wires);
        free(reference->layers[l].tables);
    }
    free(reference->layers);
    free(reference->step_feature);
    free(reference->step_initial);
    free(reference->toggle_start);
    free(reference->toggles);
    free(reference);
}

void prove_result_free(struct prove_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        free(result->obligations[i].detail);
    free(result->obligations);
    free(result->codes);
    memset(result, 0, sizeof *result);
}

/* The ports that the manifest promises must be those of the model. */
static enum err_status check_shapes(const struct manifest *m,
                                    const struct prove_reference *reference, struct err *err)
{
    if (m->num_features != reference->num_features || m->code_bits != reference->code_bits ||
        !manifest_fits_bits(m, reference->num_bits) || m->num_classes != reference->num_classes ||
        m->score_bits > 31 || m->class_bits > 16)
        return err_set(err, ERR_FORMAT,
                       "%s: the manifest's ports are not those of the model: emit it again",
                       m->name);
    return ERR_OK;
}

static void say(const struct prove_options *options, const char *line)
{
    if (options->progress != NULL) options->progress(line, options->user);
}

/* One run: the netlist before synthesis, and the one after it. */
struct run {
    const char *folder;
    const struct manifest *manifest;
    const struct prove_options *options;
    char top_module[96];
    struct prove_check before, after;
    struct prove_netlist *netlist_before, *netlist_after;
};

static enum err_status prove_rtl(struct run *run, struct prove_result *result, struct err *err)
{
    size_t different;
    enum err_status status;

    say(run->options, "reading the Verilog with Yosys");
    status = prove_yosys_read(&run->netlist_before, run->folder, run->manifest, run->top_module,
                              NULL, run->options, result->tool_version, err);
    if (status != ERR_OK) return status;
    say(run->options, "comparing it with the model");
    run->before.netlist = run->netlist_before;
    status = prove_check_load(&run->before, &different, err);
    if (status == ERR_OK) status = prove_check_functions(&run->before, err);
    return status == ERR_OK && run->manifest->tmr ? prove_mask_run(&run->before, err) : status;
}

static enum err_status prove_mapped(struct run *run, struct prove_result *result, struct err *err)
{
    size_t different;
    enum err_status status;

    say(run->options, "reading the mapped netlist with Yosys");
    status = prove_yosys_read(&run->netlist_after, run->folder, run->manifest, run->top_module,
                              run->options->after_synth, run->options, result->tool_version, err);
    if (status != ERR_OK) return status;
    say(run->options, "comparing it with the Verilog");
    run->after.netlist = run->netlist_after;
    status = prove_check_load(&run->after, &different, err);
    if (status == ERR_OK) status = prove_check_same(&run->after, &run->before, different, err);
    return status == ERR_OK && run->manifest->tmr ? prove_mask_run(&run->after, err) : status;
}

enum err_status prove_run(const char *folder, const struct manifest *manifest,
                          const struct prove_reference *reference,
                          const struct prove_options *options, struct prove_result *result,
                          struct err *err)
{
    struct prove_patterns *patterns = NULL;
    struct run run = {.folder = folder, .manifest = manifest, .options = options};
    double start = prove_check_now();
    enum err_status status = check_shapes(manifest, reference, err);

    memset(result, 0, sizeof *result);
    if (status == ERR_OK)
        status = prove_patterns_create(&patterns, reference, NULL, 0, options->seed, err);
    snprintf(run.top_module, sizeof run.top_module, "%s_%s", manifest->name, options->top);
    run.before = (struct prove_check){.manifest = manifest,
                                      .reference = reference,
                                      .patterns = patterns,
                                      .prefix = "",
                                      .core = strcmp(options->top, "core") == 0,
                                      .result = result};
    run.after = run.before;
    run.after.prefix = "mapped ";
    if (status == ERR_OK) status = prove_rtl(&run, result, err);
    if (status == ERR_OK && options->after_synth != NULL) status = prove_mapped(&run, result, err);
    if (status == ERR_OK && manifest->stream.width > 0 && !run.before.core) {
        say(options, "proving the stream's handshake with Yosys");
        status = prove_stream_run(folder, manifest, options, result, err);
    }
    result->seconds = prove_check_now() - start;
    prove_check_free(&run.before);
    prove_check_free(&run.after);
    prove_netlist_free(run.netlist_before);
    prove_netlist_free(run.netlist_after);
    prove_patterns_free(patterns);
    if (status != ERR_OK) prove_result_free(result);
    return status;
}
