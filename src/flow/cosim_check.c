#include "flow/cosim_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One top's part of the record, as numbers of bits; digit 0 is the last of the line. */
struct port_group {
    const char *name;
    uint32_t latency;
    size_t valid_at, class_at, scores_at; /* lowest bit of each field */
};

struct checker {
    const struct cosim_plan *plan;
    const struct vectors *vectors;
    const struct manifest *manifest;
    const char *line; /* of the cycle at hand */
    size_t digits;
    struct cosim_result *result;
};

/* A number read from the record; `unknown` when x or z is among its digits. */
struct reading {
    uint64_t value;
    bool unknown;
};

/* ---- layout of a line ---- */

static size_t field_bits(size_t width)
{
    return 4 * (width / 4 + 1);
}

static size_t score_field_bits(const struct manifest *manifest)
{
    if (!manifest->scores) return 0;
    return field_bits((size_t)manifest->num_classes * manifest->score_bits);
}

static size_t group_bits(const struct manifest *manifest)
{
    return 4 + field_bits(manifest->class_bits) + score_field_bits(manifest);
}

size_t cosim_check_digits(const struct manifest *manifest, bool core)
{
    return (core ? 2 : 1) * group_bits(manifest) / 4;
}

static struct port_group group_at(const struct manifest *manifest, const char *name,
                                  uint32_t latency, size_t at)
{
    struct port_group group = {.name = name, .latency = latency, .scores_at = at};

    group.class_at = at + score_field_bits(manifest);
    group.valid_at = group.class_at + field_bits(manifest->class_bits);
    return group;
}

/* ---- reading ---- */

static bool is_record_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == 'x' || c == 'X' || c == 'z' ||
           c == 'Z';
}

/* Bits [at +: width] of the line, width at most 32. Digits were checked before. */
static struct reading read_field(const struct checker *check, size_t at, uint32_t width)
{
    struct reading reading = {0};
    size_t low = at / 4;
    size_t high = (at + width - 1) / 4;

    for (size_t digit = high + 1; digit-- > low;) {
        char c = check->line[check->digits - 1 - digit];

        if (c > 'f') reading.unknown = true;                         /* x, z */
        if (c < '0' || (c > '9' && c < 'a')) reading.unknown = true; /* X, Z */
        reading.value = reading.value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    reading.value = reading.value >> at % 4 & (((uint64_t)1 << width) - 1);
    if (reading.unknown) reading.value = 0;
    return reading;
}

/* ---- judging ---- */

static void report(struct checker *check, const struct port_group *group, size_t cycle,
                   struct cosim_mismatch mismatch)
{
    struct cosim_result *result = check->result;

    if (!result->differs[mismatch.vector]) result->mismatches++;
    result->differs[mismatch.vector] = 1;
    if (result->num_first == COSIM_MAX_REPORTED) return;
    snprintf(mismatch.top, sizeof mismatch.top, "%s", group->name);
    mismatch.cycle = cycle;
    result->first[result->num_first++] = mismatch;
}

static void judge_number(struct checker *check, const struct port_group *group, size_t cycle,
                         const char *what, uint32_t class_index, uint32_t expected,
                         struct reading got)
{
    struct cosim_mismatch mismatch = {.vector = check->plan->cycles[cycle - group->latency].vector,
                                      .class_index = class_index,
                                      .expected = expected,
                                      .got = got.value,
                                      .unknown = got.unknown};

    if (!got.unknown && got.value == expected) return;
    snprintf(mismatch.what, sizeof mismatch.what, "%s", what);
    report(check, group, cycle, mismatch);
}

/* The outputs in the cycle of a result. */
static void judge_result(struct checker *check, const struct port_group *group, size_t cycle)
{
    const struct manifest *manifest = check->manifest;
    uint32_t vector = check->plan->cycles[cycle - group->latency].vector;
    const uint32_t *scores = check->vectors->scores + (size_t)vector * manifest->num_classes;
    uint32_t bits = manifest->score_bits;

    judge_number(check, group, cycle, "class", 0, check->vectors->classes[vector],
                 read_field(check, group->class_at, manifest->class_bits));
    for (uint32_t k = 0; manifest->scores && k < manifest->num_classes; k++) {
        judge_number(check, group, cycle, "score", k, scores[k],
                     read_field(check, group->scores_at + (size_t)k * bits, bits));
    }
}

/* out_valid in a cycle where it has the wrong value. A pulse that should not be is laid to the vector
 * that was on the inputs that long ago, whether or not it was valid. */
static void report_valid(struct checker *check, const struct port_group *group, size_t cycle,
                         int due, struct reading got)
{
    size_t driven = cycle >= group->latency ? cycle - group->latency : 0;
    struct cosim_mismatch mismatch = {.vector = check->plan->cycles[driven].vector,
                                      .expected = (uint64_t)due,
                                      .got = got.value,
                                      .unknown = got.unknown};

    snprintf(mismatch.what, sizeof mismatch.what, due ? "missing" : "valid");
    report(check, group, cycle, mismatch);
}

static void judge_cycle(struct checker *check, const struct port_group *group, size_t cycle,
                        uint32_t *latency)
{
    int due = cosim_plan_due(check->plan, cycle, group->latency);
    struct reading valid = read_field(check, group->valid_at, 1);

    if (valid.value == 1 && *latency == UINT32_MAX && cycle >= check->plan->first)
        *latency = (uint32_t)(cycle - check->plan->first);
    if (due < 0) return;
    if (valid.unknown || valid.value != (uint64_t)due) {
        report_valid(check, group, cycle, due, valid);
    } else if (due) {
        judge_result(check, group, cycle);
    }
}

/* What `full` said for each vector in the pass over all of them. */
static void collect_class(struct checker *check, const struct port_group *group, size_t cycle)
{
    size_t first = check->plan->first + group->latency;
    struct reading valid = read_field(check, group->valid_at, 1);
    struct reading number = read_field(check, group->class_at, check->manifest->class_bits);

    if (cycle < first || cycle - first >= check->vectors->count) return;
    if (valid.value == 1 && !number.unknown)
        check->result->classes[cycle - first] = (uint32_t)number.value;
}

static enum err_status check_text(const struct checker *check, const char *record, size_t size,
                                  struct err *err)
{
    size_t line_size = check->digits + 1;

    if (size / line_size != check->plan->count || size % line_size != 0)
        return err_set(err, ERR_TOOL,
                       "the simulator's record has %zu bytes, not %zu lines of %zu digits", size,
                       check->plan->count, check->digits);
    for (size_t i = 0; i < size; i++) {
        bool end = i % line_size == check->digits;

        if (end ? record[i] != '\n' : !is_record_digit(record[i]))
            return err_set(err, ERR_TOOL, "the simulator's record: byte 0x%02x in cycle %zu",
                           (unsigned char)record[i], i / line_size);
    }
    return ERR_OK;
}

static void judge(struct checker *check, const char *record)
{
    const struct manifest *manifest = check->manifest;
    bool both = check->plan->core;
    struct port_group full =
        group_at(manifest, "full", manifest->latency_cycles, both ? group_bits(manifest) : 0);
    struct port_group core = group_at(manifest, "core", manifest->latency_cycles_core, 0);

    for (size_t cycle = 0; cycle < check->plan->count; cycle++) {
        check->line = record + cycle * (check->digits + 1);
        judge_cycle(check, &full, cycle, &check->result->latency_full);
        if (both) judge_cycle(check, &core, cycle, &check->result->latency_core);
        collect_class(check, &full, cycle);
    }
}

enum err_status cosim_check_record(const struct cosim_plan *plan, const struct vectors *vectors,
                                   const struct manifest *manifest, const char *record, size_t size,
                                   struct cosim_result *result, struct err *err)
{
    struct checker check = {.plan = plan,
                            .vectors = vectors,
                            .manifest = manifest,
                            .digits = cosim_check_digits(manifest, plan->core),
                            .result = result};
    enum err_status status = check_text(&check, record, size, err);

    if (status != ERR_OK) return status;
    result->vectors = vectors->count;
    result->mismatches = result->num_first = 0;
    result->latency_full = result->latency_core = UINT32_MAX;
    result->differs = calloc(vectors->count, 1);
    result->classes = malloc(vectors->count * sizeof *result->classes);
    if (result->differs == NULL || result->classes == NULL) {
        cosim_result_free(result);
        return err_nomem(err, "the results of a co-simulation");
    }
    memset(result->classes, 0xff, vectors->count * sizeof *result->classes);
    judge(&check, record);
    return ERR_OK;
}
