/* A folder for a tool to work in, inside an emitted folder: "<folder>/<room>/work-XXXXXX". It is
 * removed when the work ends, whatever came of it, so nothing half-written is ever seen. */
#ifndef DIFFLUT_FLOW_WORK_FOLDER_H
#define DIFFLUT_FLOW_WORK_FOLDER_H

#include "base/err.h"

#include <stddef.h>

/* Makes it, and `room` if need be. *out: its path, for work_folder_remove(). */
enum err_status work_folder_create(char **out, const char *folder, const char *room,
                                   struct err *err);
/* Takes it away, frees its path, and takes `room` away too if it is empty then. NULL is fine. */
void work_folder_remove(char *work);

/* Writes a file of that name in it. */
enum err_status work_folder_write(const char *work, const char *name, const void *data, size_t size,
                                  struct err *err);

#endif
