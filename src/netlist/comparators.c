#include "comparators.h"

#include <stdbool.h>
#include <stdlib.h>

/* Most constants that one chain serves: 4 select bits tell 16 apart, and a bit of each LUT is left. */
enum { MAX_SHARED = 16, MAX_SELECT = 4 };

unsigned comparators_plain_luts(uint32_t toggle, unsigned code_bits)
{
    unsigned relevant = code_bits; /* zeros at the end of the toggle leave those code bits unread */

    for (uint32_t t = toggle; relevant > 1 && (t & 1) == 0; t >>= 1)
        relevant--;
    if (relevant == 1) return 0; /* the top bit itself */
    return relevant <= 6 ? 1 : 1 + (relevant - 6 + 4) / 5;
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

/* The smallest set of top bits that tells the toggles apart, or 0 when four do not (one toggle alone
 * is never shared, so 0 is no answer otherwise). */
static unsigned find_select(const uint32_t *toggles, size_t count, unsigned low_bits)
{
    for (unsigned size = 1; size <= MAX_SELECT; size++) {
        if (count > (size_t)1 << size) continue;
        for (unsigned mask = 1; mask < 1u << COMPARATORS_TOP_BITS; mask++) {
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
static unsigned chain_luts(unsigned width, unsigned num_select)
{
    unsigned first = 6 - num_select, rest = 5 - num_select;

    return width <= first ? 1 : 1 + (width - first + rest - 1) / rest;
}

/* LUTs of toggles[0 .. count) as one shared group, or UINT32_MAX when they cannot be one. */
static uint32_t shared_luts(const uint32_t *toggles, size_t count, unsigned low_bits)
{
    unsigned select = find_select(toggles, count, low_bits);

    if (select == 0) return UINT32_MAX;
    return (uint32_t)count +
           chain_luts(low_bits - first_relevant(toggles, count), popcount8(select));
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
                        unsigned low_bits)
{
    unsigned select = find_select(toggles, count, low_bits);
    unsigned bit = first_relevant(toggles, count);

    *chain = (struct comparators_chain){0};
    for (unsigned k = 0; k < COMPARATORS_TOP_BITS; k++) {
        if (select >> k & 1) chain->select_bits[chain->num_select++] = (uint8_t)(low_bits + k);
    }
    while (bit < low_bits) {
        struct comparators_step *step = &chain->steps[chain->num_steps];
        unsigned room = 6u - chain->num_select - (chain->num_steps > 0);

        step->first_bit = (uint8_t)bit;
        step->num_bits = (uint8_t)(low_bits - bit < room ? low_bits - bit : room);
        step->table = step_table(chain, chain->num_steps, toggles, count);
        bit += step->num_bits;
        chain->num_steps++;
    }
}

/* The cheapest way to cut the hard comparisons toggles[0 .. count) into plain ones and shared groups of
 * neighbours: best[i] is the cost of the first i, taken[i] the size of the last group among them. */
static void cut(const uint32_t *toggles, size_t count, unsigned code_bits, uint32_t *best,
                uint32_t *taken)
{
    best[0] = 0;
    for (size_t i = 1; i <= count; i++) {
        best[i] = best[i - 1] + comparators_plain_luts(toggles[i - 1], code_bits);
        taken[i] = 1;
        for (uint32_t size = 2; size <= MAX_SHARED && size <= i; size++) {
            uint32_t luts = shared_luts(toggles + i - size, size, code_bits - COMPARATORS_TOP_BITS);

            if (luts == UINT32_MAX) break; /* more of them cannot be told apart either */
            if (best[i - size] + luts >= best[i]) continue;
            best[i] = best[i - size] + luts;
            taken[i] = size;
        }
    }
}

/* `hard` lists the items that take more than one LUT alone; toggles[i] is theirs. */
static enum err_status share(struct comparators *plan, const uint32_t *hard,
                             const uint32_t *toggles, size_t count, struct err *err)
{
    uint32_t *best = malloc((count + 1) * sizeof *best);
    uint32_t *taken = malloc((count + 1) * sizeof *taken);

    plan->chains = malloc((count / 2 + 1) * sizeof *plan->chains);
    if (best == NULL || taken == NULL || plan->chains == NULL) {
        free(best);
        free(taken);
        return err_nomem(err, "comparators");
    }
    cut(toggles, count, plan->code_bits, best, taken);
    plan->luts += best[count];
    for (size_t end = count; end > 0; end -= taken[end]) {
        size_t start = end - taken[end];

        if (taken[end] == 1) continue;
        build_chain(&plan->chains[plan->num_chains], toggles + start, end - start,
                    plan->code_bits - COMPARATORS_TOP_BITS);
        for (size_t i = start; i < end; i++)
            plan->items[hard[i]].chain = (uint32_t)plan->num_chains;
        plan->num_chains++;
    }
    free(best);
    free(taken);
    return ERR_OK;
}

enum err_status comparators_create(struct comparators **out, const uint32_t *toggles, size_t count,
                                   unsigned code_bits, struct err *err)
{
    struct comparators *plan = calloc(1, sizeof *plan);
    uint32_t *hard = malloc((2 * count + 1) * sizeof *hard);
    size_t num_hard = 0;
    enum err_status status = ERR_OK;

    if (plan != NULL) plan->items = malloc((count + 1) * sizeof *plan->items);
    if (plan == NULL || hard == NULL || plan->items == NULL) {
        status = err_nomem(err, "comparators");
    } else {
        plan->code_bits = code_bits;
        plan->count = count;
        for (size_t i = 0; i < count; i++) {
            unsigned luts = comparators_plain_luts(toggles[i], code_bits);

            plan->items[i] = (struct comparator){toggles[i], COMPARATORS_PLAIN};
            if (luts <= 1) {
                plan->luts += luts;
            } else {
                hard[num_hard] = (uint32_t)i;
                hard[count + num_hard++] = toggles[i];
            }
        }
        status = share(plan, hard, hard + count, num_hard, err);
    }
    free(hard);
    if (status == ERR_OK) {
        *out = plan;
    } else {
        comparators_free(plan);
    }
    return status;
}

void comparators_free(struct comparators *plan)
{
    if (plan == NULL) return;
    free(plan->items);
    free(plan->chains);
    free(plan);
}
