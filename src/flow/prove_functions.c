/* The obligations on functions: encoder bits, LUTs, class sums, class. */
#include "prove_check.h"

#include "flow/prove_sum.h"
#include "netlist/popcount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LOCATED = 16 };

static enum err_status add(struct prove_check *check, struct prove_obligation *o, const char *part,
                           const char *detail, struct err *err)
{
    snprintf(o->part, sizeof o->part, "%s%s", check->prefix, part);
    return prove_result_add(check->result, o, detail, err);
}

static const char *method_name(enum prove_method method)
{
    return method == PROVE_SAME_NODE    ? "same function of the same wires"
           : method == PROVE_BY_DIAGRAM ? "decision diagram"
                                        : "within what reads it";
}

/* ---- class sums ---- */

static uint16_t rank_counters(const struct prove_check *check)
{
    return prove_rank_level(check->model->num_levels);
}
static uint16_t rank_scores(const struct prove_check *check)
{
    return (uint16_t)(rank_counters(check) + 1);
}

/* Bit `bit` of the number that a counter gives, at all addresses. */
static uint64_t counter_table(const struct popcount_counter *counter, unsigned bit)
{
    uint64_t table = 0;

    for (unsigned a = 0; a < 64; a++) {
        unsigned sum = 0;

        for (unsigned k = 0; k < (unsigned)counter->low + counter->high; k++)
            sum += (a >> k & 1) << (k >= counter->low);
        table |= (uint64_t)(sum >> bit & 1) << a;
    }
    return table;
}

static uint32_t item_literal(const uint32_t *items, const struct popcount_plan *plan, uint32_t item)
{
    if (item == POPCOUNT_ZERO) return PROVE_FALSE;
    return item == plan->num_inputs ? PROVE_TRUE : items[item];
}

/* The sum of class c as the model's own counters make it: each is a true one by its table. */
static enum err_status count_class(struct prove_check *check, const struct popcount_plan *plan,
                                   uint32_t *items, uint32_t *bits, struct err *err)
{
    enum err_status status = ERR_OK;

    for (uint32_t i = 0; i < plan->num_counters && status == ERR_OK; i++) {
        const struct popcount_counter *counter = &plan->counters[i];
        unsigned inputs = (unsigned)counter->low + counter->high;
        uint32_t in[POPCOUNT_COUNTER_INPUTS];

        for (unsigned k = 0; k < inputs; k++)
            in[k] = item_literal(items, plan, counter->in[k]);
        for (unsigned b = 0; b < counter->bits && status == ERR_OK; b++) {
            uint64_t table = counter_table(counter, b);

            status = prove_match_table(check->match, inputs, in, &table, rank_counters(check),
                                       &items[counter->first_item + b], NULL, err);
        }
    }
    for (uint32_t b = 0; b < plan->num_bits && status == ERR_OK; b++)
        bits[b] = item_literal(items, plan, plan->out[b]);
    return status;
}

/* bits [32] of the class's sum. */
static enum err_status plan_class(struct prove_check *check, const uint32_t *members,
                                  uint32_t *bits, struct err *err)
{
    struct popcount_shape shape = {.inputs = {check->reference->group}};
    struct popcount_plan *plan = NULL;
    uint32_t *items = NULL;
    enum err_status status = popcount_create(&plan, &shape, err);

    memset(bits, 0, 32 * sizeof *bits);
    if (status != ERR_OK) return status;
    items = calloc((size_t)plan->num_inputs + 1 + 3 * (size_t)plan->num_counters, sizeof *items);
    if (items == NULL) {
        status = err_nomem(err, "a proof");
    } else {
        memcpy(items, members, check->reference->group * sizeof *items);
        status = count_class(check, plan, items, bits, err);
    }
    free(items);
    popcount_free(plan);
    return status;
}

/* By diagrams: every bit of the hardware's sum against the model's own counters. */
static enum err_status check_bits(struct prove_check *check, const uint32_t *members,
                                  const uint32_t *score, struct prove_obligation *o, char *detail,
                                  size_t size, struct err *err)
{
    unsigned width = check->manifest->score_bits;
    uint32_t bits[32];
    enum err_status status = plan_class(check, members, bits, err);

    o->method = "decision diagram";
    o->outcome = PROVE_PROVED;
    for (unsigned b = 0; b < 32 && status == ERR_OK && o->outcome == PROVE_PROVED; b++) {
        enum prove_verdict verdict = PROVE_EQUAL;

        status = prove_match_check(check->match, b < width ? score[b] : PROVE_FALSE, bits[b],
                                   &verdict, err);
        if (status != ERR_OK || verdict == PROVE_EQUAL) continue;
        o->outcome = verdict == PROVE_DIFFERENT ? PROVE_FAILED : PROVE_OPEN;
        snprintf(detail, size, "bit %u of the sum %s", b,
                 verdict == PROVE_DIFFERENT ? "is wrong for some codes"
                                            : "is too large a question");
        if (verdict == PROVE_DIFFERENT) status = prove_check_keep_point(check, err);
    }
    return status;
}

/* A pattern where the hardware's sum of the class is wrong, or patterns->count. */
static size_t wrong_sum(const struct prove_check *check, uint32_t class, uint32_t *got)
{
    const struct prove_patterns *p = check->patterns;
    unsigned width = check->manifest->score_bits;
    const uint32_t *score = check->scores + (size_t) class * width;

    for (size_t i = 0; i < p->count; i++) {
        *got = 0;
        for (unsigned k = 0; k < width; k++)
            *got |= (uint32_t)prove_graph_value(check->graph, score[k], i) << k;
        if (*got != p->scores[i * check->reference->num_classes + class]) return i;
    }
    return p->count;
}

static enum err_status check_sum(struct prove_check *check, uint32_t class, struct err *err)
{
    const struct prove_reference *reference = check->reference;
    const struct prove_signals *last = &check->model->levels[check->model->num_levels - 1];
    const uint32_t *members = last->literal + (size_t) class * reference->group;
    const uint32_t *score = check->scores + (size_t) class * check->manifest->score_bits;
    struct prove_obligation o = {.method = "sum of all counters", .outcome = PROVE_PROVED};
    double start = prove_check_now();
    char detail[200] = "";
    uint32_t got = 0;
    size_t pattern = wrong_sum(check, class, &got);
    bool proved = false;
    enum err_status status = ERR_OK;

    snprintf(o.name, sizeof o.name, "class %u", class);
    if (pattern < check->patterns->count) {
        o.method = "simulation";
        o.outcome = PROVE_FAILED;
        snprintf(detail, sizeof detail, "expected %u, got %u for some codes",
                 check->patterns->scores[pattern * reference->num_classes + class], got);
        status = prove_check_keep_pattern(check, pattern, err);
    } else {
        status = prove_sum_check(check->graph, score, check->manifest->score_bits, members,
                                 reference->group, &proved, err);
        if (status == ERR_OK && !proved)
            status = check_bits(check, members, score, &o, detail, sizeof detail, err);
    }
    check->class_proved[class] = o.outcome == PROVE_PROVED;
    o.seconds = prove_check_now() - start;
    return status == ERR_OK ? add(check, &o, "group_sum", detail, err) : status;
}

/* Without a port for them the sums are the model's own; the class is then proved from these. */
static enum err_status own_sums(struct prove_check *check, struct err *err)
{
    const struct prove_reference *reference = check->reference;
    const struct prove_signals *last = &check->model->levels[check->model->num_levels - 1];
    unsigned width = check->manifest->score_bits;
    enum err_status status = ERR_OK;

    for (uint32_t c = 0; c < reference->num_classes && status == ERR_OK; c++) {
        uint32_t bits[32];

        status = plan_class(check, last->literal + (size_t)c * reference->group, bits, err);
        memcpy(check->scores + (size_t)c * width, bits, width * sizeof *bits);
        for (unsigned b = width; b < 32 && status == ERR_OK; b++) {
            enum prove_verdict verdict;

            status = prove_match_check(check->match, bits[b], PROVE_FALSE, &verdict, err);
            if (status == ERR_OK && verdict != PROVE_EQUAL)
                status = err_set(err, ERR_DIFF, "class %u can have a sum of more than %u bits", c,
                                 width);
        }
    }
    return status;
}

/* ---- argmax ---- */

/* The best class of a range: its score and its number. */
struct winner {
    uint32_t score[32], index[32];
};

static enum err_status find3(struct prove_check *check, uint64_t table, uint32_t x, uint32_t y,
                             uint32_t z, uint16_t rank, uint32_t *out, struct err *err)
{
    uint32_t in[3] = {x, y, z};

    return prove_match_table(check->match, 3, in, &table, rank, out, NULL, err);
}

/* Of two ranges, the right one (of higher numbers) wins only when its score is greater: by induction
 * the winner is the lowest number of the greatest score. */
static enum err_status play(struct prove_check *check, struct winner *left,
                            const struct winner *right, uint16_t rank, struct err *err)
{
    static const uint64_t ABOVE = 0xb2, MUX = 0xca; /* as in prove_cells.c */
    enum err_status status = ERR_OK;
    uint32_t above = PROVE_FALSE;

    for (unsigned k = 0; k < check->manifest->score_bits && status == ERR_OK; k++)
        status = find3(check, ABOVE, right->score[k], left->score[k], above, rank, &above, err);
    for (unsigned k = 0; k < check->manifest->score_bits && status == ERR_OK; k++)
        status = find3(check, MUX, left->score[k], right->score[k], above, (uint16_t)(rank + 1),
                       &left->score[k], err);
    for (unsigned k = 0; k < check->manifest->class_bits && status == ERR_OK; k++)
        status = find3(check, MUX, left->index[k], right->index[k], above, (uint16_t)(rank + 1),
                       &left->index[k], err);
    return status;
}

static enum err_status own_argmax(struct prove_check *check, struct winner *winners,
                                  struct err *err)
{
    uint32_t count = check->reference->num_classes;
    uint16_t rank = (uint16_t)(rank_scores(check) + 1);
    enum err_status status = ERR_OK;

    for (uint32_t c = 0; c < count && status == ERR_OK; c++) {
        for (unsigned k = 0; k < check->manifest->score_bits && status == ERR_OK; k++) {
            winners[c].score[k] = check->scores[(size_t)c * check->manifest->score_bits + k];
            status =
                prove_match_find(check->match, &winners[c].score[k], rank_scores(check), NULL, err);
        }
        for (unsigned k = 0; k < check->manifest->class_bits; k++)
            winners[c].index[k] = c >> k & 1 ? PROVE_TRUE : PROVE_FALSE;
    }
    for (uint32_t step = 1; step < count && status == ERR_OK; step *= 2, rank += 2) {
        for (uint32_t c = 0; c + step < count && status == ERR_OK; c += 2 * step)
            status = play(check, &winners[c], &winners[c + step], rank, err);
    }
    return status;
}

static size_t wrong_class(const struct prove_check *check, uint32_t *got)
{
    const struct prove_patterns *p = check->patterns;

    for (size_t i = 0; i < p->count; i++) {
        *got = 0;
        for (unsigned k = 0; k < check->manifest->class_bits; k++)
            *got |= (uint32_t)prove_graph_value(check->graph, check->classes[k], i) << k;
        if (*got != p->classes[i]) return i;
    }
    return p->count;
}

static enum err_status check_class_bit(struct prove_check *check, unsigned bit, uint32_t own,
                                       bool *proved, struct err *err)
{
    struct prove_obligation o = {.method = "pair by pair", .outcome = PROVE_PROVED};
    double start = prove_check_now();
    enum prove_verdict verdict = PROVE_EQUAL;
    char detail[200] = "";
    uint32_t got = 0;
    size_t pattern;
    enum err_status status =
        prove_match_check(check->match, check->classes[bit], own, &verdict, err);

    snprintf(o.name, sizeof o.name, "class bit %u", bit);
    if (status == ERR_OK && verdict != PROVE_EQUAL) {
        pattern = wrong_class(check, &got);
        o.method = "decision diagram";
        o.outcome = verdict == PROVE_UNDECIDED ? PROVE_OPEN : PROVE_FAILED;
        snprintf(detail, sizeof detail, "not the lowest class of the greatest score, for some %s",
                 verdict == PROVE_DIFFERENT ? "codes" : "scores");
        if (pattern < check->patterns->count) {
            o.method = "simulation";
            o.outcome = PROVE_FAILED;
            snprintf(detail, sizeof detail, "expected class %u, got %u for some codes",
                     check->patterns->classes[pattern], got);
            status = prove_check_keep_pattern(check, pattern, err);
        } else if (verdict == PROVE_DIFFERENT) {
            status = prove_check_keep_point(check, err);
        }
    } else if (check->classes[bit] != own) {
        o.method = "decision diagram";
    }
    *proved = *proved && o.outcome == PROVE_PROVED;
    o.seconds = prove_check_now() - start;
    return status == ERR_OK ? add(check, &o, "argmax", detail, err) : status;
}

static enum err_status check_argmax(struct prove_check *check, bool *proved, struct err *err)
{
    struct winner *winners = malloc(check->reference->num_classes * sizeof *winners);
    enum err_status status = ERR_OK;

    if (winners == NULL) return err_nomem(err, "a proof");
    *proved = true;
    if (check->manifest->scores)
        status = prove_match_scores(check->match, check->scores, check->reference->num_classes,
                                    check->manifest->score_bits, rank_scores(check), err);
    if (status == ERR_OK) status = own_argmax(check, winners, err);
    for (unsigned k = 0; k < check->manifest->class_bits && status == ERR_OK; k++)
        status = check_class_bit(check, k, winners[0].index[k], proved, err);
    prove_match_floor(check->match, 0);
    free(winners);
    return status;
}

/* ---- encoder bits and LUTs ---- */

/* Whether all that a LUT reads is sure: then a difference begins here. */
static bool begins_here(const struct prove_check *check, size_t level, uint32_t i)
{
    const struct prove_layer *layer;
    const struct prove_signals *below;

    if (level == 0) return true;
    layer = &check->reference->layers[level - 1];
    below = &check->model->levels[level - 1];
    for (unsigned k = 0; k < layer->inputs; k++) {
        uint32_t wire = layer->wires[(size_t)i * layer->inputs + k];

        if (wire < below->count && !prove_model_is_sure(below, wire)) return false;
    }
    return true;
}

static enum err_status report_signal(struct prove_check *check, size_t level, uint32_t i,
                                     unsigned *located, struct err *err)
{
    const struct prove_signals *signals = &check->model->levels[level];
    struct prove_obligation o = {.method = method_name((enum prove_method)signals->method[i]),
                                 .outcome = PROVE_PROVED,
                                 .seconds = (double)signals->seconds[i]};
    char detail[400] = "", part[32] = "encoder";
    enum err_status status = ERR_OK;
    bool different = false;

    if (level > 0) snprintf(part, sizeof part, "layer%zu", level - 1);
    snprintf(o.name, sizeof o.name, "%s %u", level == 0 ? "bit" : "LUT", i);
    if (!prove_model_is_sure(signals, i)) {
        o.method = "search";
        o.outcome = PROVE_OPEN;
        snprintf(detail, sizeof detail, "nothing in the hardware was found equal to it");
        if (*located < MAX_LOCATED && begins_here(check, level, i)) {
            ++*located;
            status = prove_check_locate(check, level, i, detail, sizeof detail, &different, err);
        }
        if (different) o.outcome = PROVE_FAILED;
    }
    return status == ERR_OK ? add(check, &o, part, detail, err) : status;
}

static enum err_status report_signals(struct prove_check *check, struct err *err)
{
    enum err_status status = ERR_OK;
    unsigned located = 0;

    for (size_t l = check->core ? 1 : 0; l < check->model->num_levels; l++) {
        for (uint32_t i = 0; i < check->model->levels[l].count && status == ERR_OK; i++) {
            if (check->model->levels[l].needed[i])
                status = report_signal(check, l, i, &located, err);
        }
    }
    return status;
}

enum err_status prove_check_functions(struct prove_check *check, struct err *err)
{
    uint32_t num_classes = check->reference->num_classes;
    bool argmax = false;
    enum err_status status = prove_match_create(&check->match, check->graph, err);

    if (status == ERR_OK) status = prove_model_find(check->model, check->match, err);
    if (check->manifest->scores) {
        for (uint32_t c = 0; c < num_classes && status == ERR_OK; c++)
            status = check_sum(check, c, err);
    } else if (status == ERR_OK) {
        status = own_sums(check, err);
    }
    if (status == ERR_OK) status = check_argmax(check, &argmax, err);
    for (uint32_t c = 0; c < num_classes && !check->manifest->scores; c++)
        check->class_proved[c] = argmax;
    if (status == ERR_OK) {
        prove_model_cover(check->model, check->class_proved);
        status = report_signals(check, err);
    }
    return status == ERR_OK ? prove_graph_status(check->graph, err) : status;
}
