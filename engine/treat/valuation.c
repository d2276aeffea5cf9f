#include "treat/valuation.h"

#include <stdlib.h>

static bool same_scope(const struct pricing_scope *x, const struct pricing_scope *y)
{
    return x->grouping == y->grouping && (x->grouping == NO_ROW || x->group == y->group);
}

// The portfolio's scope, and one for each group that the appetite names.
static bool scopes_find(struct valuation *v, const struct outcome *outcome)
{
    const struct treatments *t = &v->portfolio->treatments;
    const uint64_t years = v->portfolio->settings.years;
    struct pricing_scope *scopes = arena_alloc(&v->arena, t->appetite_count + 1, sizeof *scopes);
    uint32_t *scope_of = arena_alloc(&v->arena, t->appetite_count + 1, sizeof *scope_of);
    size_t n = 1;

    v->gross = arena_alloc(&v->arena, t->appetite_count + 1, sizeof *v->gross);
    v->base = arena_alloc(&v->arena, t->appetite_count + 1, sizeof *v->base);
    if (!scopes || !scope_of || !v->gross || !v->base)
        return false;
    scopes[0] = (struct pricing_scope){NO_ROW, 0};
    v->gross[0] = v->base[0] = outcome->annual_loss;
    for (size_t a = 0; a < t->appetite_count; a++) {
        const struct pricing_scope own = {t->appetite[a].grouping, t->appetite[a].group};
        size_t at = 0;

        while (at < n && !same_scope(&scopes[at], &own))
            at++;
        scope_of[a] = (uint32_t)at;
        if (at < n)
            continue;
        scopes[n] = own;
        v->gross[n] = v->base[n] = outcome->groups[own.grouping].annual_loss + own.group * years;
        n++;
    }
    v->scopes = scopes;
    v->scope_of = scope_of;
    v->scope_count = n;
    return true;
}

static bool infinite_find(const struct portfolio *portfolio)
{
    for (size_t s = 0; s < portfolio->scenario_count; s++)
        if (severity_variance_infinite(&portfolio->scenarios[s].severity))
            return true;
    for (size_t e = 0; e < portfolio->event_count; e++)
        if (severity_variance_infinite(&portfolio->events[e].severity))
            return true;
    return false;
}

// The base net of `current` policies.
static bool base_cede(struct valuation *v, struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;
    int64_t *net = arena_alloc(&v->arena, v->scope_count * years, sizeof *net);
    const struct priced_pass pass = {.phase = SNAPSHOT_COVER, .passes = 1, .ceded = net};
    bool good;

    if (!net) {
        diagnostics_fail(d, NULL, "out of memory while applying the insurance");
        return false;
    }
    if (priced_beyond(v, SNAPSHOT_COVER)) {
        good = priced_take_cover(v, net, d);
    } else {
        good = priced_run(v, &pass, d);
        for (size_t s = 0; good && s < v->scope_count; s++)
            for (uint64_t y = 0; y < years; y++)
                net[s * years + y] = v->gross[s][y] - net[s * years + y];
    }
    for (size_t s = 0; s < v->scope_count; s++)
        v->base[s] = net + s * years;
    return good;
}

static bool base_order(struct valuation *v, struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;
    int64_t *room = arena_alloc(&v->arena, 2 * years, sizeof *room);

    if (room)
        v->ordered = world_ordered(v->base[0], years, room);
    else
        diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
    return room != NULL;
}

bool valuation_make(const struct portfolio *portfolio, const struct scenario_plans *plans,
                    const struct outcome *outcome, int threads, const struct priced *priced,
                    struct progress *progress, struct valuation *valuation, struct diagnostics *d)
{
    bool current = false;

    *valuation = (struct valuation){.portfolio = portfolio,
                                    .plans = plans,
                                    .outcome = outcome,
                                    .infinite = infinite_find(portfolio),
                                    .threads = threads,
                                    .progress = progress};
    if (priced)
        valuation->priced = *priced;
    if (!scopes_find(valuation, outcome)) {
        diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
        return false;
    }
    valuation->insured = portfolio->treatments.layer_count > 0;
    for (size_t l = 0; l < portfolio->treatments.layer_count; l++)
        current = current || portfolio->treatments.layers[l].treatment == NO_ROW;
    valuation->pricing =
        pricing_new(portfolio, plans, valuation->scope_count, valuation->scopes, d);
    return valuation->pricing && (!current || base_cede(valuation, d)) && base_order(valuation, d);
}

void valuation_free(struct valuation *valuation)
{
    pricing_free(valuation->pricing);
    arena_free(&valuation->arena);
    *valuation = (struct valuation){0};
}

size_t valuation_most(const struct valuation *valuation)
{
    const double each = (double)valuation->scope_count * sizeof(int64_t) *
                        (double)valuation->portfolio->settings.years;

    return each < VALUATION_BYTES ? (size_t)(VALUATION_BYTES / each) : 1;
}

bool valuation_years(const struct valuation *v, const struct priced_pass *worlds, int64_t *loss,
                     struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;
    const size_t count = worlds->count;
    int64_t *ceded =
        v->insured ? malloc((count + 1) * v->scope_count * years * sizeof *ceded) : NULL;
    struct priced_pass pass = *worlds;

    if (v->insured && !ceded) {
        diagnostics_fail(d, NULL, "out of memory while applying the insurance");
        return false;
    }
    pass.saved = loss;
    pass.ceded = ceded;
    if (!priced_run(v, &pass, d)) {
        free(ceded);
        return false;
    }
#pragma omp parallel for schedule(static) num_threads(v->threads)
    for (size_t row = 0; row < count * v->scope_count; row++) {
        const int64_t *base = v->gross[row % v->scope_count];
        const int64_t *paid = ceded ? ceded + row * years : NULL;
        int64_t *own = loss + row * years;

        for (uint64_t y = 0; y < years; y++)
            own[y] = base[y] - own[y] - (paid ? paid[y] : 0);
    }
    free(ceded);
    return true;
}

bool valuation_fill(const struct valuation *v, const int64_t *loss, size_t count,
                    const bool *absent, struct world_figures *figures, struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;
    const struct world_years base = {v->base, &v->ordered};
    bool good = true;

#pragma omp parallel for schedule(dynamic) num_threads(v->threads) reduction(&& : good)
    for (size_t w = 0; w < count; w++) {
        const int64_t **own = malloc(v->scope_count * sizeof *own);
        const struct world_years world = {own, NULL};

        for (size_t s = 0; own && s < v->scope_count; s++)
            own[s] = loss + (w * v->scope_count + s) * years;
        good = good && own &&
               world_figures_fill(v->portfolio, absent && absent[w] ? &world : &base,
                                  absent && absent[w] ? &base : &world, v->scope_of, v->infinite,
                                  &figures[w]);
        free(own);
    }
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while valuing the treatments");
    return good;
}

bool valuation_figures(const struct valuation *v, const struct world *worlds, size_t count,
                       struct world_figures *figures, struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;
    const bool shortest = v->priced.keeper && v->priced.keeper->shortest;
    const size_t most = shortest ? 1 : valuation_most(v), room = count < most ? count : most;
    int64_t *loss = malloc((room + 1) * v->scope_count * years * sizeof *loss);
    size_t first = 0;
    bool good = loss != NULL;

    if (!good)
        diagnostics_fail(d, NULL, "out of memory while valuing the treatments");
    for (good = good && priced_take_plans(v, room, figures, count, &first, d);
         good && first < count; first += room) {
        const size_t n = count - first < room ? count - first : room;
        const struct priced_pass pass = {.phase = SNAPSHOT_PLANS,
                                         .index = first / room,
                                         .passes = (count + room - 1) / room,
                                         .worlds = worlds + first,
                                         .count = n,
                                         .figures = figures,
                                         .figures_count = first};

        good = valuation_years(v, &pass, loss, d) &&
               valuation_fill(v, loss, n, NULL, figures + first, d);
    }
    free(loss);
    return good;
}
