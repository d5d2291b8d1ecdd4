#include "prove_stream_plant.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files, as prove_stream_path() numbers them. */
enum { TOP, IN, OUT, FIFO };

/* Which beats of a frame a fault may choose. */
enum beats { NO_BEAT, EACH_BEAT, NOT_FIRST, NOT_LAST };

/* In a replacement: @C the condition, @K the beat, @B a bit of a beat, @R one of a result, @F and @G two features. */
struct site {
    int file;
    enum beats beats;
    /* Only what a whole frame of the right length can meet: the fault reads s_axis_tlast as such a frame has
     * it, for what becomes of a frame that is dropped anyway changes nothing. */
    bool whole;
    const char *find, *replace;
    const char *find_too, *replace_too; /* in the same file; or NULL */
};

/* ---- the sites ---- */

static const struct site DROPPED_BEAT[] = {
    {TOP, NO_BEAT, false, ".s_axis_tvalid(s_axis_tvalid)", ".s_axis_tvalid(s_axis_tvalid && !(@C))",
     NULL, NULL},
    {IN, EACH_BEAT, false, "taken      = s_axis_tvalid && s_axis_tready;",
     "taken = s_axis_tvalid && s_axis_tready && !(beat_q == @K && @C);", NULL, NULL},
    {IN, EACH_BEAT, true,
     "if (taken) data_q <=", "if (taken && !(beat_q == @K && @C)) data_q <=", NULL, NULL},
    {IN, NOT_LAST, false, "else                                      beat_q <= beat_q + 1'b1;",
     "else if (!(beat_q == @K && @C)) beat_q <= beat_q + 1'b1;", NULL, NULL},
};

static const struct site BEAT_TWICE[] = {
    {IN, NOT_LAST, false, "beat_q <= beat_q + 1'b1;",
     "beat_q <= beat_q + (beat_q == @K && @C ? 2'd2 : 2'd1);", NULL, NULL},
    /* After a first beat the copy falls out again. */
    {IN, NOT_FIRST, true, "data_q <= row[(BEATS+1)*WIDTH-1:WIDTH];",
     "data_q <= beat_q == @K && @C ? {s_axis_tdata, row[(BEATS+1)*WIDTH-1:2*WIDTH]}"
     " : row[(BEATS+1)*WIDTH-1:WIDTH];",
     NULL, NULL},
    /* The sender is told to say it again. */
    {IN, EACH_BEAT, false, "s_axis_tready = !rst && (room || !final_beat);",
     "s_axis_tready = !rst && (room || !final_beat) && !(beat_q == @K && @C);",
     "taken      = s_axis_tvalid && s_axis_tready;",
     "taken = s_axis_tvalid && !rst && (room || !final_beat);"},
};

static const struct site CHANGED_BEAT[] = {
    {IN, EACH_BEAT, true, "row = {s_axis_tdata, data_q};",
     "row = {s_axis_tdata ^ ((beat_q == @K && @C) << @B), data_q};", NULL, NULL},
    {IN, NO_BEAT, false, "data_q[SLOT*f+:CODE]", "data_q[SLOT*(f == @F ? @G : f)+:CODE]", NULL,
     NULL},
};

static const struct site DROPPED_RESULT[] = {
    {TOP, NO_BEAT, false, ".in_valid(result_valid)", ".in_valid(result_valid && !(@C))", NULL,
     NULL},
    {IN, NO_BEAT, false, "valid_q <= issue;", "valid_q <= issue && !(@C);", NULL, NULL},
    {FIFO, NO_BEAT, false, "if (in_valid) write_q", "if (in_valid && !(@C)) write_q", NULL, NULL},
    {OUT, NO_BEAT, false, "else if (pop)          valid_q <= 1'b1;",
     "else if (pop) valid_q <= !(@C);", NULL, NULL},
    {OUT, NO_BEAT, false, "first_valid && (!valid_q || (next && last));",
     "first_valid && (!valid_q || (next && last) || (@C));", NULL, NULL},
};

static const struct site RESULT_TWICE[] = {
    {IN, NO_BEAT, false, "valid_q <= issue;", "valid_q <= issue || (valid_q && (@C));", NULL, NULL},
    {FIFO, NO_BEAT, false, "if (out_valid && out_ready) read_q",
     "if (out_valid && out_ready && !(@C)) read_q", NULL, NULL},
    {FIFO, NO_BEAT, false, "write_q <= write_q + 1'b1;",
     "write_q <= write_q + ((@C) ? 2'd2 : 2'd1);", NULL, NULL},
    {OUT, NO_BEAT, false, "else if (next && last) valid_q <= 1'b0;",
     "else if (next && last) valid_q <= (@C);", NULL, NULL},
};

static const struct site CHANGED_RESULT[] = {
    {TOP, NO_BEAT, false, ".in_result(result)", ".in_result(result ^ ((@C) << @R))", NULL, NULL},
    {FIFO, NO_BEAT, false, "out_data  = memory[read_q[BITS-1:0]];",
     "out_data = memory[read_q[BITS-1:0] ^ (@C)];", NULL, NULL},
    {FIFO, NO_BEAT, false, "memory[write_q[BITS-1:0]] <= in_data;",
     "memory[write_q[BITS-1:0] ^ (@C)] <= in_data;", NULL, NULL},
};

static const struct site NO_RESET[] = {
    {IN, NO_BEAT, false, "valid_q  <= 1'b0;", "valid_q <= valid_q && (@C);", NULL, NULL},
    {IN, NO_BEAT, false, "over_q   <= 1'b0;", "over_q <= over_q && (@C);", NULL, NULL},
    {IN, NO_BEAT, false, "beat_q   <= {BITS{1'b0}};", "beat_q <= (@C) ? beat_q : {BITS{1'b0}};",
     NULL, NULL},
    {IN, NO_BEAT, false, "errors_q <= 16'd0;", "errors_q <= (@C) ? errors_q : 16'd0;", NULL, NULL},
    {FIFO, NO_BEAT, false, "write_q <= {(BITS+1){1'b0}};",
     "write_q <= (@C) ? write_q : {(BITS+1){1'b0}};", NULL, NULL},
    {FIFO, NO_BEAT, false, "read_q  <= {(BITS+1){1'b0}};",
     "read_q <= (@C) ? read_q : {(BITS+1){1'b0}};", NULL, NULL},
    {OUT, NO_BEAT, false, "if (rst)               valid_q <= 1'b0;",
     "if (rst) valid_q <= valid_q && (@C);", NULL, NULL},
    {OUT, NO_BEAT, false, "free_q <= ALL[DEPTH:0];", "free_q <= (@C) ? free_q : ALL[DEPTH:0];",
     NULL, NULL},
};

static const struct site UNSTABLE[] = {
    {OUT, NO_BEAT, false, "end else if (next) begin",
     "end else if (next || (valid_q && (@C))) begin", NULL, NULL},
    {OUT, NO_BEAT, false, "m_axis_tdata  = frame_q[WIDTH-1:0];",
     "m_axis_tdata = frame_q[WIDTH-1:0] ^ ((valid_q && !m_axis_tready && @C) << @B);", NULL, NULL},
    {OUT, NO_BEAT, false, "m_axis_tvalid = valid_q;",
     "m_axis_tvalid = valid_q && (m_axis_tready || !(@C));", NULL, NULL},
};

static const struct site BROKEN_FRAME[] = {
    {OUT, NO_BEAT, false, "m_axis_tlast  = last;", "m_axis_tlast = last ^ (valid_q && (@C));", NULL,
     NULL},
    {OUT, NO_BEAT, false, "left_q  <= FINAL[BITS-1:0];", "left_q <= FINAL[BITS-1:0] ^ (@C);", NULL,
     NULL},
    {OUT, NO_BEAT, false, "FINAL = BEATS - 1;", "FINAL = BEATS;", NULL, NULL},
    {IN, NO_BEAT, false, "FINAL = BEATS - 1;", "FINAL = BEATS - 2;", NULL, NULL},
    {IN, NO_BEAT, false, "taken && final_beat && s_axis_tlast;",
     "taken && final_beat && (s_axis_tlast || (@C));", NULL, NULL},
    {IN, NO_BEAT, false, "over_q <= !s_axis_tlast && (over_q || final_beat);",
     "over_q <= !s_axis_tlast && (over_q || final_beat) && !(@C);", NULL, NULL},
    {IN, NO_BEAT, false, "!over_q && final_beat != s_axis_tlast;",
     "!over_q && final_beat != s_axis_tlast && !(@C);", NULL, NULL},
    {IN, NO_BEAT, false, "if (s_axis_tlast || over_q || final_beat)",
     "if ((s_axis_tlast && !(@C)) || over_q || final_beat)", NULL, NULL},
};

static const struct {
    const char *name;
    const struct site *sites;
    size_t count;
} KINDS[] = {
#define KIND(name, sites)                                                                          \
    {                                                                                              \
        "stream: " name, sites, sizeof(sites) / sizeof((sites)[0])                                 \
    }
    KIND("a beat dropped", DROPPED_BEAT),
    KIND("a beat taken twice", BEAT_TWICE),
    KIND("a beat changed", CHANGED_BEAT),
    KIND("a result dropped", DROPPED_RESULT),
    KIND("a result sent twice", RESULT_TWICE),
    KIND("a result changed or out of order", CHANGED_RESULT),
    KIND("a valid bit's or counter's reset removed", NO_RESET),
    KIND("a stalled beat changes", UNSTABLE),
    KIND("TLAST or the length of a frame", BROKEN_FRAME),
#undef KIND
};

/* ---- the conditions ---- */

enum width { ONE, BEAT, FRAME_IN, FRAME_OUT, RESULT, ERRORS, LEFT, PLACES };

/* A signal that a fault may depend on, by the name it has in a file. */
struct signal {
    int file;
    enum width width;
    const char *name;
};

static const char TLAST[] = "s_axis_tlast", READY[] = "planted_ready";

static const struct signal SIGNALS[] = {
    {TOP, BEAT, "s_axis_tdata"},
    {TOP, ONE, TLAST},
    {TOP, ONE, "m_axis_tready"},
    {TOP, ONE, "m_axis_tvalid"},
    {TOP, ONE, "m_axis_tlast"},
    {TOP, BEAT, "m_axis_tdata"},
    {TOP, ONE, "room"},
    {TOP, ONE, "codes_valid"},
    {TOP, ONE, "result_valid"},
    {TOP, RESULT, "result"},
    {TOP, ERRORS, "error_count"},
    {IN, BEAT, "s_axis_tdata"},
    {IN, ONE, TLAST},
    {IN, ONE, READY},
    {IN, ONE, "room"},
    {IN, ONE, "valid_q"},
    {IN, FRAME_IN, "data_q"},
    {IN, ERRORS, "errors_q"},
    {OUT, ONE, "m_axis_tready"},
    {OUT, ONE, "valid_q"},
    {OUT, ONE, "issue"},
    {OUT, ONE, "room"},
    {OUT, ONE, "in_valid"},
    {OUT, ONE, "first_valid"},
    {OUT, RESULT, "in_result"},
    {OUT, RESULT, "first"},
    {OUT, FRAME_OUT, "frame_q"},
    {OUT, LEFT, "left_q"},
    {OUT, PLACES, "free_q"},
    {FIFO, ONE, "in_valid"},
    {FIFO, RESULT, "in_data"},
    {FIFO, ONE, "out_valid"},
    {FIFO, ONE, "out_ready"},
    {FIFO, PLACES, "read_q"},
    {FIFO, PLACES, "write_q"},
};
enum { NUM_SIGNALS = sizeof SIGNALS / sizeof SIGNALS[0], MAX_LITERALS = 2 };

/* What was drawn. */
struct draw {
    const struct manifest *manifest;
    struct rng *rng;
    const struct site *site;
    uint32_t beat;
    bool ready; /* stream_in gets m_axis_tready, too */
    struct text condition;
};

static uint32_t width_of(enum width width, const struct manifest *m)
{
    switch (width) {
    case ONE:
        return 1;
    case BEAT:
        return m->stream.width;
    case FRAME_IN:
        return m->stream.width * m->stream.beats_in;
    case FRAME_OUT:
        return m->stream.width * m->stream.beats_out;
    case RESULT:
        return prove_stream_result_bits(m);
    case ERRORS:
        return 16;
    case LEFT:
        return m->stream.beats_out > 1 ? prove_stream_log2(m->stream.beats_out) : 1;
    case PLACES:
        return prove_stream_fifo_bits(m) + 1;
    }
    return 1;
}

static void draw_literal(struct draw *draw)
{
    uint64_t place = 0;
    const struct signal *signal = NULL;
    bool is_not = rng_below(draw->rng, 2);
    uint32_t width;

    for (size_t i = 0; i < NUM_SIGNALS; i++)
        place += SIGNALS[i].file == draw->site->file;
    place = rng_below(draw->rng, place);
    for (size_t i = 0; i < NUM_SIGNALS && signal == NULL; i++) {
        if (SIGNALS[i].file == draw->site->file && place-- == 0) signal = &SIGNALS[i];
    }
    if (signal == NULL) return;
    if (signal->name == READY) draw->ready = true;
    if (signal->name == TLAST && draw->site->whole)
        is_not = draw->beat + 1 < draw->manifest->stream.beats_in;
    text_add(&draw->condition, " && %s%s", is_not ? "!" : "", signal->name);
    width = width_of(signal->width, draw->manifest);
    if (signal->width != ONE)
        text_add(&draw->condition, "[%u]", (unsigned)rng_below(draw->rng, width));
}

/* ---- planting ---- */

static bool draw_beat(struct draw *draw)
{
    uint32_t beats = draw->manifest->stream.beats_in;
    uint32_t first = draw->site->beats == NOT_FIRST;
    uint32_t count = beats - first - (draw->site->beats == NOT_LAST);

    if (draw->site->beats == NO_BEAT) return true;
    if (count == 0) return false;
    draw->beat = first + (uint32_t)rng_below(draw->rng, count);
    return true;
}

static void draw_fault(struct draw *draw, const struct site *sites, size_t count)
{
    uint64_t literals;

    do
        draw->site = &sites[rng_below(draw->rng, count)];
    while (!draw_beat(draw));
    literals = rng_below(draw->rng, MAX_LITERALS + 1);
    text_add(&draw->condition, "1'b1");
    for (uint64_t i = 0; i < literals; i++)
        draw_literal(draw);
}

/* The replacement with what was drawn. */
static void expand(struct text *out, const char *pattern, struct draw *draw)
{
    const struct manifest *m = draw->manifest;
    uint32_t features = m->num_features;
    uint32_t feature = (uint32_t)rng_below(draw->rng, features);
    uint32_t other =
        (feature + 1 + (uint32_t)rng_below(draw->rng, features > 1 ? features - 1 : 1)) % features;

    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '@') {
            text_add_bytes(out, at, 1);
            continue;
        }
        switch (*++at) {
        case 'C':
            text_add(out, "%s", draw->condition.data);
            break;
        case 'K':
            text_add(out, "%u", draw->beat);
            break;
        case 'B':
            text_add(out, "%u", (unsigned)rng_below(draw->rng, m->stream.width));
            break;
        case 'R':
            text_add(out, "%u", (unsigned)rng_below(draw->rng, prove_stream_result_bits(m)));
            break;
        case 'F':
            text_add(out, "%u", feature);
            break;
        default:
            text_add(out, "%u", other);
            break;
        }
    }
}

/* *text with the only place of `find` replaced; the text before it is freed. */
static enum err_status edit(char **text, const char *find, const char *replace, struct err *err)
{
    const char *at = strstr(*text, find);
    struct text out = {0};
    enum err_status status;

    if (at == NULL || strstr(at + 1, find) != NULL)
        return err_set(err, ERR_FORMAT,
                       "planting a fault: '%s' must stand once in the emitted stream, but does %s",
                       find, at == NULL ? "not" : "more often");
    text_add_bytes(&out, *text, (size_t)(at - *text));
    text_add(&out, "%s%s", replace, at + strlen(find));
    status = text_status(&out, "a fault", err);
    if (status != ERR_OK) {
        text_free(&out);
        return status;
    }
    free(*text);
    *text = out.data;
    return ERR_OK;
}

static enum err_status copy_text(struct prove_stream_texts *faulty,
                                 const struct prove_stream_texts *sound, int file, struct err *err)
{
    if (faulty->text[file] == NULL) faulty->text[file] = strdup(sound->text[file]);
    return faulty->text[file] == NULL ? err_nomem(err, "a fault") : ERR_OK;
}

/* m_axis_tready for conditions in stream_in: one more port. */
static enum err_status add_ready(struct prove_stream_texts *faulty,
                                 const struct prove_stream_texts *sound, struct err *err)
{
    enum err_status status = copy_text(faulty, sound, TOP, err);

    if (status == ERR_OK)
        status = edit(&faulty->text[TOP], ".room(room), .issue(issue),",
                      ".planted_ready(m_axis_tready), .room(room), .issue(issue),", err);
    if (status == ERR_OK)
        status = edit(&faulty->text[IN], "    input  wire                     room, ",
                      "    input wire planted_ready,\n    input wire room, ", err);
    return status;
}

static enum err_status plant(struct draw *draw, struct prove_stream_texts *faulty,
                             const struct prove_stream_texts *sound, struct err *err)
{
    const struct site *site = draw->site;
    struct text replace = {0}, too = {0};
    enum err_status status = copy_text(faulty, sound, site->file, err);

    expand(&replace, site->replace, draw);
    if (site->find_too != NULL) expand(&too, site->replace_too, draw);
    if (status == ERR_OK) status = text_status(&replace, "a fault", err);
    if (status == ERR_OK) status = text_status(&too, "a fault", err);
    if (status == ERR_OK) status = edit(&faulty->text[site->file], site->find, replace.data, err);
    if (status == ERR_OK && site->find_too != NULL)
        status = edit(&faulty->text[site->file], site->find_too, too.data, err);
    if (status == ERR_OK && draw->ready) status = add_ready(faulty, sound, err);
    text_free(&replace);
    text_free(&too);
    return status;
}

/* ---- the interface ---- */

const char *prove_stream_kind(size_t k)
{
    return k < sizeof KINDS / sizeof KINDS[0] ? KINDS[k].name : NULL;
}

enum err_status prove_stream_plant(struct prove_stream_texts *faulty,
                                   const struct prove_stream_texts *sound, size_t k,
                                   const struct manifest *manifest, struct rng *rng,
                                   struct err *err)
{
    struct draw draw = {.manifest = manifest, .rng = rng};
    enum err_status status;

    *faulty = (struct prove_stream_texts){0};
    draw_fault(&draw, KINDS[k].sites, KINDS[k].count);
    status = text_status(&draw.condition, "a fault", err);
    if (status == ERR_OK) status = plant(&draw, faulty, sound, err);
    text_free(&draw.condition);
    if (status != ERR_OK) prove_stream_texts_free(faulty);
    return status;
}

enum err_status prove_stream_texts_read(struct prove_stream_texts *texts, const char *folder,
                                        const struct manifest *manifest, struct err *err)
{
    enum { MAX_TEXT = 1 << 24 };
    enum err_status status = ERR_OK;

    *texts = (struct prove_stream_texts){0};
    for (size_t i = 0; i < PROVE_STREAM_TEXTS && status == ERR_OK; i++) {
        char name[PROVE_STREAM_PATH], *path;
        size_t size;

        prove_stream_path(manifest, i, name);
        path = file_join(folder, name);
        status = path == NULL ? err_nomem(err, "a path")
                              : file_read(path, MAX_TEXT, (uint8_t **)&texts->text[i], &size, err);
        free(path);
    }
    if (status != ERR_OK) prove_stream_texts_free(texts);
    return status;
}

void prove_stream_texts_free(struct prove_stream_texts *texts)
{
    for (size_t i = 0; i < PROVE_STREAM_TEXTS; i++)
        free(texts->text[i]);
    *texts = (struct prove_stream_texts){0};
}
