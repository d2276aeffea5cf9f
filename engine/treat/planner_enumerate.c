// All sets that may be worth looking at, depth first. Every node carries the value that its
// undecided treatments could still reach if each did its best for every term: a bound, and at a
// leaf the value itself. Deciding one treatment for its best changes nothing of it, so that one of
// two branches is free.
//
// Sums that are carried along round differently from planner_value's, so that they only tell what
// is hopeless, with room to spare; what counts is evaluated anew.
#include "treat/planner_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of the magnitude of a value: far more than additions along a path can round off.
static const double rounding = 1e-11;

struct walk {
    const struct planner_reduced *reduced;
    double spare;                      // what a bound may be off
    uint8_t order[PLANNER_ENUMERABLE]; // most effective first: what is hopeless shows early
    uint32_t needs[PLANNER_ENUMERABLE], needed_by[PLANNER_ENUMERABLE], bars[PLANNER_ENUMERABLE];
    // of each term: strengths of the chosen and of the undecided that lower it, how many of them
    // leave nothing, and the value that follows
    double *strength, *value;
    uint32_t *endless;
    double *undo; // what a refusal or a choice changed, column by column
    bool *few, *chosen;

    // the visitor
    bool (*hopeless)(const struct walk *, double cost, double bound);
    bool (*leaf)(struct walk *, uint32_t set); // false: memory is exhausted
    double threshold;
    double best_cost;
    bool *best, found;
    struct planner_shelf *shelf;
    struct front {
        double cost, value;
        uint32_t set;
    } * front;
    size_t front_count, front_room;
};

static void walk_free(struct walk *walk)
{
    free(walk->strength);
    free(walk->value);
    free(walk->endless);
    free(walk->undo);
    free(walk->few);
    free(walk->chosen);
    free(walk->front);
}

static bool walk_alloc(struct walk *walk)
{
    const struct planner_reduced *reduced = walk->reduced;
    const size_t terms = reduced->term_count + 1;

    walk->strength = calloc(terms, sizeof *walk->strength);
    walk->value = calloc(terms, sizeof *walk->value);
    walk->endless = calloc(terms, sizeof *walk->endless);
    walk->undo = calloc(reduced->column_start[reduced->count] + 1, sizeof *walk->undo);
    walk->few = calloc(reduced->count + 1, sizeof *walk->few);
    walk->chosen = calloc(reduced->problem->count + 1, sizeof *walk->chosen);
    return walk->strength && walk->value && walk->endless && walk->undo && walk->few &&
           walk->chosen;
}

static void order_by_effect(struct walk *walk)
{
    const struct planner_reduced *reduced = walk->reduced;
    double effect[PLANNER_ENUMERABLE];

    for (size_t j = 0; j < reduced->count; j++) {
        size_t at = j;

        effect[j] = fabs(reduced->charge[j]);
        for (size_t e = reduced->column_start[j]; e < reduced->column_start[j + 1]; e++)
            effect[j] += reduced->weight[reduced->column_term[e]] *
                         fabs(-expm1(-reduced->column_strength[e]));
        for (; at > 0 && effect[walk->order[at - 1]] < effect[j]; at--)
            walk->order[at] = walk->order[at - 1];
        walk->order[at] = (uint8_t)j;
    }
}

static double term_now(const struct walk *walk, size_t t)
{
    return walk->endless[t] ? 0 : walk->reduced->weight[t] * exp(-walk->strength[t]);
}

// Returns the bound of nothing decided.
static double walk_begin(struct walk *walk)
{
    const struct planner_reduced *reduced = walk->reduced;
    double bound = reduced->constant;

    walk->spare = rounding * reduced->magnitude;
    order_by_effect(walk);
    for (size_t i = 0; i < reduced->requires_count; i++) {
        const struct planner_pair pair = reduced->requires[i];

        walk->needs[pair.a] |= UINT32_C(1) << pair.b;
        walk->needed_by[pair.b] |= UINT32_C(1) << pair.a;
    }
    for (size_t i = 0; i < reduced->excludes_count; i++) {
        const struct planner_pair pair = reduced->excludes[i];

        walk->bars[pair.a] |= UINT32_C(1) << pair.b;
        walk->bars[pair.b] |= UINT32_C(1) << pair.a;
    }
    for (size_t t = 0; t < reduced->term_count; t++) {
        for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++)
            if (isinf(reduced->term_strength[e]))
                walk->endless[t]++;
            else
                walk->strength[t] += fmax(reduced->term_strength[e], 0);
        walk->value[t] = term_now(walk, t);
        bound += walk->value[t];
    }
    for (size_t j = 0; j < reduced->count; j++)
        bound += fmin(reduced->charge[j], 0);
    return bound;
}

// Of treatment j, the decision that is not each term's best: its lowering strengths are lost, or
// its raising ones count. Returns what that adds to the bound.
static double decide(struct walk *walk, size_t j, bool choose)
{
    const struct planner_reduced *reduced = walk->reduced;
    double more = choose ? fmax(reduced->charge[j], 0) : -fmin(reduced->charge[j], 0);

    for (size_t e = reduced->column_start[j]; e < reduced->column_start[j + 1]; e++) {
        const double strength = reduced->column_strength[e];
        const size_t t = reduced->column_term[e];

        if (choose == (strength > 0))
            continue;
        walk->undo[e] = isinf(strength) ? walk->value[t] : walk->strength[t];
        if (isinf(strength))
            walk->endless[t]--;
        else
            walk->strength[t] += choose ? strength : -strength;
        more -= walk->value[t];
        walk->value[t] = term_now(walk, t);
        more += walk->value[t];
    }
    return more;
}

static void decide_back(struct walk *walk, size_t j, bool choose)
{
    const struct planner_reduced *reduced = walk->reduced;

    for (size_t e = reduced->column_start[j]; e < reduced->column_start[j + 1]; e++) {
        const double strength = reduced->column_strength[e];
        const size_t t = reduced->column_term[e];

        if (choose == (strength > 0))
            continue;
        if (isinf(strength))
            walk->endless[t]++;
        else
            walk->strength[t] = walk->undo[e];
        walk->value[t] = term_now(walk, t);
    }
}

static bool walk_from(struct walk *walk, size_t depth, uint32_t chosen, uint32_t refused,
                      double cost, double bound)
{
    const struct planner_reduced *reduced = walk->reduced;

    if (walk->hopeless(walk, cost, bound))
        return true;
    if (depth == reduced->count)
        return walk->leaf(walk, chosen);

    const size_t j = walk->order[depth];
    const uint32_t bit = UINT32_C(1) << j;
    bool good = true;

    if (!(walk->needs[j] & refused) && !(walk->bars[j] & chosen) &&
        cost + reduced->cost[j] <= planner_limit(reduced->room)) {
        const double more = decide(walk, j, true);

        good = walk_from(walk, depth + 1, chosen | bit, refused, cost + reduced->cost[j],
                         bound + more);
        decide_back(walk, j, true);
    }
    if (good && !(walk->needed_by[j] & chosen)) {
        const double more = decide(walk, j, false);

        good = walk_from(walk, depth + 1, chosen, refused | bit, cost, bound + more);
        decide_back(walk, j, false);
    }
    return good;
}

// The whole set that belongs to `set`, its value and cost. False if it costs too much, which a
// path's sum of costs does not tell to the last digit.
static bool evaluate(struct walk *walk, uint32_t set, double *value, double *cost)
{
    const struct planner_reduced *reduced = walk->reduced;

    for (size_t j = 0; j < reduced->count; j++)
        walk->few[j] = set >> j & 1;
    planner_expand(reduced, walk->few, walk->chosen);
    *value = planner_value(reduced->problem, walk->chosen);
    *cost = planner_cost(reduced->problem, walk->chosen);
    return *cost <= planner_limit(reduced->budget);
}

static bool beyond_threshold(const struct walk *walk, double cost, double bound)
{
    (void)cost;
    return bound > walk->threshold + walk->spare;
}

static bool leaf_lowest(struct walk *walk, uint32_t set)
{
    double value, cost;

    if (evaluate(walk, set, &value, &cost) && value < walk->threshold) {
        walk->threshold = value;
        memcpy(walk->best, walk->chosen, walk->reduced->problem->count * sizeof *walk->best);
    }
    return true;
}

static bool leaf_first(struct walk *walk, uint32_t set)
{
    const size_t count = walk->reduced->problem->count;
    double value, cost;

    if (evaluate(walk, set, &value, &cost) && value <= walk->threshold &&
        (!walk->found ||
         planner_precedes(count, cost, walk->chosen, walk->best_cost, walk->best))) {
        walk->found = true;
        walk->best_cost = cost;
        memcpy(walk->best, walk->chosen, count * sizeof *walk->best);
    }
    return true;
}

bool planner_enumerate_best(const struct planner_reduced *reduced, bool *chosen)
{
    struct walk walk = {.reduced = reduced, .hopeless = beyond_threshold, .best = chosen};
    bool good = walk_alloc(&walk);

    if (good && reduced->problem->count) {
        const double bound = walk_begin(&walk);

        // the least value, starting from a good set; then the first of those that reach it
        good = planner_climb(reduced, NULL, false, walk.few);
        planner_expand(reduced, walk.few, chosen);
        walk.threshold = planner_value(reduced->problem, chosen);
        walk.leaf = leaf_lowest;
        good = good && walk_from(&walk, 0, 0, 0, 0, bound);
        walk.threshold += planner_tie(walk.threshold);
        walk.leaf = leaf_first;
        good = good && walk_from(&walk, 0, 0, 0, 0, bound);
    }
    walk_free(&walk);
    return good;
}

static bool leaf_shelve(struct walk *walk, uint32_t set)
{
    double value, cost;

    if (!evaluate(walk, set, &value, &cost) || value > walk->threshold)
        return true;
    planner_shelf_put(walk->shelf, walk->chosen, value, cost);
    // something lies beyond the shelf already: only better sets are of interest
    if (walk->shelf->dropped)
        walk->threshold = fmin(walk->threshold, walk->shelf->value[walk->shelf->found - 1]);
    return true;
}

bool planner_enumerate_below(const struct planner_reduced *reduced, double threshold,
                             struct planner_shelf *shelf)
{
    struct walk walk = {.reduced = reduced,
                        .hopeless = beyond_threshold,
                        .leaf = leaf_shelve,
                        .shelf = shelf,
                        .threshold = threshold};
    const bool good = walk_alloc(&walk) && walk_from(&walk, 0, 0, 0, 0, walk_begin(&walk));

    walk_free(&walk);
    return good;
}

// The last point of the front that costs at most `cost`, plus one.
static size_t front_upto(const struct walk *walk, double cost)
{
    size_t low = 0, high = walk->front_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (walk->front[middle].cost <= cost)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool behind_front(const struct walk *walk, double cost, double bound)
{
    const double base = planner_cost(walk->reduced->problem, walk->reduced->base);
    // sums of costs along a path round, too
    const size_t upto = front_upto(walk, (base + cost) * (1 - 1e-12));

    return upto > 0 && walk->front[upto - 1].value < bound - walk->spare;
}

static bool leaf_front(struct walk *walk, uint32_t set)
{
    double value, cost;

    if (!evaluate(walk, set, &value, &cost))
        return true;

    const size_t at = front_upto(walk, cost);
    size_t worse = at; // the first behind that is better still

    if (at > 0 && walk->front[at - 1].value <= value)
        return true;
    while (worse < walk->front_count && walk->front[worse].value >= value)
        worse++;
    // one of the same cost but a larger value goes, too
    const size_t from = at > 0 && walk->front[at - 1].cost == cost ? at - 1 : at;

    if (walk->front_count == walk->front_room) {
        const size_t room = 2 * walk->front_room + 64;
        struct front *front = reallocarray(walk->front, room, sizeof *front);

        if (!front)
            return false;
        walk->front = front;
        walk->front_room = room;
    }
    memmove(walk->front + from + 1, walk->front + worse,
            (walk->front_count - worse) * sizeof *walk->front);
    walk->front[from] = (struct front){cost, value, set};
    walk->front_count += 1 - (worse - from);
    return true;
}

bool planner_enumerate_front(const struct planner_reduced *reduced, struct arena *arena,
                             uint32_t **sets, size_t *found)
{
    struct walk walk = {.reduced = reduced, .hopeless = behind_front, .leaf = leaf_front};
    bool good = walk_alloc(&walk) && walk_from(&walk, 0, 0, 0, 0, walk_begin(&walk));
    double value = HUGE_VAL, cost = -1;

    *found = 0;
    *sets = arena_alloc(arena, walk.front_count + 1, sizeof **sets);
    good = good && *sets;
    // what differs by rounding alone is one point, its better set
    for (size_t i = 0; good && i < walk.front_count; i++) {
        const struct front *point = &walk.front[i];

        if (*found > 0 && value - point->value <= planner_tie(value))
            continue;
        if (*found == 0 || point->cost > planner_limit(cost))
            ++*found;
        (*sets)[*found - 1] = point->set;
        value = point->value;
        cost = point->cost;
    }
    walk_free(&walk);
    return good;
}
