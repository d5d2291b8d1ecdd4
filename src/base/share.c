#include "share.h"

static size_t part_begin(const struct share *share, size_t part)
{
    return share->count * part / share->parts;
}

void share_start(struct share *share, size_t count, size_t chunk, int threads)
{
    share->count = count;
    share->chunk = chunk;
    share->parts = threads < 1 ? 1 : threads < SHARE_PARTS ? (size_t)threads : SHARE_PARTS;
    for (size_t p = 0; p < share->parts; p++)
        share->part[p].next = part_begin(share, p);
}

bool share_take(struct share *share, int thread, size_t *first, size_t *end)
{
    for (size_t k = 0; k < share->parts; k++) {
        size_t p = ((size_t)thread + k) % share->parts, last = part_begin(share, p + 1);
        size_t at = __atomic_load_n(&share->part[p].next, __ATOMIC_RELAXED);

        if (at < last)
            at = __atomic_fetch_add(&share->part[p].next, share->chunk, __ATOMIC_RELAXED);
        if (at >= last) continue;
        *first = at;
        *end = last - at < share->chunk ? last : at + share->chunk;
        return true;
    }
    return false;
}
