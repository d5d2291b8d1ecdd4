/* Reading `stat -json` of Yosys: cells of the target by part. */
#ifndef DIFFLUT_FLOW_SYNTH_REPORT_H
#define DIFFLUT_FLOW_SYNTH_REPORT_H

#include "flow/synth.h"

#include <jansson.h>
#include <stdbool.h>

bool synth_report_target_known(const char *target);

/* Counts every cell below `top_module`, times the instances of its module. A module <name>_encoder,
 * <name>_layer<digits>, <name>_group_sum or <name>_argmax and all below it is that part, the rest is
 * "other". A cell that `target` does not have is counted as unmapped. The text is hostile: ERR_TOOL
 * when it is not such a report. */
enum err_status synth_report_read(const char *text, size_t size, const char *name,
                                  const char *top_module, const char *target,
                                  struct synth_result *result, struct err *err);

/* Takes the LUT counts of the packed netlist over as physical ones. */
void synth_report_physical(struct synth_result *result, const struct synth_result *packed);

/* The result as it is kept in report.json; a new reference, NULL when out of memory. */
json_t *synth_report_json(const struct synth_result *result);

#endif
