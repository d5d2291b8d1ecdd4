#include "prove_stream_fault.h"

#include "base/file.h"
#include "base/stop.h"
#include "flow/process.h"
#include "flow/prove_stream_plant.h"
#include "flow/work_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 25 }; /* faults that one Yosys process judges */

struct campaign {
    const char *folder;
    const struct manifest *manifest;
    const struct prove_options *options;
    struct prove_stream_texts sound;
    char *work;
    char place[PROVE_STREAM_PLACE]; /* the same, relative to the folder */
};

/* A few faults, judged together. */
struct chunk {
    bool changed[CHUNK][PROVE_STREAM_TEXTS]; /* the texts that have a copy in the work folder */
    bool closed[CHUNK], same[CHUNK];
    size_t count;
};

/* ---- texts ---- */

static enum err_status write_texts(const struct campaign *c, struct chunk *chunk, size_t fault,
                                   const struct prove_stream_texts *texts, struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < PROVE_STREAM_TEXTS && status == ERR_OK; i++) {
        const char *text = texts->text[i];
        char name[32];

        chunk->changed[fault][i] = text != NULL;
        if (text == NULL) continue;
        snprintf(name, sizeof name, "fault%zu_%zu.v", fault, i);
        status = work_folder_write(c->work, name, text, strlen(text), err);
    }
    return status;
}

/* "read_verilog ..." for the texts with fault `fault`; without one, chunk is NULL. */
static void add_texts(struct text *script, const struct campaign *c, const struct chunk *chunk,
                      size_t fault)
{
    for (size_t i = 0; i < PROVE_STREAM_TEXTS; i++) {
        char path[PROVE_STREAM_PATH];

        prove_stream_path(c->manifest, i, path);
        if (chunk != NULL && chunk->changed[fault][i])
            snprintf(path, sizeof path, "%s/fault%zu_%zu.v", c->place, fault, i);
        text_add(script, "read_verilog %s; ", path);
    }
}

/* ---- Yosys ---- */

static enum err_status run_script(const struct campaign *c, struct text *script, struct err *err)
{
    enum err_status status = text_status(script, "a Yosys script", err);

    if (status == ERR_OK)
        status = process_yosys(c->options->yosys, c->folder, script->data, c->options->time_limit,
                               c->options->stop, err);
    text_free(script);
    return status;
}

/* What `sat` printed about a fault, NUL-terminated. */
static enum err_status read_log(const struct campaign *c, const char *question, size_t fault,
                                char **log, struct err *err)
{
    char name[48];

    snprintf(name, sizeof name, "%s%zu.log", question, fault);
    return prove_stream_read_log(c->work, name, log, err);
}

static void add_question(struct text *script, const struct campaign *c, const struct chunk *chunk,
                         size_t fault)
{
    text_add(script, "design -load ours; ");
    add_texts(script, c, chunk, fault);
    prove_stream_add_flat(script, c->manifest);
    prove_stream_add_simplify(script);
    text_add(script, "tee -o %s/induction%zu.log ", c->place, fault);
    /* In the first cycle, which is a reset, all invariants hold whatever the text is: only the step
     * is asked for. */
    prove_stream_add_induction(script, "-tempinduct-inductonly ");
    text_add(script, "; ");
}

/* Whether the induction closes for the first `count` faults of the chunk; NULL, 1: without a fault. */
static enum err_status ask_induction(const struct campaign *c, const struct chunk *chunk,
                                     size_t count, bool *closed, struct err *err)
{
    struct text script = {0};
    enum err_status status =
        prove_stream_add_ours(&script, c->manifest, "", c->work, c->place, err);

    text_add(&script, "proc; design -save ours; ");
    for (size_t i = 0; i < count; i++)
        add_question(&script, c, chunk, i);
    if (status == ERR_OK) status = run_script(c, &script, err);
    for (size_t i = 0; i < count && status == ERR_OK; i++) {
        char *log = NULL;

        status = read_log(c, "induction", i, &log, err);
        if (status != ERR_OK) break;
        closed[i] = prove_stream_is_closed(log);
        if (!closed[i] && strstr(log, "Induction step failed") == NULL)
            status = err_set(err, ERR_TOOL, "yosys sat: no verdict in what it printed");
        free(log);
    }
    text_free(&script);
    return status;
}

/* Module `name`: one flat text whose registers are ports, <register>.q for the state and <register>.d for
 * the next one. Only by its own name, not by that of a wire beside it, is a register such a port. */
static void add_open(struct text *script, const struct campaign *c, const struct chunk *chunk,
                     size_t fault, const char *name)
{
    text_add(script, "design -load seen; ");
    add_texts(script, c, chunk, fault);
    prove_stream_add_flat(script, c->manifest);
    text_add(script,
             "expose w:seen; setattr -set state 1 w:*_q; opt_clean -purge; "
             "expose -evert-dff w:*_q t:$dff; opt_clean; select -assert-none t:*dff*; "
             "cd ..; rename prove_stream %s; ",
             name);
}

/* Which of the faults that the induction closed for change nothing. */
static enum err_status ask_same(const struct campaign *c, struct chunk *chunk, struct err *err)
{
    struct text script = {0};
    enum err_status status =
        prove_stream_add_ours(&script, c->manifest, "-D PROVE_SEEN ", c->work, c->place, err);

    text_add(&script, "proc; design -save seen; ");
    add_open(&script, c, NULL, 0, "sound");
    text_add(&script, "design -save sound; ");
    for (size_t i = 0; i < chunk->count; i++) {
        if (!chunk->closed[i]) continue;
        add_open(&script, c, chunk, i, "faulty");
        text_add(
            &script,
            "design -stash faulty; design -load sound; design -copy-from faulty -as faulty faulty; "
            "miter -equiv -make_outputs -flatten sound faulty both; cd both; opt -fast; "
            "tee -o %s/same%zu.log sat -prove trigger 0 -set gold_ok 1 -set in_mask %u; ",
            c->place, i, prove_stream_mask());
    }
    if (status == ERR_OK) status = run_script(c, &script, err);
    for (size_t i = 0; i < chunk->count && status == ERR_OK; i++) {
        char *log = NULL;

        if (!chunk->closed[i]) continue;
        status = read_log(c, "same", i, &log, err);
        if (status != ERR_OK) break;
        chunk->same[i] = strstr(log, "no model found: SUCCESS!") != NULL;
        free(log);
    }
    text_free(&script);
    return status;
}

/* ---- the campaign ---- */

static enum err_status judge(const struct campaign *c, struct chunk *chunk,
                             struct prove_fault_row *row, struct err *err)
{
    enum err_status status = ask_induction(c, chunk, chunk->count, chunk->closed, err);
    bool any = false;

    for (size_t i = 0; i < chunk->count; i++)
        any |= chunk->closed[i];
    if (status == ERR_OK && any) status = ask_same(c, chunk, err);
    for (size_t i = 0; i < chunk->count && status == ERR_OK; i++) {
        row->planted++;
        row->caught += !chunk->closed[i];
        row->silent += chunk->closed[i] && chunk->same[i];
        row->missed += chunk->closed[i] && !chunk->same[i];
    }
    return status;
}

static enum err_status plant_kind(const struct campaign *c, size_t kind, size_t count,
                                  struct prove_fault_row *row, struct err *err)
{
    enum { STREAM = 1000 }; /* of random numbers: not one of the netlist's kinds */
    struct rng rng;
    enum err_status status = ERR_OK;

    *row = (struct prove_fault_row){.kind = prove_stream_kind(kind), .not_simulated = true};
    rng_seed(&rng, c->options->seed, STREAM + kind);
    while (row->planted < count && status == ERR_OK) {
        struct chunk chunk = {0};

        if (stop_asked(c->options->stop)) return err_set(err, ERR_TOOL, "stopped");
        while (chunk.count < CHUNK && row->planted + chunk.count < count && status == ERR_OK) {
            struct prove_stream_texts faulty;

            status = prove_stream_plant(&faulty, &c->sound, kind, c->manifest, &rng, err);
            if (status == ERR_OK) status = write_texts(c, &chunk, chunk.count++, &faulty, err);
            prove_stream_texts_free(&faulty);
        }
        if (status == ERR_OK) status = judge(c, &chunk, row, err);
    }
    return status;
}

static enum err_status plant_all(const struct campaign *c, size_t count,
                                 struct prove_fault_row *rows, size_t *num_rows, struct err *err)
{
    bool closed = false;
    const char *kind;
    enum err_status status = ask_induction(c, NULL, 1, &closed, err);

    if (status == ERR_OK && !closed)
        status = err_set(err, ERR_DIFF, "the stream without a fault is not proved: run prove");
    for (size_t k = 0; (kind = prove_stream_kind(k)) != NULL && status == ERR_OK; k++) {
        if (!prove_fault_wanted(c->options, kind)) continue;
        if (c->options->progress != NULL) c->options->progress(kind, c->options->user);
        status = plant_kind(c, k, count, &rows[(*num_rows)++], err);
    }
    return status;
}

enum err_status prove_stream_faults(const char *folder, const struct manifest *manifest,
                                    const struct prove_options *options, size_t count,
                                    struct prove_fault_row *rows, size_t *num_rows, struct err *err)
{
    struct campaign c = {.folder = folder, .manifest = manifest, .options = options};
    enum err_status status = prove_stream_texts_read(&c.sound, folder, manifest, err);

    if (status == ERR_OK) status = work_folder_create(&c.work, folder, "prove", err);
    if (status == ERR_OK) {
        prove_stream_place(c.work, c.place);
        status = plant_all(&c, count, rows, num_rows, err);
    }
    prove_stream_texts_free(&c.sound);
    work_folder_remove(c.work);
    return status;
}
