/* Waveforms in VCD text (IEEE 1364-2005, section 18), as Icarus and Verilator write them: which nets there
 * are, and what each was at a time. */
#ifndef DIFFLUT_FLOW_VCD_H
#define DIFFLUT_FLOW_VCD_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct vcd;

/* Keeps `text`, which stays the caller's. The text is hostile: ERR_TOOL when it is no VCD. */
enum err_status vcd_parse(struct vcd **out, const char *text, size_t size, struct err *err);
void vcd_free(struct vcd *vcd);

/* Nets in the order they are declared. A path is the scopes and the name, joined by dots, without a range:
 * "TOP.bench_top.u_full.bits". Nets that are one and the same have one entry for each name. */
size_t vcd_count(const struct vcd *vcd);
const char *vcd_path(const struct vcd *vcd, size_t net);
size_t vcd_width(const struct vcd *vcd, size_t net);

/* Makes the values those at the end of `time`. Going forward is cheap, going back starts over. */
enum err_status vcd_seek(struct vcd *vcd, uint64_t time, struct err *err);
/* Bit `bit` (0 the lowest) of a net: '0', '1', 'x' or 'z'; 'x' before the first value. */
char vcd_bit(const struct vcd *vcd, size_t net, size_t bit);

#endif
