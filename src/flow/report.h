/* report.json of an emitted folder: the latest result of every kind of check, target and tool. A JSON
 * object {"model", "build_id", SECTION: {KEY: result}}. */
#ifndef DIFFLUT_FLOW_REPORT_H
#define DIFFLUT_FLOW_REPORT_H

#include "base/err.h"
#include "hdl/manifest.h"

#include <jansson.h>

/* Puts `result` (taken over, may be NULL when out of memory) under section and key, in the place of an
 * older one, and lists report.json in the manifest. Results of another build are dropped. A run killed
 * on the way leaves a folder that still verifies. */
enum err_status report_put(const char *folder, struct manifest *manifest, const char *section,
                           const char *key, json_t *result, struct err *err);

/* The whole report (borrowed) in the place of the old one. */
enum err_status report_replace(const char *folder, struct manifest *manifest, const json_t *report,
                               struct err *err);

/* The report of the folder's build, a new reference; an object with no section when there is none. ERR_IO
 * when there is one that cannot be read. */
enum err_status report_load(json_t **out, const char *folder, const struct manifest *manifest,
                            struct err *err);

#endif
