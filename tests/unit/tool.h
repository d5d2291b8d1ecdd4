/* Tools that a test needs. */
#ifndef DIFFLUT_TESTS_TOOL_H
#define DIFFLUT_TESTS_TOOL_H

#include "flow/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Skips the test when `tool` does not start; with CI set in the environment it fails. `option` makes the tool
 * print something and end. */
static inline void need_tool(const char *tool, const char *option)
{
    struct process_options options = {.argv = (const char *const[]){tool, option, NULL},
                                      .tool = tool};
    struct process_result result;
    struct err err = {""};

    if (process_run(&options, &result, &err) == ERR_OK) {
        process_result_free(&result);
        return;
    }
    if (getenv("CI") != NULL) fail_msg("%s", err.message);
    print_message("%s\n", err.message);
    skip();
}

#endif
