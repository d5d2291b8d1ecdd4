#include "prove_equal.h"

#include "flow/prove_bdd.h"

#include <stdlib.h>
#include <string.h>

#define NO_FUNCTION (UINT32_MAX - 1)

/* A list of node numbers. */
struct list {
    uint32_t *items;
    size_t count, capacity;
};

struct prove_equal {
    const struct prove_graph *graph;
    struct prove_bdd *bdd;
    uint16_t *rank;     /* [size] 0: not marked */
    uint32_t *function; /* [size] of the diagram, or NO_FUNCTION; all NO_FUNCTION between checks */
    uint32_t *stamp;    /* [size] */
    uint32_t size, last_stamp;
    uint16_t waypoint;   /* a rank, or 0 */
    struct list visited; /* nodes with a function */
    struct list leaves;  /* variable v is node leaves[v] */
    struct list stack;
    struct list order; /* nodes */
    uint8_t *point;    /* [leaves] */
    size_t point_size;
};

static bool list_add(struct list *list, uint32_t item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 256;
        uint32_t *items = realloc(list->items, capacity * sizeof *items);

        if (items == NULL) return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return true;
}

enum err_status prove_equal_create(struct prove_equal **out, const struct prove_graph *graph,
                                   struct err *err)
{
    struct prove_equal *equal = calloc(1, sizeof *equal);
    enum err_status status;

    if (equal == NULL) return err_nomem(err, "a proof");
    equal->graph = graph;
    status = prove_bdd_create(&equal->bdd, PROVE_MAX_DIAGRAM, err);
    if (status == ERR_OK)
        *out = equal;
    else
        prove_equal_free(equal);
    return status;
}

void prove_equal_free(struct prove_equal *equal)
{
    if (equal == NULL) return;
    prove_bdd_free(equal->bdd);
    free(equal->rank);
    free(equal->function);
    free(equal->stamp);
    free(equal->visited.items);
    free(equal->leaves.items);
    free(equal->stack.items);
    free(equal->order.items);
    free(equal->point);
    free(equal);
}

/* The graph grows while it is being worked on. */
static enum err_status follow(struct prove_equal *equal, struct err *err)
{
    uint32_t size = equal->graph->capacity;
    uint16_t *rank;
    uint32_t *function, *stamp;

    if (size <= equal->size) return ERR_OK;
    rank = realloc(equal->rank, size * sizeof *rank);
    if (rank != NULL) equal->rank = rank;
    function = realloc(equal->function, size * sizeof *function);
    if (function != NULL) equal->function = function;
    stamp = realloc(equal->stamp, size * sizeof *stamp);
    if (stamp != NULL) equal->stamp = stamp;
    if (rank == NULL || function == NULL || stamp == NULL) return err_nomem(err, "a proof");
    for (uint32_t i = equal->size; i < size; i++) {
        rank[i] = 0;
        stamp[i] = 0;
        function[i] = NO_FUNCTION;
    }
    equal->size = size;
    return ERR_OK;
}

enum err_status prove_equal_mark(struct prove_equal *equal, uint32_t literal, uint16_t rank,
                                 bool again, struct err *err)
{
    enum err_status status = follow(equal, err);

    if (status == ERR_OK && (again || equal->rank[literal >> 1] == 0))
        equal->rank[literal >> 1] = rank;
    return status;
}

enum err_status prove_equal_order(struct prove_equal *equal, const uint32_t *literals, size_t count,
                                  struct err *err)
{
    equal->order.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (literals[i] > PROVE_TRUE && !list_add(&equal->order, literals[i] >> 1))
            return err_nomem(err, "a proof");
    }
    return ERR_OK;
}

void prove_equal_waypoint(struct prove_equal *equal, uint16_t rank)
{
    equal->waypoint = rank;
}

/* ---- distance ---- */

enum { MAX_LOOKED_AT = 256 }; /* nodes, for a distance */

static bool is_leaf(const struct prove_equal *equal, uint32_t number)
{
    return equal->graph->nodes[number].fan_ins == 0 || equal->rank[number] != 0;
}

/* Stamps the nodes below `root` up to the known ones; *added are known ones without a stamp so far. */
static bool stamp_below(struct prove_equal *equal, uint32_t root, uint32_t *added, uint32_t *left)
{
    struct list *stack = &equal->stack;

    stack->count = 0;
    if (!list_add(stack, root)) return false;
    while (stack->count > 0 && *left > 0) {
        const struct prove_node *node = &equal->graph->nodes[stack->items[--stack->count]];

        --*left;
        for (unsigned k = 0; k < node->fan_ins; k++) {
            uint32_t in = node->in[k];

            if (equal->stamp[in] == equal->last_stamp) continue;
            equal->stamp[in] = equal->last_stamp;
            if (is_leaf(equal, in))
                ++*added;
            else if (!list_add(stack, in))
                return false;
        }
    }
    return true;
}

enum err_status prove_equal_distance(struct prove_equal *equal, uint32_t a, uint32_t b,
                                     uint32_t *distance, struct err *err)
{
    uint32_t shared = 0, foreign = 0, left = MAX_LOOKED_AT;
    enum err_status status = follow(equal, err);

    *distance = PROVE_TOO_FAR;
    if (status != ERR_OK) return status;
    if (++equal->last_stamp == 0) {
        memset(equal->stamp, 0, equal->size * sizeof *equal->stamp);
        equal->last_stamp = 1;
    }
    if (!stamp_below(equal, a >> 1, &shared, &left) || !stamp_below(equal, b >> 1, &foreign, &left))
        return err_nomem(err, "a proof");
    if (left > 0) *distance = foreign;
    return ERR_OK;
}

/* ---- one comparison, with every marked node of rank <= `highest` a variable ---- */

static uint32_t function_of(struct prove_equal *equal, uint32_t literal)
{
    uint32_t f = equal->function[literal >> 1];

    return literal & 1 ? prove_bdd_ite(equal->bdd, f, PROVE_BDD_ZERO, PROVE_BDD_ONE) : f;
}

static bool set_function(struct prove_equal *equal, uint32_t number, uint32_t function)
{
    equal->function[number] = function;
    return list_add(&equal->visited, number);
}

/* Functions of a node and all below it, depth first; variables are numbered as they are met, so that
 * what belongs together is together. False when out of memory. */
static bool build(struct prove_equal *equal, uint32_t root, uint16_t highest)
{
    struct list *stack = &equal->stack;

    if (!list_add(stack, root)) return false;
    while (stack->count > 0) {
        uint32_t number = stack->items[stack->count - 1], in[PROVE_MAX_FAN_IN];
        const struct prove_node *node = &equal->graph->nodes[number];
        uint16_t rank = equal->rank[number];
        unsigned ready = 0;

        if (equal->function[number] != NO_FUNCTION) {
            stack->count--;
            continue;
        }
        if (number != 0 && (node->fan_ins == 0 || (rank != 0 && rank <= highest))) {
            uint32_t variable = (uint32_t)equal->leaves.count;

            if (!list_add(&equal->leaves, number) ||
                !set_function(equal, number, prove_bdd_variable(equal->bdd, variable)))
                return false;
            continue;
        }
        while (ready < node->fan_ins && equal->function[node->in[ready]] != NO_FUNCTION) {
            in[ready] = equal->function[node->in[ready]];
            ready++;
        }
        if (ready < node->fan_ins) {
            if (!list_add(stack, node->in[ready])) return false;
        } else if (!set_function(equal, number,
                                 prove_bdd_table(equal->bdd, node->fan_ins, in, node->table))) {
            return false;
        }
    }
    return true;
}

static void forget(struct prove_equal *equal, uint32_t limit)
{
    for (size_t i = 0; i < equal->visited.count; i++)
        equal->function[equal->visited.items[i]] = NO_FUNCTION;
    equal->visited.count = equal->leaves.count = equal->stack.count = 0;
    prove_bdd_clear(equal->bdd, limit);
}

static enum err_status keep_point(struct prove_equal *equal, uint32_t difference, struct err *err)
{
    if (equal->leaves.count > equal->point_size) {
        uint8_t *point = realloc(equal->point, equal->leaves.capacity);

        if (point == NULL) return err_nomem(err, "a proof");
        equal->point = point;
        equal->point_size = equal->leaves.capacity;
    }
    memset(equal->point, 0, equal->leaves.count);
    prove_bdd_point(equal->bdd, difference, equal->point);
    return ERR_OK;
}

/* The highest rank among the variables; 0: all are inputs. */
static uint16_t highest_rank(const struct prove_equal *equal)
{
    uint16_t highest = 0;

    for (size_t i = 0; i < equal->leaves.count; i++) {
        uint16_t rank = equal->rank[equal->leaves.items[i]];

        if (equal->graph->nodes[equal->leaves.items[i]].fan_ins > 0 && rank > highest)
            highest = rank;
    }
    return highest;
}

static bool build_order(struct prove_equal *equal, uint16_t highest)
{
    for (size_t i = 0; i < equal->order.count; i++) {
        if (equal->rank[equal->order.items[i]] != 0 &&
            !build(equal, equal->order.items[i], highest))
            return false;
    }
    return true;
}

/* Ranks the two literals themselves as unknown for the time of a comparison. */
static enum err_status compare(struct prove_equal *equal, uint32_t a, uint32_t b, uint16_t highest,
                               bool ordered, uint32_t *difference, struct err *err)
{
    uint16_t rank_a = equal->rank[a >> 1], rank_b = equal->rank[b >> 1];
    bool built;

    equal->rank[a >> 1] = equal->rank[b >> 1] = 0;
    built = (!ordered || build_order(equal, highest)) && build(equal, a >> 1, highest) &&
            build(equal, b >> 1, highest);
    equal->rank[a >> 1] = rank_a;
    equal->rank[b >> 1] = rank_b;
    if (!built) return err_nomem(err, "a proof");
    *difference = function_of(equal, a);
    *difference =
        prove_bdd_ite(equal->bdd, *difference, function_of(equal, b ^ 1), function_of(equal, b));
    return ERR_OK;
}

/* Which marked nodes are variables, on the way from all of them to none. */
struct descent {
    uint16_t highest;  /* rank of those that are */
    uint16_t last;     /* highest rank among the variables of the last comparison that came out */
    uint16_t step;     /* ranks to go down by, twice as many each time */
    uint16_t waypoint; /* 0 once it was too large */
};

/* A waypoint is not passed over. What is between the floor and here is all there is to look into, so the
 * floor is gone to at once. */
static void descend(struct descent *d, uint16_t floor)
{
    uint16_t next = d->last > d->step ? (uint16_t)(d->last - d->step) : 0;

    if (floor > 0)
        next = floor;
    else if (d->last > d->waypoint && next < d->waypoint)
        next = d->waypoint;
    d->highest = next;
    if (d->step < UINT16_MAX / 2) d->step = (uint16_t)(2 * d->step);
}

/* The diagrams became too large: a waypoint below may do, else half as many ranks at once. False: there
 * is nothing left to try. */
static bool shorten(struct descent *d)
{
    if (d->highest > d->waypoint && d->waypoint > 0) {
        d->highest = d->waypoint;
        return true;
    }
    d->waypoint = 0;
    d->step = (uint16_t)((d->last - d->highest) / 2);
    d->highest = (uint16_t)(d->last - d->step);
    return d->step > 0;
}

/* compare(), with the variables in a's order or, where that makes too large diagrams, in b's. */
static enum err_status compare_both(struct prove_equal *equal, uint32_t a, uint32_t b,
                                    uint16_t highest, uint32_t limit, uint32_t *difference,
                                    struct err *err)
{
    bool ordered = equal->order.count > 0;
    enum err_status status;

    forget(equal, limit);
    status = compare(equal, a, b, highest, ordered, difference, err);
    if (status != ERR_OK || *difference != PROVE_BDD_FULL) return status;
    forget(equal, limit);
    return compare(equal, b, a, highest, ordered, difference, err);
}

enum err_status prove_equal_check(struct prove_equal *equal, uint32_t a, uint32_t b, uint16_t floor,
                                  uint32_t limit, enum prove_verdict *verdict, struct err *err)
{
    struct descent d = {UINT16_MAX, UINT16_MAX, 1, equal->waypoint};
    enum err_status status = follow(equal, err);

    *verdict = PROVE_UNDECIDED;
    while (status == ERR_OK) {
        uint32_t difference = PROVE_BDD_FULL;

        status = compare_both(equal, a, b, d.highest, limit, &difference, err);
        if (status != ERR_OK) break;
        if (difference == PROVE_BDD_ZERO) {
            *verdict = PROVE_EQUAL;
            break;
        }
        if (difference == PROVE_BDD_FULL && d.last < UINT16_MAX) {
            if (shorten(&d)) continue;
            break;
        }
        d.last = highest_rank(equal);
        if (difference == PROVE_BDD_FULL && d.last <= floor) break;
        if (d.last == 0 || d.last <= floor) {
            status = keep_point(equal, difference, err);
            *verdict = d.last == 0 ? PROVE_DIFFERENT : PROVE_DIFFERENT_IF_FREE;
            break;
        }
        descend(&d, floor);
    }
    return status;
}

size_t prove_equal_point(const struct prove_equal *equal, const uint32_t **nodes,
                         const uint8_t **values)
{
    *nodes = equal->leaves.items;
    *values = equal->point;
    return equal->leaves.count;
}
