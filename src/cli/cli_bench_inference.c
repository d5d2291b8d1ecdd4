#include "base/rng.h"
#include "cli/cli_bench.h"
#include "cli/cli_engine.h"
#include "cli/cli_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 20480 };

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

/* What is measured of a model. */
static const struct kind {
    const char *name, *unit;
    enum err_status (*once)(const struct subject *, double *, struct err *);
} KINDS[] = {{"interpreted", "images/s", once_interpreted},
             {"native", "images/s", once_native},
             {"native-latency", "us", once_latency}};

enum { NUM_KINDS = sizeof KINDS / sizeof KINDS[0] };

static void name_case(char name[160], const struct subject *subject, const struct kind *kind)
{
    snprintf(name, 160, "inference/%s/%s", subject->name, kind->name);
}

static bool wants_any(const struct cli_bench *bench, const struct subject *subject)
{
    char name[160];
    bool wants = false;

    for (size_t i = 0; i < NUM_KINDS; i++) {
        name_case(name, subject, &KINDS[i]);
        wants = wants || cli_bench_wants(bench, name);
    }
    return wants;
}

/* One case: a run that warms the caches, then those that count. */
static enum err_status bench_case(const struct cli_bench *bench, const struct subject *subject,
                                  const struct kind *kind, struct err *err)
{
    struct cli_bench_case result = {.unit = kind->unit, .threads = 1};
    enum err_status status = ERR_OK;

    name_case(result.name, subject, kind);
    if (!cli_bench_wants(bench, result.name)) return ERR_OK;
    for (int i = -1; i < CLI_BENCH_RUNS && status == ERR_OK; i++)
        status = kind->once(subject, &result.values[i < 0 ? 0 : i], err);
    return status == ERR_OK ? cli_bench_add(bench, &result, err) : status;
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

static enum err_status bench_subject(const struct cli_bench *bench, struct subject *subject,
                                     const struct model *model, struct err *err)
{
    enum err_status status = make_engines(bench->cli, subject, model, bench->cc, err);

    if (status == ERR_OK) status = make_codes(subject, err);
    for (size_t i = 0; i < NUM_KINDS && status == ERR_OK; i++)
        status = bench_case(bench, subject, &KINDS[i], err);
    return status;
}

static enum err_status bench_model(const struct cli_bench *bench, const char *name, struct err *err)
{
    struct subject subject = {0};
    struct model *model = NULL;
    enum err_status status = cli_model_open(&model, name, NULL, err);

    if (status == ERR_OK && model->encoder->code_bits != 8)
        status = err_set(err, ERR_ARG, "bench: %s: codes of %u bits; only 8 bits can be timed",
                         name, model->encoder->code_bits);
    if (status == ERR_OK) {
        subject.name = model->config->name;
        subject.num_features = model->encoder->num_features;
        if (wants_any(bench, &subject)) status = bench_subject(bench, &subject, model, err);
    }
    free(subject.codes);
    free(subject.classes);
    cli_native_free(subject.native);
    engine_free(subject.engine);
    model_free(model);
    return status;
}

enum err_status cli_bench_inference(const struct cli_bench *bench, char *const *names, size_t count,
                                    struct err *err)
{
    enum err_status status = ERR_OK;

    for (size_t i = 0; i < count && status == ERR_OK; i++)
        status = bench_model(bench, names[i], err);
    return status;
}
