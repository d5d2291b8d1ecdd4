#include "csv.h"

#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- parsing: the text is unquoted in place and its cells are collected --- */

struct parser {
    const char *path;
    char *at;    /* next byte to read; the text ends with a NUL */
    char *write; /* where the unquoted text goes; never ahead of `at` */
    size_t line; /* of `at`, from 1 */
    char **cells;
    size_t num_cells, cell_capacity;
    size_t *lines;
    size_t rows, row_capacity;
    size_t columns; /* of the first row; 0 before */
    struct err *err;
};

static enum err_status complain(const struct parser *parser, size_t line, const char *what)
{
    return err_set(parser->err, ERR_FORMAT, "%s:%zu: %s", parser->path, line, what);
}

/* Doubles an array that is full. */
static enum err_status make_room(const struct parser *parser, void *array, size_t item,
                                 size_t count, size_t *capacity)
{
    void **items = array;
    void *grown;

    if (count < *capacity) return ERR_OK;
    grown = realloc(*items, (*capacity * 2 + 64) * item);
    if (grown == NULL) return err_nomem(parser->err, parser->path);
    *items = grown;
    *capacity = *capacity * 2 + 64;
    return ERR_OK;
}

/* The inside of a quoted cell; `at` is behind the opening quote, then behind the closing one. */
static enum err_status read_quoted(struct parser *parser)
{
    size_t opened = parser->line;

    for (;; parser->at++) {
        if (*parser->at == '\0') return complain(parser, opened, "this quote is never closed");
        if (*parser->at == '\n') parser->line++;
        if (*parser->at == '"') {
            parser->at++;
            if (*parser->at != '"') return ERR_OK;
        }
        *parser->write++ = *parser->at;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_cell(const char *at)
{
    return *at == ',' || *at == '\n' || *at == '\0' || (*at == '\r' && at[1] == '\n');
}

/* Reads one cell and what ends it; *last tells whether that was the end of the row. */
static enum err_status read_cell(struct parser *parser, bool *last)
{
    enum err_status status = ERR_OK;
    char *cell;

    while (is_blank(*parser->at))
        parser->at++;
    cell = parser->write;
    if (*parser->at == '"') {
        parser->at++;
        status = read_quoted(parser);
        while (is_blank(*parser->at))
            parser->at++;
        if (status == ERR_OK && !ends_cell(parser->at)) {
            status = complain(parser, parser->line, "text after a closing quote");
        }
    } else {
        while (!ends_cell(parser->at))
            *parser->write++ = *parser->at++;
        while (parser->write > cell && is_blank(parser->write[-1]))
            parser->write--;
    }
    if (status != ERR_OK) return status;
    *last = *parser->at != ',';
    if (*parser->at == '\r') parser->at++;
    if (*parser->at != '\0') parser->at++; /* before the NUL below may overwrite it */
    *parser->write++ = '\0';
    status = make_room(parser, &parser->cells, sizeof *parser->cells, parser->num_cells,
                       &parser->cell_capacity);
    if (status == ERR_OK) parser->cells[parser->num_cells++] = cell;
    return status;
}

static enum err_status read_row(struct parser *parser)
{
    size_t first = parser->num_cells, line = parser->line, found;
    bool last = false;
    enum err_status status = make_room(parser, &parser->lines, sizeof *parser->lines, parser->rows,
                                       &parser->row_capacity);

    while (status == ERR_OK && !last)
        status = read_cell(parser, &last);
    if (status != ERR_OK) return status;
    parser->line++;
    found = parser->num_cells - first;
    if (parser->columns == 0) parser->columns = found;
    if (found != parser->columns) {
        return err_set(parser->err, ERR_FORMAT, "%s:%zu: expected %zu cells, found %zu",
                       parser->path, line, parser->columns, found);
    }
    parser->lines[parser->rows++] = line;
    return ERR_OK;
}

static enum err_status read_rows(struct parser *parser)
{
    enum err_status status = ERR_OK;

    while (status == ERR_OK && *parser->at != '\0') {
        size_t spaces = strspn(parser->at, " \t\r");

        if (parser->at[spaces] == '\n' || parser->at[spaces] == '\0') { /* an empty line */
            parser->at += spaces + (parser->at[spaces] == '\n');
            parser->line++;
        } else {
            status = read_row(parser);
        }
    }
    return status;
}

/* --- numbers --- */

/* A decimal number and nothing else: no hexadecimal, no "inf". */
static bool parse_number(const char *cell, double *out)
{
    char *end;

    if (cell[strspn(cell, "+-.0123456789eE")] != '\0' || cell[0] == '\0') return false;
    *out = strtod(cell, &end);
    return *end == '\0' && end != cell;
}

/* --- the table --- */

static enum err_status check_shape(const struct parser *parser)
{
    if (parser->rows == 0) return complain(parser, parser->line, "the file has no rows");
    if (parser->columns == 1 && strchr(parser->cells[0], ';') != NULL) {
        return complain(parser, parser->lines[0],
                        "one cell, with semicolons; cells are separated by commas");
    }
    return ERR_OK;
}

/* Splits the header off. */
static enum err_status take_header(struct csv *csv, struct err *err)
{
    double number;

    for (size_t c = 0; c < csv->columns; c++) {
        if (parse_number(csv->cells[c], &number)) return ERR_OK;
    }
    csv->names = malloc(csv->columns * sizeof *csv->names);
    if (csv->names == NULL) return err_nomem(err, csv->path);
    memcpy(csv->names, csv->cells, csv->columns * sizeof *csv->names);
    csv->rows--;
    memmove(csv->cells, csv->cells + csv->columns, csv->rows * csv->columns * sizeof *csv->cells);
    memmove(csv->lines, csv->lines + 1, csv->rows * sizeof *csv->lines);
    if (csv->rows == 0) {
        return err_set(err, ERR_FORMAT, "%s: there are no rows below the header", csv->path);
    }
    return ERR_OK;
}

/* Takes `text` (NUL-terminated) over, also on failure. */
static enum err_status take(struct csv **out, char *text, size_t size, const char *path,
                            struct err *err)
{
    bool mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    struct parser parser = {.path = path, .line = 1, .err = err};
    struct csv *csv = calloc(1, sizeof *csv);
    enum err_status status = ERR_OK;

    parser.at = parser.write = text + (mark ? 3 : 0);
    if (csv == NULL || (csv->path = strdup(path)) == NULL) status = err_nomem(err, path);
    if (status == ERR_OK && strlen(text) != size) {
        status = err_set(err, ERR_FORMAT, "%s: offset %zu: a NUL byte; this is no CSV file", path,
                         strlen(text));
    }
    if (status == ERR_OK) status = read_rows(&parser);
    if (status == ERR_OK) status = check_shape(&parser);
    if (csv == NULL) {
        free(text);
        return status;
    }
    csv->text = text;
    csv->rows = parser.rows;
    csv->columns = parser.columns;
    csv->cells = parser.cells;
    csv->lines = parser.lines;
    if (status == ERR_OK) status = take_header(csv, err);
    if (status == ERR_OK)
        *out = csv;
    else
        csv_free(csv);
    return status;
}

enum err_status csv_read(struct csv **out, const char *path, struct err *err)
{
    uint8_t *data;
    size_t size;
    enum err_status status = file_read_gz(path, (size_t)1 << 31, &data, &size, err);

    return status == ERR_OK ? take(out, (char *)data, size, path, err) : status;
}

enum err_status csv_parse(struct csv **out, const void *data, size_t size, const char *path,
                          struct err *err)
{
    char *text = malloc(size + 1);

    if (text == NULL) return err_nomem(err, path);
    if (size > 0) memcpy(text, data, size);
    text[size] = '\0';
    return take(out, text, size, path, err);
}

void csv_free(struct csv *csv)
{
    if (csv == NULL) return;
    free(csv->path);
    free(csv->names);
    free(csv->cells);
    free(csv->lines);
    free(csv->text);
    free(csv);
}

/* --- access --- */

const char *csv_cell(const struct csv *csv, size_t row, size_t column)
{
    return csv->cells[row * csv->columns + column];
}

bool csv_missing(const struct csv *csv, size_t row, size_t column)
{
    static const char *const words[] = {"", "?", "NA", "N/A", "nan", "NaN", "null", "NULL"};
    const char *cell = csv_cell(csv, row, column);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(cell, words[i]) == 0) return true;
    }
    return false;
}

enum err_status csv_complain(const struct csv *csv, size_t row, size_t column, struct err *err,
                             const char *format, ...)
{
    char message[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (csv->names == NULL) {
        return err_set(err, ERR_FORMAT, "%s:%zu: column %zu: %s", csv->path, csv->lines[row],
                       column, message);
    }
    return err_set(err, ERR_FORMAT, "%s:%zu: column %zu (%.60s): %s", csv->path, csv->lines[row],
                   column, csv->names[column], message);
}

enum err_status csv_number(const struct csv *csv, size_t row, size_t column, double *out,
                           struct err *err)
{
    const char *cell = csv_cell(csv, row, column);

    if (csv_missing(csv, row, column)) {
        return csv_complain(csv, row, column, err, "the value is missing");
    }
    if (!parse_number(cell, out)) {
        return csv_complain(csv, row, column, err, "\"%.60s\" is not a decimal number", cell);
    }
    if (!isfinite(*out)) return csv_complain(csv, row, column, err, "\"%.60s\" is too large", cell);
    return ERR_OK;
}

enum err_status csv_column(const struct csv *csv, const char *name, size_t *column, struct err *err)
{
    struct text names = {0};
    enum err_status status;
    char *end;
    long index;

    for (size_t c = 0; csv->names != NULL && c < csv->columns; c++) {
        if (strcmp(csv->names[c], name) == 0) {
            *column = c;
            return ERR_OK;
        }
    }
    index = strtol(name, &end, 10);
    if (index < 0) index += (long)csv->columns;
    if (end != name && *end == '\0' && index >= 0 && (size_t)index < csv->columns) {
        *column = (size_t)index;
        return ERR_OK;
    }
    if (csv->names == NULL) {
        return err_set(
            err, ERR_FORMAT,
            "%s: there is no column \"%.60s\": the first line holds numbers, so it is no "
            "header, and the columns are 0 to %zu",
            csv->path, name, csv->columns - 1);
    }
    for (size_t c = 0; c < csv->columns && names.size < 400; c++) {
        text_add(&names, "%s%.60s", c > 0 ? ", " : "", csv->names[c]);
    }
    status =
        err_set(err, ERR_FORMAT, "%s: there is no column \"%.60s\"; there are: %s%s", csv->path,
                name, names.data != NULL ? names.data : "", names.size >= 400 ? ", ..." : "");
    text_free(&names);
    return status;
}
