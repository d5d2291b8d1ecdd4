/* A node type of the program's own (difflut.h), as the node room sees it. */
#ifndef DIFFLUT_API_OWN_NODE_H
#define DIFFLUT_API_OWN_NODE_H

#include "base/err.h"
#include "difflut.h"
#include "node/node.h"

struct own_node;

/* Checks the type and wraps it; it is borrowed. ERR_ARG says what is missing or wrong. */
enum err_status own_node_create(struct own_node **out, const struct difflut_node_type *type,
                                struct err *err);
void own_node_free(struct own_node *own);

/* Borrowed from `own`. */
const struct node_type *own_node_type(const struct own_node *own);

#endif
