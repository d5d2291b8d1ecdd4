/* Waveforms: every net at the end, at an early time, and at the end again, where each is what it was. */
#include "fuzz.h"

#include "flow/vcd.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BITS = 64 }; /* of a net, at each end */

/* A number made of all bits that are looked at. */
static uint64_t look(const struct vcd *vcd)
{
    uint64_t sum = 0;

    for (size_t net = 0; net < vcd_count(vcd); net++) {
        size_t width = vcd_width(vcd, net);

        if (width == 0 || strlen(vcd_path(vcd, net)) == 0) abort();
        for (size_t bit = 0; bit < width; bit++) {
            char value = vcd_bit(vcd, net, bit);

            if (value == '\0' || strchr("01xz", value) == NULL) abort();
            sum = sum * 31 + (uint64_t)value;
            if (bit == MOST_BITS && width > 2 * MOST_BITS) bit = width - MOST_BITS;
        }
    }
    return sum;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct vcd *vcd = NULL;
    struct err err;
    uint64_t last;

    if (vcd_parse(&vcd, (const char *)data, size, &err) != ERR_OK) return;
    look(vcd);
    if (vcd_seek(vcd, UINT64_MAX, &err) == ERR_OK) {
        last = look(vcd);
        if (vcd_seek(vcd, 2, &err) != ERR_OK) abort(); /* what is before the end is right too */
        look(vcd);
        if (vcd_seek(vcd, UINT64_MAX, &err) != ERR_OK || look(vcd) != last) abort();
    }
    vcd_free(vcd);
}
