/* The cases of `bench`: what it measures, and how a figure becomes a row. */
#ifndef DIFFLUT_CLI_CLI_BENCH_H
#define DIFFLUT_CLI_CLI_BENCH_H

#include "cli/cli.h"

enum { CLI_BENCH_RUNS = 5 }; /* of a case, after one that is not counted */

/* One call of the command. */
struct cli_bench {
    struct cli *cli;
    const char *filter; /* only cases whose name contains it; NULL: all */
    const char *cc, *data_dir;
    long threads; /* of training; 0: all cores */
};

/* One case: its name, which is its key for ever, and what was measured. */
struct cli_bench_case {
    char name[160];
    const char *unit;
    unsigned threads;
    double values[CLI_BENCH_RUNS]; /* in any order */
};

/* Whether the filter lets a case of that name through. */
bool cli_bench_wants(const struct cli_bench *bench, const char *name);

/* Prints the case, and adds it to the result: median, lowest and highest value. */
enum err_status cli_bench_add(const struct cli_bench *bench, struct cli_bench_case *result,
                              struct err *err);

/* Inference of MODELs from 8-bit codes, on one thread. */
enum err_status cli_bench_inference(const struct cli_bench *bench, char *const *names, size_t count,
                                    struct err *err);

/* Training steps of configuration files, on their own data sets. */
enum err_status cli_bench_training(const struct cli_bench *bench, char *const *paths, size_t count,
                                   struct err *err);
/* Training steps of the standard nets, on MNIST, or on drawn digits where that is missing. */
enum err_status cli_bench_training_standard(const struct cli_bench *bench, struct err *err);

#endif
