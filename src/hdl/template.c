#include "template.h"

#include <string.h>

#include "hdl_templates.h" /* made by the build from hdl_templates/ */

const struct embedded *template_find(const char *name)
{
    for (size_t i = 0; i < HDL_TEMPLATES_COUNT; i++) {
        if (strcmp(HDL_TEMPLATES[i].name, name) == 0) return &HDL_TEMPLATES[i];
    }
    return NULL;
}
