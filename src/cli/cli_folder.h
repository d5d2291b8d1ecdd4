/* Emitted folders: made from a model, or opened when MODEL|DIR names one. */
#ifndef DIFFLUT_CLI_CLI_FOLDER_H
#define DIFFLUT_CLI_CLI_FOLDER_H

#include "cli/cli_dont_care.h"
#include "cli/cli_options.h"
#include "hdl/manifest.h"
#include "model/model.h"

/* What a command was asked for; every pointer may be NULL (but model). */
struct cli_folder_request {
    const char *model;              /* MODEL or an emitted DIR */
    const char *out_dir;            /* where to emit; NULL: a temporary folder */
    const char *top;                /* NULL: full */
    const char *target;             /* NULL: the board's or the configuration's */
    const char *pipeline;           /* auto, auto=N, "encoder=1,..." or one number */
    const char *passes;             /* as netlist_passes_read() takes it; NULL: all */
    const struct cli_list *no_pass; /* names of passes to leave out */
    long stream_width;              /* 0: the configuration's */
    bool tmr;                       /* or the configuration's */
    const char *dont_care;          /* "data": edit the tables first; NULL or "none" */
    const char *data_dir;           /* where the data set for that is */
    const struct cli_list *set;
};

/* Options of commands that emit. */
#define CLI_OPTION_TOP(type, field)                                                                \
    {                                                                                              \
        "top", 0, CLI_CHOICE, offsetof(type, field), "core|full|stream|icebreaker|ulx3s", NULL, 0, \
            0, "core: encoder bits in; full: codes in (default); stream: AXI4-Stream; or a board"  \
    }
#define CLI_OPTION_PASSES(type, field)                                                             \
    {                                                                                              \
        "passes", 0, CLI_TEXT, offsetof(type, field), "LIST", NULL, 0, 0,                          \
            "passes over the netlist: all (default), none, or names with commas"                   \
    }
#define CLI_OPTION_NO_PASS(type, field)                                                            \
    {                                                                                              \
        "no-pass", 0, CLI_LIST, offsetof(type, field), "NAME", NULL, 0, 0, "leave this pass out"   \
    }

struct cli_folder {
    char *path;
    char *temporary; /* the folder above `path` that cli_folder_close() removes, or NULL */
    struct manifest *manifest;
    struct model *model;
    struct cli_dont_care dont_care; /* of this emission */
};

/* A fresh folder below $TMPDIR, removed also when the program is interrupted; one at a time. */
enum err_status cli_folder_temporary(struct cli *cli, char **out, struct err *err);
/* Removes it and frees its path; NULL is fine. */
void cli_folder_remove(struct cli *cli, char *path);

/* Lowers, optimises and emits request->model into out_dir, build/<name> when that is NULL. */
enum err_status cli_folder_emit(struct cli *cli, struct cli_folder *folder,
                                const struct cli_folder_request *request, struct err *err);

/* Opens an emitted folder (checking every file against its manifest, and that the model copy is the
 * one it was made from), or emits the model into out_dir or a temporary folder. */
enum err_status cli_folder_open(struct cli *cli, struct cli_folder *folder,
                                const struct cli_folder_request *request, struct err *err);

/* [{"name", "removed"}], as in the manifest. */
json_t *cli_folder_passes(const struct manifest *manifest);

/* Frees everything and removes a temporary folder. */
void cli_folder_close(struct cli *cli, struct cli_folder *folder);

#endif
