/* The life of a model: from a configuration or pretrained, overridden, saved and loaded.
 *
 *   cc model_system_example.c $(pkg-config --cflags --libs difflut) -o model_system_example
 *   ./model_system_example CONFIG.yaml [FOLDER]
 */
#include <difflut.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(enum difflut_status status, const struct difflut_error *err)
{
    if (status == DIFFLUT_OK) return;
    fprintf(stderr, "model_system_example: %s\n", err->message);
    exit(1);
}

static void describe(const struct difflut_model *model)
{
    struct difflut_model_info info;

    difflut_model_info(model, &info);
    printf("%s: %s on %s, %zu features of %u bits -> %zu %s bits -> %zu LUTs in %zu layers -> %zu "
           "classes\n",
           info.name, info.model_type, info.dataset, info.num_features, info.code_bits,
           info.num_bits, info.encoder, info.num_luts, info.num_layers, info.num_classes);
    for (size_t l = 0; l < info.num_layers; l++) {
        struct difflut_layer_info layer;
        struct difflut_error err;

        check(difflut_model_layer(model, l, &layer, &err), &err);
        printf("  layer %zu: %zu %s nodes of %u inputs, %zu parameters\n", l, layer.num_nodes,
               layer.node_type, layer.num_inputs, layer.num_parameters);
    }
}

/* 1. What is there: components by name, and pretrained models. */
static void list(struct difflut *lut)
{
    struct difflut_model_info *models = NULL;
    struct difflut_error err;
    const char *name;
    size_t count = 0;

    printf("difflut %s\nnode types:", difflut_version());
    for (size_t i = 0; (name = difflut_component(lut, DIFFLUT_NODES, i, NULL)) != NULL; i++)
        printf(" %s", name);
    check(difflut_pretrained(lut, &models, &count, &err), &err);
    printf("\n%zu pretrained models\n", count);
    for (size_t i = 0; i < count; i++)
        printf("  %-16s %-16s hard accuracy %.2f %%\n", models[i].name, models[i].dataset,
               100 * models[i].accuracy_hard);
    free(models);
}

/* 2. From a configuration: overrides for this run, training, accuracy. */
static struct difflut_model *train(struct difflut *lut, const char *config)
{
    static const char *const overrides[] = {"training.epochs=2", "training.samples=2000"};
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    struct difflut_samples test;
    struct difflut_train_result result;
    struct difflut_error err;
    double accuracy;

    check(difflut_model_create(lut, config, overrides, 2, &model, &err), &err);
    describe(model);
    check(difflut_data_load(model, NULL, DIFFLUT_TRAIN | DIFFLUT_TEST, &data, &err), &err);
    check(difflut_train(model, data, NULL, &result, &err), &err);
    test = difflut_data_split(data, DIFFLUT_TEST);
    check(difflut_accuracy(model, &test, NULL, &accuracy, &err), &err);
    printf("%zu epochs, hard accuracy %.1f %% of %zu test samples\n", result.epochs, 100 * accuracy,
           test.count);
    difflut_data_free(data);
    return model;
}

/* 3. Runtime keys may change at any time; structural ones never, since they are the hardware. */
static void change(struct difflut_model *model)
{
    struct difflut_error err;

    check(difflut_model_set(model, "runtime.temperature=0.5", &err), &err);
    check(difflut_model_set(model, "runtime.eval_mode=expectation", &err), &err);
    printf("eval mode is soft now: %s\n",
           difflut_model_mode(model).pass == DIFFLUT_SOFT ? "yes" : "no");
    if (difflut_model_set(model, "num_classes=5", &err) == DIFFLUT_ARG)
        printf("refused: %s\n", err.message);
}

/* 4. Saved and loaded: the same model, bit for bit. */
static void save_and_load(struct difflut *lut, struct difflut_model *model, const char *folder)
{
    enum { SAMPLES = 100 };
    struct difflut_model *again = NULL;
    struct difflut_model_info info;
    struct difflut_error err;
    uint32_t *scores[2];
    uint16_t *codes;

    check(difflut_model_save(model, folder, &err), &err);
    check(difflut_model_open(lut, folder, NULL, 0, &again, &err), &err);
    difflut_model_info(again, &info);
    printf("saved to %s/%s.yaml and .safetensors, weights %.16s\n", folder, info.name,
           info.model_hash);
    codes = malloc(SAMPLES * info.num_features * sizeof *codes);
    scores[0] = malloc(2 * SAMPLES * info.num_classes * sizeof **scores);
    if (codes == NULL || scores[0] == NULL) exit(1);
    scores[1] = scores[0] + SAMPLES * info.num_classes;
    for (size_t i = 0; i < SAMPLES * info.num_features; i++)
        codes[i] = (uint16_t)(i * 2654435761U % (1U << info.code_bits));
    check(difflut_forward_hard(model, codes, SAMPLES, scores[0], NULL, &err), &err);
    check(difflut_forward_hard(again, codes, SAMPLES, scores[1], NULL, &err), &err);
    printf("class scores of %d samples are the same: %s\n", SAMPLES,
           memcmp(scores[0], scores[1], SAMPLES * info.num_classes * sizeof **scores) == 0 ? "yes"
                                                                                           : "NO");
    free(codes);
    free(scores[0]);
    difflut_model_free(again);
}

/* 5. A pretrained model by name, on its data set when that is here. */
static void use_pretrained(struct difflut *lut, const char *name)
{
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    struct difflut_samples test;
    struct difflut_error err;
    double accuracy;

    if (difflut_model_open(lut, name, NULL, 0, &model, &err) != DIFFLUT_OK) {
        printf("%s\n", err.message); /* lists the names there are */
        return;
    }
    describe(model);
    if (difflut_data_load(model, NULL, DIFFLUT_TEST, &data, &err) == DIFFLUT_OK) {
        test = difflut_data_split(data, DIFFLUT_TEST);
        check(difflut_accuracy(model, &test, NULL, &accuracy, &err), &err);
        printf("hard accuracy %.2f %%\n", 100 * accuracy);
    } else {
        printf("not measured: %s\n", err.message);
    }
    difflut_data_free(data);
    difflut_model_free(model);
}

int main(int argc, char **argv)
{
    struct difflut *lut = NULL;
    struct difflut_model *model;
    struct difflut_error err;

    if (argc < 2) {
        fprintf(stderr, "usage: model_system_example CONFIG.yaml [FOLDER]\n");
        return 2;
    }
    check(difflut_create(&lut, &err), &err);
    list(lut);
    model = train(lut, argv[1]);
    change(model);
    save_and_load(lut, model, argc > 2 ? argv[2] : "build/model_system_example");
    use_pretrained(lut, "mnist_small");
    difflut_model_free(model);
    difflut_free(lut);
    return 0;
}
