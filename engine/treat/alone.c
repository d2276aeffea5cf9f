#include "treat/alone.h"

#include <math.h>
#include <stdlib.h>

#include "simulate/event_kernels.h"

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
    const double sign = treatment->state == TREATMENT_EXISTING ? -1 : 1; // it is absent there
    uint64_t paid = 0;

    for (uint64_t first = 0; first < settings->years; first += EVENT_BATCH) {
        const size_t n =
            settings->years - first < EVENT_BATCH ? (size_t)(settings->years - first) : EVENT_BATCH;
        double once[EVENT_BATCH], each[EVENT_BATCH];
        uint64_t year[EVENT_BATCH];

        for (size_t i = 0; i < n; i++)
            year[i] = (first + i) % BLOCK_YEARS;
        yearly_fill(&upfront, key, (uint32_t)(first / BLOCK_YEARS), PURPOSE_COST, 0, n, year, once);
        yearly_fill(&annual, key, (uint32_t)(first / BLOCK_YEARS), PURPOSE_COST_ANNUAL, 0, n, year,
                    each);
        for (size_t i = 0; i < n; i++) {
            const double saved =
                sign * money_of_units((double)(v->base[0][first + i] - loss[first + i]),
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

bool treatments_rank(const struct valuation *v, const struct treatment_outcome *out,
                     enum ranking_by by, const int64_t *loss, size_t stride, struct ranked *ranked)
{
    const struct settings *settings = &v->portfolio->settings;
    const size_t n = v->portfolio->treatments.count;
    const bool tail = by == RANKING_TVAR || by == RANKING_TVAR_COST;
    const bool per_cost = by == RANKING_BENEFIT_COST || by == RANKING_TVAR_COST;
    struct ranking_years years = {settings->years, settings->resolution, v->base[0], 0, 0};

    if (tail) {
        years.base_var = (int64_t)rint(out->base.var[out->level] / settings->resolution);
        years.beyond_share =
            years_beyond_quantile(settings->years, settings->quantiles[out->level]) /
            (double)settings->years;
    }
    for (size_t i = 0; i < n; i++) {
        const struct treatment_figures *f = &out->treatments[i];
        const struct reduction saved = tail ? f->alone.tvar_saved[out->level] : f->alone.aal_saved;
        const double cost = f->cost.annualised;
        const double size = !per_cost ? 1 : cost > 0 ? 1 / cost : 0;
        const bool absent = v->portfolio->treatments.rows[i].state == TREATMENT_EXISTING;
        // without an existing treatment the base is the better world, and its VaR the smaller one
        const double var =
            f->alone.var[out->level] + (absent ? f->alone.var_saved[out->level].value : 0);

        ranked[i] = (struct ranked){
            .score = size * saved.value - (by == RANKING_NET_BENEFIT ? cost : 0),
            .error = size * saved.error,
            .weight = absent ? -size : size,
            .loss = loss + i * stride,
            .var = tail ? (int64_t)rint(var / settings->resolution) : 0,
        };
    }
    return ranking_make(&years, ranked, n, v->threads);
}

static bool rank_all(const struct valuation *v, const int64_t *loss, struct treatment_outcome *out)
{
    static const enum ranking_by by_objective[OBJECTIVES] = {
        [OBJECTIVE_AAL] = RANKING_AAL,
        [OBJECTIVE_TVAR] = RANKING_TVAR,
        [OBJECTIVE_NET_BENEFIT] = RANKING_NET_BENEFIT,
    };
    const size_t n = v->portfolio->treatments.count;
    struct ranked *ranked = calloc(n + 1, sizeof *ranked);
    const bool good =
        ranked && treatments_rank(v, out, by_objective[v->portfolio->treatments.settings.objective],
                                  loss, v->scope_count * v->portfolio->settings.years, ranked);

    for (size_t i = 0; good && i < n; i++) {
        out->treatments[i].rank = ranked[i].rank;
        out->treatments[i].rank_lower = ranked[i].rank_lower;
        out->treatments[i].rank_upper = ranked[i].rank_upper;
        out->treatments[i].settling_years = ranked[i].settling_years;
    }
    free(ranked);
    return good;
}

// Room for the years that are kept; none where they would be too many.
static bool years_room(const struct valuation *v, struct treatment_outcome *out)
{
    const uint64_t years = v->portfolio->settings.years;
    const size_t n = v->portfolio->treatments.count;

    if ((double)n * (double)years > TREATMENT_CELLS_MOST)
        return true;
    out->annual_loss = arena_alloc(&out->arena, n * years + 1, sizeof *out->annual_loss);
    return out->annual_loss != NULL;
}

static bool years_keep(const struct valuation *v, const int64_t *loss,
                       struct treatment_outcome *out)
{
    const uint64_t years = v->portfolio->settings.years;
    const size_t n = v->portfolio->treatments.count;
    const bool good = years_room(v, out);

    for (size_t t = 0; out->annual_loss && t < n; t++)
        for (uint64_t y = 0; y < years; y++)
            out->annual_loss[t * years + y] = loss[t * v->scope_count * years + y];
    return good;
}

// What a run that was interrupted behind it had found.
static bool treatments_take(const struct valuation *v, struct treatment_outcome *out,
                            struct diagnostics *d)
{
    bool good = years_room(v, out);

    for (size_t i = 0; good && i < v->portfolio->treatments.count; i++)
        good = world_figures_alloc(v->portfolio, &out->arena, &out->treatments[i].alone);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory: the years of %zu treatments do not fit",
                         v->portfolio->treatments.count);
    return good && priced_take_treatments(v, d);
}

static bool treatments_find(const struct valuation *v, struct pricing_sums *sums,
                            struct treatment_outcome *out, struct diagnostics *d)
{
    const struct treatments *t = &v->portfolio->treatments;
    const uint64_t years = v->portfolio->settings.years;
    struct arena scratch = {0};
    struct world *worlds = NULL;
    struct world_figures *figures = arena_alloc(&scratch, t->count + 1, sizeof *figures);
    int64_t *loss = malloc((t->count * v->scope_count * years + 1) * sizeof *loss);
    bool *absent = arena_alloc(&scratch, t->count + 1, sizeof *absent);
    bool good = figures && loss && absent && alone_worlds(t->count, &scratch, &worlds);

    for (size_t i = 0; good && i < t->count; i++)
        absent[i] = t->rows[i].state == TREATMENT_EXISTING;
    for (size_t i = 0; good && i < t->count; i++)
        good = world_figures_alloc(v->portfolio, &out->arena, &figures[i]);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory: the years of %zu treatments do not fit",
                         t->count);

    const struct priced_pass pass = {.phase = SNAPSHOT_TREATMENTS,
                                     .passes = 1,
                                     .worlds = worlds,
                                     .count = t->count,
                                     .sums = sums};

    good = good && valuation_years(v, &pass, loss, d) &&
           valuation_fill(v, loss, t->count, absent, figures, d);
#pragma omp parallel for schedule(dynamic) num_threads(v->threads) if (good)
    for (size_t i = 0; i < (good ? t->count : 0); i++) {
        out->treatments[i].alone = figures[i];
        alone_finish(v, out->level, i, loss + i * v->scope_count * years, &out->treatments[i]);
    }
    if (good && !(rank_all(v, loss, out) && years_keep(v, loss, out))) {
        diagnostics_fail(d, NULL, "out of memory while ranking the treatments");
        good = false;
    }
    free(loss);
    arena_free(&scratch);
    return good;
}

bool treatments_price(const struct valuation *v, struct pricing_sums *sums,
                      struct treatment_outcome *out, struct diagnostics *d)
{
    return priced_beyond(v, SNAPSHOT_TREATMENTS) ? treatments_take(v, out, d)
                                                 : treatments_find(v, sums, out, d);
}
