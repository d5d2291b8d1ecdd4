/* Checkpoints whose tensors are not what they should be: refused, or a training that goes on. */
#include "../unit/scratch.h"
#include "../unit/small_model.h"
#include "tensors.h"

#include "train/checkpoint.h"

#include <stdint.h>

enum { SAMPLES = 20 };

static const struct small_shape SHAPE = {.node = "probabilistic",
                                         .encoder = "thermometer",
                                         .features = 3,
                                         .bits = 2,
                                         .code_bits = 4,
                                         .classes = 2,
                                         .layers = 2,
                                         .n = 2,
                                         .width = {4, 4},
                                         .layer = "[random, learnable]"};

static struct dataset *data_set;
static struct model *model;
static struct trainer trainer;
static struct train_result result;
static struct train_options options = {.threads = 1};
static struct safetensors *good;

static void must(enum err_status status, const struct err *err)
{
    if (status == ERR_OK) return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct config *config =
        small_config(&SHAPE, "training: {epochs: 4, batch_size: 5, optimizer: adam}\n");
    struct scratch scratch;
    struct err err = {""};

    (void)argc, (void)argv;
    scratch_create(&scratch);
    scratch_path(&scratch, "checkpoint");
    data_set = small_dataset(&SHAPE, SAMPLES, 4, 1);
    model = small_model(config, data_set);
    must(trainer_create(&trainer, model, data_set, &options, &result, &err), &err);
    must(checkpoint_write(&trainer, scratch.path, &err), &err);
    must(safetensors_read(&good, scratch.path, &err), &err);
    config_free(config);
    scratch_remove(&scratch);
    return 0;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"format", "format_version", "training", NULL};
    struct fuzz_bytes bytes = {data, data + size};
    struct safetensors *file = tensors_changed(good, keys, &bytes);
    uint32_t scores[SAMPLES * 2], classes[SAMPLES];
    struct err err = {""};

    if (checkpoint_take(&trainer, file, "fuzz", &err) == ERR_OK)
        must(model_hard(model, data_set->train.codes, SAMPLES, 1, NULL, scores, classes, &err),
             &err);
    else if (size == 0)
        abort(); /* nothing was changed */
    safetensors_free(file);
    must(checkpoint_take(&trainer, good, "good", &err), &err);
}
