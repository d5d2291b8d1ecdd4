/* The trainer: cross-entropy on GroupSum logits, mini-batches, best epoch by validation.
 *
 * The same configuration and seed give the same weights byte for byte for any number of threads, and
 * however often the run was killed and resumed. The test split is never looked at. docs/training.md
 * walks through the options. */
#ifndef DIFFLUT_TRAIN_TRAIN_H
#define DIFFLUT_TRAIN_TRAIN_H

#include "base/err.h"
#include "data/dataset.h"
#include "model/model.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* One part of the loss beside the cross-entropy: a regulariser, or the nodes' own penalty. */
struct train_term {
    const char *name;
    double loss; /* weighted; at the start of the epoch */
};
enum { TRAIN_MAX_TERMS = 17 };

/* What training.prune_* have left out so far. */
struct train_pruned {
    size_t inputs; /* LUT inputs that read nothing */
    size_t luts;   /* LUTs of which that is true of all inputs */
    size_t bits;   /* encoder bits that nothing reads */
};

struct train_progress {
    size_t epoch, epochs;     /* current, 1-based */
    size_t batch, batches;    /* current within the epoch, 1-based */
    bool epoch_done;          /* the accuracies below are new */
    bool replayed;            /* an epoch from before the checkpoint, told again in order */
    double loss;              /* mean cross-entropy over the epoch so far */
    double loss_regularizers; /* sum of the terms */
    struct train_term terms[TRAIN_MAX_TERMS];
    size_t num_terms;
    double learning_rate;
    double accuracy_soft,
        accuracy_hard; /* on the validation part (training part when it is empty) */
    bool best;         /* this epoch is the best so far, since the last pruning */
    bool prunes;       /* pruning is asked for: */
    struct train_pruned pruned;
    double samples_per_second, seconds, seconds_left;
};

struct train_options {
    unsigned threads;     /* 0: all cores */
    bool keep_parameters; /* train on from what the model holds: no init_fn, no init_from */
    void (*progress)(const struct train_progress *progress, void *user); /* may be NULL */
    /* One line for people: a warning with its numbers, or (warning false) what was done. May be NULL. */
    void (*tell)(bool warning, const char *message, void *user);
    void *user;
    /* Measures the hard accuracy of the validation part: what model_accuracy() would say, found faster.
     * NULL: model_accuracy(). */
    enum err_status (*accuracy_hard)(const struct model *model, const struct dataset_split *split,
                                     unsigned threads, double *accuracy, struct err *err);

    /* File to write a checkpoint to, at the end of an epoch and every training.checkpoint_seconds;
     * NULL: none. `resume`: continue from it when it is there; else an old one is removed. */
    const char *checkpoint;
    bool resume;
    /* Not 0: write the checkpoint and end with ERR_TOOL. May be NULL. */
    const volatile sig_atomic_t *stop;
};

struct train_result {
    size_t epochs, best_epoch; /* epochs trained: fewer than asked for when stopped early */
    double accuracy_soft, accuracy_hard; /* best epoch, validation part */
    bool prunes;                         /* pruning was asked for: */
    struct train_pruned pruned;
    double samples_per_second; /* training steps only */
    double seconds;
};

/* Trains in place; on return, also after a failure, the model holds the best epoch's parameters. The
 * encoder must be fitted. ERR_DIFF when the loss is not finite (names epoch, batch and layer; the
 * checkpoint stays the last good one); ERR_ARG for a checkpoint of another configuration, naming the
 * key. */
enum err_status train_run(struct model *model, const struct dataset *dataset,
                          const struct train_options *options, struct train_result *result,
                          struct err *err);

/* What regularisers and penalties add to the loss of the model as it is. Their names live as long as
 * its configuration. ERR_ARG for a regulariser that is not known or has a wrong option. */
enum err_status train_terms(const struct model *model, struct train_term terms[TRAIN_MAX_TERMS],
                            size_t *count, struct err *err);

#endif
