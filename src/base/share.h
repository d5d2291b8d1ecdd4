/* Work items shared by the threads of a team.
 *
 * Every thread begins with a part of its own, which is the same one each time, so that what belongs to
 * its items stays in its core's cache from step to step; when that is done it takes from the others'
 * parts, so that no thread waits for a slower one. Who does what never changes a result. */
#ifndef DIFFLUT_BASE_SHARE_H
#define DIFFLUT_BASE_SHARE_H

#include <stdbool.h>
#include <stddef.h>

enum { SHARE_PARTS = 64 };

struct share {
    size_t count, chunk, parts;
    struct {
        size_t next; /* first item of the part that nobody has taken */
        char apart[64 - sizeof(size_t)];
    } part[SHARE_PARTS];
};

/* Before the team begins: `count` items, handed out `chunk` at a time. */
void share_start(struct share *share, size_t count, size_t chunk, int threads);

/* Items [*first, *end) for this thread (0, 1, ...) of the team; false when none are left. */
bool share_take(struct share *share, int thread, size_t *first, size_t *end);

#endif
