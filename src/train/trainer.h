/* The room's own: everything one training run holds, and its parts.
 *
 * trainer.c sets it up, train_step.c does one batch, train.c the epochs, checkpoint.c saves and
 * restores it, watch.c looks for what goes wrong, prune.c cuts. */
#ifndef DIFFLUT_TRAIN_TRAINER_H
#define DIFFLUT_TRAIN_TRAINER_H

#include "augment.h"
#include "base/rng.h"
#include "base/share.h"
#include "layer/stabilize.h"
#include "loss.h"
#include "model/tile.h"
#include "optimizer.h"
#include "regularizer.h"
#include "schedule.h"
#include "train.h"

/* Streams of the training seed. */
enum { STREAM_SPLIT = 1, STREAM_ORDER, STREAM_NOISE, STREAM_AUGMENT, STREAM_REGULARIZER };

enum stabilization { STABILIZE_NONE, STABILIZE_LAYERWISE, STABILIZE_BATCHWISE };

/* What is known of a finished epoch. Doubles only: a checkpoint keeps it as a row. */
struct trainer_epoch {
    double loss, learning_rate, accuracy_soft, accuracy_hard, best;
    double terms[TRAIN_MAX_TERMS];
    double pruned_inputs, pruned_luts, pruned_bits;
};

/* Where a run stands between two steps. */
struct trainer_place {
    uint64_t step;
    size_t epochs_done, batches_done; /* whole epochs; batches of the one after them */
    double loss, weight;              /* sums over those batches */
    struct train_term terms[TRAIN_MAX_TERMS];
    size_t num_terms;
};

struct trainer {
    struct model *model;
    const struct config *config;
    const struct train_options *options;
    const struct optimizer *optimizer;
    struct loss loss;
    float *class_weights; /* [num_classes], or NULL */
    struct regularizer_use regularizers[TRAIN_MAX_TERMS];
    size_t num_regularizers;
    bool has_penalty; /* of the nodes' own */
    int threads;

    const struct dataset_split *data;
    uint32_t *order; /* [num_train] sample numbers of the training part, shuffled every epoch */
    size_t num_train;
    struct dataset_split validation; /* own copy; the training part itself when it would be empty */
    bool own_validation;
    struct rng order_rng;
    struct schedule_plateau plateau;
    struct trainer_place place;
    struct trainer_epoch *history; /* [training.epochs]; epochs_done of them are filled */
    struct train_result *result;
    uint64_t data_key;      /* of the training split, when there are checkpoints */
    double last_checkpoint; /* trainer_now() */

    struct augment augment;
    uint16_t **augmented; /* [threads][LAYER_TILE][num_features] */
    enum stabilization stabilization;
    struct stabilize_options stabilize;
    struct stabilize_sums *sums; /* [num_tiles] */

    size_t batch_size, num_tiles, steps_per_epoch;
    struct tile *tiles;                /* [num_tiles] of one batch */
    struct layer_tile **layer_tiles;   /* [num_layers][num_tiles], gathered for the node phase */
    struct share *shares;              /* [num_layers + 1] of each layer's nodes; of tiles */
    size_t *counts;                    /* [num_tiles] */
    float *losses;                     /* [batch_size] */
    float *state[OPTIMIZER_MAX_SLOTS]; /* all parameters, layer after layer */
    size_t *offset;                    /* [num_layers] first parameter of a layer */
    size_t num_params, num_tables;     /* of the model */
    size_t *first_node;                /* [num_layers] number of a layer's first node */
    double *figures;                   /* one for each node: sums of fixed order are made of them */
    float *best;                       /* parameters of the best epoch */
    bool *frozen;                      /* [num_layers] */
    size_t first_trained; /* lowest layer that is not frozen: no gradient goes below it */

    /* clip_norm only: all gradients wait for their common length */
    float *gradients;             /* [num_params] */
    float clip_factor;            /* of this step */
    float **scratch;              /* [threads] gradient buffers of one node */
    size_t scratch_table;         /* floats before the parameter gradient */
    double started, step_seconds; /* trainer_now(); spent in training steps */
    uint64_t first_step;          /* done before this process */
    uint64_t step_samples;
};

/* A run over a fitted model. On failure the trainer must still be freed. */
enum err_status trainer_create(struct trainer *trainer, struct model *model,
                               const struct dataset *dataset, const struct train_options *options,
                               struct train_result *result, struct err *err);
void trainer_free(struct trainer *trainer);

double trainer_now(void); /* seconds, monotonic */

/* Says one line to options->tell. */
void trainer_tell(const struct trainer *trainer, bool warning, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
