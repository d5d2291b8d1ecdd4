/* Child processes: no shell, a time limit, and the whole process group is ended with its leader. */
#ifndef DIFFLUT_FLOW_PROCESS_H
#define DIFFLUT_FLOW_PROCESS_H

#include "base/err.h"

#include <stddef.h>

struct process_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up on the PATH unless it has a '/' */
    const char *folder;      /* working folder, or NULL */
    double time_limit;       /* seconds; 0: none */
    size_t output_limit;     /* bytes of output kept; more is dropped; 0: 16 MiB */
    const char *tool;        /* its name in messages */
    const char *install;     /* how to get it: "apt-get install yosys" */
};

struct process_result {
    int exit_code; /* 128 + signal when killed by one */
    char *output;  /* standard output and error, NUL-terminated; free with process_result_free() */
    size_t output_size;
    double seconds;
    size_t max_rss; /* bytes */
};

/* ERR_TOOL: not found (with how to get it) or out of time. A non-zero exit is not an error here. */
enum err_status process_run(const struct process_options *options, struct process_result *result,
                            struct err *err);
void process_result_free(struct process_result *result);

#endif
