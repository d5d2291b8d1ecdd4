/* CSV files: comma-separated, RFC 4180 quotes, LF or CRLF, an optional byte-order mark, plain or
 * gzipped. Every row has as many cells as the first; empty lines are skipped.
 *
 * The first line is a header unless one of its cells is a number. */
#ifndef DIFFLUT_DATA_CSV_H
#define DIFFLUT_DATA_CSV_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv {
    char *path;           /* for messages */
    size_t rows, columns; /* rows without the header */
    char **names;         /* [columns] header cells; NULL without a header */
    char **cells;         /* [rows][columns], unquoted, without outer spaces */
    size_t *lines;        /* [rows] line in the file, from 1 */
    char *text;           /* what names and cells point into */
};

/* A bad quote, a row with another number of cells, a NUL byte, or a file without rows is ERR_FORMAT
 * with file and line. ERR_IO, ERR_NOMEM. */
enum err_status csv_read(struct csv **out, const char *path, struct err *err);
enum err_status csv_parse(struct csv **out, const void *data, size_t size, const char *path,
                          struct err *err);
void csv_free(struct csv *csv);

const char *csv_cell(const struct csv *csv, size_t row, size_t column);

/* True for an empty cell and for "?", "NA", "N/A", "nan", "NaN", "null" and "NULL". */
bool csv_missing(const struct csv *csv, size_t row, size_t column);

/* The cell as a finite decimal number. Missing values and text are
 * ERR_FORMAT with line and column. */
enum err_status csv_number(const struct csv *csv, size_t row, size_t column, double *out,
                           struct err *err);

/* The column called `name` in the header, else the column with that index (from 0; negative ones
 * count from the end). ERR_FORMAT names the columns there are. */
enum err_status csv_column(const struct csv *csv, const char *name, size_t *column,
                           struct err *err);

/* ERR_FORMAT with "FILE:LINE: column 3 (name): message". */
enum err_status csv_complain(const struct csv *csv, size_t row, size_t column, struct err *err,
                             const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
