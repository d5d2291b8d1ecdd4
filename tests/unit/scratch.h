/* A folder for one test, under $TMPDIR or /tmp; scratch_remove() takes it away with its content. */
#ifndef DIFFLUT_TESTS_SCRATCH_H
#define DIFFLUT_TESTS_SCRATCH_H

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

struct scratch {
    char folder[256];
    char path[512]; /* of the last scratch_path() */
};

static inline void scratch_create(struct scratch *scratch)
{
    const char *root = getenv("TMPDIR");

    snprintf(scratch->folder, sizeof scratch->folder, "%s/difflut-test-XXXXXX",
             root != NULL && root[0] != '\0' ? root : "/tmp");
    if (mkdtemp(scratch->folder) == NULL) {
        perror(scratch->folder);
        exit(1);
    }
}

/* "<folder>/name", valid until the next call. */
static inline const char *scratch_path(struct scratch *scratch, const char *name)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->folder, name);
    return scratch->path;
}

static inline void scratch_remove(struct scratch *scratch)
{
    struct err err = {""};

    if (file_remove_tree(scratch->folder, &err) != ERR_OK) fprintf(stderr, "%s\n", err.message);
}

#endif
