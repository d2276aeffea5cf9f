#include "treat/plans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Points of the efficient frontier in a run's file.
enum { FRONTIER_MOST = 40 };

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
                   const struct treatment_outcome *out, struct arena *arena,
                   struct portfolio_problem *problem, struct diagnostics *d)
{
    const struct settings *settings = &v->portfolio->settings;
    const struct units *units = pricing_units(v->pricing);
    const size_t n = v->portfolio->treatments.count;
    struct savings savings = {sums, settings};
    double *base = arena_alloc(arena, units->count + 1, sizeof *base);
    double *alone = arena_alloc(arena, n + 1, sizeof *alone);
    bool good = base && alone;

    for (size_t u = 0; good && u < units->count; u++)
        base[u] = mean_of(settings, sums->base[u]);
    for (size_t t = 0; good && t < n; t++)
        alone[t] = out->treatments[t].alone.aal_saved.value;
    good = good && problem_make(v->portfolio, v->plans, units, saving_of, &savings, base, alone,
                                arena, problem);
    if (!good)
        diagnostics_add(d, NULL, "out of memory while preparing the plans");
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

static bool plans_value(const struct valuation *v, const struct portfolio_problem *problem,
                        const struct planner_plan *found, size_t count, struct arena *scratch,
                        struct treatment_outcome *out, struct diagnostics *d)
{
    const size_t n = v->portfolio->treatments.count;
    const size_t points = v->portfolio->treatments.appetite_count;
    struct world *worlds = arena_alloc(scratch, count + 1, sizeof *worlds);
    struct world_figures *figures = arena_alloc(scratch, count + 1, sizeof *figures);
    uint32_t *members = arena_alloc(scratch, count * n + 1, sizeof *members);
    bool good;

    out->plans = arena_alloc(&out->arena, count + 1, sizeof *out->plans);
    good = worlds && figures && members && out->plans;
    for (size_t p = 0; good && p < count; p++) {
        uint32_t *own = members + p * n;

        worlds[p].treatments = own;
        for (uint32_t i = 0; i < n; i++)
            if (found[p].chosen[i])
                own[worlds[p].count++] = i;
        out->plans[p].chosen = arena_alloc(&out->arena, n + 1, sizeof *out->plans[p].chosen);
        out->plans[p].appetite =
            arena_alloc(&out->arena, points + 1, sizeof *out->plans[p].appetite);
        good = out->plans[p].chosen && out->plans[p].appetite &&
               world_figures_alloc(v->portfolio, &out->arena, &figures[p]);
    }
    if (!good)
        diagnostics_add(d, NULL, "out of memory while valuing the plans");
    good = good && valuation_figures(v, worlds, count, figures, d);
    for (size_t p = 0; good && p < count; p++) {
        out->plans[p].figures = figures[p];
        plan_figures_fill(v, problem, &found[p], &out->plans[p]);
    }
    out->plan_count = good ? count : 0;
    return good;
}

bool plans_make(const struct valuation *v, const struct pricing_sums *sums,
                struct treatment_outcome *out, struct diagnostics *d)
{
    const size_t n = v->portfolio->treatments.count;
    struct arena scratch = {0};
    struct portfolio_problem problem;
    struct planner_plan *found = arena_alloc(&scratch, FRONTIER_MOST, sizeof *found);
    bool *chosen = arena_alloc(&scratch, FRONTIER_MOST * n + 1, sizeof *chosen);
    size_t count = 0;
    bool good = found && chosen;

    if (!good)
        diagnostics_add(d, NULL, "out of memory while preparing the plans");
    good = good && plans_problem(v, sums, out, &scratch, &problem, d);
    for (size_t t = 0; good && t < n; t++)
        out->treatments[t].aal_saved_exact =
            problem.modelled[t] ? NAN : problem.aal - problem.aal_kept[t];
    for (size_t p = 0; good && p < FRONTIER_MOST; p++)
        found[p].chosen = chosen + p * n;
    if (good &&
        !planner_frontier(&problem.problem, FRONTIER_MOST, &planner_effort_usual, found, &count)) {
        diagnostics_add(d, NULL, "out of memory while planning");
        good = false;
    }
    good = good && plans_value(v, &problem, found, count, &scratch, out, d);
    arena_free(&scratch);
    return good;
}
