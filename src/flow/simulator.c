#include "flow/simulator.h"

#include <stdio.h>
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

struct simulator_number simulator_number(const char *format, size_t value)
{
    struct simulator_number number;

    snprintf(number.text, sizeof number.text, format, value);
    return number;
}
