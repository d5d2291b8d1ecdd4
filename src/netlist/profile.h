/* The path from codes to class as one axis, on which registers are placed: position x is x LUTs behind
 * the inputs, each part as long as its deepest path, one part after the other. */
#ifndef DIFFLUT_NETLIST_PROFILE_H
#define DIFFLUT_NETLIST_PROFILE_H

#include "netlist/netlist.h"

struct profile {
    uint32_t num_parts;
    uint32_t *start; /* [num_parts + 1] positions of the parts' inputs, and of the class */
    uint64_t
        *width; /* [length + 1] flip-flops of a register at each position, class scores included;
                        0 where none can be: within the encoder, and at the inputs */
};

enum err_status profile_create(struct profile **out, const struct netlist *net, struct err *err);
void profile_free(struct profile *profile);

static inline uint32_t profile_length(const struct profile *profile)
{
    return profile->start[profile->num_parts];
}
static inline uint32_t profile_depth(const struct profile *profile, uint32_t part)
{
    return profile->start[part + 1] - profile->start[part];
}
/* Position of a cut. */
uint32_t profile_position(const struct profile *profile, const struct netlist_cut *cut);

#endif
