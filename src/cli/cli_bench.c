#include "cli/cli_bench.h"

#include <stdlib.h>
#include <string.h>

bool cli_bench_wants(const struct cli_bench *bench, const char *name)
{
    return bench->filter == NULL || strstr(name, bench->filter) != NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

enum err_status cli_bench_add(const struct cli_bench *bench, struct cli_bench_case *result,
                              struct err *err)
{
    double *values = result->values, median;
    json_t *row;

    qsort(values, CLI_BENCH_RUNS, sizeof *values, by_value);
    median = values[CLI_BENCH_RUNS / 2];
    cli_say(bench->cli, "%-48s %12.6g %s\n", result->name, median, result->unit);
    row =
        json_pack("{s:s, s:f, s:s, s:f, s:f, s:i, s:i}", "case", result->name, "value", median,
                  "unit", result->unit, "lowest", values[0], "highest", values[CLI_BENCH_RUNS - 1],
                  "runs", CLI_BENCH_RUNS, "threads", (int)result->threads);
    return json_array_append_new(bench->cli->result, row) != 0 ? err_nomem(err, "the JSON result")
                                                               : ERR_OK;
}
