/* Random valid configurations: a model, a few training steps, and then the reference of what was trained
 * equals its netlist, as lowered and after the passes. */
#include "fuzz.h"

#include "../unit/small_model.h"
#include "train/train.h"

enum { SAMPLES = 12, MAX_FEATURES = 4, MAX_CLASSES = 3 };

static const char *choose(struct fuzz_bytes *bytes, const char *const *names, size_t count)
{
    return names[fuzz_below(bytes, count)];
}

static void choose_layers(struct small_shape *shape, struct fuzz_bytes *bytes, size_t outputs)
{
    shape->layers = 1 + (size_t)fuzz_below(bytes, 2);
    for (size_t l = 0; l < shape->layers; l++)
        shape->width[l] = 1 + (long)fuzz_below(bytes, 6);
    /* The last layer's outputs are shared out evenly. */
    if ((size_t)shape->width[shape->layers - 1] * outputs % shape->classes != 0)
        shape->width[shape->layers - 1] *= (long)shape->classes;
}

static struct small_shape choose_shape(struct fuzz_bytes *bytes, size_t outputs)
{
    static const char *const layers[] = {"random", "learnable"};
    size_t num_nodes, num_encoders;
    const struct node_type *const *nodes = node_types(&num_nodes);
    const struct encoder_kind *const *encoders = encoder_kinds(&num_encoders);
    const struct encoder_kind *encoder = encoders[fuzz_below(bytes, num_encoders)];
    struct small_shape shape = {
        .node = nodes[fuzz_below(bytes, num_nodes)]->name,
        .encoder = encoder->name,
        .features = 1 + (size_t)fuzz_below(bytes, MAX_FEATURES),
        .code_bits = 1 + (size_t)fuzz_below(bytes, 8),
        .classes = 2 + (size_t)fuzz_below(bytes, MAX_CLASSES - 1),
        .layer = choose(bytes, layers, 2),
        .n = 1 + (long)fuzz_below(bytes, 6),
    };

    shape.bits = (size_t)encoder->min_bits + (size_t)fuzz_below(bytes, 3);
    if (strcmp(shape.node, "difflogic") == 0 && shape.n == 1) shape.n = 2;
    choose_layers(&shape, bytes, outputs);
    return shape;
}

static struct config *choose_config(struct small_shape *shape, struct fuzz_bytes *bytes)
{
    static const char *const optimizers[] = {"sgd", "adam", "adamw", "adagrad"};
    static const char *const selections[] = {"", "layer_config: {selection: hard}\n"};
    static const char *const forwards[] = {"soft", "sampled"};
    size_t outputs = 1 + (size_t)fuzz_below(bytes, 3);
    struct text extra = {0};
    struct config *config;

    *shape = choose_shape(bytes, outputs);
    text_add(&extra, "node_config: {output_dim: %zu}\n", outputs);
    if (strcmp(shape->layer, "learnable") == 0)
        text_add(&extra, "%s", choose(bytes, selections, 2));
    text_add(
        &extra,
        "training: {epochs: 1, batch_size: %zu, optimizer: %s, learning_rate: %g, forward: %s, "
        "validation: 0.0, seed: %zu}\n",
        4 + (size_t)fuzz_below(bytes, 9), choose(bytes, optimizers, 4),
        (double)(1 + fuzz_below(bytes, 100)) / 100.0, choose(bytes, forwards, 2),
        (size_t)fuzz_below(bytes, 1000));
    config = small_config(shape, extra.data);
    text_free(&extra);
    return config;
}

static void must(enum err_status status, const struct err *err)
{
    if (status == ERR_OK) return;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

static void compare(const struct model *model, const struct dataset_split *split)
{
    uint32_t scores[2][SAMPLES * MAX_CLASSES], classes[2][SAMPLES];
    size_t bytes = split->count * model->num_classes * sizeof **scores;
    struct netlist *net = NULL;
    struct err err = {""};

    must(model_hard(model, split->codes, split->count, 1, NULL, scores[0], classes[0], &err), &err);
    must(model_lower(model, &net, &err), &err);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) must(netlist_optimize(net, NULL, &err), &err);
        must(netlist_check(net, &err), &err);
        must(netlist_eval(net, split->codes, split->count, NULL, scores[1], classes[1], &err),
             &err);
        if (memcmp(scores[0], scores[1], bytes) != 0 ||
            memcmp(classes[0], classes[1], split->count * sizeof **classes) != 0)
            abort();
    }
    netlist_free(net);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    struct small_shape shape;
    struct config *config = choose_config(&shape, &bytes);
    struct dataset *set = small_dataset(&shape, SAMPLES, SAMPLES, fuzz_below(&bytes, 256));
    struct model *model = small_model(config, set);
    struct train_options options = {.threads = 1};
    struct train_result result;
    struct err err = {""};

    must(train_run(model, set, &options, &result, &err), &err);
    compare(model, &set->train);
    compare(model, &set->test);
    model_free(model);
    dataset_free(set);
    config_free(config);
}
