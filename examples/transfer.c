/* Transfer to another class count: a first layer trained on ten digits, kept for telling odd from even.
 *
 *   cc transfer.c $(pkg-config --cflags --libs difflut) -o transfer
 *   ./transfer
 *
 * In YAML the same is `training: {init_from: FOLDER, freeze: [0]}` (docs/MODEL_USAGE_GUIDE.md). */
#include <difflut.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_LAYERS = 8 };

/* One structure but for the head: `classes` and the last width. */
static const char yaml[] = "model_type: feedforward\n"
                           "layer_type: random\n"
                           "node_type: probabilistic\n"
                           "encoder_config: {name: thermometer, num_bits: 1}\n"
                           "node_input_dim: 6\n"
                           "layer_widths: [600, %d]\n"
                           "num_classes: %d\n"
                           "input_size: 784\n"
                           "dataset: synthetic_digits\n"
                           "training: {epochs: %d, learning_rate: 0.1, samples: 3000}\n";

static void check(enum difflut_status status, const struct difflut_error *err)
{
    if (status == DIFFLUT_OK) return;
    fprintf(stderr, "transfer: %s\n", err->message);
    exit(1);
}

static struct difflut_model *make(struct difflut *lut, const char *name, int width, int classes,
                                  int epochs)
{
    struct difflut_model *model = NULL;
    struct difflut_error err;
    char text[1024];

    snprintf(text, sizeof text, yaml, width, classes, epochs);
    check(difflut_model_parse(lut, text, name, &model, &err), &err);
    return model;
}

/* The samples with label % 2 for label; the codes are copied by the library. */
static struct difflut_data *parity_of(const struct difflut_data *digits)
{
    static const unsigned splits[2] = {DIFFLUT_TRAIN, DIFFLUT_TEST};
    struct difflut_data_shape shape = difflut_data_shape(digits);
    struct difflut_samples samples[2];
    struct difflut_data *parity = NULL;
    struct difflut_error err;
    uint16_t *labels[2];

    for (int k = 0; k < 2; k++) {
        samples[k] = difflut_data_split(digits, splits[k]);
        labels[k] = malloc(samples[k].count * sizeof *labels[k]);
        if (labels[k] == NULL) exit(1);
        for (size_t i = 0; i < samples[k].count; i++)
            labels[k][i] = samples[k].labels[i] % 2;
        samples[k].labels = labels[k];
    }
    shape.num_classes = 2;
    check(difflut_data_create("parity", &shape, &samples[0], &samples[1], &parity, &err), &err);
    free(labels[0]);
    free(labels[1]);
    return parity;
}

static double train(struct difflut_model *model, const struct difflut_data *data)
{
    struct difflut_samples test = difflut_data_split(data, DIFFLUT_TEST);
    struct difflut_error err;
    double accuracy;

    check(difflut_train(model, data, NULL, NULL, &err), &err);
    check(difflut_accuracy(model, &test, NULL, &accuracy, &err), &err);
    return accuracy;
}

int main(void)
{
    struct difflut *lut = NULL;
    struct difflut_model *digits, *fresh, *moved;
    struct difflut_data *data = NULL, *parity;
    struct difflut_error err;
    bool copied[MAX_LAYERS] = {false};

    check(difflut_create(&lut, &err), &err);
    digits = make(lut, "digits", 300, 10, 8);
    check(difflut_data_load(digits, NULL, DIFFLUT_TRAIN | DIFFLUT_TEST, &data, &err), &err);
    printf("ten digits, 8 epochs: hard accuracy %.1f %%\n", 100 * train(digits, data));

    parity = parity_of(data);
    fresh = make(lut, "fresh", 100, 2, 2);
    printf("odd or even, fresh, 2 epochs: %.1f %%\n", 100 * train(fresh, parity));

    moved = make(lut, "moved", 100, 2, 2);
    check(difflut_transfer(moved, digits, copied, &err), &err);
    for (size_t l = 0; l < 2; l++)
        printf("  layer %zu: %s\n", l, copied[l] ? "copied and frozen" : "new");
    check(difflut_model_set(moved, "training.freeze=[0]", &err), &err);
    printf("odd or even, transferred, 2 epochs: %.1f %%\n", 100 * train(moved, parity));

    difflut_model_free(digits);
    difflut_model_free(fresh);
    difflut_model_free(moved);
    difflut_data_free(data);
    difflut_data_free(parity);
    difflut_free(lut);
    return 0;
}
