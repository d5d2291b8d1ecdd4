/* report.html: report.json for people, one page that needs nothing else. */
#ifndef DIFFLUT_FLOW_REPORT_HTML_H
#define DIFFLUT_FLOW_REPORT_HTML_H

#include "base/text.h"

#include <jansson.h>

/* The page of a whole report (difflut-hdl report): its sections folder, synth, pnr and cosim, each of
 * which may be missing or be anything: what cannot be read is left out, every text is escaped. */
void report_html(const json_t *report, struct text *out);

#endif
