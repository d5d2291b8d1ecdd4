#ifndef DIFFLUT_CONFIG_CONFIG_COMPLAIN_H
#define DIFFLUT_CONFIG_CONFIG_COMPLAIN_H

#include "config.h"

/* ERR_ARG with "FILE:LINE: KEY: message" for a line that is known; without what is not (path ""
 * or no configuration at all, line 0, key ""). */
enum err_status config_complain_at(const struct config *config, int line, const char *key,
                                   struct err *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
