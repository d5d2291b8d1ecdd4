#include "flow/cosim_locate.h"

#include "base/file.h"
#include "flow/cosim_check.h"
#include "flow/cosim_plan.h"
#include "flow/locate.h"
#include "flow/vcd.h"
#include "netlist/netlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS = 31,     /* points between the ends of a way that one run looks at */
    NEIGHBOURS = 8, /* vectors of a waveform that is to show registers */
    MAX_NETLIST = 1 << 30,
    MAX_WAVEFORM = 1 << 30
};

struct shrink {
    const struct simulator *simulator;
    const struct simulation *simulation;
    const struct vectors *vectors;
    uint16_t *right, *wrong; /* [num_features] ends of the way at hand */
    uint32_t *changes;       /* features in which they differ, in the order they are changed */
    size_t num_changes;
    struct cosim_located *out;
};

/* ---- runs of held vectors ---- */

/* Held vectors with room for so many, under the build id of the others. */
static enum err_status held_create(struct vectors **out, const struct vectors *like, size_t count,
                                   struct err *err)
{
    enum err_status status = vectors_create(out, count, like->num_features, like->code_bits,
                                            like->num_bits, like->num_classes, err);

    if (status == ERR_OK) memcpy((*out)->build_id, like->build_id, sizeof like->build_id);
    return status;
}

static uint16_t *held_codes(struct vectors *held, size_t vector)
{
    return held->codes + vector * held->num_features;
}

/* Computes what is expected of the held vectors, and makes the stimulus. */
static enum err_status held_prepare(const struct simulation *simulation, struct vectors *held,
                                    struct cosim_plan **plan, struct err *err)
{
    const struct cosim_options *options = simulation->options;
    const struct manifest *m = simulation->manifest;
    uint32_t latency =
        m->latency_cycles > m->latency_cycles_core ? m->latency_cycles : m->latency_cycles_core;
    char *path = file_join(simulation->work, "stimulus.bin");
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK) status = options->expect(held, options->expect_user, err);
    if (status == ERR_OK) status = cosim_plan_create_held(plan, held->count, latency, err);
    if (status == ERR_OK) {
        (*plan)->core = !simulation->flat;
        (*plan)->core_bits = m->num_bits;
        status = cosim_plan_write(*plan, held, path, err);
    }
    free(path);
    return status;
}

/* *first: the first of the vectors that is wrong, or their number. */
static enum err_status held_run(const struct shrink *s, struct vectors *held, size_t *first,
                                struct err *err)
{
    struct simulation simulation = *s->simulation;
    struct cosim_result result = {0};
    struct cosim_plan *plan = NULL;
    char *record = NULL;
    size_t size = 0;
    enum err_status status = held_prepare(&simulation, held, &plan, err);

    simulation.cycles = plan != NULL ? plan->count : 0;
    simulation.waveform = NULL;
    if (status == ERR_OK) status = s->simulator->run(&simulation, err);
    if (status == ERR_OK) status = simulator_record(&simulation, &record, &size, err);
    if (status == ERR_OK)
        status = cosim_check_record(plan, held, simulation.manifest, record, size, &result, err);
    *first = 0;
    while (status == ERR_OK && *first < held->count && !result.differs[*first])
        (*first)++;
    cosim_result_free(&result);
    cosim_plan_free(plan);
    free(record);
    return status;
}

/* ---- shrinking ---- */

/* Point `at` of the way: codes changed one after the other, */
static void change_features(const struct shrink *s, size_t at, uint16_t *codes)
{
    memcpy(codes, s->right, s->vectors->num_features * sizeof *codes);
    for (size_t i = 0; i < at; i++)
        codes[s->changes[i]] = s->wrong[s->changes[i]];
}

/* or the one code that is left changed step by step. */
static void change_code(const struct shrink *s, size_t at, uint16_t *codes)
{
    uint32_t feature = s->changes[0];
    uint16_t from = s->right[feature], to = s->wrong[feature];

    memcpy(codes, s->right, s->vectors->num_features * sizeof *codes);
    codes[feature] = (uint16_t)(from < to ? from + at : from - at);
}

typedef void point_fn(const struct shrink *s, size_t at, uint16_t *codes);

/* Point 0 is right and point `last` wrong; moves both ends to neighbours of which this is so too. */
static enum err_status narrow(struct shrink *s, point_fn *point, size_t last, size_t *at,
                              struct err *err)
{
    size_t low = 0, high = last;
    enum err_status status = ERR_OK;

    while (high - low > 1 && status == ERR_OK) {
        size_t inside = high - low - 1;
        size_t count = inside < STEPS ? inside : STEPS;
        size_t first = count, base = low, width = high - low;
        struct vectors *held = NULL;

        status = held_create(&held, s->vectors, count, err);
        for (size_t i = 0; i < count && status == ERR_OK; i++)
            point(s, base + (i + 1) * width / (count + 1), held_codes(held, i));
        if (status == ERR_OK) status = held_run(s, held, &first, err);
        low = base + first * width / (count + 1);
        if (first < count) high = base + (first + 1) * width / (count + 1);
        vectors_free(held);
    }
    *at = high;
    return status;
}

/* Makes the points around `at` the new ends. */
static enum err_status take_pair(struct shrink *s, point_fn *point, size_t at, struct err *err)
{
    size_t size = s->vectors->num_features * sizeof *s->right;
    uint16_t *right = malloc(size), *wrong = malloc(size);
    enum err_status status =
        right == NULL || wrong == NULL ? err_nomem(err, "a test vector") : ERR_OK;

    if (status == ERR_OK) {
        point(s, at - 1, right);
        point(s, at, wrong);
        memcpy(s->right, right, size);
        memcpy(s->wrong, wrong, size);
    }
    free(right);
    free(wrong);
    return status;
}

/* Both ends to vectors that differ in one code by as little as can be. */
static enum err_status shrink_pair(struct shrink *s, struct err *err)
{
    size_t at = 0;
    enum err_status status = narrow(s, change_features, s->num_changes, &at, err);
    uint32_t feature;

    if (status != ERR_OK) return status;
    feature = s->changes[at - 1];
    status = take_pair(s, change_features, at, err);
    s->changes[0] = feature;
    if (status == ERR_OK)
        status =
            narrow(s, change_code, (size_t)abs(s->right[feature] - s->wrong[feature]), &at, err);
    if (status == ERR_OK) status = take_pair(s, change_code, at, err);
    s->out->shrunk = status == ERR_OK;
    s->out->shrunk_feature = feature;
    s->out->code_right = s->right[feature];
    s->out->code_wrong = s->wrong[feature];
    return status;
}

/* The vector without a difference that has the most codes in common with `wrong`, or their number. */
static size_t nearest_right(const struct vectors *vectors, const uint8_t *differs, size_t wrong,
                            size_t *distance)
{
    const uint16_t *codes = vectors->codes + wrong * vectors->num_features;
    size_t best = vectors->count;

    *distance = SIZE_MAX;
    for (size_t v = 0; v < vectors->count; v++) {
        const uint16_t *other = vectors->codes + v * vectors->num_features;
        size_t count = 0;

        if (differs[v]) continue;
        for (size_t f = 0; f < vectors->num_features; f++)
            count += other[f] != codes[f];
        if (count >= *distance || count == 0) continue;
        *distance = count;
        best = v;
    }
    return best;
}

/* Which of the ends are right and wrong when they are held: 0 the right one is wrong as well, 1 as they
 * should be, 2 both are right. */
static enum err_status try_ends(struct shrink *s, bool near, size_t *first, struct err *err)
{
    struct vectors *held = NULL;
    size_t size = s->vectors->num_features * sizeof *s->right;
    enum err_status status = held_create(&held, s->vectors, 2, err);

    if (status == ERR_OK) {
        memcpy(held_codes(held, 0), near ? s->right : s->wrong, size);
        memcpy(held_codes(held, 1), s->wrong, size);
        status = held_run(s, held, first, err);
    }
    vectors_free(held);
    return status;
}

static enum err_status begin_shrink(struct shrink *s, size_t wrong, size_t near, struct err *err)
{
    uint32_t features = s->vectors->num_features;
    const uint16_t *codes = s->vectors->codes;

    s->right = malloc(features * sizeof *s->right);
    s->wrong = malloc(features * sizeof *s->wrong);
    s->changes = malloc(features * sizeof *s->changes);
    if (s->right == NULL || s->wrong == NULL || s->changes == NULL)
        return err_nomem(err, "the smallest difference");
    memcpy(s->wrong, codes + wrong * features, features * sizeof *codes);
    memcpy(s->right, codes + near * features, features * sizeof *codes);
    for (uint32_t f = 0; f < features; f++) {
        if (s->right[f] != s->wrong[f]) s->changes[s->num_changes++] = f;
    }
    return ERR_OK;
}

static void end_shrink(struct shrink *s)
{
    free(s->right);
    free(s->wrong);
    free(s->changes);
}

/* ---- the waveform ---- */

/* Two vectors, right and wrong; or, of a fault that is gone when they are held, some around it. */
static enum err_status traced_vectors(struct vectors **held, const struct shrink *s, size_t wrong,
                                      bool steady, struct err *err)
{
    const struct vectors *vectors = s->vectors;
    size_t size = vectors->num_features * sizeof *vectors->codes;
    size_t first = wrong > 0 ? wrong - 1 : 0;
    size_t count = vectors->count - first < NEIGHBOURS ? vectors->count - first : NEIGHBOURS;
    enum err_status status = held_create(held, vectors, steady ? 2 : count, err);

    if (status != ERR_OK) return status;
    if (steady) {
        memcpy(held_codes(*held, 0), s->right, size);
        memcpy(held_codes(*held, 1), s->wrong, size);
    } else {
        memcpy((*held)->codes, vectors->codes + first * vectors->num_features, count * size);
    }
    return ERR_OK;
}

/* What run() left there, for the caller to free. */
static enum err_status read_waveform(const struct simulation *simulation, uint8_t **data,
                                     size_t *size, struct err *err)
{
    char *path = file_join(simulation->work, simulation->waveform);
    enum err_status status =
        path != NULL ? file_read(path, MAX_WAVEFORM, data, size, err) : err_nomem(err, "a path");

    free(path);
    return status;
}

enum err_status cosim_locate_trace(const struct simulator *simulator,
                                   const struct simulation *simulation, struct err *err)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum err_status status = simulator->build(simulation, err);

    if (status == ERR_OK) status = simulator->run(simulation, err);
    if (status == ERR_OK) status = read_waveform(simulation, &data, &size, err);
    if (status == ERR_OK) status = file_write(simulation->options->trace, data, size, err);
    free(data);
    return status;
}

static enum err_status read_netlist(struct netlist **net, const char *folder, struct err *err)
{
    char *path = file_join(folder, "netlist.txt");
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = path == NULL ? err_nomem(err, "a path") : ERR_OK;

    if (status == ERR_OK) status = file_read(path, MAX_NETLIST, &text, &size, err);
    if (status == ERR_OK) status = netlist_parse(net, (const char *)text, size, path, err);
    free(text);
    free(path);
    return status;
}

/* From the traced run's VCD, which goes to the file `copy` as well unless that is NULL. */
static enum err_status find_place(const struct shrink *s, const struct simulation *traced,
                                  const struct cosim_plan *plan, const struct vectors *held,
                                  const char *folder, const char *copy, struct err *err)
{
    struct netlist *net = NULL;
    struct vcd *vcd = NULL;
    uint8_t *text = NULL;
    size_t size = 0;
    enum err_status status = s->simulator->build(traced, err);

    if (status == ERR_OK) status = s->simulator->run(traced, err);
    if (status == ERR_OK) status = read_waveform(traced, &text, &size, err);
    if (status == ERR_OK && copy != NULL) status = file_write(copy, text, size, err);
    if (status == ERR_OK) status = vcd_parse(&vcd, (const char *)text, size, err);
    if (status == ERR_OK) status = read_netlist(&net, folder, err);
    if (status == ERR_OK) status = locate_fault(s->out, net, plan, held, vcd, err);
    netlist_free(net);
    vcd_free(vcd);
    free(text);
    return status;
}

/* The place in a VCD, and the waveform in the user's format. A mapped netlist has none of our names. */
static enum err_status trace_and_find(const struct shrink *s, struct vectors *held,
                                      const char *folder, const char *waveform, struct err *err)
{
    static const char vcd_name[] = "waveform.vcd";
    struct simulation traced = *s->simulation;
    bool mapped = traced.flat;
    bool same = !mapped && waveform != NULL && strcmp(waveform, vcd_name) == 0;
    struct cosim_plan *plan = NULL;
    enum err_status status = held_prepare(&traced, held, &plan, err);

    if (status == ERR_OK) {
        traced.cycles = plan->count;
        traced.first = 0;
        traced.last = plan->count - 1;
        traced.waveform = vcd_name;
        if (!mapped)
            status = find_place(s, &traced, plan, held, folder, same ? traced.options->trace : NULL,
                                err);
        traced.waveform = waveform;
    }
    if (status == ERR_OK && waveform != NULL && !same)
        status = cosim_locate_trace(s->simulator, &traced, err);
    cosim_plan_free(plan);
    return status;
}

static enum err_status keep_codes(const struct shrink *s, struct err *err)
{
    size_t size = s->vectors->num_features * sizeof *s->wrong;

    s->out->codes = malloc(size);
    if (s->out->codes == NULL) return err_nomem(err, "a test vector");
    memcpy(s->out->codes, s->wrong, size);
    return ERR_OK;
}

enum err_status cosim_locate(const struct simulator *simulator, const struct simulation *simulation,
                             const char *folder, const struct vectors *vectors,
                             struct cosim_result *result, struct err *err)
{
    struct cosim_located *out = &result->located;
    struct shrink s = {
        .simulator = simulator, .simulation = simulation, .vectors = vectors, .out = out};
    size_t wrong = result->first[0].vector, distance, first = 0;
    size_t near = nearest_right(vectors, result->differs, wrong, &distance);
    struct vectors *held = NULL;
    enum err_status status;

    out->fault = COSIM_FAULT_UNSEEN;
    out->near = near;
    out->differing = distance;
    status = begin_shrink(&s, wrong, near < vectors->count ? near : wrong, err);
    if (status == ERR_OK) status = try_ends(&s, near < vectors->count, &first, err);
    if (status == ERR_OK && near < vectors->count && first == 1) status = shrink_pair(&s, err);
    if (status == ERR_OK) status = keep_codes(&s, err);
    if (status == ERR_OK) status = traced_vectors(&held, &s, wrong, first < 2, err);
    if (status == ERR_OK) status = trace_and_find(&s, held, folder, simulation->waveform, err);
    vectors_free(held);
    end_shrink(&s);
    return status;
}
