/* difflut-hdl export: a model in other languages than Verilog. */
#include "base/file.h"
#include "cli/cli_commands.h"
#include "cli/cli_engine.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"
#include "cli/cli_vectors.h"
#include "engine/engine_c.h"
#include "hdl/vlog_emit.h"

#include <stdlib.h>
#include <string.h>

struct values {
    const char *format, *out;
    struct cli_list set;
};

static const struct cli_option OPTIONS[] = {
    {"format", 0, CLI_CHOICE, offsetof(struct values, format), "c|c-mcu", "c", 0, 0,
     "c: for many samples and for one; c-mcu: for one, tables only"},
    {"out", 'o', CLI_TEXT, offsetof(struct values, out), "FILE", NULL, 0, 0,
     "file to write (default: NAME.c)"},
    CLI_OPTION_SET(struct values, set),
};

enum { VECTORS = 32 }; /* known ones in the test main */

/* Drawn digits where they fit, random codes, edges, ties; classes of the C reference. */
static enum err_status make_vectors(struct cli_vectors *vectors, const struct model *model,
                                    struct err *err)
{
    struct cli_vectors_request request = {
        .limit = VECTORS / 2, .random = VECTORS / 4, .seed = 1, .build_id = "export"};

    return cli_vectors_make(vectors, model, &request, err);
}

static enum err_status write_c(const struct model *model, const char *format, const char *path,
                               size_t *size, struct err *err)
{
    struct cli_vectors vectors = {0};
    struct netlist *net = NULL;
    struct text text = {0};
    enum err_status status = cli_engine_netlist(&net, model, err);

    if (status == ERR_OK) status = make_vectors(&vectors, model, err);
    if (status == ERR_OK) {
        struct engine_c_options options = {
            .small = strcmp(format, "c-mcu") == 0,
            .codes = vectors.vectors->codes,
            .classes = vectors.vectors->classes,
            .count = vectors.vectors->count < VECTORS ? vectors.vectors->count : VECTORS,
            .program = "difflut-hdl " DIFFLUT_VERSION,
        };

        status = engine_c_write(net, &options, &text, err);
    }
    if (status == ERR_OK) status = file_write(path, text.data, text.size, err);
    *size = text.size;
    cli_vectors_free(&vectors);
    netlist_free(net);
    text_free(&text);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    struct model *model = NULL;
    char name[80];
    const char *path = values->out;
    size_t size = 0;
    enum err_status status = cli_model_open(&model, cli->positional[0], &values->set, err);

    if (status == ERR_OK && path == NULL) {
        snprintf(name, sizeof name, "%s.c", model->config->name);
        path = name;
    }
    if (status == ERR_OK) status = write_c(model, values->format, path, &size, err);
    if (status == ERR_OK) {
        cli_say(cli, "%s as %s in %s, %zu bytes\n", model->config->name, values->format, path,
                size);
        status = cli_set_result(cli,
                                json_pack("{s:s, s:s, s:o, s:I}", "model", model->config->name,
                                          "format", values->format, "file", cli_json_path(path),
                                          "bytes", (json_int_t)size),
                                err);
    }
    model_free(model);
    return status;
}

const struct cli_command cmd_export = {
    .name = "export",
    .arguments = "MODEL",
    .summary = "write a model as C",
    .description =
        "Writes one C99 file that classifies samples without this program, without allocation and\n"
        "without libc: bit-parallel for many samples, by tables for one. Compiled with\n"
        "-DDIFFLUT_TEST_MAIN it is a program that checks known vectors. docs/inference.md.",
    .example = "  difflut-hdl export mnist_small --format c -o mnist_small.c",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
