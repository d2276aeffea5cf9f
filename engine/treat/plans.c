#include "treat/plans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct savings {
    const struct pricing_sums *sums;
    const struct settings *settings;
};

static double mean_of(const struct settings *settings, __int128 units)
{
    return money_of_units((double)units / (double)settings->years, settings->resolution);
}

static double saving_of(void *context, size_t unit, size_t local)
{
    const struct savings *s = context;

    return mean_of(s->settings, s->sums->saved[s->sums->start[unit] + local]);
}

bool plans_problem(const struct valuation *v, const struct pricing_sums *sums,
                   const struct treatment_outcome *out, enum objective objective, uint32_t draw,
                   struct arena *arena, struct portfolio_problem *problem, struct diagnostics *d)
{
    const struct settings *settings = &v->portfolio->settings;
    const struct units *units = pricing_units(v->pricing);
    const size_t n = v->portfolio->treatments.count;
    struct savings savings = {sums, settings};
    struct problem_source source;
    double *base = arena_alloc(arena, units->count + 1, sizeof *base);
    double *alone = arena_alloc(arena, n + 1, sizeof *alone);
    bool good = base && alone;

    for (size_t u = 0; good && u < units->count; u++)
        base[u] = mean_of(settings, sums->base[u]);
    for (size_t t = 0; good && t < n; t++)
        alone[t] = objective == OBJECTIVE_TVAR
                       ? out->treatments[t].alone.tvar_saved[out->level].value
                       : out->treatments[t].alone.aal_saved.value;
    source = (struct problem_source){.portfolio = v->portfolio,
                                     .plans = v->plans,
                                     .units = units,
                                     .saving = saving_of,
                                     .context = &savings,
                                     .base_aal = base,
                                     .alone_saved = alone,
                                     .objective = objective,
                                     .tail = objective == OBJECTIVE_TVAR ? v->outcome : NULL,
                                     .level = out->level,
                                     .draw = draw};
    good = good && problem_make(&source, arena, problem);
    // terms are of gross losses: what `current` insurance leaves of them is not their sum
    for (size_t t = 0; good && v->base[0] != v->gross[0] && t < n; t++)
        problem->modelled[t] = true;
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while preparing the plans");
    return good;
}

static void plan_figures_fill(const struct valuation *v, const struct portfolio_problem *problem,
                              const struct planner_plan *plan, struct plan_figures *f)
{
    const struct treatments *t = &v->portfolio->treatments;

    f->budget_cost = plan->cost;
    f->value = plan->value;
    f->bound = plan->bound;
    f->gap = plan->value != 0 ? fmax(plan->value - plan->bound, 0) / fabs(plan->value) : 0;
    f->annualised_cost = 0;
    f->modelled = false;
    for (size_t i = 0; i < t->count; i++) {
        f->chosen[i] = plan->chosen[i];
        f->annualised_cost +=
            plan->chosen[i] ? treatment_cost_of(&t->rows[i], &t->settings).annualised : 0;
        f->modelled = f->modelled || (plan->chosen[i] && problem->modelled[i]);
    }
    for (size_t a = 0; a < t->appetite_count; a++)
        f->appetite[a] = appetite_judge(f->figures.exceeds[a], v->portfolio->settings.years,
                                        t->appetite[a].probability);
}

bool plans_value(const struct valuation *v, const struct portfolio_problem *problem,
                 const struct planner_plan *found, size_t count, struct arena *arena,
                 struct plan_figures *plans, struct diagnostics *d)
{
    const size_t n = v->portfolio->treatments.count;
    const size_t points = v->portfolio->treatments.appetite_count;
    struct arena scratch = {0};
    struct world *worlds = arena_alloc(&scratch, count + 1, sizeof *worlds);
    struct world_figures *figures = arena_alloc(&scratch, count + 1, sizeof *figures);
    uint32_t *members = arena_alloc(&scratch, count * n + 1, sizeof *members);
    bool good = worlds && figures && members;

    for (size_t p = 0; good && p < count; p++) {
        uint32_t *own = members + p * n;

        worlds[p].treatments = own;
        for (uint32_t i = 0; i < n; i++)
            if (found[p].chosen[i])
                own[worlds[p].count++] = i;
        plans[p].chosen = arena_alloc(arena, n + 1, sizeof *plans[p].chosen);
        plans[p].appetite = arena_alloc(arena, points + 1, sizeof *plans[p].appetite);
        good = plans[p].chosen && plans[p].appetite &&
               world_figures_alloc(v->portfolio, arena, &figures[p]);
    }
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while valuing the plans");
    good = good && valuation_figures(v, worlds, count, figures, d);
    for (size_t p = 0; good && p < count; p++) {
        plans[p].figures = figures[p];
        plan_figures_fill(v, problem, &found[p], &plans[p]);
    }
    arena_free(&scratch);
    return good;
}

bool shares_fill(const struct valuation *v, const struct pricing_sums *sums,
                 struct treatment_outcome *out, struct arena *arena,
                 struct portfolio_problem *problem, struct diagnostics *d)
{
    const size_t n = v->portfolio->treatments.count;
    double *share = arena_alloc(arena, n + 1, sizeof *share);

    if (!share) {
        diagnostics_fail(d, NULL, "out of memory while preparing the plans");
        return false;
    }
    if (!plans_problem(v, sums, out, OBJECTIVE_AAL, 0, arena, problem, d))
        return false;
    problem_shapley(&problem->problem, share);
    for (size_t t = 0; t < n; t++) {
        out->treatments[t].aal_share = share[t];
        out->treatments[t].aal_saved_exact =
            problem->modelled[t] ? NAN : problem->aal - problem->aal_kept[t];
    }
    return true;
}

// Leaves out plans that only the model finds better than a cheaper one. Returns how many stay.
static size_t simulated_keep(struct plan_figures *plans, size_t count, enum objective objective)
{
    double least = HUGE_VAL;
    size_t kept = 0;

    for (size_t p = 0; p < count; p++) {
        const double value = plans[p].figures.aal +
                             (objective == OBJECTIVE_NET_BENEFIT ? plans[p].annualised_cost : 0);

        if (objective != OBJECTIVE_TVAR && plans[p].modelled && value >= least)
            continue;
        least = fmin(least, value);
        plans[kept++] = plans[p];
    }
    return kept;
}

size_t plans_shown_most(size_t treatments)
{
    return treatments <= PLANNER_EASY ? FRONTIER_MOST : FRONTIER_LARGE;
}

bool plans_make(const struct valuation *v, const struct pricing_sums *sums,
                struct treatment_outcome *out, struct diagnostics *d)
{
    const size_t n = v->portfolio->treatments.count;
    const enum objective objective = v->portfolio->treatments.settings.objective;
    struct arena scratch = {0};
    struct portfolio_problem problem;
    struct planner_plan *found = arena_alloc(&scratch, FRONTIER_MOST, sizeof *found);
    bool *chosen = arena_alloc(&scratch, FRONTIER_MOST * n + 1, sizeof *chosen);
    size_t count = 0;
    bool good = found && chosen;

    if (!good)
        diagnostics_fail(d, NULL, "out of memory while preparing the plans");
    good = good && shares_fill(v, sums, out, &scratch, &problem, d) &&
           (objective == OBJECTIVE_AAL ||
            plans_problem(v, sums, out, objective, 0, &scratch, &problem, d));
    for (size_t p = 0; good && p < FRONTIER_MOST; p++)
        found[p].chosen = chosen + p * n;
    if (good && !planner_frontier(&problem.problem, plans_shown_most(n),
                                  planner_effort_of(&problem.problem), found, &count)) {
        diagnostics_fail(d, NULL, "out of memory while planning");
        good = false;
    }
    if (good) {
        out->plans = arena_alloc(&out->arena, count + 1, sizeof *out->plans);
        good = out->plans && plans_value(v, &problem, found, count, &out->arena, out->plans, d);
        out->plan_count = good ? simulated_keep(out->plans, count, objective) : 0;
    }
    arena_free(&scratch);
    return good;
}
