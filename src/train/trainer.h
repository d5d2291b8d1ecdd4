/* The room's own: everything one training run holds, and its parts.
 *
 * trainer.c sets it up, train_step.c does one batch, train.c the epochs. */
#ifndef DIFFLUT_TRAIN_TRAINER_H
#define DIFFLUT_TRAIN_TRAINER_H

#include "augment.h"
#include "base/rng.h"
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

struct trainer {
    struct model *model;
    const struct config *config;
    const struct train_options *options;
    const struct optimizer *optimizer;
    struct loss loss;
    float *class_weights; /* [num_classes], or NULL */
    struct regularizer_use regularizers[TRAIN_MAX_TERMS];
    size_t num_regularizers;
    int threads;

    const struct dataset_split *data;
    uint32_t *order; /* [num_train] sample numbers of the training part, shuffled every epoch */
    size_t num_train;
    struct dataset_split validation; /* own copy; the training part itself when it would be empty */
    bool own_validation;
    struct rng order_rng;
    struct schedule_plateau plateau;

    struct augment augment;
    uint16_t **augmented; /* [threads][LAYER_TILE][num_features] */
    enum stabilization stabilization;
    struct stabilize_options stabilize;
    struct stabilize_sums *sums; /* [num_tiles] */

    size_t batch_size, num_tiles, steps_per_epoch;
    struct tile *tiles;                /* [num_tiles] of one batch */
    struct layer_tile **layer_tiles;   /* [num_layers][num_tiles], gathered for the node phase */
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
    float *gradients;     /* [num_params] */
    float clip_factor;    /* of this step */
    float **scratch;      /* [threads] gradient buffers of one node */
    size_t scratch_table; /* floats before the parameter gradient */
    uint64_t step;
    double step_seconds; /* spent in training steps */
    uint64_t step_samples;
};

/* A run over a fitted model. On failure the trainer must still be freed. */
enum err_status trainer_create(struct trainer *trainer, struct model *model,
                               const struct dataset *dataset, const struct train_options *options,
                               struct err *err);
void trainer_free(struct trainer *trainer);

/* One step on the samples order[first..first + batch). Returns the summed losses of the batch, added in
 * sample order, and adds the weights of its samples to *weight. */
double train_step_run(struct trainer *trainer, size_t first, size_t batch, double rate,
                      double *weight);

/* The regularisers' parts of the loss, and the nodes' own penalties. terms [TRAIN_MAX_TERMS]; returns how
 * many there are. */
size_t train_step_terms(struct trainer *trainer, struct train_term *terms);

#endif
