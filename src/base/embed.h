/* A file that the build put into the program: `make` turns every file of hdl_templates/ and sim/ into
 * one row (tools/embed.sh), so the installed program needs no data folder for them.
 *
 *   #include "hdl_templates.h"   static const struct embedded HDL_TEMPLATES[], HDL_TEMPLATES_COUNT
 *   #include "sim_files.h"       static const struct embedded SIM_FILES[], SIM_FILES_COUNT */
#ifndef DIFFLUT_BASE_EMBED_H
#define DIFFLUT_BASE_EMBED_H

#include <stddef.h>

struct embedded {
    const char *name; /* without its folder: "lut_node.v" */
    const char *text; /* NUL-terminated */
    size_t size;      /* without the NUL */
};

#endif
