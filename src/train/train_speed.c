#include "train_speed.h"

#include "init.h"
#include "train_step.h"

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

static double run(struct trainer *t, double seconds)
{
    double begin = trainer_now(), spent;
    size_t samples = 0;

    do {
        samples += step(t);
        spent = trainer_now() - begin;
    } while (spent < seconds);
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
        run(&trainer, request->seconds);
        for (size_t i = 0; i < request->runs; i++)
            samples_per_second[i] = run(&trainer, request->seconds);
    }
    trainer_free(&trainer);
    return status;
}
