#include "treat/planner.h"

#include "treat/planner_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct planner_effort planner_effort_usual = {.gap = 1e-4, .most = 5000};
const struct planner_effort planner_effort_large = {.gap = 2e-3, .most = 2000};

double planner_tie(double value)
{
    return 1e-12 * fabs(value);
}

double planner_value(const struct planner_problem *problem, const bool *chosen)
{
    double value = problem->constant;

    for (size_t j = 0; j < problem->count; j++)
        if (chosen[j])
            value += problem->charge[j];
    for (size_t t = 0; t < problem->term_count; t++) {
        const struct planner_term *term = &problem->terms[t];
        double strength = 0;

        for (size_t i = 0; i < term->count; i++)
            if (chosen[term->treatment[i]])
                strength += term->strength[i];
        if (term->weight > 0)
            value += term->weight * exp(-strength);
    }
    return value;
}

double planner_cost(const struct planner_problem *problem, const bool *chosen)
{
    double cost = 0;

    for (size_t j = 0; j < problem->count; j++)
        if (chosen[j])
            cost += problem->cost[j];
    return cost;
}

bool planner_allowed(const struct planner_problem *problem, const bool *chosen, double budget)
{
    for (size_t j = 0; j < problem->count; j++)
        if (problem->state[j] == (chosen[j] ? PLANNER_REFUSED : PLANNER_CHOSEN))
            return false;
    for (size_t i = 0; i < problem->requires_count; i++)
        if (chosen[problem->requires[i].a] && !chosen[problem->requires[i].b])
            return false;
    for (size_t i = 0; i < problem->excludes_count; i++)
        if (chosen[problem->excludes[i].a] && chosen[problem->excludes[i].b])
            return false;
    return planner_cost(problem, chosen) <= planner_limit(budget);
}

bool planner_precedes(size_t count, double cost_a, const bool *a, double cost_b, const bool *b)
{
    size_t j = 0;

    if (fabs(cost_a - cost_b) > 1e-12 * fabs(cost_b))
        return cost_a < cost_b;
    while (j < count && a[j] == b[j])
        j++;
    if (j == count)
        return false;
    // the one without j comes first only if it ends here
    const bool *without = a[j] ? b : a;
    const bool ends = !memchr(without + j, 1, count - j);

    return (without == a) == ends;
}

bool planner_shelf_put(struct planner_shelf *shelf, const bool *chosen, double value, double cost)
{
    const size_t count = shelf->count;
    size_t at = shelf->found;

    for (size_t i = 0; i < shelf->found; i++)
        if (!memcmp(shelf->chosen + i * count, chosen, count * sizeof *chosen))
            return false;
    while (at > 0 && (value < shelf->value[at - 1] ||
                      (value == shelf->value[at - 1] &&
                       planner_precedes(count, cost, chosen, shelf->cost[at - 1],
                                        shelf->chosen + (at - 1) * count))))
        at--;
    if (shelf->found == shelf->most) {
        shelf->dropped = true;
        if (at == shelf->most)
            return false;
    } else {
        shelf->found++;
    }

    const size_t behind = shelf->found - 1 - at;

    memmove(shelf->chosen + (at + 1) * count, shelf->chosen + at * count,
            behind * count * sizeof *chosen);
    memmove(shelf->value + at + 1, shelf->value + at, behind * sizeof *shelf->value);
    memmove(shelf->cost + at + 1, shelf->cost + at, behind * sizeof *shelf->cost);
    memcpy(shelf->chosen + at * count, chosen, count * sizeof *chosen);
    shelf->value[at] = value;
    shelf->cost[at] = cost;
    return true;
}

static bool enumerable(enum planner_path path, const struct planner_reduced *reduced)
{
    if (path == PLANNER_BY_SIZE)
        return reduced->count <= PLANNER_ENUMERATED;
    return path == PLANNER_ENUMERATE && reduced->count <= PLANNER_ENUMERABLE;
}

static bool climb(const struct planner_reduced *reduced, bool *chosen)
{
    bool *few = calloc(reduced->count + 1, sizeof *few);
    const bool good = few && planner_climb(reduced, NULL, false, few);

    if (good)
        planner_expand(reduced, few, chosen);
    free(few);
    return good;
}

bool planner_solve_by(enum planner_path path, const struct planner_problem *problem, double budget,
                      const struct planner_effort *effort, struct planner_plan *plan)
{
    struct arena arena = {0};
    struct planner_reduced reduced;
    bool good = planner_reduce(problem, problem->state, budget, &arena, &reduced);

    plan->feasible = good && reduced.feasible;

    const bool enumerate = plan->feasible && enumerable(path, &reduced);

    if (plan->feasible) {
        plan->bound = -HUGE_VAL;
        if (enumerate)
            good = planner_enumerate_best(&reduced, plan->chosen);
        else
            good = climb(&reduced, plan->chosen) &&
                   planner_cuts_best(problem, budget, effort, plan->chosen, &plan->bound);
    }
    if (good && plan->feasible) {
        plan->value = planner_value(problem, plan->chosen);
        plan->cost = planner_cost(problem, plan->chosen);
        plan->bound = enumerate ? plan->value : fmin(plan->bound, plan->value);
    }
    arena_free(&arena);
    return good;
}

bool planner_solve(const struct planner_problem *problem, double budget,
                   const struct planner_effort *effort, struct planner_plan *plan)
{
    return planner_solve_by(PLANNER_BY_SIZE, problem, budget, effort, plan);
}

bool planner_near_best_by(enum planner_path path, const struct planner_problem *problem,
                          double budget, double slack, size_t most,
                          const struct planner_effort *effort, bool *chosen, size_t *found,
                          bool *all)
{
    const size_t count = problem->count;
    struct arena arena = {0};
    struct planner_reduced reduced;
    // one place more than wanted: the best stands first whatever ties with it
    struct planner_shelf shelf = {.count = count,
                                  .most = most + 1,
                                  .chosen = calloc(most + 1, count + 1),
                                  .value = calloc(most + 1, sizeof *shelf.value),
                                  .cost = calloc(most + 1, sizeof *shelf.cost)};
    struct planner_plan plan = {.chosen = calloc(count + 1, sizeof *plan.chosen)};
    bool good = shelf.chosen && shelf.value && shelf.cost && plan.chosen &&
                planner_reduce(problem, problem->state, budget, &arena, &reduced) &&
                planner_solve_by(path, problem, budget, effort, &plan);

    *found = 0;
    *all = true;
    if (good && plan.feasible) {
        const double threshold =
            plan.value + fmax(slack * fabs(plan.value), planner_tie(plan.value));

        if (enumerable(path, &reduced)) {
            good = planner_enumerate_below(&reduced, threshold, &shelf);
        } else {
            planner_shelf_put(&shelf, plan.chosen, plan.value, plan.cost);
            good = planner_cuts_below(problem, budget, threshold, effort, &shelf, all);
            // a better one than the best: the search for that had its gap
            if (shelf.value[0] < plan.value - planner_tie(plan.value))
                memcpy(plan.chosen, shelf.chosen, count * sizeof *plan.chosen);
        }
        *all = *all && !shelf.dropped && shelf.found <= most;
        for (size_t i = 0; i <= shelf.found && *found < most; i++) {
            const bool *set = i == 0 ? plan.chosen : shelf.chosen + (i - 1) * count;

            if (i == 0 || memcmp(set, plan.chosen, count * sizeof *set) != 0)
                memcpy(chosen + (*found)++ * count, set, count * sizeof *set);
        }
    }
    free(shelf.chosen);
    free(shelf.value);
    free(shelf.cost);
    free(plan.chosen);
    arena_free(&arena);
    return good;
}

bool planner_near_best(const struct planner_problem *problem, double budget, double slack,
                       size_t most, const struct planner_effort *effort, bool *chosen,
                       size_t *found, bool *all)
{
    return planner_near_best_by(PLANNER_BY_SIZE, problem, budget, slack, most, effort, chosen,
                                found, all);
}

static void plan_set(const struct planner_problem *problem, const bool *chosen, double bound,
                     struct planner_plan *plan)
{
    memmove(plan->chosen, chosen, problem->count * sizeof *chosen);
    plan->feasible = true;
    plan->value = planner_value(problem, chosen);
    plan->cost = planner_cost(problem, chosen);
    plan->bound = fmin(bound, plan->value);
}

// Budget number i of `most`, evenly from the cheapest set to the dearest; the dearest if alone.
static double budget_of(size_t i, size_t most, double cheapest, double dearest)
{
    return i + 1 >= most ? dearest
                         : cheapest + (dearest - cheapest) * ((double)i / (double)(most - 1));
}

static bool frontier_enumerate(const struct planner_reduced *reduced, size_t most,
                               struct planner_plan *plans, size_t *found)
{
    const struct planner_problem *problem = reduced->problem;
    struct arena arena = {0};
    uint32_t *sets;
    size_t count, at = 0;
    bool *few = arena_alloc(&arena, reduced->count + 1, sizeof *few);
    bool *chosen = arena_alloc(&arena, problem->count + 1, sizeof *chosen);
    double *cost = NULL;
    bool good = few && chosen && planner_enumerate_front(reduced, &arena, &sets, &count) &&
                (cost = arena_alloc(&arena, count + 1, sizeof *cost));

    for (size_t i = 0; good && i < count; i++) {
        for (size_t j = 0; j < reduced->count; j++)
            few[j] = sets[i] >> j & 1;
        planner_expand(reduced, few, chosen);
        cost[i] = planner_cost(problem, chosen);
    }
    for (size_t i = 0; good && i < (count < most ? count : most); i++) {
        size_t which = at; // the dearest within the budget, if it is a new one

        if (count <= most) {
            which = i;
        } else {
            const double budget = planner_limit(budget_of(i, most, cost[0], cost[count - 1]));

            while (which < count && cost[which] <= budget)
                which++;
            if (which == at)
                continue;
            at = which--;
        }
        for (size_t j = 0; j < reduced->count; j++)
            few[j] = sets[which] >> j & 1;
        planner_expand(reduced, few, chosen);
        plan_set(problem, chosen, HUGE_VAL, &plans[(*found)++]);
    }
    arena_free(&arena);
    return good;
}

// The best set for each of a row of budgets. What a larger budget cannot reach a smaller one cannot
// either: bounds pass from larger to smaller ones, and sets to wherever they fit.
static bool frontier_cuts(enum planner_path path, const struct planner_reduced *reduced,
                          size_t most, const struct planner_effort *effort,
                          struct planner_plan *plans, size_t *found)
{
    const struct planner_problem *problem = reduced->problem;
    const struct planner_effort each = {effort->gap, effort->most / most + 1};
    const double cheapest = planner_cost(problem, reduced->base);
    struct planner_plan *dearest = &plans[most - 1];

    if (!planner_solve_by(path, problem, HUGE_VAL, &each, dearest))
        return false;
    for (size_t i = most - 1; i-- > 0;) {
        const double budget = budget_of(i, most, cheapest, dearest->cost);

        if (plans[i + 1].cost <= planner_limit(budget)) {
            plan_set(problem, plans[i + 1].chosen, plans[i + 1].bound, &plans[i]);
            continue;
        }
        if (!planner_solve_by(path, problem, budget, &each, &plans[i]))
            return false;
        plans[i].bound = fmax(plans[i].bound, fmin(plans[i + 1].bound, plans[i].value));
    }
    // from the cheapest up: what is no better than the one before adds nothing
    for (size_t i = 0; i < most; i++) {
        const struct planner_plan *last = *found ? &plans[*found - 1] : NULL;
        const double value = plans[i].value, cost = plans[i].cost, bound = plans[i].bound;

        if (last && last->value - value <= planner_tie(last->value))
            continue;
        if (!last || cost > planner_limit(last->cost))
            ++*found;
        plan_set(problem, plans[i].chosen, bound, &plans[*found - 1]);
    }
    return true;
}

bool planner_frontier_by(enum planner_path path, const struct planner_problem *problem, size_t most,
                         const struct planner_effort *effort, struct planner_plan *plans,
                         size_t *found)
{
    struct arena arena = {0};
    struct planner_reduced reduced;
    bool good = planner_reduce(problem, problem->state, HUGE_VAL, &arena, &reduced);

    *found = 0;
    if (good && reduced.feasible && most > 0)
        good = enumerable(path, &reduced)
                   ? frontier_enumerate(&reduced, most, plans, found)
                   : frontier_cuts(path, &reduced, most, effort, plans, found);
    arena_free(&arena);
    return good;
}

bool planner_frontier(const struct planner_problem *problem, size_t most,
                      const struct planner_effort *effort, struct planner_plan *plans,
                      size_t *found)
{
    return planner_frontier_by(PLANNER_BY_SIZE, problem, most, effort, plans, found);
}
