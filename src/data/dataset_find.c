#include "dataset_find.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = sizeof(((struct dataset_info *)NULL)->files) / sizeof(char *) };

/* `file` with ".gz" added, or without it when it ends so. */
static void other_name(const char *file, char *out, size_t size)
{
    size_t length = strlen(file);

    if (length > 3 && strcmp(file + length - 3, ".gz") == 0) {
        snprintf(out, size, "%.*s", (int)(length - 3), file);
    } else {
        snprintf(out, size, "%s.gz", file);
    }
}

enum err_status dataset_find_file(char **path, const char *folder, const char *file,
                                  struct err *err)
{
    char other[256];
    char *found = file_join(folder, file);

    if (found == NULL) return err_nomem(err, file);
    if (!file_exists(found)) {
        free(found);
        other_name(file, other, sizeof other);
        found = file_join(folder, other);
        if (found == NULL) return err_nomem(err, file);
    }
    if (!file_exists(found)) {
        free(found);
        return err_set(err, ERR_IO, "%s: there is no %s", folder, file);
    }
    *path = found;
    return ERR_OK;
}

/* The first file of the set that is not in the folder, or NULL. */
static const char *missing_file(const struct dataset_info *info, const char *folder)
{
    for (size_t i = 0; i < MAX_FILES && info->files[i] != NULL; i++) {
        char *path = NULL;

        if (dataset_find_file(&path, folder, info->files[i], NULL) != ERR_OK) return info->files[i];
        free(path);
    }
    return NULL;
}

/* The standard places, malloc'ed; NULL where one is not set. */
static void list_places(const char *data_dir, char *places[3])
{
    const char *environment = getenv("DIFFLUT_DATA");
    const char *home = getenv("HOME");

    places[0] = data_dir != NULL ? strdup(data_dir) : NULL;
    places[1] = environment != NULL && environment[0] != '\0' ? strdup(environment) : NULL;
    places[2] = home != NULL && home[0] != '\0' ? file_join(home, ".cache/difflut") : NULL;
}

enum err_status dataset_find(char **folder, const struct dataset_info *info, const char *data_dir,
                             struct err *err)
{
    struct text tried = {0};
    char *places[3], *found = NULL;
    enum err_status status = ERR_OK;

    list_places(data_dir, places);
    for (size_t i = 0; i < 3; i++) {
        char *candidate =
            places[i] != NULL && found == NULL ? file_join(places[i], info->name) : NULL;
        const char *missing = candidate != NULL ? missing_file(info, candidate) : NULL;

        if (candidate != NULL && missing == NULL) {
            found = candidate;
        } else if (candidate != NULL) {
            text_add(&tried, "%s%.200s (no %s)", tried.size > 0 ? ", " : "", candidate, missing);
            free(candidate);
        }
        free(places[i]);
    }
    if (found != NULL) {
        *folder = found;
    } else {
        status = err_set(
            err, ERR_IO,
            "data set %s was not found; tried %s. Put its files there, pass --data DIR "
            "or set DIFFLUT_DATA to the folder above %s/; source: %s",
            info->name, tried.data != NULL ? tried.data : "nothing", info->name, info->source);
    }
    text_free(&tried);
    return status;
}
