#include "flow/cosim_stream.h"

#include "base/rng.h"
#include "base/text.h"
#include "flow/work_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BEATS = 8000, /* of right frames, about: on either side */
    WRONG_EVERY = 8,  /* a wrong frame after so many, about */
    BLOCK = 64,       /* cycles between two changes of the pauses */
    RESETS = 24,      /* at random moments: some must fall between an offered beat and its taking */
    SETTLE = 64,      /* cycles more than are needed at the end */
    RST = 1,
    SEND = 2,
    READY = 4,
    ANY = 0x7fffffff, /* the rest of a long frame after a reset can be a right one, of no vector */
    /* Digits of a record line before the data: taken, valid, last, error_count. */
    HEAD = 3 + 4
};

/* ---- plan ---- */

static void add_frame(struct cosim_stream *stream, uint32_t vector, uint32_t beats)
{
    for (uint32_t i = 0; i < beats; i++)
        stream->beats[stream->num_beats++] =
            (struct cosim_stream_beat){.vector = vector, .number = i, .last = i + 1 == beats};
}

/* Frames that are right, of vectors spread over all, and wrong ones of 1 to 2 * beats_in beats. */
static enum err_status plan_beats(struct cosim_stream *stream, const struct manifest *manifest,
                                  const struct vectors *vectors, struct rng *rng, struct err *err)
{
    uint32_t in = manifest->stream.beats_in, out = manifest->stream.beats_out;
    size_t most = MAX_BEATS / (in > out ? in : out) + 16;

    stream->frames = vectors->count < most ? vectors->count : most;
    stream->beats = malloc(3 * stream->frames * in * sizeof *stream->beats);
    if (stream->beats == NULL) return err_nomem(err, "the beats of a stream");
    for (size_t i = 0; i < stream->frames; i++) {
        uint32_t vector = (uint32_t)(i * vectors->count / stream->frames);

        if (rng_below(rng, WRONG_EVERY) == 0) {
            uint32_t beats = 1 + (uint32_t)rng_below(rng, 2 * in);

            add_frame(stream, vector, beats == in ? 2 * in : beats);
            stream->wrong++;
        }
        add_frame(stream, vector, in);
    }
    return ERR_OK;
}

/* As many cycles with pauses as without them everything would take, then as many without. */
static enum err_status plan_cycles(struct cosim_stream *stream, const struct manifest *manifest,
                                   struct rng *rng, struct err *err)
{
    size_t work = stream->num_beats + stream->frames * manifest->stream.beats_out;
    uint32_t send = 8, ready = 8; /* chances of 8 */

    stream->num_cycles = 2 * work + manifest->latency_cycles + SETTLE;
    stream->cycles = calloc(stream->num_cycles, 1);
    if (stream->cycles == NULL) return err_nomem(err, "the cycles of a stream");
    for (size_t c = 0; c < stream->num_cycles; c++) {
        if (c % BLOCK == 0) {
            send = 1 + (uint32_t)rng_below(rng, 8);
            ready = 1 + (uint32_t)rng_below(rng, 8);
        }
        if (c >= work || rng_below(rng, 8) < send) stream->cycles[c] |= SEND;
        if (c >= work || rng_below(rng, 8) < ready) stream->cycles[c] |= READY;
    }
    stream->cycles[0] |= RST;
    for (int i = 0; i < RESETS; i++)
        stream->cycles[rng_below(rng, (uint32_t)work)] |= RST;
    return ERR_OK;
}

enum err_status cosim_stream_create(struct cosim_stream **out, const struct manifest *manifest,
                                    const struct vectors *vectors, uint64_t seed, struct err *err)
{
    struct cosim_stream *stream = calloc(1, sizeof *stream);
    struct rng rng;
    enum err_status status;

    if (stream == NULL) return err_nomem(err, "the plan of a stream");
    rng_seed(&rng, seed, 0x73747265616d);
    status = plan_beats(stream, manifest, vectors, &rng, err);
    if (status == ERR_OK) status = plan_cycles(stream, manifest, &rng, err);
    if (status == ERR_OK) {
        *out = stream;
    } else {
        cosim_stream_free(stream);
    }
    return status;
}

void cosim_stream_free(struct cosim_stream *stream)
{
    if (stream == NULL) return;
    free(stream->beats);
    free(stream->cycles);
    free(stream);
}

/* ---- files ---- */

/* Byte `at` of the frame of a vector: its codes in their slots, what is past them is set, not 0. */
static uint8_t frame_byte(const struct manifest *manifest, const struct vectors *vectors,
                          uint32_t vector, uint64_t at)
{
    uint32_t bytes = manifest->stream.code_slot / 8;
    uint64_t feature = at / bytes;

    if (feature >= vectors->num_features) return 0xa5;
    return (uint8_t)(vectors->codes[vector * (size_t)vectors->num_features + feature] >>
                     (8 * (at % bytes)));
}

static void add_beat(struct text *text, const struct manifest *manifest,
                     const struct vectors *vectors, const struct cosim_stream_beat *beat)
{
    uint32_t bytes = manifest->stream.width / 8;

    text_add(text, "%d", beat->last);
    for (uint32_t i = bytes; i-- > 0;)
        text_add(text, "%02x",
                 frame_byte(manifest, vectors, beat->vector, (uint64_t)beat->number * bytes + i));
    text_add(text, "\n");
}

enum err_status cosim_stream_write(const struct cosim_stream *stream,
                                   const struct manifest *manifest, const struct vectors *vectors,
                                   const char *work, struct err *err)
{
    struct text text = {0};
    enum err_status status = work_folder_write(work, "stimulus.bin", (const char *)stream->cycles,
                                               stream->num_cycles, err);

    for (size_t i = 0; i < stream->num_beats; i++)
        add_beat(&text, manifest, vectors, &stream->beats[i]);
    if (status == ERR_OK) status = text_status(&text, "the beats of a stream", err);
    if (status == ERR_OK) status = work_folder_write(work, "beats.hex", text.data, text.size, err);
    text_free(&text);
    return status;
}

/* ---- verdict ---- */

/* What is known while the record is read. */
struct walk {
    const struct cosim_stream *stream;
    const struct manifest *manifest;
    const struct vectors *vectors;
    struct cosim_result *result;
    uint8_t *differs;     /* [vectors] */
    const char *line;     /* of this cycle */
    const char *offered;  /* data of a beat that was offered and not taken; NULL: none */
    size_t cycle, digits; /* of the data */
    size_t beat;          /* of the source, the next one */
    uint32_t number;      /* beats of this frame that were taken, at most beats_in */
    uint32_t start;       /* which beat of its frame the first of them was: not 0 after a reset */
    uint32_t errors;      /* error_count */
    uint32_t *due;        /* vectors whose results must come, in order; or ANY */
    size_t first, last;   /* of those: due[first .. last - 1] */
    uint32_t out;         /* beats of the result at hand that were taken */
    char *frame;          /* their data, the first beat last: one number, [beats_out * digits] */
};

size_t cosim_stream_digits(const struct manifest *manifest)
{
    return HEAD + manifest->stream.width / 4;
}

static void report(struct walk *w, uint32_t vector, const char *what, uint32_t class_index,
                   uint64_t expected, uint64_t got, bool unknown)
{
    struct cosim_result *result = w->result;
    struct cosim_mismatch *mismatch;

    if (!w->differs[vector]) result->mismatches++;
    w->differs[vector] = 1;
    if (result->num_first == COSIM_MAX_REPORTED) return;
    mismatch = &result->first[result->num_first++];
    *mismatch = (struct cosim_mismatch){.vector = vector,
                                        .top = "stream",
                                        .class_index = class_index,
                                        .expected = expected,
                                        .got = got,
                                        .unknown = unknown,
                                        .cycle = w->cycle};
    snprintf(mismatch->what, sizeof mismatch->what, "%s", what);
}

/* A number of hexadecimal digits; false when one of them is x or z. */
static bool read_hex(const char *digits, size_t count, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = digits[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
        *value = *value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

/* The vector a fault is laid to when no result is due: that of the source's beat. */
static uint32_t vector_at_source(const struct walk *w)
{
    size_t beat = w->beat < w->stream->num_beats ? w->beat : w->stream->num_beats - 1;

    return w->stream->beats[beat].vector;
}

static uint32_t vector_due(const struct walk *w)
{
    return w->first < w->last && w->due[w->first] != ANY ? w->due[w->first] : vector_at_source(w);
}

/* The frame of a result, word by word; what is past them must be 0. */
static void judge_frame(struct walk *w, uint32_t vector)
{
    const struct manifest_stream *s = &w->manifest->stream;
    const uint32_t *scores = w->vectors->scores + (size_t)vector * w->vectors->num_classes;
    size_t digits = s->result_slot / 4, all = s->beats_out * w->digits;
    uint64_t got;

    for (uint32_t word = 0; word < s->result_words; word++) {
        uint32_t expected = word == 0 ? w->vectors->classes[vector] : scores[word - 1];
        bool known = read_hex(w->frame + all - (word + 1) * digits, digits, &got);

        if (!known || got != expected)
            report(w, vector, word == 0 ? "class" : "score", word == 0 ? 0 : word - 1, expected,
                   known ? got : 0, !known);
    }
    for (size_t i = 0; i < all - s->result_words * digits; i++) {
        if (w->frame[i] != '0') {
            report(w, vector, "rest", 0, 0, 1, false);
            return;
        }
    }
}

/* A beat of a result was taken. */
static void take_result(struct walk *w, bool last)
{
    const struct manifest_stream *s = &w->manifest->stream;
    bool whole = w->out + 1 == s->beats_out;

    if (last != whole) report(w, vector_due(w), "tlast", 0, whole, last, false);
    memcpy(w->frame + (s->beats_out - 1 - w->out) * w->digits, w->line + HEAD, w->digits);
    w->out = whole ? 0 : w->out + 1;
    if (!whole) return;
    if (w->first == w->last) {
        report(w, vector_at_source(w), "extra", 0, 0, 1, false);
    } else {
        uint32_t vector = w->due[w->first++];

        if (vector != ANY) judge_frame(w, vector);
    }
}

static void judge_reader(struct walk *w)
{
    uint64_t valid, last;
    bool known = read_hex(w->line + 1, 1, &valid), ready = w->stream->cycles[w->cycle] & READY;

    if (!known) {
        report(w, vector_due(w), "valid", 0, 0, 0, true);
        return;
    }
    if (w->offered != NULL && (valid == 0 || memcmp(w->offered - HEAD + 2, w->line + 2, 1) != 0 ||
                               memcmp(w->offered, w->line + HEAD, w->digits) != 0))
        report(w, vector_due(w), "stable", 0, 1, 0, false);
    w->offered = valid && !ready ? w->line + HEAD : NULL;
    if (!valid || !ready) return;
    if (!read_hex(w->line + 2, 1, &last)) report(w, vector_due(w), "tlast", 0, 0, 0, true);
    take_result(w, last & 1);
}

static void judge_source(struct walk *w)
{
    const struct cosim_stream_beat *beat;
    uint32_t in = w->manifest->stream.beats_in;
    uint64_t taken;

    if (!read_hex(w->line, 1, &taken)) {
        report(w, vector_at_source(w), "tready", 0, 1, 0, true);
        return;
    }
    if (taken == 0 || w->beat == w->stream->num_beats) return;
    beat = &w->stream->beats[w->beat++];
    if (w->number == 0) w->start = beat->number;
    if (w->number < in) { /* else too long already, and counted */
        w->number++;
        if (beat->last != (w->number == in)) w->errors++;
        if (beat->last && w->number == in)
            w->due[w->last++] = w->start == 0 ? beat->vector : (uint32_t)ANY;
    }
    if (beat->last) w->number = 0;
}

static void judge_cycle(struct walk *w)
{
    uint64_t errors;
    bool known = read_hex(w->line + 3, 4, &errors);

    if (w->stream->cycles[w->cycle] & RST) {
        w->number = w->errors = w->out = 0;
        w->first = w->last;
        w->offered = NULL;
        return;
    }
    if (!known || errors != w->errors)
        report(w, vector_at_source(w), "error_count", 0, w->errors, known ? errors : 0, !known);
    judge_reader(w);
    judge_source(w);
}

/* Everything must be out by now. */
static void judge_end(struct walk *w)
{
    w->cycle = w->stream->num_cycles - 1;
    if (w->beat < w->stream->num_beats) report(w, vector_at_source(w), "stuck", 0, 1, 0, false);
    for (; w->first < w->last; w->first++)
        report(w, vector_due(w), "missing", 0, 1, 0, false);
}

enum err_status cosim_stream_check(const struct cosim_stream *stream,
                                   const struct manifest *manifest, const struct vectors *vectors,
                                   const char *record, size_t size, struct cosim_result *result,
                                   struct err *err)
{
    size_t line_size = cosim_stream_digits(manifest) + 1;
    struct walk w = {.stream = stream,
                     .manifest = manifest,
                     .vectors = vectors,
                     .result = result,
                     .digits = manifest->stream.width / 4};

    if (size != stream->num_cycles * line_size)
        return err_set(err, ERR_TOOL,
                       "the simulator's record has %zu bytes, not %zu lines of %zu digits", size,
                       stream->num_cycles, line_size - 1);
    w.differs = calloc(vectors->count, 1);
    w.due = malloc(stream->num_beats * sizeof *w.due);
    w.frame = malloc(manifest->stream.beats_out * w.digits);
    if (w.differs == NULL || w.due == NULL || w.frame == NULL) {
        free(w.differs);
        free(w.due);
        free(w.frame);
        return err_nomem(err, "the results of a stream");
    }
    for (w.cycle = 0; w.cycle < stream->num_cycles; w.cycle++) {
        w.line = record + w.cycle * line_size;
        judge_cycle(&w);
    }
    judge_end(&w);
    result->stream_frames = stream->frames;
    result->stream_wrong = stream->wrong;
    free(w.differs);
    free(w.due);
    free(w.frame);
    return ERR_OK;
}
