/* A target with faults of its own, which shows that the limits are kept: by the input's first byte it
 *   'm'  holds more heap than allowed, in two pieces      'M'  just as much as allowed
 *   'r'  holds too much for a moment, in realloc()        'c'  frees each piece before the next: allowed
 *   'l'  holds too much, half of it in a library
 *   't'  takes more than a second                         'T'  a tenth of one
 *   'a'  aborts */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void spin(double seconds)
{
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);

    while (clock() < end)
        ;
}

/* Not to be optimised away. */
static void *volatile kept[2];

static void hold(size_t first, size_t second)
{
    kept[0] = malloc(first);
    kept[1] = malloc(second);
    free(kept[0]);
    free(kept[1]);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    size_t most = FUZZ_BYTES_PER_BYTE * size + FUZZ_SPARE_BYTES;

    switch (size > 0 ? data[0] : 0) {
    case 'm':
        hold(most / 2, most / 2 + 65536);
        break;
    case 'M':
        hold(most / 2, most / 2 - 65536);
        break;
    case 'r':
        kept[0] = malloc(most / 2 + 65536);
        kept[0] = realloc(kept[0], most - 65536);
        free(kept[0]);
        break;
    case 'l':
        kept[0] = calloc(most / 2 + 65536, 1);
        if (kept[0] == NULL) break;
        memset(kept[0], 'x', most / 2 + 65535);
        kept[1] = strdup(kept[0]);
        free(kept[0]);
        free(kept[1]);
        break;
    case 'c':
        for (int i = 0; i < 4; i++)
            hold(most / 4, most / 4);
        break;
    case 't':
        spin(1.1 * FUZZ_MOST_SECONDS);
        break;
    case 'T':
        spin(0.1 * FUZZ_MOST_SECONDS);
        break;
    case 'a':
        abort();
    default:
        break;
    }
}
