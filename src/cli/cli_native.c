#include "cli/cli_native.h"

#include "base/file.h"
#include "cli/cli_folder.h"
#include "cli/cli_interrupt.h"
#include "engine/engine_c.h"
#include "flow/process.h"
#include "hdl/vlog_emit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cli_native {
    void *library;
    void (*classify)(const void *codes, uint32_t count, uint32_t *classes);
    uint32_t (*classify_one)(const void *codes, uint32_t *scores);
};

enum { COMPILE_SECONDS = 900, STACK = 1 << 20 };

/* The widest word that this machine has registers for and whose signals fit on a thread's stack. */
static unsigned word_bits(const struct netlist *net)
{
    size_t signals = (size_t)net->num_steps + net->num_luts;
    unsigned bits = 128;

#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx2")) bits = 256;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) bits = 512;
#endif
    while (bits > 64 && signals * (bits / 8) > STACK)
        bits /= 2;
    return bits;
}

static enum err_status compile(struct cli *cli, const char *source, const char *library,
                               unsigned bits, const char *cc, struct err *err)
{
    char width[40];
    const char *argv[] = {cc,        "-std=gnu99", "-O2", "-w",    "-march=native", "-fPIC",
                          "-shared", width,        "-o",  library, source,          NULL};
    struct process_options options = {.argv = argv,
                                      .time_limit = COMPILE_SECONDS,
                                      .tool = "the C compiler",
                                      .install = "apt-get install gcc, or --cc FILE",
                                      .stop = cli_interrupt_flag(cli->interrupt)};
    enum err_status status;

    snprintf(width, sizeof width, "-DDIFFLUT_WORD_BITS=%u", bits);
    cli_interrupt_tool(cli->interrupt, true);
    status = process_call(&options, err);
    cli_interrupt_tool(cli->interrupt, false);
    return status;
}

/* A function of the library: ISO C has no cast from an object's address to a function's. */
static enum err_status look_up(void *library, const char *model, const char *name, void *function,
                               struct err *err)
{
    char symbol[100];
    void *address;

    snprintf(symbol, sizeof symbol, "%s_%s", model, name);
    address = dlsym(library, symbol);
    if (address == NULL) return err_set(err, ERR_TOOL, "%s is not in the compiled model", symbol);
    memcpy(function, &address, sizeof address);
    return ERR_OK;
}

static enum err_status load(struct cli_native **out, const char *path, const char *name,
                            struct err *err)
{
    struct cli_native *native = calloc(1, sizeof *native);
    enum err_status status = native == NULL ? err_nomem(err, "the native engine") : ERR_OK;

    if (status == ERR_OK) native->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (status == ERR_OK && native->library == NULL)
        status = err_set(err, ERR_TOOL, "the compiled model cannot be loaded: %s", dlerror());
    if (status == ERR_OK)
        status = look_up(native->library, name, "classify", &native->classify, err);
    if (status == ERR_OK)
        status = look_up(native->library, name, "classify_one", &native->classify_one, err);
    if (status == ERR_OK)
        *out = native;
    else
        cli_native_free(native);
    return status;
}

enum err_status cli_native_create(struct cli *cli, struct cli_native **out,
                                  const struct netlist *net, const char *cc, struct err *err)
{
    struct engine_c_options options = {.program = "difflut-hdl " DIFFLUT_VERSION};
    struct text text = {0};
    char *folder = NULL, *source = NULL, *library = NULL;
    enum err_status status = engine_c_write(net, &options, &text, err);

    if (status == ERR_OK) status = cli_folder_temporary(cli, &folder, err);
    if (status == ERR_OK) {
        source = file_join(folder, "model.c");
        library = file_join(folder, "model.so");
        if (source == NULL || library == NULL) status = err_nomem(err, "a path");
    }
    if (status == ERR_OK) status = file_write(source, text.data, text.size, err);
    if (status == ERR_OK) status = compile(cli, source, library, word_bits(net), cc, err);
    if (status == ERR_OK) status = load(out, library, net->name, err);
    cli_folder_remove(cli, folder); /* what is loaded stays */
    free(source);
    free(library);
    text_free(&text);
    return status;
}

void cli_native_free(struct cli_native *native)
{
    if (native == NULL) return;
    if (native->library != NULL) dlclose(native->library);
    free(native);
}

void cli_native_classify(const struct cli_native *native, const void *codes, size_t count,
                         uint32_t *classes)
{
    native->classify(codes, (uint32_t)count, classes);
}

uint32_t cli_native_classify_one(const struct cli_native *native, const void *codes)
{
    return native->classify_one(codes, NULL);
}
