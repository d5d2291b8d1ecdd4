#include "schedule.h"

#include <math.h>
#include <string.h>

double schedule_rate(const struct config *config, uint64_t step, uint64_t steps_per_epoch)
{
    double rate = config->training.learning_rate;
    uint64_t total = steps_per_epoch * (uint64_t)config->training.epochs;

    if (strcmp(config->training.schedule, "step") == 0) {
        uint64_t drops = step / steps_per_epoch / (uint64_t)config->training.step_epochs;

        return rate * pow(config->training.step_factor, (double)drops);
    }
    if (strcmp(config->training.schedule, "cosine") == 0 && total > 0)
        return rate * 0.5 * (1.0 + cos(3.14159265358979323846 * (double)step / (double)total));
    return rate;
}
