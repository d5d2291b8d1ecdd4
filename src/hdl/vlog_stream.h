/* The stream top: <name>_full between AXI4-Stream frames of codes and of results. The words of both are
 * decided here, for the emitter, the manifest and the benches alike; the protocol is that of
 * hdl_templates/stream_in.v and stream_out.v. */
#ifndef DIFFLUT_HDL_VLOG_STREAM_H
#define DIFFLUT_HDL_VLOG_STREAM_H

#include "hdl/manifest.h"
#include "netlist/netlist.h"

enum { VLOG_STREAM_MAX_WIDTH = 512 };

/* Whether that top is a stream or has one in it. */
bool vlog_has_stream(const char *top);

/* What the manifest says of a stream of `width` bits a beat. */
struct manifest_stream vlog_stream_layout(const struct netlist *net, uint32_t width, bool scores);

#endif
