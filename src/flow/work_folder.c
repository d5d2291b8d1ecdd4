#include "flow/work_folder.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "work-"

enum err_status work_folder_create(char **out, const char *folder, const char *room,
                                   struct err *err)
{
    char name[64];
    char *parent = file_join(folder, room), *work;
    enum err_status status;

    snprintf(name, sizeof name, PREFIX "%ld-XXXXXX", (long)getpid());
    work = parent != NULL ? file_join(parent, name) : NULL;
    status = work != NULL ? file_make_dirs(parent, err) : err_nomem(err, "a path");
    if (status == ERR_OK) {
        file_sweep(folder, FILE_TEMPORARY);
        file_sweep(parent, PREFIX);
    }
    if (status == ERR_OK && mkdtemp(work) == NULL)
        status = err_set(err, ERR_IO, "%s: %s", work, strerror(errno));
    free(parent);
    if (status != ERR_OK) {
        free(work);
        return status;
    }
    *out = work;
    return ERR_OK;
}

void work_folder_remove(char *work)
{
    char *parent = work != NULL ? file_folder(work) : NULL;

    if (work != NULL) file_remove_tree(work, NULL);
    if (parent != NULL) rmdir(parent); /* fails when the user keeps something there: good */
    free(parent);
    free(work);
}

enum err_status work_folder_write(const char *work, const char *name, const void *data, size_t size,
                                  struct err *err)
{
    char *path = file_join(work, name);
    enum err_status status =
        path != NULL ? file_write(path, data, size, err) : err_nomem(err, "a path");

    free(path);
    return status;
}
