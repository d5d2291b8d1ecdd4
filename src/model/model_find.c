/* Finding models: pretrained names, YAML paths, training folders. */
#include "base/file.h"
#include "base/text.h"
#include "model.h"
#include "prefix.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ROOTS = 4 };

struct roots {
    char *path[MAX_ROOTS];
    size_t count;
    bool failed; /* no memory for one */
};

static void add_root(struct roots *roots, char *path)
{
    if (path == NULL) roots->failed = true;
    if (path != NULL && file_is_dir(path))
        roots->path[roots->count++] = path;
    else
        free(path);
}

/* The pretrained folder of the source tree that the running program was built in
 * (<tree>/build/bin/difflut-hdl). */
static void add_tree_root(struct roots *roots)
{
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

    if (size <= 0) return;
    self[size] = '\0';
    for (int up = 0; up < 3; up++) {
        char *slash = strrchr(self, '/');

        if (slash == NULL) return;
        *slash = '\0';
    }
    add_root(roots, file_join(self, "pretrained"));
}

static void free_roots(struct roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        free(roots->path[i]);
}

static enum err_status find_roots(struct roots *roots, struct err *err)
{
    const char *named = getenv("DIFFLUT_PRETRAINED");

    memset(roots, 0, sizeof *roots);
    if (named != NULL && named[0] != '\0') add_root(roots, strdup(named));
    add_root(roots, strdup("pretrained"));
    add_tree_root(roots);
    add_root(roots, strdup(DIFFLUT_PREFIX "/share/difflut/pretrained"));
    if (!roots->failed) return ERR_OK;
    free_roots(roots);
    return err_nomem(err, "a path");
}

static bool ends_with(const char *text, const char *ending)
{
    size_t a = strlen(text), b = strlen(ending);

    return a > b && strcmp(text + a - b, ending) == 0;
}

/* `path` with its ending replaced, malloc'ed. */
static char *replace_ending(const char *path, const char *old, const char *new)
{
    size_t kept = strlen(path) - strlen(old);
    char *result = malloc(kept + strlen(new) + 1);

    if (result != NULL) {
        memcpy(result, path, kept);
        memcpy(result + kept, new, strlen(new) + 1);
    }
    return result;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- the list of names --- */

struct names {
    char **items;
    size_t count;
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct names){0};
}

static enum err_status add_name(struct names *names, const char *leaf, struct err *err)
{
    char *name = file_stem(leaf);
    char **grown;

    for (size_t i = 0; name != NULL && i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            free(name);
            return ERR_OK;
        }
    }
    grown = name == NULL ? NULL : realloc(names->items, (names->count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(name);
        return err_nomem(err, "model names");
    }
    names->items = grown;
    names->items[names->count++] = name;
    return ERR_OK;
}

/* Adds every model (a .safetensors file) of a folder and, one level deep, of its folders. */
static enum err_status scan(struct names *names, const char *folder, int depth, struct err *err)
{
    DIR *dir = opendir(folder);
    enum err_status status = ERR_OK;
    struct dirent *entry;

    if (dir == NULL) return err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
    while (status == ERR_OK && (entry = readdir(dir)) != NULL) {
        char *path;

        if (entry->d_name[0] == '.') continue;
        path = file_join(folder, entry->d_name);
        if (path == NULL)
            status = err_nomem(err, "a path");
        else if (ends_with(entry->d_name, ".safetensors"))
            status = add_name(names, entry->d_name, err);
        else if (depth > 0 && file_is_dir(path))
            status = scan(names, path, depth - 1, err);
        free(path);
    }
    closedir(dir);
    return status;
}

enum err_status model_list(char ***names, size_t *count, struct err *err)
{
    struct names found = {0};
    struct roots roots;
    enum err_status status = find_roots(&roots, err);

    if (status != ERR_OK) return status;
    for (size_t i = 0; status == ERR_OK && i < roots.count; i++)
        status = scan(&found, roots.path[i], 1, err);
    free_roots(&roots);
    if (status != ERR_OK) {
        free_names(&found);
        return status;
    }
    if (found.count > 1) qsort(found.items, found.count, sizeof *found.items, by_name);
    *names = found.items;
    *count = found.count;
    return ERR_OK;
}

/* --- one model --- */

/* <root>/<name>.yaml or <root>/<kind>/<name>.yaml, malloc'ed; *found stays NULL when there is none. */
static enum err_status find_in_root(const char *root, const char *name, char **found,
                                    struct err *err)
{
    static const char *const kinds[] = {"", "feedforward/", "convnet/"};

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        char leaf[CONFIG_NAME_SIZE + 32], *path;

        snprintf(leaf, sizeof leaf, "%s%s.yaml", kinds[k], name);
        path = file_join(root, leaf);
        if (path == NULL) return err_nomem(err, "a path");
        if (file_exists(path)) {
            *found = path;
            return ERR_OK;
        }
        free(path);
    }
    return ERR_OK;
}

/* *found stays NULL when no model has that name. */
static enum err_status find_by_name(const char *name, char **found, struct err *err)
{
    struct roots roots;
    enum err_status status;

    if (strlen(name) >= CONFIG_NAME_SIZE || strchr(name, '/') != NULL) return ERR_OK;
    status = find_roots(&roots, err);
    if (status != ERR_OK) return status;
    for (size_t i = 0; status == ERR_OK && *found == NULL && i < roots.count; i++)
        status = find_in_root(roots.path[i], name, found, err);
    free_roots(&roots);
    return status;
}

/* The one .yaml of a training folder that has weights beside it. */
static enum err_status find_in_folder(const char *folder, char **yaml, struct err *err)
{
    struct names names = {0};
    enum err_status status = scan(&names, folder, 0, err);

    if (status == ERR_OK && names.count == 0)
        status = err_set(err, ERR_ARG,
                         "%s: no model in this folder (expected NAME.yaml and NAME.safetensors, "
                         "as train writes them)",
                         folder);
    if (status == ERR_OK && names.count > 1)
        status = err_set(err, ERR_ARG, "%s: holds %zu models: name one, for instance %s/%s.yaml",
                         folder, names.count, folder, names.items[0]);
    if (status == ERR_OK) {
        char leaf[1024];

        snprintf(leaf, sizeof leaf, "%s.yaml", names.items[0]);
        *yaml = file_join(folder, leaf);
        if (*yaml == NULL) status = err_nomem(err, "a path");
    }
    free_names(&names);
    return status;
}

static enum err_status not_found(const char *name, struct err *err)
{
    struct text known = {0};
    const char *nearest;
    char **names = NULL;
    size_t count = 0;

    if (model_list(&names, &count, NULL) != ERR_OK) count = 0;
    nearest = text_nearest(name, (const char *const *)names, count);
    for (size_t i = 0; i < count; i++)
        text_add(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    err_set(
        err, ERR_ARG,
        "no model '%s': expected a pretrained name (%s), a YAML file or a training folder%s%s%s",
        name, count > 0 && known.data != NULL ? known.data : "none found",
        nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "?" : "");
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    text_free(&known);
    return ERR_ARG;
}

static enum err_status find_yaml(const char *name, char **yaml, struct err *err)
{
    enum err_status status;

    *yaml = NULL;
    if (file_is_dir(name)) return find_in_folder(name, yaml, err);
    if (file_exists(name)) {
        *yaml = ends_with(name, ".safetensors") ? replace_ending(name, ".safetensors", ".yaml")
                                                : strdup(name);
        return *yaml == NULL ? err_nomem(err, "a path") : ERR_OK;
    }
    status = find_by_name(name, yaml, err);
    return status == ERR_OK && *yaml == NULL ? not_found(name, err) : status;
}

/* A YAML without weights beside it may name a pretrained model whose weights it uses. */
static enum err_status weights_of_config(const char *yaml, char **weights, struct err *err)
{
    struct config *config = NULL;
    enum err_status status = config_read(&config, yaml, err);

    if (status != ERR_OK) return status;
    if (config->pretrained && config->pretrained_name[0] != '\0') {
        char *other = NULL;

        status = find_by_name(config->pretrained_name, &other, err);
        if (status == ERR_OK && other == NULL) status = not_found(config->pretrained_name, err);
        if (status == ERR_OK) {
            *weights = replace_ending(other, ".yaml", ".safetensors");
            if (*weights == NULL) status = err_nomem(err, "a path");
        }
        free(other);
    } else {
        status = err_set(err, ERR_ARG,
                         "%s: has no weights beside it: train it first (difflut-hdl train %s), or "
                         "set pretrained: true and pretrained_name",
                         yaml, yaml);
    }
    config_free(config);
    return status;
}

enum err_status model_find(const char *name, char **config_path, char **weights_path,
                           struct err *err)
{
    char *yaml, *weights = NULL;
    enum err_status status = find_yaml(name, &yaml, err);

    if (status != ERR_OK) return status;
    if (ends_with(yaml, ".yaml") || ends_with(yaml, ".yml")) {
        weights = replace_ending(yaml, ends_with(yaml, ".yml") ? ".yml" : ".yaml", ".safetensors");
        if (weights == NULL) {
            free(yaml);
            return err_nomem(err, "a path");
        }
    }
    if (weights == NULL || !file_exists(weights)) {
        free(weights);
        weights = NULL;
        status = weights_of_config(yaml, &weights, err);
    }
    if (status != ERR_OK) {
        free(yaml);
        return status;
    }
    *config_path = yaml;
    *weights_path = weights;
    return ERR_OK;
}

enum err_status model_open(struct model **out, const char *name, const char *const *overrides,
                           size_t num_overrides, struct err *err)
{
    return model_open_own(out, name, overrides, num_overrides, NULL, err);
}

enum err_status model_open_own(struct model **out, const char *name, const char *const *overrides,
                               size_t num_overrides, const struct node_registry *own,
                               struct err *err)
{
    char *config_path, *weights_path;
    struct config *config = NULL;
    enum err_status status = model_find(name, &config_path, &weights_path, err);

    if (status != ERR_OK) return status;
    status = config_read(&config, config_path, err);
    for (size_t i = 0; status == ERR_OK && i < num_overrides; i++)
        status = config_set(config, overrides[i], err);
    if (status == ERR_OK) {
        config->own_nodes = own;
        status = model_load(out, config, weights_path, err);
    }
    config_free(config);
    free(config_path);
    free(weights_path);
    return status;
}
