/* The room's own helpers for "key: scalar" pairs and regularisers, shared by reader and --set. */
#ifndef DIFFLUT_CONFIG_CONFIG_PAIRS_H
#define DIFFLUT_CONFIG_CONFIG_PAIRS_H

#include "config.h"

/* Adds a pair, or replaces the value of a key that is there. `section` and `config` (which may be NULL)
 * are for complaints. */
enum err_status config_pairs_put(const struct config *config, struct config_pairs *pairs,
                                 const char *section, const char *key, const char *value, int line,
                                 struct err *err);

/* The regulariser of that name, added with weight 0 when it is not there yet. */
enum err_status config_pairs_regularizer(struct config *config, const char *name, int line,
                                         struct config_regularizer **out, struct err *err);

#endif
