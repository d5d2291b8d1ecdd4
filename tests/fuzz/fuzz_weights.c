/* Weight files whose tensors are not what they should be: refused, or a model whose reference, netlist and
 * passes agree. The first byte chooses one of the models below, the rest says what is changed
 * (tensors.h). */
#include "../unit/scratch.h"
#include "../unit/small_model.h"
#include "tensors.h"

#include <stdint.h>

enum { SAMPLES = 4, FEATURES = 3, CODE_BITS = 4, CLASSES = 2 };

static struct weights {
    struct small_shape shape;
    const char *extra;
    struct config *config;
    struct safetensors *good;
} models[] = {
    {.shape = {.node = "probabilistic",
               .encoder = "distributive_thermometer",
               .bits = 3,
               .layers = 2,
               .n = 3,
               .width = {5, 4}}},
    {.shape = {.node = "dwn",
               .encoder = "gray",
               .bits = 2,
               .layers = 1,
               .n = 2,
               .width = {4},
               .layer = "learnable"},
     .extra = "layer_config: {candidates: 4}\n"},
    {.shape = {.node = "difflogic",
               .encoder = "gaussian_thermometer",
               .bits = 2,
               .layers = 1,
               .n = 2,
               .width = {6},
               .layer = "learnable"}},
    {.shape =
         {.node = "neurallut", .encoder = "onehot", .bits = 4, .layers = 1, .n = 6, .width = {2}}},
};
enum { MODELS = sizeof models / sizeof models[0] };

static void prepare(struct weights *weights, const char *folder)
{
    struct dataset *data;
    struct model *model;
    struct err err = {""};
    char path[600];

    weights->shape.features = FEATURES;
    weights->shape.code_bits = CODE_BITS;
    weights->shape.classes = CLASSES;
    data = small_dataset(&weights->shape, 20, 4, 1);
    weights->config = small_config(&weights->shape, weights->extra);
    model = small_model(weights->config, data);
    snprintf(path, sizeof path, "%s/small.safetensors", folder);
    if (model_save(model, folder, NULL, &err) != ERR_OK ||
        safetensors_read(&weights->good, path, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    model_free(model);
    dataset_free(data);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct scratch scratch;

    (void)argc, (void)argv;
    scratch_create(&scratch);
    for (size_t i = 0; i < MODELS; i++)
        prepare(&models[i], scratch.folder);
    scratch_remove(&scratch);
    return 0;
}

/* What was read computes: the reference and the netlist, as lowered and after the passes, agree. */
static void compare(const struct model *model)
{
    uint16_t codes[SAMPLES * FEATURES];
    uint32_t scores[2][SAMPLES * CLASSES], classes[2][SAMPLES];
    struct netlist *net = NULL;

    for (size_t i = 0; i < SAMPLES * FEATURES; i++)
        codes[i] = (uint16_t)((i * 7 + i / FEATURES * 5) % (1 << CODE_BITS));
    if (model_hard(model, codes, SAMPLES, 1, NULL, scores[0], classes[0], NULL) != ERR_OK ||
        model_lower(model, &net, NULL) != ERR_OK || netlist_check(net, NULL) != ERR_OK)
        abort();
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && netlist_optimize(net, NULL, NULL) != ERR_OK) abort();
        if (netlist_eval(net, codes, SAMPLES, NULL, scores[1], classes[1], NULL) != ERR_OK ||
            memcmp(scores[0], scores[1], sizeof scores[0]) != 0 ||
            memcmp(classes[0], classes[1], sizeof classes[0]) != 0)
            abort();
    }
    netlist_free(net);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"format", "format_version", "structural", NULL};
    struct fuzz_bytes bytes = {data, data + size};
    const struct weights *weights = &models[fuzz_below(&bytes, MODELS)];
    struct safetensors *file = tensors_changed(weights->good, keys, &bytes);
    struct model *model = NULL;
    struct err err;

    if (model_take(&model, weights->config, file, "fuzz", &err) == ERR_OK) {
        compare(model);
        model_free(model);
    } else if (size <= 1) {
        abort(); /* nothing was changed */
    }
    safetensors_free(file);
}
