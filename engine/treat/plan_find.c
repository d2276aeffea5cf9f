// One plan for one request: the best set under a budget, or the cheapest within the appetite.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "treat/plans.h"

// Sets that are told as nearly as good, and how near that is.
enum { NEAR_MOST = 20 };
static const double near_slack = 0.01;

// TVaR is not a sum of terms. Sets are chosen by what contributed to it in the base run, and by the
// expected loss; of all those nearly as good by either the one with the least TVaR is taken.
enum { TAIL_MOST = 24 };
static const double tail_slack = 0.02;

// Points of the frontier that are held against the appetite.
enum { APPETITE_MOST = 48 };

// A gap that is called optimal.
static const double proven_gap = 1e-4;

struct finder {
    const struct valuation *v;
    const struct pricing_sums *sums;
    struct treatment_outcome *out;
    const struct plan_request *request;
    struct diagnostics *d;
    size_t n;
    struct arena scratch;
    struct portfolio_problem problem; // by the request's objective
};

static bool memory_out(const struct finder *f)
{
    diagnostics_fail(f->d, NULL, "out of memory while planning");
    return false;
}

// Room for `count` sets.
static struct planner_plan *plans_room(struct finder *f, size_t count)
{
    struct planner_plan *plans = arena_alloc(&f->scratch, count + 1, sizeof *plans);
    bool *chosen = arena_alloc(&f->scratch, (count + 1) * (f->n + 1), sizeof *chosen);

    for (size_t p = 0; plans && chosen && p <= count; p++)
        plans[p].chosen = chosen + p * (f->n + 1);
    return chosen ? plans : NULL;
}

// Sets that are nearly as good as the best of `by`, as plans; `bound` is the best's.
static bool near_find(struct finder *f, const struct planner_problem *by, double budget,
                      double slack, size_t most, double bound, struct planner_plan *plans,
                      size_t *found, bool *all)
{
    bool *chosen = arena_alloc(&f->scratch, most * f->n + 1, sizeof *chosen);

    if (!chosen ||
        !planner_near_best(by, budget, slack, most, planner_effort_of(by), chosen, found, all))
        return memory_out(f);
    for (size_t p = 0; p < *found; p++) {
        memcpy(plans[p].chosen, chosen + p * f->n, f->n * sizeof *chosen);
        plans[p].feasible = true;
        plans[p].cost = planner_cost(&f->problem.problem, plans[p].chosen);
        plans[p].value = planner_value(&f->problem.problem, plans[p].chosen);
        plans[p].bound = bound;
    }
    return true;
}

static size_t least_tail(const struct finder *f, const struct plan_figures *plans, size_t count)
{
    size_t best = 0;

    for (size_t p = 1; p < count; p++)
        if (plans[p].figures.tvar[f->out->level] < plans[best].figures.tvar[f->out->level])
            best = p;
    return best;
}

// The best for a budget by the request's objective. `feasible` tells whether there is any.
static bool best_find(struct finder *f, double budget, struct planner_plan *plan,
                      struct plan_figures *figures, bool *feasible)
{
    struct planner_plan *near;
    struct plan_figures *priced;
    struct portfolio_problem by_aal;
    size_t found, more, best;
    bool all;

    if (!planner_solve(&f->problem.problem, budget, planner_effort_of(&f->problem.problem), plan))
        return memory_out(f);
    *feasible = plan->feasible;
    if (!plan->feasible)
        return true;
    if (f->request->objective != OBJECTIVE_TVAR)
        return plans_value(f->v, &f->problem, plan, 1, &f->out->arena, figures, f->d);
    near = plans_room(f, 2 * TAIL_MOST);
    priced = arena_alloc(&f->scratch, 2 * TAIL_MOST, sizeof *priced);
    if (!near || !priced)
        return memory_out(f);
    if (!plans_problem(f->v, f->sums, f->out, OBJECTIVE_AAL, 0, &f->scratch, &by_aal, f->d) ||
        !near_find(f, &f->problem.problem, budget, tail_slack, TAIL_MOST, plan->bound, near, &found,
                   &all) ||
        !near_find(f, &by_aal.problem, budget, tail_slack, TAIL_MOST, plan->bound, near + found,
                   &more, &all))
        return false;
    found += more;
    if (!plans_value(f->v, &f->problem, near, found, &f->out->arena, priced, f->d))
        return false;
    best = least_tail(f, priced, found);
    *figures = priced[best];
    memcpy(plan->chosen, near[best].chosen, f->n * sizeof *plan->chosen);
    plan->cost = near[best].cost;
    plan->value = near[best].value;
    return true;
}

static bool near_value(struct finder *f, const struct planner_plan *best,
                       struct plan_answer *answer)
{
    struct planner_plan *near = plans_room(f, NEAR_MOST);

    answer->near = arena_alloc(&f->out->arena, NEAR_MOST, sizeof *answer->near);
    if (!near || !answer->near)
        return memory_out(f);
    return near_find(f, &f->problem.problem, f->request->budget, near_slack, NEAR_MOST, best->bound,
                     near, &answer->near_count, &answer->near_all) &&
           plans_value(f->v, &f->problem, near, answer->near_count, &f->out->arena, answer->near,
                       f->d);
}

// What the objective comes to on the simulated years.
static double simulated(const struct finder *f, const struct plan_figures *plan)
{
    return plan->figures.aal +
           (f->request->objective == OBJECTIVE_NET_BENEFIT ? plan->annualised_cost : 0);
}

// Where the model is no more than that, the simulation chooses among the sets that it finds nearly
// as good.
static void simulated_choose(const struct finder *f, struct plan_answer *answer)
{
    for (size_t p = 0; answer->best.modelled && p < answer->near_count; p++)
        if (simulated(f, &answer->near[p]) < simulated(f, &answer->best))
            answer->best = answer->near[p];
}

// How often each treatment is in the best plan when what is uncertain is drawn.
static bool draws_count(struct finder *f, struct plan_answer *answer)
{
    struct planner_plan *plan = plans_room(f, 1);
    uint32_t feasible = 0;

    answer->included = arena_alloc(&f->out->arena, f->n + 1, sizeof *answer->included);
    if (!plan || !answer->included)
        return memory_out(f);
    for (uint32_t draw = 1; draw <= f->request->draws; draw++) {
        struct arena arena = {0};
        struct portfolio_problem problem;
        const bool good = plans_problem(f->v, f->sums, f->out, f->request->objective, draw, &arena,
                                        &problem, f->d) &&
                          (planner_solve(&problem.problem, f->request->budget,
                                         planner_effort_of(&problem.problem), plan) ||
                           memory_out(f));

        arena_free(&arena);
        if (!good)
            return false;
        feasible += plan->feasible;
        for (size_t i = 0; plan->feasible && i < f->n; i++)
            answer->included[i] += plan->chosen[i];
    }
    for (size_t i = 0; feasible > 0 && i < f->n; i++)
        answer->included[i] /= feasible;
    return true;
}

static bool within(const struct finder *f, const struct plan_figures *plan)
{
    for (size_t a = 0; a < f->v->portfolio->treatments.appetite_count; a++)
        if (plan->appetite[a].verdict != VERDICT_WITHIN)
            return false;
    return true;
}

// Leaves out one treatment after the other, the dearest first, as long as the appetite is met.
static bool cheapen(struct finder *f, struct planner_plan *plan, struct plan_figures *figures)
{
    struct planner_plan *fewer = plans_room(f, f->n);
    struct plan_figures *priced = arena_alloc(&f->scratch, f->n + 1, sizeof *priced);

    if (!fewer || !priced)
        return memory_out(f);
    for (bool changed = true; changed;) {
        size_t count = 0, best;

        changed = false;
        for (size_t i = 0; i < f->n; i++) {
            struct planner_plan *x = &fewer[count];

            if (!plan->chosen[i])
                continue;
            memcpy(x->chosen, plan->chosen, f->n * sizeof *x->chosen);
            x->chosen[i] = false;
            if (!planner_allowed(&f->problem.problem, x->chosen, HUGE_VAL))
                continue;
            x->cost = planner_cost(&f->problem.problem, x->chosen);
            x->value = x->bound = planner_value(&f->problem.problem, x->chosen);
            count++;
        }
        if (!plans_value(f->v, &f->problem, fewer, count, &f->out->arena, priced, f->d))
            return false;
        best = count;
        for (size_t p = 0; p < count; p++)
            if (within(f, &priced[p]) && fewer[p].cost < plan->cost &&
                (best == count || fewer[p].cost < fewer[best].cost))
                best = p;
        if (best == count)
            continue;
        changed = true;
        memcpy(plan->chosen, fewer[best].chosen, f->n * sizeof *plan->chosen);
        plan->cost = fewer[best].cost;
        plan->value = plan->bound = fewer[best].value;
        *figures = priced[best];
    }
    return true;
}

static bool appetite_meet(struct finder *f, struct planner_plan *plan, struct plan_answer *answer)
{
    struct planner_plan *found = plans_room(f, APPETITE_MOST);
    struct plan_figures *priced = arena_alloc(&f->scratch, APPETITE_MOST, sizeof *priced);
    size_t count, first = 0;

    if (!found || !priced ||
        !planner_frontier(&f->problem.problem, APPETITE_MOST,
                          planner_effort_of(&f->problem.problem), found, &count))
        return memory_out(f);
    if (!plans_value(f->v, &f->problem, found, count, &f->out->arena, priced, f->d))
        return false;
    while (first < count && !(within(f, &priced[first]) && found[first].cost <= f->request->budget))
        first++;
    answer->feasible = first < count;
    if (!answer->feasible)
        return true;
    memcpy(plan->chosen, found[first].chosen, f->n * sizeof *plan->chosen);
    plan->cost = found[first].cost;
    plan->value = plan->bound = found[first].value;
    answer->best = priced[first];
    return cheapen(f, plan, &answer->best);
}

static bool answer_fill(struct finder *f, struct plan_answer *answer)
{
    const struct plan_request *request = f->request;
    struct planner_plan *plan = plans_room(f, 2);

    if (!plan)
        return memory_out(f);
    if (!plans_problem(f->v, f->sums, f->out, request->objective, 0, &f->scratch, &f->problem,
                       f->d))
        return false;
    if (request->meet_appetite)
        return appetite_meet(f, plan, answer);
    if (!best_find(f, request->budget, plan, &answer->best, &answer->feasible))
        return false;
    if (!answer->feasible)
        return true;
    if (request->objective != OBJECTIVE_TVAR) {
        if (!near_value(f, plan, answer))
            return false;
        simulated_choose(f, answer);
        answer->proven = answer->best.gap <= proven_gap;
    }
    if (request->draws > 0 && !draws_count(f, answer))
        return false;
    return request->step == 0 || best_find(f, request->budget + request->step, &plan[1],
                                           &answer->more, &answer->more_feasible);
}

bool plan_find(const struct valuation *v, const struct pricing_sums *sums,
               struct treatment_outcome *out, const struct plan_request *request,
               struct plan_answer *answer, struct diagnostics *d)
{
    struct finder f = {.v = v,
                       .sums = sums,
                       .out = out,
                       .request = request,
                       .d = d,
                       .n = v->portfolio->treatments.count};
    bool good;

    *answer = (struct plan_answer){0};
    good = answer_fill(&f, answer);
    arena_free(&f.scratch);
    return good;
}
