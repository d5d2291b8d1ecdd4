/* Does a planted fault change anything at all? Asked of faults that were proved all the same, and answered by
 * enumeration, which shares nothing with the proof but the network that it simulates. */
#ifndef DIFFLUT_FLOW_PROVE_SILENT_H
#define DIFFLUT_FLOW_PROVE_SILENT_H

#include "flow/prove_plant.h"

/* *silent: shown to change nothing. Of a table: both versions are the same for all values of a cut of at most
 * PROVE_MAX_CUT wires below it, or for all combinations of codes below it; or this holds of all that reads
 * it. Of a register: no output depends on it, or it holds a constant. Of exchanged outputs: never, they are two
 * different nets. */
enum { PROVE_MAX_CUT = 22 };
enum err_status prove_silent_check(struct prove_bench *bench, bool timing, bool *silent,
                                   struct err *err);

#endif
