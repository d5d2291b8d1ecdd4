/* Sweeping the temperature of a trained model: the soft pass changes, the hardware does not.
 *
 *   cc temperature_sweep.c $(pkg-config --cflags --libs difflut) -o temperature_sweep
 *   ./temperature_sweep [MODEL [DATA_FOLDER]]
 *
 * A probabilistic node's table entry is sigmoid(raw / T). A low T makes entries nearly 0 or 1: the
 * soft pass then agrees with the hard one, and the gap closes. Without MODEL a small one is trained on
 * drawn digits. Prints CSV. */
#include <difflut.h>
#include <stdio.h>
#include <stdlib.h>

static const char yaml[] = "model_type: feedforward\n"
                           "layer_type: random\n"
                           "node_type: probabilistic\n"
                           "encoder_config: {name: thermometer, num_bits: 1}\n"
                           "node_input_dim: 6\n"
                           "layer_widths: [400, 200]\n"
                           "num_classes: 10\n"
                           "input_size: 784\n"
                           "dataset: synthetic_digits\n"
                           "runtime: {regularizers: {clarity: {weight: 1}}}\n"
                           "training: {epochs: 4, learning_rate: 0.1, samples: 4000}\n";

static void check(enum difflut_status status, const struct difflut_error *err)
{
    if (status == DIFFLUT_OK) return;
    fprintf(stderr, "temperature_sweep: %s\n", err->message);
    exit(1);
}

static void measure(struct difflut_model *model, const struct difflut_samples *test,
                    double temperature)
{
    struct difflut_mode soft_mode = {.pass = DIFFLUT_SOFT};
    struct difflut_mode sampled_mode = {.pass = DIFFLUT_SAMPLED, .seed = 1};
    struct difflut_error err;
    double hard, soft, sampled, clarity;
    char assignment[64];

    /* A runtime override; a structural key ("num_classes=2") would be refused with the reason. */
    snprintf(assignment, sizeof assignment, "runtime.temperature=%g", temperature);
    check(difflut_model_set(model, assignment, &err), &err);
    check(difflut_accuracy(model, test, NULL, &hard, &err), &err);
    check(difflut_accuracy(model, test, &soft_mode, &soft, &err), &err);
    check(difflut_accuracy(model, test, &sampled_mode, &sampled, &err), &err);
    check(difflut_regularization(model, &clarity, &err), &err);
    printf("%g,%.4f,%.4f,%.4f,%.4f,%.4f\n", temperature, hard, soft, sampled, soft - hard, clarity);
}

int main(int argc, char **argv)
{
    static const double temperatures[] = {0.125, 0.25, 0.5, 1, 2, 4, 8};
    const char *folder = argc > 2 ? argv[2] : NULL;
    struct difflut *lut = NULL;
    struct difflut_model *model = NULL;
    struct difflut_data *data = NULL;
    struct difflut_error err;
    struct difflut_samples test;

    check(difflut_create(&lut, &err), &err);
    if (argc > 1) {
        check(difflut_model_open(lut, argv[1], NULL, 0, &model, &err), &err);
        check(difflut_data_load(model, folder, DIFFLUT_TEST, &data, &err), &err);
    } else {
        check(difflut_model_parse(lut, yaml, "sweep", &model, &err), &err);
        check(difflut_data_load(model, folder, DIFFLUT_TRAIN | DIFFLUT_TEST, &data, &err), &err);
        check(difflut_train(model, data, NULL, NULL, &err), &err);
    }
    test = difflut_data_split(data, DIFFLUT_TEST);
    printf("temperature,accuracy_hard,accuracy_soft,accuracy_sampled,gap,regularization\n");
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++)
        measure(model, &test, temperatures[i]);

    difflut_data_free(data);
    difflut_model_free(model);
    difflut_free(lut);
    return 0;
}
