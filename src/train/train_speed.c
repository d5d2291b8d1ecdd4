#include "train_speed.h"

#include "init.h"
#include "train_step.h"

#include <time.h>

/* Batch after batch, epoch after epoch; a training that is over begins again. */
static size_t step(struct trainer *t)
{
    size_t samples, total = t->steps_per_epoch * (size_t)t->config->training.epochs;

    if (t->place.batches_done == t->steps_per_epoch || t->place.step == 0) {
        rng_shuffle(&t->order_rng, t->order, t->num_train);
        t->place.batches_done = 0;
    }
    if (t->place.step >= total) t->place.step = 0;
    train_step_next(t, &samples);
    return samples;
}

static double seconds_now(bool processor)
{
    struct timespec t;

    clock_gettime(processor ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double run(struct trainer *t, const struct train_speed_request *request)
{
    double begin = seconds_now(request->processor), spent;
    size_t samples = 0;

    do {
        samples += step(t);
        spent = seconds_now(request->processor) - begin;
    } while (spent < request->seconds);
    return (double)samples / spent;
}

enum err_status train_speed(struct model *model, const struct dataset *dataset,
                            const struct train_speed_request *request, double *samples_per_second,
                            struct err *err)
{
    struct train_options options = {.threads = request->threads};
    struct train_result result = {0};
    struct trainer trainer;
    enum err_status status = init_apply(model, err);

    if (status != ERR_OK) return status;
    status = trainer_create(&trainer, model, dataset, &options, &result, err);
    if (status == ERR_OK) {
        run(&trainer, request);
        for (size_t i = 0; i < request->runs; i++)
            samples_per_second[i] = run(&trainer, request);
    }
    trainer_free(&trainer);
    return status;
}
