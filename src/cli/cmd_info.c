/* difflut-hdl info: what a model is. */
#include "base/json.h"
#include "cli/cli_commands.h"
#include "cli/cli_model.h"
#include "cli/cli_options.h"

#include <stdlib.h>
#include <string.h>

/* What the hardware of the model comes to, without a synthesis tool. */
struct hardware {
    struct netlist_cost cost;
    uint32_t luts_before, luts_after, latency;
};

static enum err_status lower(const struct model *model, struct hardware *out, struct err *err)
{
    struct netlist *net = NULL;
    enum err_status status = model_lower(model, &net, err);

    if (status == ERR_OK) {
        out->luts_before = net->num_luts;
        status = netlist_optimize_with(net, netlist_passes_for(model->config->hardware.target),
                                       NULL, err);
    }
    if (status == ERR_OK) status = netlist_cost(net, &out->cost, err);
    if (status == ERR_OK) {
        out->luts_after = net->num_luts;
        out->latency = netlist_latency(net);
    }
    netlist_free(net);
    return status;
}

static json_t *layers_json(const struct model *model)
{
    const struct config *config = model->config;
    uint64_t *near = calloc(model->num_layers, sizeof *near);
    json_t *list = json_array();

    if (near != NULL) model_near_threshold(model, near);
    for (size_t l = 0; l < model->num_layers; l++)
        json_push(&list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "layer_type", config->layer_type[l],
                                   "node_type", config->node_type[l], "width",
                                   (json_int_t)config->layer_widths[l], "fan_in",
                                   (json_int_t)config->node_input_dim[l], "undecided_entries",
                                   (json_int_t)(near != NULL ? near[l] : 0)));
    free(near);
    return list;
}

static json_t *results_json(const struct config *config)
{
    json_t *object = json_object();

    for (size_t i = 0; i < config->results.count; i++) {
        const struct config_pair *pair = &config->results.items[i];
        double number = 0.0;

        json_put(&object, pair->key,
                 cli_model_result(config, pair->key, &number) ? json_real(number)
                                                              : json_string(pair->value));
    }
    return object;
}

static json_t *info_json(const struct model *model, const struct hardware *hw, json_t *layers,
                         json_t *results)
{
    const struct config *config = model->config;

    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:{s:s, s:I, s:b}, s:o, s:o, s:s, s:s, s:{s:I, s:I, s:I, "
        "s:I, s:I}, s:i, s:i, s:i}",
        "model", config->name, "model_type", config->model_type, "dataset",
        cli_model_dataset_name(config), "input_size", (json_int_t)config->input_size, "input_bits",
        (json_int_t)config->input_bits, "num_classes", (json_int_t)config->num_classes, "encoder",
        "name", config->encoder_config.name, "num_bits",
        (json_int_t)config->encoder_config.num_bits, "feature_wise",
        config->encoder_config.feature_wise, "layers", layers, "results", results,
        "structural_hash", model->structural_hash, "model_hash", model->model_hash, "luts",
        "encoder", (json_int_t)hw->cost.encoder, "layers", (json_int_t)hw->cost.layers, "group_sum",
        (json_int_t)hw->cost.group_sum, "argmax", (json_int_t)hw->cost.argmax, "total",
        (json_int_t)hw->cost.total, "nodes", (int)hw->luts_before, "nodes_after_passes",
        (int)hw->luts_after, "latency_cycles", (int)hw->latency);
}

static void say_layers(const struct cli *cli, const json_t *layers)
{
    size_t index;
    json_t *layer;

    json_array_foreach(layers, index, layer)
    {
        cli_say(cli, "  layer %zu       %lld %s nodes of %lld inputs, %s wiring", index,
                (long long)json_integer_value(json_object_get(layer, "width")),
                json_string_value(json_object_get(layer, "node_type")),
                (long long)json_integer_value(json_object_get(layer, "fan_in")),
                json_string_value(json_object_get(layer, "layer_type")));
        cli_say(cli, "; %lld table entries near the threshold\n",
                (long long)json_integer_value(json_object_get(layer, "undecided_entries")));
    }
}

static void say_info(const struct cli *cli, const struct model *model, const struct hardware *hw)
{
    const struct config *config = model->config;

    cli_say(cli, "%s: %s on %s\n", config->name, config->model_type,
            cli_model_dataset_name(config));
    cli_say(cli, "  input         %ld features of %ld bits, %ld classes\n", config->input_size,
            config->input_bits, config->num_classes);
    cli_say(cli, "  encoder       %s, %ld bits a feature, %s\n", config->encoder_config.name,
            config->encoder_config.num_bits,
            config->encoder_config.feature_wise ? "thresholds per feature" : "shared thresholds");
    say_layers(cli, json_object_get(cli->result, "layers"));
    cli_say(cli, "  hardware      %u nodes, %u after the passes; latency %u cycles\n",
            hw->luts_before, hw->luts_after, hw->latency);
    cli_say(cli,
            "  LUTs, est.    encoder %llu, layers %llu, group sum %llu, argmax %llu; total %llu\n",
            (unsigned long long)hw->cost.encoder, (unsigned long long)hw->cost.layers,
            (unsigned long long)hw->cost.group_sum, (unsigned long long)hw->cost.argmax,
            (unsigned long long)hw->cost.total);
    for (size_t i = 0; i < config->results.count; i++)
        cli_say(cli, "  %-13s %s\n", config->results.items[i].key, config->results.items[i].value);
    cli_say(cli, "  structure     %s\n  model hash    %s\n", model->structural_hash,
            model->model_hash);
}

static enum err_status run(struct cli *cli, const void *values, struct err *err)
{
    struct model *model = NULL;
    struct hardware hw = {0};
    enum err_status status = cli_model_open(&model, cli->positional[0], NULL, err);

    (void)values;
    if (status == ERR_OK) status = lower(model, &hw, err);
    if (status == ERR_OK)
        status = cli_set_result(
            cli, info_json(model, &hw, layers_json(model), results_json(model->config)), err);
    if (status == ERR_OK) say_info(cli, model, &hw);
    model_free(model);
    return status;
}

const struct cli_command cmd_info = {
    .name = "info",
    .arguments = "MODEL",
    .summary = "describe one model: structure, accuracy, hardware estimate, hashes",
    .description =
        "Prints a model's structure, the accuracies measured when it was trained, how many table\n"
        "entries lie near the threshold, the estimated LUTs and its hashes.",
    .example = "  difflut-hdl info mnist_large",
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
