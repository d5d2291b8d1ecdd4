/* The hand-written Verilog of hdl_templates/, carried inside the program. */
#ifndef DIFFLUT_HDL_TEMPLATE_H
#define DIFFLUT_HDL_TEMPLATE_H

#include "base/embed.h"

/* The template of that file name ("lut_node.v"), or NULL. */
const struct embedded *template_find(const char *name);

#endif
