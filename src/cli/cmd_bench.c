/* difflut-hdl bench: how fast this machine runs the models. */
#include "base/rng.h"
#include "cli/cli_commands.h"
#include "cli/cli_engine.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"

#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 20480, RUNS = 5 };

/* A model with random codes: the work does not depend on them. */
struct subject {
    const char *name;
    struct engine *engine;
    uint8_t *codes;    /* [SAMPLES][num_features] */
    uint32_t *classes; /* [SAMPLES] */
};

/* Seconds of this thread's processor time: a busy machine does not make a case look slow. */
static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static enum err_status add_case(struct cli *cli, const char *model, const char *what, double value,
                                const char *unit, struct err *err)
{
    char name[160];
    json_t *row;

    snprintf(name, sizeof name, "inference/%s/%s", model, what);
    cli_say(cli, "%-44s %14.6g %s\n", name, value, unit);
    row = json_pack("{s:s, s:f, s:s}", "case", name, "value", value, "unit", unit);
    return json_array_append_new(cli->result, row) != 0 ? err_nomem(err, "the JSON result")
                                                        : ERR_OK;
}

/* Median images a second of one thread, from uint8 codes to classes. */
static enum err_status bench_interpreted(struct cli *cli, const struct subject *subject,
                                         struct err *err)
{
    double rates[RUNS];
    enum err_status status = ERR_OK;

    for (int i = -1; i < RUNS && status == ERR_OK; i++) { /* -1: to warm the caches */
        double start = cpu_now();

        status = engine_run_bytes(subject->engine, subject->codes, SAMPLES, NULL, subject->classes,
                                  1, err);
        if (i >= 0) rates[i] = SAMPLES / (cpu_now() - start);
    }
    if (status != ERR_OK) return status;
    qsort(rates, RUNS, sizeof *rates, by_value);
    return add_case(cli, subject->name, "interpreted", rates[RUNS / 2], "images/s", err);
}

static enum err_status bench_model(struct cli *cli, const char *name, struct err *err)
{
    struct subject subject = {.name = name};
    struct model *model = NULL;
    enum err_status status = cli_model_open(&model, name, NULL, err);
    size_t codes = status == ERR_OK ? SAMPLES * model->encoder->num_features : 0;
    struct rng rng;

    if (status == ERR_OK && model->encoder->code_bits != 8)
        status = err_set(err, ERR_ARG, "bench: %s: codes of %u bits; only 8 bits can be timed",
                         name, model->encoder->code_bits);
    if (status == ERR_OK) status = cli_engine_create(&subject.engine, model, err);
    if (status == ERR_OK) {
        subject.codes = malloc(codes);
        subject.classes = malloc(SAMPLES * sizeof *subject.classes);
        if (subject.codes == NULL || subject.classes == NULL)
            status = err_nomem(err, "samples to time");
    }
    rng_seed(&rng, 1, 0);
    for (size_t i = 0; status == ERR_OK && i < codes; i++)
        subject.codes[i] = (uint8_t)rng_next(&rng);
    if (status == ERR_OK) status = bench_interpreted(cli, &subject, err);
    free(subject.codes);
    free(subject.classes);
    engine_free(subject.engine);
    model_free(model);
    return status;
}

static enum err_status run(struct cli *cli, const void *values, struct err *err)
{
    static char small[] = "mnist_small", large[] = "mnist_large";
    static char *const standard[] = {small, large};
    char *const *names = cli->num_positional > 0 ? cli->positional : standard;
    size_t count = cli->num_positional > 0 ? cli->num_positional : 2;
    enum err_status status = cli_set_result(cli, json_array(), err);

    (void)values;
    for (size_t i = 0; i < count && status == ERR_OK; i++)
        status = bench_model(cli, names[i], err);
    return status;
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .arguments = "[MODEL]...",
    .summary = "measure how fast this machine runs models",
    .description =
        "Times inference from 8-bit codes to classes on one core: images a second, the median of\n"
        "five runs of 20,480 images, in processor time of the thread. Without MODEL: mnist_small\n"
        "and mnist_large.",
    .example = "  difflut-hdl bench mnist_small --json",
    .min_positional = 0,
    .max_positional = 64,
    .run = run,
};
