/* A netlist as one C file: inference without this library, without an allocation, without libc. */
#ifndef DIFFLUT_ENGINE_ENGINE_C_H
#define DIFFLUT_ENGINE_ENGINE_C_H

#include "base/err.h"
#include "base/text.h"
#include "netlist/netlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the file is to hold. */
struct engine_c_options {
    bool small;              /* only NAME_classify_one(): tables, for microcontrollers */
    const uint16_t *codes;   /* [count][num_features] known vectors for the test main, or NULL */
    const uint32_t *classes; /* [count] what is expected of them */
    size_t count;
    const char *program; /* "difflut-hdl 0.1.0", for the header */
};

/* The functions are described at the top of the file itself. The netlist must have passed
 * netlist_check(); the same one gives the same bytes. */
enum err_status engine_c_write(const struct netlist *net, const struct engine_c_options *options,
                               struct text *out, struct err *err);

#endif
