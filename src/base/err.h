/* Errors: a returned status plus a one-line message that the caller lends.
 *
 * The first function that fails writes the message with err_set(); everything above passes the
 * status up untouched. Messages name the file and line, the flag, the key or the node, say what was
 * expected and, where there is one, what to do. */
#ifndef DIFFLUT_BASE_ERR_H
#define DIFFLUT_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

/* The command line turns a status into an exit code (src/cli/main.c). */
enum err_status {
    ERR_OK = 0, /* exit 0 */
    ERR_DIFF,   /* a check ran and found a difference, or a limit was missed: exit 1 */
    ERR_ARG,    /* usage or configuration: exit 2 */
    ERR_TOOL,   /* an outside tool is missing or broke down: exit 3 */
    ERR_IO,     /* a file or folder could not be read or written: exit 4 */
    ERR_FORMAT, /* a data, weight or netlist file is malformed: exit 4 */
    ERR_NOMEM   /* out of memory: exit 4 */
};

struct err {
    char message[1024]; /* one line, no newline at its end; empty while nothing failed */
};

/* Formats the message and returns `status`, so failing is one statement. Control characters that
 * came in through an argument are replaced by '?', so a message stays one printable line.
 * `err` may be NULL: then only the status is returned. */
enum err_status err_set(struct err *err, enum err_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum err_status err_vset(struct err *err, enum err_status status, const char *format,
                         va_list arguments) __attribute__((format(printf, 3, 0)));

/* err_set() for a failed allocation of `what`. */
enum err_status err_nomem(struct err *err, const char *what);

#ifdef ERR_ANALYSED /* static analysis sees one file at a time (make analyse): what err.c returns */
#define err_set(err, status, ...) ((void)(err), (void)(__VA_ARGS__), (status))
#define err_nomem(err, what)      ((void)(err), (void)(what), ERR_NOMEM)
#endif

#endif
