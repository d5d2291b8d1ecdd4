#include "schedule.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static bool is(const struct config *config, const char *name)
{
    return strcmp(config->training.schedule, name) == 0;
}

enum err_status schedule_check(const struct config *config, struct err *err)
{
    if (is(config, "multistep") && config->training.milestones.count == 0)
        return config_complain(config, "training.milestones", err,
                               "schedule multistep needs them, as in [10, 20]");
    if (config->training.learning_rate_min > config->training.learning_rate)
        return config_complain(config, "training.learning_rate_min", err,
                               "is %g, above training.learning_rate %g",
                               config->training.learning_rate_min, config->training.learning_rate);
    if (config->training.epochs > 0 &&
        config->training.warmup_epochs > (double)config->training.epochs)
        return config_complain(config, "training.warmup_epochs", err,
                               "is %g, but the training has %ld epochs",
                               config->training.warmup_epochs, config->training.epochs);
    return ERR_OK;
}

/* From `from` at part 0 to `to` at part 1. */
static double half_cosine(double from, double to, double part)
{
    return to + (from - to) * 0.5 * (1.0 + cos(PI * part));
}

static double onecycle(const struct config *config, double step, double total)
{
    double highest = config->training.learning_rate;
    double start = highest / config->training.cycle_start;
    double top = config->training.cycle_rise * total - 1; /* the step of the highest rate */
    double last = total - 1;

    if (top > 0 && step <= top) return half_cosine(start, highest, step / top);
    if (top < 0) top = 0;
    if (step >= last) return start / config->training.cycle_end;
    return half_cosine(highest, start / config->training.cycle_end, (step - top) / (last - top));
}

static double cosine(const struct config *config, double step, double total)
{
    double low = config->training.learning_rate_min;

    return half_cosine(config->training.learning_rate, low, total > 0 ? step / total : 0);
}

static double reduced(const struct config *config, double reductions)
{
    return config->training.learning_rate * pow(config->training.step_factor, reductions);
}

static double multistep(const struct config *config, uint64_t epoch)
{
    uint64_t passed = 0;

    for (size_t i = 0; i < config->training.milestones.count; i++)
        passed += (uint64_t)config->training.milestones.items[i] <= epoch;
    return reduced(config, (double)passed);
}

/* The schedule without its warm-up, which took the first `warmup` steps. */
static double after_warmup(const struct config *config, const struct schedule_plateau *plateau,
                           uint64_t step, uint64_t steps_per_epoch, uint64_t warmup)
{
    uint64_t epoch = step / steps_per_epoch;
    uint64_t total = steps_per_epoch * (uint64_t)config->training.epochs;

    if (is(config, "step")) {
        uint64_t times = epoch / (uint64_t)config->training.step_epochs;

        return reduced(config, (double)times);
    }
    if (is(config, "multistep")) return multistep(config, epoch);
    if (is(config, "cosine"))
        return cosine(config, (double)(step > warmup ? step - warmup : 0),
                      (double)total - (double)warmup);
    if (is(config, "plateau"))
        return fmax(reduced(config, (double)plateau->reductions),
                    config->training.learning_rate_min);
    return config->training.learning_rate;
}

double schedule_rate(const struct config *config, const struct schedule_plateau *plateau,
                     uint64_t step, uint64_t steps_per_epoch)
{
    uint64_t warmup = (uint64_t)(config->training.warmup_epochs * (double)steps_per_epoch + 0.5);
    double rate;

    if (is(config, "onecycle"))
        return onecycle(config, (double)step,
                        (double)steps_per_epoch * (double)config->training.epochs);
    rate = after_warmup(config, plateau, step, steps_per_epoch, warmup);
    return step < warmup ? rate * (double)(step + 1) / (double)warmup : rate;
}

void schedule_judge(const struct config *config, struct schedule_plateau *plateau, bool best)
{
    plateau->waited = best ? 0 : plateau->waited + 1;
    if (plateau->waited <= (uint64_t)config->training.plateau_epochs) return;
    plateau->reductions++;
    plateau->waited = 0;
}
