/* A training run on disk: what --resume continues from. */
#ifndef DIFFLUT_TRAIN_CHECKPOINT_H
#define DIFFLUT_TRAIN_CHECKPOINT_H

#include "model/safetensors.h"
#include "trainer.h"

/* Where the run stands, whole and atomically; nothing but the training decides its bytes. */
enum err_status checkpoint_write(const struct trainer *trainer, const char *path, struct err *err);

/* Puts the run where the file says, the model's parameters and wires included. On failure the trainer
 * and the model are unusable. */
enum err_status checkpoint_read(struct trainer *trainer, const char *path, struct err *err);
/* The same from a file that is open, which it leaves as it is; `path` is for messages. */
enum err_status checkpoint_take(struct trainer *trainer, struct safetensors *file, const char *path,
                                struct err *err);

#endif
