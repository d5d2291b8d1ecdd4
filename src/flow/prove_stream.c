#include "prove_stream.h"

#include "base/file.h"
#include "base/text.h"
#include "flow/process.h"
#include "flow/prove_check.h"
#include "flow/work_folder.h"
#include "hdl/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bit i of `holds` in prove_stream.v. */
static const char *const INVARIANTS[] = {
    "every place is free or taken by one sample",
    "none lost, none twice",
    "frames of the right length, and these only",
    "only a last beat waits, and only for room",
    "results in order and unchanged",
    "beats of a frame out",
    "TLAST with the last beat only",
    "a stalled beat stays as it is",
    "what waits is sent",
    "nothing valid after a reset",
    "codes are those of the frame",
};
enum {
    NUM_INVARIANTS = sizeof INVARIANTS / sizeof INVARIANTS[0],
    ALL_INVARIANTS = (1 << NUM_INVARIANTS) - 1,
    MAX_SEARCH = 40, /* cycles from the reset that are searched for a fault */
    SEARCH_SECONDS = 60
};

/* ---- the question ---- */

uint32_t prove_stream_log2(uint32_t n)
{
    uint32_t bits = 0;

    while (bits < 31 && (1U << bits) < n)
        bits++;
    return bits;
}

/* Words of the FIFO, by the rule of stream_out.v. A design with another one lacks the names that are
 * read below, or has more of them than are looked at, and then the account does not come out. */
uint32_t prove_stream_fifo_bits(const struct manifest *m)
{
    uint32_t pace =
        m->stream.beats_in > m->stream.beats_out ? m->stream.beats_in : m->stream.beats_out;

    return prove_stream_log2((m->latency_cycles + 3 + pace - 1) / pace + 1);
}

uint32_t prove_stream_result_bits(const struct manifest *m)
{
    return m->class_bits + (m->scores ? m->num_classes * m->score_bits : 0);
}

static void add_definitions(struct text *script, const struct manifest *m)
{
    const struct manifest_stream *s = &m->stream;

    text_add(script,
             "-D PROVE_FULL=%s_full -D PROVE_STREAM=%s_stream -D PROVE_CODES=%u -D PROVE_CODE=%u "
             "-D PROVE_CODE_SLOT=%u -D PROVE_CLASS=%u -D PROVE_LATENCY=%u -D PROVE_RESULT=%u "
             "-D PROVE_WIDTH=%u -D PROVE_BEATS_IN=%u -D PROVE_BEATS_OUT=%u -D PROVE_DEPTH=%u "
             "-D PROVE_SLOT=%u ",
             m->name, m->name, m->num_features * m->code_bits, m->code_bits, s->code_slot,
             m->class_bits, m->latency_cycles, prove_stream_result_bits(m), s->width, s->beats_in,
             s->beats_out, prove_stream_fifo_bits(m), s->result_slot);
    if (m->scores)
        text_add(script, "-D PROVE_SCORES=%u -D PROVE_SCORE=%u ", m->num_classes, m->score_bits);
}

/* What the invariants read of the design, by its names. */
static void add_taps(struct text *script, const struct manifest *m)
{
    static const char *const TAPS[][2] = {
        {"beat", "u_in.beat_q"},         {"over", "u_in.over_q"},
        {"data", "u_in.data_q"},         {"codes", "codes"},
        {"valids", "u_full.valids"},     {"results", "u_full.results"},
        {"free", "u_out.free_q"},        {"write", "u_out.u_fifo.write_q"},
        {"read", "u_out.u_fifo.read_q"}, {"left", "u_out.left_q"},
        {"frame", "u_out.frame_q"},
    };
    uint32_t words = 1U << prove_stream_fifo_bits(m);

    text_add(script, "connect -nounset -set u_dut.u_full.result result; ");
    for (size_t i = 0; i < sizeof TAPS / sizeof TAPS[0]; i++)
        text_add(script, "connect -nounset -set %s u_dut.%s; ", TAPS[i][0], TAPS[i][1]);
    text_add(script, "memory -nordff; cd prove_stream; ");
    for (uint32_t i = 0; i < words; i++)
        text_add(script, "rename u_dut.u_out.u_fifo.memory[%u] word%u_q; ", i, i);
    text_add(script, "connect -nounset -set words ");
    for (uint32_t i = words; i-- > 0;)
        text_add(script, "word%u_q%s", i, i > 0 ? "," : "; ");
}

void prove_stream_path(const struct manifest *m, size_t i, char path[PROVE_STREAM_PATH])
{
    static const char *const SHARED[] = {"stream_in", "stream_out", "stream_fifo"};

    if (i == 0)
        snprintf(path, PROVE_STREAM_PATH, "rtl/%s_stream.v", m->name);
    else
        snprintf(path, PROVE_STREAM_PATH, "rtl/%s.v", SHARED[i - 1]);
}

enum err_status prove_stream_add_ours(struct text *script, const struct manifest *m,
                                      const char *define, const char *work, const char *place,
                                      struct err *err)
{
    static const char *const OURS[] = {"prove_stream.v", "prove_stream_full.v"};
    enum err_status status = ERR_OK;

    text_add(script, "read_verilog %s", define);
    add_definitions(script, m);
    for (size_t i = 0; i < 2 && status == ERR_OK; i++) {
        const struct embedded *template = template_find(OURS[i]);

        if (template == NULL) return err_set(err, ERR_ARG, "%s is not in the program", OURS[i]);
        text_add(script, "%s/%s%s", place, OURS[i], i == 0 ? " " : "; ");
        status = work_folder_write(work, OURS[i], template->text, template->size, err);
    }
    return status;
}

void prove_stream_add_flat(struct text *script, const struct manifest *m)
{
    text_add(script, "hierarchy -check -top prove_stream; proc; flatten; ");
    add_taps(script, m);
}

void prove_stream_add_simplify(struct text *script)
{
    text_add(script, "opt -fast -keepdc; ");
}

static enum err_status begin_script(struct text *script, const struct manifest *m, const char *work,
                                    const char *place, struct err *err)
{
    enum err_status status = prove_stream_add_ours(script, m, "", work, place, err);

    for (size_t i = 0; i < PROVE_STREAM_TEXTS; i++) {
        char path[PROVE_STREAM_PATH];

        prove_stream_path(m, i, path);
        text_add(script, "read_verilog %s; ", path);
    }
    prove_stream_add_flat(script, m);
    prove_stream_add_simplify(script);
    return status;
}

void prove_stream_add_induction(struct text *script, const char *how)
{
    text_add(script, "sat -tempinduct %s-maxsteps 1 -prove ok 1 -set mask %d -show holds", how,
             ALL_INVARIANTS);
}

/* ---- the answer ---- */

bool prove_stream_is_closed(const char *log)
{
    return strstr(log, "Induction step proven: SUCCESS!") != NULL;
}

unsigned prove_stream_mask(void)
{
    return ALL_INVARIANTS;
}

/* The last value of `holds` in what sat printed: "  3 \holds  2031  7ef  11111101111". */
static bool last_holds(const char *log, unsigned *holds)
{
    const char *at = log, *found = NULL;

    while ((at = strstr(at, "\\holds ")) != NULL) {
        found = at;
        at++;
    }
    return found != NULL && sscanf(found, "\\holds %u", holds) == 1 && *holds <= ALL_INVARIANTS;
}

void prove_stream_place(const char *work, char place[PROVE_STREAM_PLACE])
{
    const char *slash = strrchr(work, '/');

    snprintf(place, PROVE_STREAM_PLACE, "prove%s", slash != NULL ? slash : "");
}

enum err_status prove_stream_read_log(const char *work, const char *name, char **log,
                                      struct err *err)
{
    enum { MAX_LOG = 1 << 28 };
    char *path = file_join(work, name);
    size_t size;
    enum err_status status = path == NULL ? err_nomem(err, "a path")
                                          : file_read(path, MAX_LOG, (uint8_t **)log, &size, err);

    free(path);
    return status;
}

struct question {
    const char *folder;
    const struct manifest *manifest;
    const struct prove_options *options;
    char *work;
    char place[PROVE_STREAM_PLACE]; /* the same, relative to the folder */
    struct text begin;
};

/* "sat ..." after the common beginning; the answer, NUL-terminated. */
static enum err_status ask(const struct question *q, const char *command, const char *log_name,
                           char **log, struct err *err)
{
    struct text script = {0};
    enum err_status status;

    text_add(&script, "%stee -o %s/%s %s", q->begin.data, q->place, log_name, command);
    status = text_status(&script, "a Yosys script", err);
    if (status == ERR_OK)
        status = process_yosys(q->options->yosys, q->folder, script.data, q->options->time_limit,
                               q->options->stop, err);
    if (status == ERR_OK) status = prove_stream_read_log(q->work, log_name, log, err);
    text_free(&script);
    return status;
}

/* Whether an input from the reset on breaks invariant i, and in which cycle. */
static enum err_status search(const struct question *q, size_t i, bool *found, unsigned *cycle,
                              struct err *err)
{
    char command[200], name[32], *log = NULL;
    const char *at;
    enum err_status status;

    snprintf(
        command, sizeof command,
        "sat -tempinduct -tempinduct-baseonly -maxsteps %d -timeout %d -prove ok 1 -set mask %u "
        "-show holds",
        MAX_SEARCH, SEARCH_SECONDS, 1U << i);
    snprintf(name, sizeof name, "search%zu.log", i);
    status = ask(q, command, name, &log, err);
    at = log == NULL ? NULL : strstr(log, "model found for base case: FAIL!");
    *found = at != NULL;
    *cycle = 0;
    for (at = log; *found && at != NULL && (at = strstr(at, "[base case ")) != NULL; at++)
        sscanf(at, "[base case %u]", cycle);
    free(log);
    return status;
}

/* ---- obligations ---- */

static enum err_status report(const struct question *q, size_t i, const char *closed,
                              unsigned holds, double seconds, struct prove_result *result,
                              struct err *err)
{
    struct prove_obligation o = {.part = "stream",
                                 .method = closed != NULL ? closed : "induction",
                                 .outcome = closed != NULL ? PROVE_PROVED : PROVE_OPEN,
                                 .seconds = seconds / NUM_INVARIANTS};
    bool broken = closed == NULL && !(holds >> i & 1), found = false;
    char detail[200] = "";
    unsigned cycle = 0;
    enum err_status status = ERR_OK;

    snprintf(o.name, sizeof o.name, "%s", INVARIANTS[i]);
    if (broken) status = search(q, i, &found, &cycle, err);
    if (found) {
        o.method = "bounded search from the reset";
        o.outcome = PROVE_FAILED;
        snprintf(detail, sizeof detail, "broken in clock cycle %u of some input", cycle);
    } else if (broken) {
        snprintf(
            detail, sizeof detail,
            "a cycle breaks it from a state in which all hold; none within %d cycles of the reset",
            MAX_SEARCH);
    } else if (closed == NULL) {
        snprintf(detail, sizeof detail, "rests on those that are not proved");
    }
    return status == ERR_OK ? prove_result_add(result, &o, detail, err) : status;
}

static enum err_status answer(const struct question *q, struct prove_result *result,
                              struct err *err)
{
    struct text command = {0};
    char *log = NULL;
    double start = prove_check_now(), seconds;
    unsigned holds = 0;
    const char *closed = NULL;
    enum err_status status;

    prove_stream_add_induction(&command, "");
    status = text_status(&command, "a Yosys script", err);
    if (status == ERR_OK) status = ask(q, command.data, "induction.log", &log, err);
    text_free(&command);
    seconds = prove_check_now() - start;
    if (status == ERR_OK) {
        if (prove_stream_is_closed(log)) closed = "induction, k = 1";
        if (closed == NULL && !last_holds(log, &holds))
            status = err_set(err, ERR_TOOL, "yosys sat: no verdict in what it printed");
    }
    free(log);
    for (size_t i = 0; i < NUM_INVARIANTS && status == ERR_OK; i++)
        status = report(q, i, closed, holds, seconds, result, err);
    return status;
}

enum err_status prove_stream_run(const char *folder, const struct manifest *manifest,
                                 const struct prove_options *options, struct prove_result *result,
                                 struct err *err)
{
    struct question q = {.folder = folder, .manifest = manifest, .options = options};
    enum err_status status = work_folder_create(&q.work, folder, "prove", err);

    if (status == ERR_OK) {
        prove_stream_place(q.work, q.place);
        status = begin_script(&q.begin, manifest, q.work, q.place, err);
    }
    if (status == ERR_OK) status = text_status(&q.begin, "a Yosys script", err);
    if (status == ERR_OK) status = answer(&q, result, err);
    text_free(&q.begin);
    work_folder_remove(q.work);
    return status;
}
