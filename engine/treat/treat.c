#include "treat/treat.h"

#include <math.h>
#include <stdlib.h>

#include "simulate/event_kernels.h"
#include "treat/plans.h"
#include "treat/ranking.h"
#include "treat/valuation.h"

// Above it the years of each treatment are not kept: 200 MB in the file.
static const double cells_most = 25e6;

// TVaR ranks at this level, or the nearest below it that the study asks for.
static const double ranking_level = 0.99;

bool treat_wanted(const struct portfolio *portfolio)
{
    const struct treatments *t = &portfolio->treatments;

    return t->count + t->layer_count + t->appetite_count > 0;
}

void treatment_outcome_free(struct treatment_outcome *out)
{
    arena_free(&out->arena);
    *out = (struct treatment_outcome){0};
}

static size_t level_choose(const struct settings *settings)
{
    size_t level = 0;

    for (size_t l = 0; l < settings->quantile_count; l++)
        if (settings->quantiles[l] <= ranking_level + 1e-12)
            level = l;
    return level;
}

// Each treatment alone.
static bool alone_worlds(size_t count, struct arena *arena, struct world **worlds)
{
    uint32_t *itself = arena_alloc(arena, count + 1, sizeof *itself);

    *worlds = arena_alloc(arena, count + 1, sizeof **worlds);
    if (!itself || !*worlds)
        return false;
    for (size_t t = 0; t < count; t++) {
        itself[t] = (uint32_t)t;
        (*worlds)[t] = (struct world){1, &itself[t]};
    }
    return true;
}

// P(a year's saving is at least its cost), with the costs drawn once a year.
static double payback(const struct valuation *v, const struct treatment *treatment,
                      const int64_t *loss)
{
    const struct settings *settings = &v->portfolio->settings;
    const uint64_t key = address_key(settings->seed, treatment->id_hash, 0, PURPOSE_TREATMENT);
    const struct yearly upfront = yearly_of(treatment->cost_upfront, 0, settings->rate_uncertainty);
    const struct yearly annual = yearly_of(treatment->cost_annual, 0, settings->rate_uncertainty);
    uint64_t paid = 0;

    for (uint64_t first = 0; first < settings->years; first += EVENT_BATCH) {
        const size_t n =
            settings->years - first < EVENT_BATCH ? (size_t)(settings->years - first) : EVENT_BATCH;
        double once[EVENT_BATCH], each[EVENT_BATCH];
        uint64_t year[EVENT_BATCH];

        for (size_t i = 0; i < n; i++)
            year[i] = (first + i) % BLOCK_YEARS;
        yearly_fill(&upfront, key, (uint32_t)(first / BLOCK_YEARS), PURPOSE_COST, 0, n, year, once);
        yearly_fill(&annual, key, (uint32_t)(first / BLOCK_YEARS), PURPOSE_COST, 64, n, year, each);
        for (size_t i = 0; i < n; i++) {
            const double saved = money_of_units((double)(v->base[0][first + i] - loss[first + i]),
                                                settings->resolution);

            paid += saved >= treatment_cost_annualised(
                                 treatment, &v->portfolio->treatments.settings, once[i], each[i]);
        }
    }
    return (double)paid / (double)settings->years;
}

static void alone_finish(const struct valuation *v, size_t level, size_t t, const int64_t *loss,
                         struct treatment_figures *f)
{
    const struct treatments *all = &v->portfolio->treatments;
    const double saved = f->alone.aal_saved.value;

    f->cost = treatment_cost_of(&all->rows[t], &all->settings);
    f->net_benefit = (struct reduction){saved - f->cost.annualised, f->alone.aal_saved.error};
    f->rosi = f->cost.annualised > 0 ? f->net_benefit.value / f->cost.annualised : NAN;
    f->benefit_cost = f->cost.annualised > 0 ? saved / f->cost.annualised : NAN;
    f->cost_per_tvar = f->cost.annualised > 0 && f->alone.tvar_saved[level].value > 0
                           ? f->cost.annualised / f->alone.tvar_saved[level].value
                           : NAN;
    f->payback_probability = payback(v, &all->rows[t], loss);
}

static bool rank_all(const struct valuation *v, const int64_t *loss, struct treatment_outcome *out)
{
    const struct settings *settings = &v->portfolio->settings;
    const struct treatments *t = &v->portfolio->treatments;
    const double beyond = years_beyond_quantile(settings->years, settings->quantiles[out->level]);
    struct ranked *ranked = calloc(t->count + 1, sizeof *ranked);
    bool good = ranked != NULL;

    for (size_t i = 0; good && i < t->count; i++) {
        const struct treatment_figures *f = &out->treatments[i];
        const bool tail = t->settings.objective == OBJECTIVE_TVAR;
        const struct reduction score = tail ? f->alone.tvar_saved[out->level]
                                       : t->settings.objective == OBJECTIVE_AAL ? f->alone.aal_saved
                                                                                : f->net_benefit;

        ranked[i] = (struct ranked){
            .score = score.value,
            .error = score.error,
            .loss = loss + i * v->scope_count * settings->years,
            .var = (int64_t)rint(f->alone.var[out->level] / settings->resolution),
            .beyond_share = tail ? beyond / (double)settings->years : 0,
        };
    }
    good =
        good && ranking_make(ranked, t->count, settings->years, settings->resolution, v->threads);
    for (size_t i = 0; good && i < t->count; i++) {
        out->treatments[i].rank = ranked[i].rank;
        out->treatments[i].rank_lower = ranked[i].rank_lower;
        out->treatments[i].rank_upper = ranked[i].rank_upper;
        out->treatments[i].settling_years = ranked[i].settling_years;
    }
    free(ranked);
    return good;
}

static bool years_keep(const struct valuation *v, const int64_t *loss,
                       struct treatment_outcome *out)
{
    const uint64_t years = v->portfolio->settings.years;
    const size_t n = v->portfolio->treatments.count;

    if ((double)n * (double)years > cells_most)
        return true;
    out->annual_loss = arena_alloc(&out->arena, n * years + 1, sizeof *out->annual_loss);
    for (size_t t = 0; out->annual_loss && t < n; t++)
        for (uint64_t y = 0; y < years; y++)
            out->annual_loss[t * years + y] = loss[t * v->scope_count * years + y];
    return out->annual_loss != NULL;
}

static bool treatments_price(const struct valuation *v, struct pricing_sums *sums,
                             struct treatment_outcome *out, struct diagnostics *d)
{
    const struct treatments *t = &v->portfolio->treatments;
    const uint64_t years = v->portfolio->settings.years;
    struct arena scratch = {0};
    struct world *worlds = NULL;
    struct world_figures *figures = arena_alloc(&scratch, t->count + 1, sizeof *figures);
    int64_t *loss = malloc((t->count * v->scope_count * years + 1) * sizeof *loss);
    bool good = figures && loss && alone_worlds(t->count, &scratch, &worlds);

    for (size_t i = 0; good && i < t->count; i++)
        good = world_figures_alloc(v->portfolio, &out->arena, &figures[i]);
    if (!good)
        diagnostics_add(d, NULL, "out of memory: the years of %zu treatments do not fit", t->count);
    good = good && valuation_years(v, worlds, t->count, loss, sums, d) &&
           valuation_fill(v, loss, t->count, figures, d);
#pragma omp parallel for schedule(dynamic) num_threads(v->threads) if (good)
    for (size_t i = 0; i < (good ? t->count : 0); i++) {
        out->treatments[i].alone = figures[i];
        alone_finish(v, out->level, i, loss + i * v->scope_count * years, &out->treatments[i]);
    }
    if (good && !(rank_all(v, loss, out) && years_keep(v, loss, out))) {
        diagnostics_add(d, NULL, "out of memory while ranking the treatments");
        good = false;
    }
    free(loss);
    arena_free(&scratch);
    return good;
}

static bool base_fill(const struct valuation *v, struct treatment_outcome *out)
{
    const struct portfolio *portfolio = v->portfolio;
    const struct world_years base = {v->base};
    const size_t points = portfolio->treatments.appetite_count;

    out->appetite = arena_alloc(&out->arena, points + 1, sizeof *out->appetite);
    if (!out->appetite || !world_figures_alloc(portfolio, &out->arena, &out->base) ||
        !world_figures_fill(portfolio, &base, &base, v->scope_of, v->infinite, &out->base))
        return false;
    for (size_t a = 0; a < points; a++)
        out->appetite[a] = appetite_judge(out->base.exceeds[a], portfolio->settings.years,
                                          portfolio->treatments.appetite[a].probability);
    return true;
}

bool treat_run(const struct portfolio *portfolio, const struct scenario_plans *plans,
               const struct outcome *outcome, int threads, simulate_progress *tell, void *context,
               struct treatment_outcome *out, struct diagnostics *d)
{
    struct progress progress = {
        .tell = tell, .context = context, .phase = "pricing treatments", .to = 0.9};
    struct valuation v = {0};
    struct pricing_sums sums = {0};
    bool good;

    *out = (struct treatment_outcome){.portfolio = portfolio,
                                      .level = level_choose(&portfolio->settings)};
    good = valuation_make(portfolio, plans, outcome, threads, &progress, &v, d);
    if (good) {
        out->treatments =
            arena_alloc(&out->arena, portfolio->treatments.count + 1, sizeof *out->treatments);
        good =
            out->treatments && base_fill(&v, out) && pricing_sums_make(v.pricing, &v.arena, &sums);
        if (!good)
            diagnostics_add(d, NULL, "out of memory while preparing the treatments");
    }
    if (portfolio->treatments.count > 0) {
        good = good && treatments_price(&v, &sums, out, d);
        progress.from = 0.9;
        progress.to = 1;
        progress.phase = "planning";
        good = good && plans_make(&v, &sums, out, d);
    }
    valuation_free(&v);
    return good;
}
