/* Where in an emitted design vectors go wrong, read from a waveform of its internal nets.
 *
 * Each vector is held until every register has seen it, so at the end of a hold all nets belong to one
 * vector. Then every piece is judged by itself, against what its own inputs are in the hardware: an
 * encoder bit is the step function of its code, an address bit is the signal the netlist says, a LUT's
 * output is its table at its address, a score is the sum of its signals, the class is that of the
 * greatest score. So the piece that is named is the one at fault, not one that passes a fault on. When all
 * are right, the cycles in which the buses between the parts change tell a register too many or too few. */
#ifndef DIFFLUT_FLOW_LOCATE_H
#define DIFFLUT_FLOW_LOCATE_H

#include "base/err.h"
#include "flow/cosim.h"
#include "flow/cosim_plan.h"
#include "flow/vcd.h"
#include "netlist/netlist.h"

/* plan: cosim_plan_create_held() over `held`. vcd: of sim/bench_top.v, time 2 * cycle. Fills in all of *out
 * that is about the place. ERR_NOMEM, or ERR_TOOL for a waveform that is none. */
enum err_status locate_fault(struct cosim_located *out, const struct netlist *net,
                             const struct cosim_plan *plan, const struct vectors *held,
                             struct vcd *vcd, struct err *err);

#endif
