#include "engine/engine_program.h"

#include "base/simd.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* --- compiling a netlist --- */

/* What is known about the signals while they get their slots. */
struct compile {
    const struct netlist *net;
    struct engine *engine;
    uint32_t *last_use; /* [signals] 1 + the LUT that reads it last; 0: nothing does */
    uint32_t *slot;     /* [signals] */
    uint32_t *free;     /* slots to be used again */
    uint32_t num_free;
};

/* last_use of signals that a class sums: they live to the end. */
enum { TO_THE_END = INT32_MAX };

static void find_last_uses(struct compile *c)
{
    const struct netlist *net = c->net;

    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        c->last_use[net->group[i]] = TO_THE_END;
    for (uint32_t lut = net->num_luts; lut-- > 0;) {
        const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;

        if (c->last_use[netlist_lut_signal(net, lut)] == 0) continue; /* dead */
        for (unsigned k = 0; k < net->fan_in_count[lut]; k++)
            if (c->last_use[fan_in[k]] == 0) c->last_use[fan_in[k]] = 1 + lut;
    }
}

static uint32_t take_slot(struct compile *c)
{
    return c->num_free > 0 ? c->free[--c->num_free] : c->engine->num_slots++;
}

/* The first chunk whose 64 columns hold the feature; the last one is moved back to end with the row. */
static uint32_t chunk_start(const struct netlist *net, uint32_t feature)
{
    uint32_t first = feature - feature % ENGINE_COLUMNS;

    if (net->num_features < ENGINE_COLUMNS) return 0;
    return first + ENGINE_COLUMNS > net->num_features ? net->num_features - ENGINE_COLUMNS : first;
}

static void compile_step(struct compile *c, uint32_t signal)
{
    const struct netlist *net = c->net;
    struct engine *engine = c->engine;
    struct engine_chunk *chunk = &engine->chunks[engine->num_chunks - 1];

    c->slot[signal] = take_slot(c);
    chunk->num_steps++;
    engine->steps[engine->num_steps++] = (struct engine_step){
        .slot = c->slot[signal],
        .first_toggle = net->toggle_start[signal],
        .num_toggles = net->toggle_start[signal + 1] - net->toggle_start[signal],
        .column = (uint8_t)(net->step_feature[signal] - chunk->first_feature),
        .initial = net->step_initial[signal],
    };
}

/* Step bits that something reads, in the order of their features, so that a column stays near. */
static void compile_steps(struct compile *c, const uint32_t *order)
{
    const struct netlist *net = c->net;
    struct engine *engine = c->engine;

    for (uint32_t t = 0; t < net->toggle_start[net->num_steps]; t++)
        engine->toggles[t] = (uint16_t)net->toggles[t];
    for (uint32_t i = 0; i < net->num_steps; i++) {
        uint32_t signal = order[i], first = chunk_start(net, net->step_feature[signal]);

        if (c->last_use[signal] == 0) continue;
        if (engine->num_chunks == 0 ||
            engine->chunks[engine->num_chunks - 1].first_feature != first)
            engine->chunks[engine->num_chunks++] =
                (struct engine_chunk){.first_feature = first, .first_step = engine->num_steps};
        compile_step(c, signal);
    }
}

/* Step bits by feature, stably: a counting sort. `start` is [num_features + 1], zeroed. */
static void sort_steps(const struct netlist *net, uint32_t *start, uint32_t *order)
{
    for (uint32_t s = 0; s < net->num_steps; s++)
        start[net->step_feature[s] + 1]++;
    for (uint32_t f = 0; f < net->num_features; f++)
        start[f + 1] += start[f];
    for (uint32_t s = 0; s < net->num_steps; s++)
        order[start[net->step_feature[s]]++] = s;
}

static void compile_lut(struct compile *c, uint32_t lut)
{
    const struct netlist *net = c->net;
    const uint32_t *fan_in = net->fan_in + (size_t)lut * NETLIST_MAX_FAN_IN;
    unsigned count = net->fan_in_count[lut];
    struct engine_lut *to = &c->engine->luts[c->engine->num_luts];
    uint64_t table = net->table[lut];

    c->engine->lut_source[c->engine->num_luts++] = lut;
    if (count == 0) table |= table << 1;
    if (count <= 1) table |= table << 2; /* whatever inputs 0 and 1 are */
    to->inputs = (uint16_t)(count < 2 ? 2 : count);
    for (unsigned a = 0; a < 1U << (to->inputs - 2); a++)
        to->leaf[a] = (uint16_t)((table >> (4 * a) & 15) * ENGINE_SLOT);
    for (unsigned k = 0; k < count; k++) {
        to->in[k] = c->slot[fan_in[k]];
        if (c->last_use[fan_in[k]] != 1 + lut) continue;
        c->free[c->num_free++] = c->slot[fan_in[k]];
        c->last_use[fan_in[k]] = 0; /* freed once, however often it is listed */
    }
    to->out = c->slot[netlist_lut_signal(net, lut)] = take_slot(c);
}

static void compile_sums(struct compile *c)
{
    const struct netlist *net = c->net;
    struct engine *engine = c->engine;

    memcpy(engine->group_start, net->group_start,
           (net->num_classes + 1) * sizeof *net->group_start);
    memcpy(engine->bias, net->bias, net->num_classes * sizeof *net->bias);
    for (uint32_t i = 0; i < net->group_start[net->num_classes]; i++)
        engine->group[i] = c->slot[net->group[i]];
}

static enum err_status compile(struct compile *c, struct err *err)
{
    const struct netlist *net = c->net;
    size_t signals = (size_t)net->num_steps + net->num_luts;
    uint32_t *order = malloc((net->num_steps + 1) * sizeof *order);
    uint32_t *start = calloc(net->num_features + 2, sizeof *start);
    bool done;

    c->last_use = calloc(signals + 1, sizeof *c->last_use);
    c->slot = calloc(signals + 1, sizeof *c->slot);
    c->free = malloc((signals + 1) * sizeof *c->free);
    done =
        order != NULL && start != NULL && c->last_use != NULL && c->slot != NULL && c->free != NULL;
    if (done) {
        c->engine->num_slots = 1;
        find_last_uses(c);
        sort_steps(net, start, order);
        compile_steps(c, order);
        for (uint32_t lut = 0; lut < net->num_luts; lut++)
            if (c->last_use[netlist_lut_signal(net, lut)] != 0) compile_lut(c, lut);
        compile_sums(c);
    }
    free(order);
    free(start);
    return done ? ERR_OK : err_nomem(err, "the engine");
}

/* Room for a netlist of which all is used. */
static enum err_status allocate(struct engine **out, const struct netlist *net, struct err *err)
{
    struct engine *engine = calloc(1, sizeof *engine);
    size_t groups = net->group_start[net->num_classes];

    if (engine == NULL) return err_nomem(err, "the engine");
    engine->num_features = net->num_features;
    engine->code_bits = net->code_bits;
    engine->num_classes = net->num_classes;
    engine->score_bits = netlist_score_bits(net);
    engine->class_bits = netlist_class_bits(net);
    engine->chunks = calloc(net->num_features / ENGINE_COLUMNS + 1, sizeof *engine->chunks);
    engine->steps = calloc((size_t)net->num_steps + 1, sizeof *engine->steps);
    engine->toggles =
        calloc((size_t)net->toggle_start[net->num_steps] + 1, sizeof *engine->toggles);
    engine->luts = aligned_alloc(SIMD_ALIGN, ((size_t)net->num_luts + 1) * sizeof *engine->luts);
    engine->lut_source = calloc((size_t)net->num_luts + 1, sizeof *engine->lut_source);
    engine->group_start = calloc((size_t)net->num_classes + 1, sizeof *engine->group_start);
    engine->group = calloc(groups + 1, sizeof *engine->group);
    engine->bias = calloc(net->num_classes, sizeof *engine->bias);
    *out = engine;
    if (engine->chunks == NULL || engine->steps == NULL || engine->toggles == NULL ||
        engine->luts == NULL || engine->lut_source == NULL || engine->group_start == NULL ||
        engine->group == NULL || engine->bias == NULL)
        return err_nomem(err, "the engine");
    memset(engine->luts, 0, ((size_t)net->num_luts + 1) * sizeof *engine->luts);
    return ERR_OK;
}

enum err_status engine_create(struct engine **out, const struct netlist *net, struct err *err)
{
    struct engine *engine = NULL;
    struct compile c = {.net = net};
    enum err_status status = allocate(&engine, net, err);

    c.engine = engine;
    if (status == ERR_OK) status = compile(&c, err);
    free(c.last_use);
    free(c.slot);
    free(c.free);
    if (status != ERR_OK) {
        engine_free(engine);
        return status;
    }
    engine->simd = ENGINE_BASELINE;
    for (int simd = 0; simd < ENGINE_NUM_SIMD; simd++)
        engine_select_simd(engine, (enum engine_simd)simd);
    *out = engine;
    return ERR_OK;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) return;
    free(engine->chunks);
    free(engine->steps);
    free(engine->toggles);
    free(engine->luts);
    free(engine->lut_source);
    free(engine->group_start);
    free(engine->group);
    free(engine->bias);
    free(engine);
}

bool engine_select_simd(struct engine *engine, enum engine_simd simd)
{
    if (engine_block(simd) == NULL) return false;
    engine->simd = simd;
    return true;
}

/* --- running --- */

/* OR of all codes: more than code_bits bits of it mean that some code has too many. */
SIMD_CLONES
static unsigned codes_or(const struct engine_rows *rows, size_t count)
{
    unsigned all = 0;

    for (size_t i = 0; rows->bytes != NULL && i < count; i++)
        all |= rows->bytes[i];
    for (size_t i = 0; rows->codes != NULL && i < count; i++)
        all |= rows->codes[i];
    return all;
}

static bool codes_fit(const struct engine *engine, const struct engine_rows *rows, size_t samples)
{
    if (engine->code_bits == (rows->bytes != NULL ? 8 : 16)) return true; /* any code fits */
    return codes_or(rows, samples * engine->num_features) >> engine->code_bits == 0;
}

static enum err_status complain_code(const struct engine *engine, const struct engine_rows *rows,
                                     struct err *err)
{
    size_t i = 0;
    unsigned code;

    do
        code = rows->bytes != NULL ? rows->bytes[i] : rows->codes[i];
    while (code >> engine->code_bits == 0 && ++i > 0);
    return err_set(err, ERR_ARG, "engine: sample %zu: code %u of feature %zu exceeds %u bits",
                   i / engine->num_features, code, i % engine->num_features, engine->code_bits);
}

struct job {
    const struct engine *engine;
    struct engine_rows rows;
    size_t count;
    uint32_t *scores, *classes;
};

/* False when a code does not fit. */
static bool run_block(const struct job *job, struct engine_scratch *scratch, size_t block)
{
    const struct engine *engine = job->engine;
    size_t first = block * ENGINE_LANES, offset = first * engine->num_features;
    size_t samples = job->count - first < ENGINE_LANES ? job->count - first : ENGINE_LANES;
    struct engine_rows rows = {
        .bytes = job->rows.bytes != NULL ? job->rows.bytes + offset : NULL,
        .codes = job->rows.codes != NULL ? job->rows.codes + offset : NULL,
    };

    if (!codes_fit(engine, &rows, samples)) return false;
    engine_block(engine->simd)(engine, scratch, &rows, samples,
                               job->scores != NULL ? job->scores + first * engine->num_classes
                                                   : NULL,
                               job->classes + first);
    return true;
}

static enum err_status run(const struct job *job, unsigned threads, struct err *err)
{
    size_t blocks = (job->count + ENGINE_LANES - 1) / ENGINE_LANES;
    size_t size = sizeof(struct engine_scratch) + (size_t)job->engine->num_slots * ENGINE_SLOT;
    int team = threads > 0 ? (int)threads : omp_get_max_threads();
    int no_room = 0, misfit = 0;

    if (blocks < (size_t)team) team = blocks > 0 ? (int)blocks : 1;
#pragma omp parallel num_threads(team) if (team > 1)
    {
        struct engine_scratch *scratch = aligned_alloc(SIMD_ALIGN, size);

        if (scratch == NULL) {
#pragma omp atomic write
            no_room = 1;
        }
#pragma omp for schedule(dynamic)
        for (size_t block = 0; block < blocks; block++) {
            if (scratch == NULL || run_block(job, scratch, block)) continue;
#pragma omp atomic write
            misfit = 1;
        }
        free(scratch);
    }
    if (no_room) return err_nomem(err, "the engine's signals");
    return misfit ? complain_code(job->engine, &job->rows, err) : ERR_OK;
}

enum err_status engine_run(const struct engine *engine, const uint16_t *codes, size_t count,
                           uint32_t *scores, uint32_t *classes, unsigned threads, struct err *err)
{
    struct job job = {engine, {.codes = codes}, count, scores, classes};

    return run(&job, threads, err);
}

enum err_status engine_run_bytes(const struct engine *engine, const uint8_t *codes, size_t count,
                                 uint32_t *scores, uint32_t *classes, unsigned threads,
                                 struct err *err)
{
    struct job job = {engine, {.bytes = codes}, count, scores, classes};

    if (engine->code_bits > 8)
        return err_set(err, ERR_ARG, "engine: codes of %u bits do not fit into bytes",
                       engine->code_bits);
    return run(&job, threads, err);
}
