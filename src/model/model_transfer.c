/* Transfer: layers of one model into another of the same structure below its head. */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool __attribute__((format(printf, 2, 3)))
no(struct model_layer_copy *copy, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(copy->reason, sizeof copy->reason, format, arguments);
    va_end(arguments);
    return false;
}

/* The bits that layer 0 reads mean the same. */
static bool encoders_match(const struct config *to, const struct config *from,
                           struct model_layer_copy *copy)
{
    if (strcmp(to->encoder_config.name, from->encoder_config.name) != 0)
        return no(copy, "the encoder is %s there", from->encoder_config.name);
    if (to->input_size != from->input_size)
        return no(copy, "there are %ld inputs there", from->input_size);
    if (to->encoder_config.num_bits != from->encoder_config.num_bits)
        return no(copy, "the encoder has %ld bits there", from->encoder_config.num_bits);
    return true;
}

static bool nodes_match(const struct node_desc *to, const struct node_desc *from,
                        struct model_layer_copy *copy)
{
    if (to->type != from->type) return no(copy, "its nodes are %s there", from->type->name);
    if (to->num_inputs != from->num_inputs)
        return no(copy, "its nodes have %u inputs there", from->num_inputs);
    if (to->num_outputs != from->num_outputs)
        return no(copy, "its nodes have %u outputs there", from->num_outputs);
    if (to->num_params != from->num_params || to->upstream != from->upstream ||
        (to->type->options_size > 0 &&
         memcmp(to->options, from->options, to->type->options_size) != 0))
        return no(copy, "its node_config is another there");
    return true;
}

static bool wires_match(const struct layer *to, const struct layer *from,
                        struct model_layer_copy *copy)
{
    const struct selection *a = to->selection, *b = from->selection;

    if ((a == NULL) != (b == NULL))
        return no(copy, "its wires are %s there", b == NULL ? "fixed" : "learned");
    if (a == NULL) return true;
    if (a->candidates != b->candidates || a->hard != b->hard ||
        (a->wires == NULL) != (b->wires == NULL))
        return no(copy, "its wires choose among %zu candidates there", b->candidates);
    return true;
}

static bool layers_match(const struct layer *to, const struct layer *from,
                         struct model_layer_copy *copy)
{
    if (!nodes_match(&to->desc, &from->desc, copy)) return false;
    if (to->num_inputs != from->num_inputs)
        return no(copy, "it reads %zu signals there", from->num_inputs);
    if (to->width != from->width) return no(copy, "it has %zu nodes there", from->width);
    if (to->positions != from->positions)
        return no(copy, "its nodes stand at %zu places there", from->positions);
    return wires_match(to, from, copy);
}

static void copy_layer(struct layer *to, const struct layer *from)
{
    memcpy(to->params, from->params, to->width * to->desc.num_params * sizeof *to->params);
    memcpy(to->wiring, from->wiring, to->instances * to->desc.num_inputs * sizeof *to->wiring);
    if (to->selection != NULL) {
        size_t weights = to->selection->slots * to->selection->candidates;

        memcpy(to->selection->weights, from->selection->weights,
               weights * sizeof *to->selection->weights);
        if (to->selection->wires != NULL)
            memcpy(to->selection->wires, from->selection->wires,
                   weights * sizeof *to->selection->wires);
    }
    layer_prepare(to);
}

static bool may_copy(const struct model *to, const struct model *from, size_t l,
                     struct model_layer_copy *copies)
{
    bool head = l + 1 == to->num_layers || l + 1 == from->num_layers;

    if (l >= from->num_layers)
        return no(&copies[l], "there are %zu layers there", from->num_layers);
    if (l > 0 && !copies[l - 1].copied)
        return no(&copies[l], "it reads a layer that was not copied");
    if (l == 0 && !encoders_match(to->config, from->config, &copies[l])) return false;
    if (!layers_match(to->layers[l], from->layers[l], &copies[l])) return false;
    if (head && to->num_layers != from->num_layers)
        return no(&copies[l], "it is the head of one of the two");
    if (head && to->num_classes != from->num_classes)
        return no(&copies[l], "it is the head, for %zu classes there", from->num_classes);
    return true;
}

size_t model_copy_layers(struct model *to, const struct model *from,
                         struct model_layer_copy *copies)
{
    size_t copied = 0;

    for (size_t l = 0; l < to->num_layers; l++) {
        copies[l] = (struct model_layer_copy){0};
        copies[l].copied = may_copy(to, from, l, copies);
        if (!copies[l].copied) continue;
        copy_layer(to->layers[l], from->layers[l]);
        copied++;
    }
    return copied;
}
