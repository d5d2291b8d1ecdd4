#include "err.h"

#include <stdio.h>

enum err_status err_vset(struct err *err, enum err_status status, const char *format,
                         va_list arguments)
{
    if (err == NULL) return status;
    vsnprintf(err->message, sizeof err->message, format, arguments);
    for (char *c = err->message; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    }
    return status;
}

enum err_status err_set(struct err *err, enum err_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    status = err_vset(err, status, format, arguments);
    va_end(arguments);
    return status;
}

enum err_status err_nomem(struct err *err, const char *what)
{
    return err_set(err, ERR_NOMEM, "out of memory for %s", what);
}
