/* After a mismatch: the smallest change that brings it about, and where in the design it starts. */
#ifndef DIFFLUT_FLOW_COSIM_LOCATE_H
#define DIFFLUT_FLOW_COSIM_LOCATE_H

#include "flow/simulator.h"

/* Fills in result->located from result->first[0] and result->differs, with options->expect.
 *
 * From the right vector with the fewest other codes, codes are changed one after the other into those of
 * the wrong one; two vectors next to each other on that way, one right and one wrong, differ in one code,
 * and that code then moves between its two values likewise. Each bisection is a few runs of the bench that
 * is built already. Then one run with a waveform of these two vectors alone, in which flow/locate.h finds
 * the place; options->trace gets a copy. `folder` has the netlist the Verilog was printed from. */
enum err_status cosim_locate(const struct simulator *simulator, const struct simulation *simulation,
                             const char *folder, const struct vectors *vectors,
                             struct cosim_result *result, struct err *err);

/* Builds and runs with simulation->waveform, and copies it to options->trace. */
enum err_status cosim_locate_trace(const struct simulator *simulator,
                                   const struct simulation *simulation, struct err *err);

#endif
