#include "partial.h"

#include <string.h>

enum { EXHAUSTIVE_INPUTS = 6 };

unsigned partial_project(unsigned address, unsigned kept, unsigned inputs)
{
    unsigned rest = 0, at = 0;

    for (unsigned k = 0; k < inputs; k++) {
        if (kept >> k & 1) rest |= (address >> k & 1) << at++;
    }
    return rest;
}

bool partial_sort(const struct partial *p, unsigned kept, uint64_t *ones, uint64_t *zeros)
{
    unsigned entries = 1u << __builtin_popcount(kept), words = (entries + 63) / 64;

    memset(ones, 0, words * sizeof *ones);
    memset(zeros, 0, words * sizeof *zeros);
    for (unsigned a = 0; a < 1u << p->inputs; a++) {
        unsigned rest;
        uint64_t bit;

        if (!(p->asked[a / 64] >> a % 64 & 1)) continue;
        rest = partial_project(a, kept, p->inputs);
        bit = (uint64_t)1 << rest % 64;
        if (p->table[a / 64] >> a % 64 & 1) {
            ones[rest / 64] |= bit;
        } else {
            zeros[rest / 64] |= bit;
        }
        if (ones[rest / 64] & zeros[rest / 64] & bit) return false;
    }
    return true;
}

static uint64_t worth_of(const uint64_t *worth, unsigned kept, unsigned inputs)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < inputs; k++)
        sum += kept >> k & 1 ? worth[k] : 0;
    return sum;
}

static unsigned choose_of_all(const struct partial *p, const uint64_t *worth)
{
    unsigned best = (1u << p->inputs) - 1, best_count = p->inputs;
    uint64_t best_worth = worth_of(worth, best, p->inputs), ones, zeros;

    for (unsigned kept = 0; kept < (1u << p->inputs) - 1; kept++) {
        unsigned count = (unsigned)__builtin_popcount(kept);
        uint64_t sum = worth_of(worth, kept, p->inputs);

        if (count > best_count || (count == best_count && sum <= best_worth)) continue;
        if (!partial_sort(p, kept, &ones, &zeros)) continue;
        best = kept;
        best_count = count;
        best_worth = sum;
    }
    return best;
}

/* Inputs that cannot be left out now cannot be later either: one round in order of worth is enough. */
static unsigned leave_out(const struct partial *p, const uint64_t *worth)
{
    uint64_t ones[PARTIAL_MAX_WORDS], zeros[PARTIAL_MAX_WORDS];
    unsigned kept = (1u << p->inputs) - 1, tried = 0;

    for (unsigned round = 0; round < p->inputs; round++) {
        unsigned least = p->inputs;

        for (unsigned k = 0; k < p->inputs; k++) {
            if (!(tried >> k & 1) && (least == p->inputs || worth[k] < worth[least])) least = k;
        }
        tried |= 1u << least;
        if (partial_sort(p, kept & ~(1u << least), ones, zeros)) kept &= ~(1u << least);
    }
    return kept;
}

unsigned partial_choose(const struct partial *p, const uint64_t *worth)
{
    return p->inputs <= EXHAUSTIVE_INPUTS ? choose_of_all(p, worth) : leave_out(p, worth);
}
