/* Pruning: training leaves out what is worth least, so that the hardware is smaller.
 *
 * At the start of an epoch the net is cut down to a part of the aims training.prune_luts, prune_bits and
 * prune_inputs that rises from none at prune_start to all of it at prune_end (parts of the epochs):
 * 1 - (1 - u)^3, u the way between the two (Zhu and Gupta, "To prune, or not to prune", 2017). What
 * has the least worth (worth.h) goes first:
 *
 *   LUTs         of each layer; in the last one as many of each class, so that no class has fewer votes
 *   encoder bits of all
 *   inputs       of the LUTs that are left in each layer, the last one of a LUT excepted
 *
 * Cutting is wiring: a slot reads the constant 0 from then on (layer_cut()), a removed LUT with all its
 * slots, and the slots that read it where wires are fixed. So every pass, every node type, weights
 * and checkpoints know it without being told. Frozen layers stay as they are. In convolutions each
 * place is a LUT of its own; their last layer keeps its LUTs. */
#ifndef DIFFLUT_TRAIN_PRUNE_H
#define DIFFLUT_TRAIN_PRUNE_H

#include "trainer.h"

bool prune_wanted(const struct config *config);

/* Keys that do not fit together, or an end that the epochs do not reach: ERR_ARG. */
enum err_status prune_check(const struct config *config, struct err *err);

/* Part of the aims (0..1) to be reached before epoch `epoch` (from 0). */
double prune_part(const struct config *config, size_t epoch);
/* Whether something is left to prune after so many epochs. */
bool prune_pending(const struct config *config, size_t epochs_done);

/* Prunes before epoch place.epochs_done; *cut says whether there was anything to do. */
enum err_status prune_epoch(struct trainer *trainer, bool *cut, struct err *err);

struct worth;
struct prune_shares {
    double luts, bits, inputs;
};
/* Cuts `model` down to these shares (prune_luts, prune_bits, prune_inputs) by `worth`; frozen
 * [num_layers]. What is cut stays cut. ERR_NOMEM. */
enum err_status prune_model(const struct model *model, const struct worth *worth,
                            const struct prune_shares *shares, const bool *frozen, struct err *err);

/* What is left out of the model. ERR_NOMEM. */
enum err_status prune_count(const struct model *model, struct train_pruned *out, struct err *err);

#endif
