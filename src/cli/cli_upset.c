#include "cli/cli_upset.h"

#include "base/json.h"
#include "cli/cli_engine.h"
#include "netlist/upset.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_POINTS = 48, RATE_POINTS = 6 }; /* a rate is halved so often */

/* One point of the curve. */
struct point {
    double amount; /* upsets or rate asked for */
    double upsets, mean, lowest, highest;
};

struct curve {
    const struct netlist *net;
    const struct dataset_split *split;
    const struct cli_upset_request *request;
    bool rate; /* amounts are rates */
    struct point points[MAX_POINTS];
    size_t num_points;
};

static enum err_status read_rate(const char *text, double *rate, struct err *err)
{
    char *end;

    *rate = strtod(text, &end);
    if (end == text || *end != '\0' || !(*rate > 0.0 && *rate <= 1.0))
        return err_set(err, ERR_ARG,
                       "eval: --seu %s: expected a probability above 0 and up to 1, as in 1e-4",
                       text);
    return ERR_OK;
}

/* Accuracy of one draw. */
static enum err_status measure_draw(const struct curve *curve, double amount, uint64_t draw,
                                    uint32_t *classes, double *accuracy, uint64_t *upsets,
                                    struct err *err)
{
    struct netlist *net = NULL;
    struct engine *engine = NULL;
    struct rng rng;
    enum err_status status = netlist_copy(&net, curve->net, err);

    rng_seed(&rng, curve->request->seed, draw);
    *upsets = (uint64_t)amount;
    if (status == ERR_OK)
        status = curve->rate ? upset_rate(net, amount, &rng, upsets, err)
                             : upset_count(net, *upsets, &rng, err);
    if (status == ERR_OK) status = engine_create(&engine, net, err);
    if (status == ERR_OK)
        status = engine_run(engine, curve->split->codes, curve->split->count, NULL, classes,
                            curve->request->threads, err);
    if (status == ERR_OK) *accuracy = cli_engine_accuracy(curve->split, classes);
    engine_free(engine);
    netlist_free(net);
    return status;
}

static enum err_status measure_point(const struct curve *curve, struct point *point,
                                     uint32_t *classes, struct err *err)
{
    size_t repeats = point->amount > 0.0 ? (size_t)curve->request->repeats : 1;
    enum err_status status = ERR_OK;

    point->lowest = 1.0;
    for (size_t i = 0; i < repeats && status == ERR_OK; i++) {
        double accuracy = 0.0;
        uint64_t upsets;

        status = measure_draw(curve, point->amount, i, classes, &accuracy, &upsets, err);
        if (status != ERR_OK) break;
        point->mean += accuracy / (double)repeats;
        point->upsets += (double)upsets / (double)repeats;
        point->lowest = fmin(point->lowest, accuracy);
        point->highest = fmax(point->highest, accuracy);
    }
    return status;
}

/* 0, 1, 2, 4, .. and the number itself; or 0 and the rate halved again and again. */
static void place_points(struct curve *curve, double amount)
{
    curve->points[curve->num_points++].amount = 0.0;
    if (curve->rate) {
        for (int i = RATE_POINTS; i-- > 0;)
            curve->points[curve->num_points++].amount = ldexp(amount, -i);
        return;
    }
    for (double flips = 1.0; flips < amount; flips *= 2.0)
        curve->points[curve->num_points++].amount = flips;
    curve->points[curve->num_points++].amount = amount;
}

static void say_curve(struct cli *cli, const struct curve *curve)
{
    cli_say(cli, "  upsets of %llu table bits and LUT inputs, %ld draws a point\n",
            (unsigned long long)upset_places(curve->net), curve->request->repeats);
    cli_say(cli, "  %12s %12s %10s %10s %10s\n", curve->rate ? "rate" : "asked for", "upsets",
            "accuracy", "lowest", "highest");
    for (size_t i = 0; i < curve->num_points; i++) {
        const struct point *p = &curve->points[i];

        cli_say(cli, "  %12g %12.1f %8.2f %% %8.2f %% %8.2f %%\n", p->amount, p->upsets,
                100.0 * p->mean, 100.0 * p->lowest, 100.0 * p->highest);
    }
}

static json_t *curve_json(const struct curve *curve)
{
    json_t *points = json_array();

    for (size_t i = 0; i < curve->num_points; i++) {
        const struct point *p = &curve->points[i];

        json_push(&points, json_pack("{s:f, s:f, s:f, s:f, s:f}", curve->rate ? "rate" : "flips",
                                     p->amount, "upsets", p->upsets, "accuracy", p->mean,
                                     "accuracy_lowest", p->lowest, "accuracy_highest", p->highest));
    }
    return json_pack("{s:I, s:I, s:o}", "places", (json_int_t)upset_places(curve->net), "repeats",
                     (json_int_t)curve->request->repeats, "points", points);
}

enum err_status cli_upset(struct cli *cli, const struct model *model,
                          const struct dataset_split *split,
                          const struct cli_upset_request *request, struct err *err)
{
    struct curve curve = {.split = split, .request = request, .rate = request->seu != NULL};
    double amount = (double)request->flips;
    struct netlist *net = NULL;
    uint32_t *classes;
    enum err_status status = ERR_OK;

    if (request->flips == 0 && request->seu == NULL) return ERR_OK;
    if (request->flips > 0 && request->seu != NULL)
        return err_set(err, ERR_ARG, "eval: --flip-bits and --seu are two ways; give one");
    if (curve.rate) status = read_rate(request->seu, &amount, err);
    if (status == ERR_OK) status = cli_engine_netlist(&net, model, err);
    if (status == ERR_OK && !curve.rate && amount > (double)upset_places(net))
        status = err_set(err, ERR_ARG, "eval: --flip-bits %ld: the hardware has only %llu places",
                         request->flips, (unsigned long long)upset_places(net));
    if (status != ERR_OK) {
        netlist_free(net);
        return status;
    }
    classes = malloc(split->count * sizeof *classes);
    if (classes == NULL) status = err_nomem(err, "predictions");
    curve.net = net;
    place_points(&curve, amount);
    for (size_t i = 0; i < curve.num_points && status == ERR_OK; i++)
        status = measure_point(&curve, &curve.points[i], classes, err);
    if (status == ERR_OK) {
        say_curve(cli, &curve);
        json_put(&cli->result, "upsets", curve_json(&curve));
        if (cli->result == NULL) status = err_nomem(err, "the JSON result");
    }
    netlist_free(net);
    free(classes);
    return status;
}
