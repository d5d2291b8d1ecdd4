#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void cli_say(const struct cli *cli, const char *format, ...)
{
    va_list arguments;

    if (cli->quiet) return;
    va_start(arguments, format);
    vfprintf(cli->json ? stderr : stdout, format, arguments);
    va_end(arguments);
}

enum err_status cli_set_result(struct cli *cli, json_t *result, struct err *err)
{
    if (result == NULL) return err_nomem(err, "the JSON result");
    json_decref(cli->result);
    cli->result = result;
    return ERR_OK;
}

json_t *cli_json_path(const char *path)
{
    json_t *json = json_string(path);
    char *copy = json == NULL ? strdup(path) : NULL;

    if (copy == NULL) return json;
    for (char *c = copy; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) *c = '?';
    }
    json = json_string(copy);
    free(copy);
    return json;
}

unsigned cli_threads(long wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted > 0) return (unsigned)wanted;
    return cores > 0 ? (unsigned)cores : 1;
}

double cli_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
