#include "metrics.h"

#include <stdlib.h>

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void count_samples(struct metrics *out, const uint16_t *labels, const uint32_t *predictions,
                          size_t count)
{
    for (size_t s = 0; s < count; s++) {
        out->classes[labels[s]].samples++;
        out->classes[predictions[s]].predictions++;
        out->classes[labels[s]].right += labels[s] == predictions[s];
        if (out->confusion != NULL) out->confusion[labels[s] * out->num_classes + predictions[s]]++;
    }
}

static void take_means(struct metrics *out, size_t count)
{
    size_t seen = 0, with_samples = 0;
    uint64_t right = 0;

    for (size_t c = 0; c < out->num_classes; c++) {
        struct metrics_class *class = &out->classes[c];

        class->recall = share(class->right, class->samples);
        class->precision = share(class->right, class->predictions);
        class->f1 = share(2 * class->right, class->samples + class->predictions);
        right += class->right;
        seen += class->samples + class->predictions > 0;
        with_samples += class->samples > 0;
        out->macro_f1 += class->f1;
        out->macro_precision += class->precision;
        out->balanced_accuracy += class->recall;
    }
    out->accuracy = share(right, count);
    out->macro_f1 /= (double)(seen > 0 ? seen : 1);
    out->macro_precision /= (double)(seen > 0 ? seen : 1);
    out->balanced_accuracy /= (double)(with_samples > 0 ? with_samples : 1);
}

enum err_status metrics_compute(struct metrics *out, const uint16_t *labels,
                                const uint32_t *predictions, size_t count, size_t num_classes,
                                struct err *err)
{
    *out = (struct metrics){.num_classes = num_classes};
    out->classes = calloc(num_classes, sizeof *out->classes);
    if (num_classes <= METRICS_MAX_CONFUSION)
        out->confusion = calloc(num_classes * num_classes, sizeof *out->confusion);
    if (out->classes == NULL || (num_classes <= METRICS_MAX_CONFUSION && out->confusion == NULL)) {
        metrics_free(out);
        return err_nomem(err, "metrics");
    }
    count_samples(out, labels, predictions, count);
    take_means(out, count);
    return ERR_OK;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics->classes);
    free(metrics->confusion);
    *metrics = (struct metrics){0};
}
