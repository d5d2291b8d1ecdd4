#include "encoder_snap.h"

#include <math.h>
#include <stdbool.h>

/* The least code above a threshold; 0 or 2^code_bits when that is every code or none. */
static uint32_t toggle_of(float threshold, uint32_t codes)
{
    if (!(threshold >= 0.0F)) return 0; /* a NaN is never exceeded, and is left alone like these */
    return threshold >= (float)(codes - 1) ? codes : (uint32_t)floorf(threshold) + 1;
}

static unsigned zeros(uint32_t toggle)
{
    return (unsigned)__builtin_ctz(toggle);
}

/* A place that a threshold may move to. */
struct place {
    uint32_t toggle;
    size_t between; /* training values between it and the first place */
};

static bool is_better(const struct place *a, const struct place *b)
{
    if (zeros(a->toggle) != zeros(b->toggle)) return zeros(a->toggle) > zeros(b->toggle);
    return a->between < b->between; /* walks go outwards: of equals the first met is nearer */
}

/* Walks from `best` to `limit` (which is allowed) as far as `most` values allow. */
static void walk(struct place *best, uint32_t from, uint32_t limit, const size_t *counts,
                 size_t most)
{
    struct place at = {from, 0};

    while (at.toggle != limit) {
        if (limit > at.toggle) {
            at.between += counts[at.toggle++];
        } else {
            at.between += counts[--at.toggle];
        }
        if (at.between > most) return;
        if (is_better(&at, best)) *best = at;
    }
}

void encoder_snap_row(float *thresholds, size_t bits, const size_t *counts, unsigned code_bits,
                      long percent)
{
    uint32_t codes = (uint32_t)1 << code_bits, last_from = 0, last_to = 0;
    size_t total = 0, most;

    for (uint32_t code = 0; code < codes; code++)
        total += counts[code];
    most = total / 100 * (size_t)percent + total % 100 * (size_t)percent / 100;
    for (size_t i = 0; i < bits; i++) {
        uint32_t from = toggle_of(thresholds[i], codes), next = codes;
        struct place best = {from, 0};

        if (from == 0 || from == codes) continue;
        if (from == last_from) { /* the same threshold again */
            thresholds[i] = (float)(last_to - 1);
            continue;
        }
        for (size_t j = i + 1; j < bits && next == codes; j++) {
            if (toggle_of(thresholds[j], codes) > from) next = toggle_of(thresholds[j], codes);
        }
        if (best.toggle > last_to) walk(&best, from, last_to + 1, counts, most);
        walk(&best, from, next - 1, counts, most);
        last_from = from;
        last_to = best.toggle;
        thresholds[i] = (float)(best.toggle - 1);
    }
}
