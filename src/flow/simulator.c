#include "flow/simulator.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct simulator *const SIMULATORS[] = {&simulator_verilator, &simulator_icarus};

enum err_status simulator_find(const struct simulator **out, const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof SIMULATORS / sizeof *SIMULATORS; i++) {
        if (strcmp(SIMULATORS[i]->name, name) != 0) continue;
        *out = SIMULATORS[i];
        return ERR_OK;
    }
    return err_set(err, ERR_ARG, "no simulator '%s': there are verilator and icarus", name);
}

struct process_options simulator_process(const struct simulation *simulation,
                                         const char *const *argv, const char *tool,
                                         const char *install)
{
    const struct cosim_options *options = simulation->options;

    return (struct process_options){
        .argv = argv,
        .folder = simulation->work,
        .time_limit = options->time_limit > 0.0 ? options->time_limit : 3600.0,
        .tool = tool,
        .install = install,
        .stop = options->stop,
    };
}

enum err_status simulator_record(const struct simulation *simulation, char **record, size_t *size,
                                 struct err *err)
{
    size_t limit = simulation->cycles * (simulation->record_bits / 4 + 1);
    char *path = file_join(simulation->work, "record.txt");
    uint8_t *data = NULL;
    enum err_status status = ERR_OK;

    if (path == NULL) return err_nomem(err, "a path");
    if (!file_exists(path)) status = err_set(err, ERR_TOOL, "the simulator wrote no record");
    if (status == ERR_OK) status = file_read(path, limit, &data, size, err);
    if (status == ERR_IO) status = ERR_TOOL; /* it is too long, or cannot be read */
    free(path);
    if (status == ERR_OK) *record = (char *)data;
    return status;
}

struct simulator_number simulator_number(const char *format, size_t value)
{
    struct simulator_number number;

    snprintf(number.text, sizeof number.text, format, value);
    return number;
}
