#include "comparators.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
    /* Most constants that one chain of LUT6 serves: 4 select bits, and a bit of each LUT is left. */
    MAX_SHARED = 16,
    /* Interleaved groups that are tried beyond the fewest. */
    MAX_EXTRA_GROUPS = 8,
};

/* LUTs count first; of equally many those with fewer inputs, for two LUTs of 5 common inputs fit a
 * dual-output LUT, and small ones are cheaper where a LUT has 4 inputs. */
static uint64_t cost_of(uint64_t luts, uint64_t inputs)
{
    return luts << 32 | inputs;
}

/* Zeros at the end of the toggle leave those code bits unread. */
static unsigned plain_inputs(uint32_t toggle, unsigned code_bits)
{
    unsigned relevant = code_bits;

    for (uint32_t t = toggle; relevant > 1 && (t & 1) == 0; t >>= 1)
        relevant--;
    return relevant;
}

unsigned comparators_plain_luts(uint32_t toggle, unsigned code_bits, unsigned lut_inputs)
{
    unsigned relevant = plain_inputs(toggle, code_bits), more = lut_inputs - 1;

    if (relevant == 1) return 0; /* the top bit itself */
    return relevant <= lut_inputs ? 1 : 1 + (relevant - lut_inputs + more - 1) / more;
}

static uint64_t plain_cost(uint32_t toggle, unsigned code_bits, unsigned lut_inputs)
{
    unsigned luts = comparators_plain_luts(toggle, code_bits, lut_inputs);

    return cost_of(luts, plain_inputs(toggle, code_bits) + luts - 1);
}

static unsigned popcount8(unsigned mask)
{
    return (unsigned)__builtin_popcount(mask);
}

/* Whether the masked top bits differ for every two toggles. */
static bool separates(unsigned mask, const uint32_t *toggles, size_t count, unsigned low_bits)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t bit = (uint32_t)1 << (toggles[i] >> low_bits & mask);

        if (seen & bit) return false;
        seen |= bit;
    }
    return true;
}

/* The smallest set of the `top` top bits that tells the toggles apart, or 0 when `most` of them do not
 * (one toggle alone is never shared, so 0 is no answer otherwise). */
static unsigned find_select(const uint32_t *toggles, size_t count, unsigned top, unsigned low_bits,
                            unsigned most)
{
    if (!separates((1u << top) - 1, toggles, count, low_bits)) return 0;
    for (unsigned size = 1; size <= most; size++) {
        if (count > (size_t)1 << size) continue;
        for (unsigned mask = 1; mask < 1u << top; mask++) {
            if (popcount8(mask) == size && separates(mask, toggles, count, low_bits)) return mask;
        }
    }
    return 0;
}

/* Lowest code bit that matters to any of the toggles. */
static unsigned first_relevant(const uint32_t *toggles, size_t count)
{
    uint32_t any = 0;
    unsigned bit = 0;

    for (size_t i = 0; i < count; i++)
        any |= toggles[i];
    while ((any >> bit & 1) == 0)
        bit++;
    return bit;
}

/* LUTs of a chain over `width` low bits. */
static unsigned chain_luts(unsigned width, unsigned num_select, unsigned lut_inputs)
{
    unsigned first = lut_inputs - num_select, rest = first - 1;

    return width <= first ? 1 : 1 + (width - first + rest - 1) / rest;
}

/* How toggles[0 .. count) are one shared group: the top bits that the last LUTs read, and which of
 * those select. */
struct shared {
    uint64_t cost; /* UINT64_MAX: they cannot be one */
    unsigned top, select;
};

static struct shared find_shared(const uint32_t *toggles, size_t count, unsigned code_bits,
                                 unsigned lut_inputs)
{
    struct shared best = {.cost = UINT64_MAX};
    unsigned first = first_relevant(toggles, count);

    for (unsigned top = lut_inputs - 1; top > 0; top--) {
        unsigned low = code_bits > top ? code_bits - top : 0, select, luts;
        uint64_t cost;

        if (first >= low) continue; /* nothing to share */
        select = find_select(toggles, count, top, low, lut_inputs - 2);
        if (select == 0) break; /* fewer top bits do not tell them apart either */
        luts = chain_luts(low - first, popcount8(select), lut_inputs);
        cost = cost_of(count + luts,
                       count * (top + 1) + (low - first) + luts - 1 + luts * popcount8(select));
        if (cost < best.cost) best = (struct shared){cost, top, select};
    }
    return best;
}

/* Table of one LUT of a chain: are the low bits, up to this step, at or above those of the toggle that
 * the select bits name? Select values that no toggle has cannot matter and give 0. */
static uint64_t step_table(const struct comparators_chain *chain, unsigned step,
                           const uint32_t *toggles, size_t count)
{
    const struct comparators_step *s = &chain->steps[step];
    unsigned below = step > 0; /* inputs before the code bits */
    unsigned inputs = below + s->num_bits + chain->num_select;
    uint64_t table = 0;

    for (unsigned a = 0; a < 1u << inputs; a++) {
        unsigned bits = a >> below & ((1u << s->num_bits) - 1);
        unsigned select = a >> (below + s->num_bits);

        for (size_t i = 0; i < count; i++) {
            unsigned own = toggles[i] >> s->first_bit & ((1u << s->num_bits) - 1), name = 0;
            bool equal_counts = below ? (a & 1) != 0 : true;

            for (unsigned k = 0; k < chain->num_select; k++)
                name |= (toggles[i] >> chain->select_bits[k] & 1) << k;
            if (name == select && (bits > own || (bits == own && equal_counts)))
                table |= (uint64_t)1 << a;
        }
    }
    return table;
}

static void build_chain(struct comparators_chain *chain, const uint32_t *toggles, size_t count,
                        unsigned code_bits, unsigned lut_inputs)
{
    struct shared shared = find_shared(toggles, count, code_bits, lut_inputs);
    unsigned bit = first_relevant(toggles, count), low = code_bits - shared.top;

    *chain = (struct comparators_chain){.top_bits = (uint8_t)shared.top};
    for (unsigned k = 0; k < shared.top; k++) {
        if (shared.select >> k & 1) chain->select_bits[chain->num_select++] = (uint8_t)(low + k);
    }
    while (bit < low) {
        struct comparators_step *step = &chain->steps[chain->num_steps];
        unsigned room = lut_inputs - chain->num_select - (chain->num_steps > 0);

        step->first_bit = (uint8_t)bit;
        step->num_bits = (uint8_t)(low - bit < room ? low - bit : room);
        step->table = step_table(chain, chain->num_steps, toggles, count);
        bit += step->num_bits;
        chain->num_steps++;
    }
}

/* --- which comparisons share --- */

/* A group: every stride-th comparison from the first. */
struct run {
    size_t first, stride, size;
};

/* The comparisons that may share, toggles [count]. */
struct sharing {
    const uint32_t *toggles;
    size_t count;
    unsigned code_bits, lut_inputs;
    uint64_t *best;   /* [count + 1] cost of the first so many, cut into groups of neighbours */
    uint32_t *taken;  /* [count + 1] size of the last group among those */
    struct run *runs; /* [count] the groups of two or more */
    size_t num_runs;
};

static size_t pick(const struct sharing *s, const struct run *run, uint32_t picked[MAX_SHARED])
{
    for (size_t i = 0; i < run->size; i++)
        picked[i] = s->toggles[run->first + i * run->stride];
    return run->size;
}

/* The cheapest way to cut the comparisons into plain ones and groups of neighbours. */
static void cut(struct sharing *s)
{
    s->best[0] = 0;
    for (size_t i = 1; i <= s->count; i++) {
        s->best[i] = s->best[i - 1] + plain_cost(s->toggles[i - 1], s->code_bits, s->lut_inputs);
        s->taken[i] = 1;
        for (uint32_t size = 2; size <= MAX_SHARED && size <= i; size++) {
            uint64_t cost =
                find_shared(s->toggles + i - size, size, s->code_bits, s->lut_inputs).cost;

            if (cost == UINT64_MAX) break; /* more of them cannot be told apart either */
            if (s->best[i - size] + cost >= s->best[i]) continue;
            s->best[i] = s->best[i - size] + cost;
            s->taken[i] = size;
        }
    }
    s->num_runs = 0;
    for (size_t end = s->count; end > 0; end -= s->taken[end]) {
        if (s->taken[end] > 1)
            s->runs[s->num_runs++] = (struct run){end - s->taken[end], 1, s->taken[end]};
    }
}

/* Cost of every stride-th comparison in one group, UINT64_MAX when one of the groups cannot be. */
static uint64_t interleave(struct sharing *s, size_t stride, struct run *runs)
{
    uint64_t sum = 0;

    for (size_t g = 0; g < stride; g++) {
        uint32_t picked[MAX_SHARED];
        uint64_t cost;

        runs[g] = (struct run){g, stride, (s->count - g + stride - 1) / stride};
        if (runs[g].size > MAX_SHARED) return UINT64_MAX;
        cost = find_shared(picked, pick(s, &runs[g], picked), s->code_bits, s->lut_inputs).cost;
        if (cost == UINT64_MAX) return UINT64_MAX;
        sum += cost;
    }
    return sum;
}

/* Neighbours among many thresholds have the same top bits; every fourth one, say, differs in them. */
static uint64_t choose(struct sharing *s)
{
    size_t fewest = (s->count + MAX_SHARED - 1) / MAX_SHARED, chosen = 0;
    uint64_t best;

    cut(s);
    best = s->best[s->count];
    for (size_t n = fewest > 2 ? fewest : 2; n <= s->count / 2 && n <= fewest + MAX_EXTRA_GROUPS;
         n++) {
        uint64_t cost = interleave(s, n, s->runs + s->num_runs);

        if (cost >= best) continue;
        best = cost;
        chosen = n;
    }
    if (chosen > 0) interleave(s, chosen, s->runs);
    if (chosen > 0) s->num_runs = chosen;
    return best;
}

/* items[i] is the number in the plan of comparison i. */
static enum err_status build_chains(struct comparators *plan, const struct sharing *s,
                                    const uint32_t *items, struct err *err)
{
    plan->chains = malloc((s->num_runs + 1) * sizeof *plan->chains);
    if (plan->chains == NULL) return err_nomem(err, "comparators");
    for (; plan->num_chains < s->num_runs; plan->num_chains++) {
        const struct run *run = &s->runs[plan->num_chains];
        uint32_t picked[MAX_SHARED];

        build_chain(&plan->chains[plan->num_chains], picked, pick(s, run, picked), s->code_bits,
                    s->lut_inputs);
        for (size_t i = 0; i < run->size; i++)
            plan->items[items[run->first + i * run->stride]].chain = (uint32_t)plan->num_chains;
    }
    return ERR_OK;
}

/* items[i] is the number of comparison i, toggles[i] its toggle. */
static enum err_status share(struct comparators *plan, const uint32_t *items,
                             const uint32_t *toggles, size_t count, unsigned lut_inputs,
                             uint64_t *cost, struct err *err)
{
    struct sharing s = {
        .toggles = toggles,
        .count = count,
        .code_bits = plan->code_bits,
        .lut_inputs = lut_inputs,
        .best = malloc((count + 1) * sizeof *s.best),
        .taken = malloc((count + 1) * sizeof *s.taken),
        .runs = malloc((2 * count + 1) * sizeof *s.runs),
    };
    enum err_status status = ERR_OK;

    if (s.best == NULL || s.taken == NULL || s.runs == NULL) {
        status = err_nomem(err, "comparators");
    } else {
        *cost += choose(&s);
        status = build_chains(plan, &s, items, err);
    }
    free(s.best);
    free(s.taken);
    free(s.runs);
    return status;
}

/* Divides the comparisons into those that stay alone, of at most `alone` code bits, and the others;
 * hard[0 .. n) are the numbers of those, hard[count ..) their toggles. */
static size_t divide(struct comparators *plan, const uint32_t *toggles, unsigned lut_inputs,
                     unsigned alone, uint32_t *hard, uint64_t *cost)
{
    size_t num_hard = 0;

    for (size_t i = 0; i < plan->count; i++) {
        plan->items[i] = (struct comparator){toggles[i], COMPARATORS_PLAIN};
        if (plain_inputs(toggles[i], plan->code_bits) <= alone) {
            *cost += plain_cost(toggles[i], plan->code_bits, lut_inputs);
        } else {
            hard[num_hard] = (uint32_t)i;
            hard[plan->count + num_hard++] = toggles[i];
        }
    }
    return num_hard;
}

static enum err_status plan_create(struct comparators **out, const uint32_t *toggles, size_t count,
                                   unsigned code_bits, unsigned lut_inputs, unsigned alone,
                                   uint64_t *cost, struct err *err)
{
    struct comparators *plan = calloc(1, sizeof *plan);
    uint32_t *hard = malloc((2 * count + 1) * sizeof *hard);
    enum err_status status = ERR_OK;

    *cost = 0;
    if (plan != NULL) plan->items = malloc((count + 1) * sizeof *plan->items);
    if (plan == NULL || hard == NULL || plan->items == NULL) {
        status = err_nomem(err, "comparators");
    } else {
        size_t num_hard;

        plan->code_bits = code_bits;
        plan->count = count;
        num_hard = divide(plan, toggles, lut_inputs, alone, hard, cost);
        status = share(plan, hard, hard + count, num_hard, lut_inputs, cost, err);
        plan->luts = *cost >> 32;
    }
    free(hard);
    if (status == ERR_OK) {
        *out = plan;
    } else {
        comparators_free(plan);
    }
    return status;
}

/* A comparison that is one whole LUT may be better off in a chain, or in the way of the others. */
enum err_status comparators_create(struct comparators **out, const uint32_t *toggles, size_t count,
                                   unsigned code_bits, unsigned lut_inputs, struct err *err)
{
    struct comparators *plans[2] = {NULL, NULL};
    uint64_t costs[2] = {0, 0};
    enum err_status status = ERR_OK;
    int best;

    for (unsigned i = 0; i < 2 && status == ERR_OK; i++)
        status = plan_create(&plans[i], toggles, count, code_bits, lut_inputs, lut_inputs - i,
                             &costs[i], err);
    if (status != ERR_OK) {
        comparators_free(plans[0]);
        return status;
    }
    best = costs[1] < costs[0];
    *out = plans[best];
    comparators_free(plans[!best]);
    return ERR_OK;
}

void comparators_free(struct comparators *plan)
{
    if (plan == NULL) return;
    free(plan->items);
    free(plan->chains);
    free(plan);
}
