/* difflut-hdl bench: how fast this machine runs the models. */
#include "base/rng.h"
#include "cli/cli_commands.h"
#include "cli/cli_engine.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"

#include <stdlib.h>
#include <time.h>

struct values {
    const char *cc;
};

static const struct cli_option OPTIONS[] = {
    CLI_OPTION_CC(struct values, cc),
};

enum { SAMPLES = 20480, RUNS = 5 };

/* A model with random codes: the work does not depend on them. */
struct subject {
    const char *name;
    size_t num_features;
    struct engine *engine;
    struct cli_native *native;
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

/* Median over the runs, after one that warms the caches, of what `once` measures. */
static enum err_status median(const struct subject *subject,
                              enum err_status (*once)(const struct subject *, double *,
                                                      struct err *),
                              double *value, struct err *err)
{
    double values[RUNS];
    enum err_status status = ERR_OK;

    for (int i = -1; i < RUNS && status == ERR_OK; i++)
        status = once(subject, &values[i < 0 ? 0 : i], err);
    qsort(values, RUNS, sizeof *values, by_value);
    if (status == ERR_OK) *value = values[RUNS / 2];
    return status;
}

/* Images a second of one thread, from uint8 codes to classes. */
static enum err_status once_interpreted(const struct subject *subject, double *value,
                                        struct err *err)
{
    double start = cpu_now();
    enum err_status status =
        engine_run_bytes(subject->engine, subject->codes, SAMPLES, NULL, subject->classes, 1, err);

    *value = SAMPLES / (cpu_now() - start);
    return status;
}

static enum err_status once_native(const struct subject *subject, double *value, struct err *err)
{
    double start = cpu_now();

    (void)err;
    cli_native_classify(subject->native, subject->codes, SAMPLES, subject->classes);
    *value = SAMPLES / (cpu_now() - start);
    return ERR_OK;
}

/* Microseconds from one sample's codes to its class, one after the other. */
static enum err_status once_latency(const struct subject *subject, double *value, struct err *err)
{
    double start = cpu_now();

    (void)err;
    for (size_t i = 0; i < SAMPLES; i++)
        subject->classes[i] =
            cli_native_classify_one(subject->native, subject->codes + i * subject->num_features);
    *value = 1e6 * (cpu_now() - start) / SAMPLES;
    return ERR_OK;
}

static enum err_status bench_subject(struct cli *cli, const struct subject *subject,
                                     struct err *err)
{
    static const struct {
        const char *name, *unit;
        enum err_status (*once)(const struct subject *, double *, struct err *);
    } cases[] = {{"interpreted", "images/s", once_interpreted},
                 {"native", "images/s", once_native},
                 {"native-latency", "us", once_latency}};
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && status == ERR_OK; i++) {
        double value = 0.0;

        status = median(subject, cases[i].once, &value, err);
        if (status == ERR_OK)
            status = add_case(cli, subject->name, cases[i].name, value, cases[i].unit, err);
    }
    return status;
}

static enum err_status make_engines(struct cli *cli, struct subject *subject,
                                    const struct model *model, const char *cc, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = cli_engine_netlist(&net, model, err);

    if (status == ERR_OK) status = engine_create(&subject->engine, net, err);
    if (status == ERR_OK) status = cli_native_create(cli, &subject->native, net, cc, err);
    netlist_free(net);
    return status;
}

static enum err_status make_codes(struct subject *subject, struct err *err)
{
    size_t count = SAMPLES * subject->num_features;
    struct rng rng;

    subject->codes = malloc(count);
    subject->classes = malloc(SAMPLES * sizeof *subject->classes);
    if (subject->codes == NULL || subject->classes == NULL)
        return err_nomem(err, "samples to time");
    rng_seed(&rng, 1, 0);
    for (size_t i = 0; i < count; i++)
        subject->codes[i] = (uint8_t)rng_next(&rng);
    return ERR_OK;
}

static enum err_status bench_model(struct cli *cli, const char *name, const char *cc,
                                   struct err *err)
{
    struct subject subject = {.name = name};
    struct model *model = NULL;
    enum err_status status = cli_model_open(&model, name, NULL, err);

    if (status == ERR_OK && model->encoder->code_bits != 8)
        status = err_set(err, ERR_ARG, "bench: %s: codes of %u bits; only 8 bits can be timed",
                         name, model->encoder->code_bits);
    if (status == ERR_OK) {
        subject.name = model->config->name;
        subject.num_features = model->encoder->num_features;
        status = make_engines(cli, &subject, model, cc, err);
    }
    if (status == ERR_OK) status = make_codes(&subject, err);
    if (status == ERR_OK) status = bench_subject(cli, &subject, err);
    free(subject.codes);
    free(subject.classes);
    cli_native_free(subject.native);
    engine_free(subject.engine);
    model_free(model);
    return status;
}

static enum err_status run(struct cli *cli, const void *untyped, struct err *err)
{
    const struct values *values = untyped;
    static char small[] = "mnist_small", large[] = "mnist_large";
    static char *const standard[] = {small, large};
    char *const *names = cli->num_positional > 0 ? cli->positional : standard;
    size_t count = cli->num_positional > 0 ? cli->num_positional : 2;
    enum err_status status = cli_set_result(cli, json_array(), err);

    for (size_t i = 0; i < count && status == ERR_OK; i++)
        status = bench_model(cli, names[i], values->cc, err);
    return status;
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .arguments = "[MODEL]...",
    .summary = "measure how fast this machine runs models",
    .description =
        "Times inference from 8-bit codes to classes on one core: images a second, the median of\n"
        "five runs of 20,480 images, in processor time of the thread; by the interpreting engine "
        "and\n"
        "by generated C, and the time of one image alone. Without MODEL: mnist_small, mnist_large.",
    .example = "  difflut-hdl bench mnist_small --json",
    .options = OPTIONS,
    .num_options = sizeof OPTIONS / sizeof OPTIONS[0],
    .values_size = sizeof(struct values),
    .min_positional = 0,
    .max_positional = 64,
    .run = run,
};
