// What is settled before any search: what must be chosen, what cannot be, and what that leaves of
// the terms.
#include "treat/planner_parts.h"

#include <math.h>
#include <string.h>

// exp(-60) = 9e-27: what a stronger treatment leaves is beyond a double's 16 digits.
static const double strength_enough = 60;

double planner_limit(double budget)
{
    return budget * (1 + 1e-12);
}

// Follows the pairs until nothing changes. False if the choices contradict.
static bool settle(const struct planner_problem *problem, enum planner_state *state)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < problem->requires_count; i++) {
            enum planner_state *a = &state[problem->requires[i].a];
            enum planner_state *b = &state[problem->requires[i].b];

            if (*a == PLANNER_CHOSEN && *b == PLANNER_REFUSED)
                return false;
            if (*a == PLANNER_CHOSEN && *b == PLANNER_FREE) {
                *b = PLANNER_CHOSEN;
                changed = true;
            } else if (*a == PLANNER_FREE && *b == PLANNER_REFUSED) {
                *a = PLANNER_REFUSED;
                changed = true;
            }
        }
        for (size_t i = 0; i < problem->excludes_count; i++) {
            enum planner_state *a = &state[problem->excludes[i].a];
            enum planner_state *b = &state[problem->excludes[i].b];

            if (*a == PLANNER_CHOSEN && *b == PLANNER_CHOSEN)
                return false;
            if (*b == PLANNER_FREE && (*a == PLANNER_CHOSEN || a == b)) {
                *b = PLANNER_REFUSED;
                changed = true;
            } else if (*a == PLANNER_FREE && *b == PLANNER_CHOSEN) {
                *a = PLANNER_REFUSED;
                changed = true;
            }
        }
    }
    return true;
}

// Refuses what costs too much together with what it directly needs. True if anything changed.
static bool refuse_dear(const struct planner_problem *problem, double limit, double *with,
                        enum planner_state *state)
{
    double spent = 0;
    bool changed = false;

    for (size_t j = 0; j < problem->count; j++) {
        with[j] = problem->cost[j];
        if (state[j] == PLANNER_CHOSEN)
            spent += problem->cost[j];
    }
    for (size_t i = 0; i < problem->requires_count; i++) {
        const uint32_t a = problem->requires[i].a, b = problem->requires[i].b;

        // the dearest of what it needs, not their sum: pairs may repeat
        if (a != b && state[b] == PLANNER_FREE)
            with[a] = fmax(with[a], problem->cost[a] + problem->cost[b]);
    }
    for (size_t j = 0; j < problem->count; j++)
        if (state[j] == PLANNER_FREE && spent + with[j] > planner_limit(limit)) {
            state[j] = PLANNER_REFUSED;
            changed = true;
        }
    return changed;
}

static bool pairs_keep(struct arena *arena, size_t count, const struct planner_pair *pairs,
                       const enum planner_state *state, const uint32_t *number,
                       const struct planner_pair **kept, size_t *kept_count)
{
    struct planner_pair *at = arena_alloc(arena, count + 1, sizeof *at);

    *kept = at;
    *kept_count = 0;
    for (size_t i = 0; at && i < count; i++)
        if (state[pairs[i].a] == PLANNER_FREE && state[pairs[i].b] == PLANNER_FREE &&
            pairs[i].a != pairs[i].b)
            at[(*kept_count)++] = (struct planner_pair){number[pairs[i].a], number[pairs[i].b]};
    return at;
}

// What the settled ones leave of a term's weight; `free_ones`: how many undecided matter to it,
// `least`: the sum of their negative strengths.
static double weight_left(const struct planner_term *term, const enum planner_state *state,
                          size_t *free_ones, double *least)
{
    double settled = 0;

    *free_ones = 0;
    *least = 0;
    for (size_t i = 0; i < term->count; i++) {
        const double strength = term->strength[i];

        if (state[term->treatment[i]] == PLANNER_CHOSEN) {
            settled += strength;
        } else if (state[term->treatment[i]] == PLANNER_FREE && strength != 0) {
            ++*free_ones;
            *least += fmin(strength, 0);
        }
    }
    return term->weight > 0 ? term->weight * exp(-settled) : 0;
}

static bool terms_keep(struct planner_reduced *reduced, const enum planner_state *state,
                       const uint32_t *number, struct arena *arena)
{
    const struct planner_problem *problem = reduced->problem;
    size_t entries = 0;

    for (size_t t = 0; t < problem->term_count; t++)
        entries += problem->terms[t].count;

    double *weight = arena_alloc(arena, problem->term_count + 1, sizeof *weight);
    double *strength_least = arena_alloc(arena, problem->term_count + 1, sizeof *strength_least);
    size_t *start = arena_alloc(arena, problem->term_count + 1, sizeof *start);
    uint32_t *treatment = arena_alloc(arena, entries + 1, sizeof *treatment);
    double *strength = arena_alloc(arena, entries + 1, sizeof *strength);
    size_t count = 0, at = 0;

    if (!weight || !strength_least || !start || !treatment || !strength)
        return false;
    for (size_t t = 0; t < problem->term_count; t++) {
        const struct planner_term *term = &problem->terms[t];
        size_t free_ones;
        double least;
        const double left = weight_left(term, state, &free_ones, &least);

        if (free_ones == 0 || left == 0) {
            reduced->constant += left;
            continue;
        }
        for (size_t i = 0; i < term->count; i++)
            if (state[term->treatment[i]] == PLANNER_FREE && term->strength[i] != 0) {
                treatment[at] = number[term->treatment[i]];
                strength[at++] =
                    term->strength[i] > strength_enough - least ? HUGE_VAL : term->strength[i];
            }
        weight[count] = left;
        strength_least[count++] = least;
        start[count] = at;
        reduced->magnitude += left * exp(-least);
    }
    reduced->term_count = count;
    reduced->weight = weight;
    reduced->strength_least = strength_least;
    reduced->term_start = start;
    reduced->term_treatment = treatment;
    reduced->term_strength = strength;
    return true;
}

static bool columns_keep(struct planner_reduced *reduced, struct arena *arena)
{
    const size_t entries = reduced->term_start[reduced->term_count];
    size_t *start = arena_alloc(arena, reduced->count + 2, sizeof *start);
    uint32_t *term = arena_alloc(arena, entries + 1, sizeof *term);
    double *strength = arena_alloc(arena, entries + 1, sizeof *strength);

    if (!start || !term || !strength)
        return false;
    // start[j + 1] is where column j is filled next, and its end when all is filled
    for (size_t e = 0; e < entries; e++)
        start[reduced->term_treatment[e] + 2]++;
    for (size_t j = 0; j < reduced->count; j++)
        start[j + 2] += start[j + 1];
    for (size_t t = 0; t < reduced->term_count; t++)
        for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++) {
            const size_t to = start[reduced->term_treatment[e] + 1]++;

            term[to] = (uint32_t)t;
            strength[to] = reduced->term_strength[e];
        }
    reduced->column_start = start;
    reduced->column_term = term;
    reduced->column_strength = strength;
    return true;
}

bool planner_reduce(const struct planner_problem *problem, const enum planner_state *given,
                    double budget, struct arena *arena, struct planner_reduced *reduced)
{
    enum planner_state *state = arena_alloc(arena, problem->count + 1, sizeof *state);
    uint32_t *number = arena_alloc(arena, problem->count + 1, sizeof *number);
    uint32_t *original = arena_alloc(arena, problem->count + 1, sizeof *original);
    double *cost = arena_alloc(arena, problem->count + 1, sizeof *cost);
    double *charge = arena_alloc(arena, problem->count + 1, sizeof *charge);
    bool *base = arena_alloc(arena, problem->count + 1, sizeof *base);

    *reduced = (struct planner_reduced){.problem = problem, .budget = budget};
    if (!state || !number || !original || !cost || !charge || !base)
        return false;
    if (problem->count)
        memcpy(state, given, problem->count * sizeof *state);
    do {
        if (!settle(problem, state))
            return true;
    } while (refuse_dear(problem, budget, cost, state));

    reduced->constant = problem->constant;
    reduced->magnitude = fabs(problem->constant);
    for (size_t j = 0; j < problem->count; j++) {
        base[j] = state[j] == PLANNER_CHOSEN;
        if (base[j])
            reduced->constant += problem->charge[j];
        if (state[j] != PLANNER_REFUSED)
            reduced->magnitude += fabs(problem->charge[j]);
        if (state[j] != PLANNER_FREE)
            continue;
        number[j] = (uint32_t)reduced->count;
        original[reduced->count] = (uint32_t)j;
        cost[reduced->count] = problem->cost[j];
        charge[reduced->count++] = problem->charge[j];
    }
    if (planner_cost(problem, base) > planner_limit(budget))
        return true;
    reduced->feasible = true;
    reduced->base = base;
    reduced->original = original;
    reduced->cost = cost;
    reduced->charge = charge;
    // half of what planner_limit allows: a sum in another order stays within the other half
    reduced->room = fmax(budget * (1 + 0.5e-12) - planner_cost(problem, base), 0);
    return pairs_keep(arena, problem->requires_count, problem->requires, state, number,
                      &reduced->requires, &reduced->requires_count) &&
           pairs_keep(arena, problem->excludes_count, problem->excludes, state, number,
                      &reduced->excludes, &reduced->excludes_count) &&
           terms_keep(reduced, state, number, arena) && columns_keep(reduced, arena);
}

void planner_expand(const struct planner_reduced *reduced, const bool *few, bool *chosen)
{
    if (reduced->problem->count)
        memcpy(chosen, reduced->base, reduced->problem->count * sizeof *chosen);
    for (size_t j = 0; j < reduced->count; j++)
        chosen[reduced->original[j]] = few[j];
}
