#include "treat/residual.h"

#include <stdlib.h>

#include "treat/valuation.h"

bool residual_has(enum treatment_state state)
{
    return state == TREATMENT_APPROVED || state == TREATMENT_IN_PROGRESS ||
           state == TREATMENT_MANDATORY;
}

static bool room_make(const struct portfolio *portfolio, struct residual *r)
{
    const struct treatments *t = &portfolio->treatments;
    uint32_t *members = arena_alloc(&r->arena, t->count + 1, sizeof *members);

    r->scenario_saved =
        arena_alloc(&r->arena, portfolio->scenario_count + 1, sizeof *r->scenario_saved);
    r->event_saved = arena_alloc(&r->arena, portfolio->event_count + 1, sizeof *r->event_saved);
    r->event_own_saved =
        arena_alloc(&r->arena, portfolio->event_count + 1, sizeof *r->event_own_saved);
    if (!members || !r->scenario_saved || !r->event_saved || !r->event_own_saved)
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        if (residual_has(t->rows[i].state))
            members[r->treatment_count++] = i;
    r->treatments = members;
    return true;
}

// The sums of the only world, to the scenarios and events whose parts they are of.
static void saved_fill(const struct valuation *v, const struct pricing_sums *sums,
                       struct residual *r)
{
    const struct units *units = pricing_units(v->pricing);
    const double scale = v->portfolio->settings.resolution / (double)v->portfolio->settings.years;

    for (size_t u = 0; u < units->count; u++) {
        const struct unit *unit = &units->units[u];
        const size_t event = unit->event ? (size_t)(unit->event->event - v->portfolio->events) : 0;
        __int128 all = 0;

        for (size_t p = 0; p < unit->part_count; p++) {
            const struct scenario_plan *plan = unit->parts[p].plan;
            const __int128 saved = sums->part_saved[sums->part_start[u] + p];

            all += saved;
            if (plan)
                r->scenario_saved[plan->scenario - v->portfolio->scenarios] = (double)saved * scale;
            else
                r->event_own_saved[event] = (double)saved * scale;
        }
        if (unit->event)
            r->event_saved[event] = (double)all * scale;
    }
}

static bool world_price(struct valuation *v, struct residual *r, struct diagnostics *d)
{
    const struct world world = {r->treatment_count, r->treatments};
    const size_t cells = v->scope_count * v->portfolio->settings.years;
    struct pricing_sums sums = {0};
    const struct priced_pass pass = {.worlds = &world, .count = 1, .sums = &sums};
    int64_t *loss = malloc(cells * sizeof *loss);
    bool good = loss && world_figures_alloc(v->portfolio, &r->arena, &r->whole) &&
                pricing_sums_make_parts(v->pricing, 1, &v->arena, &sums);

    if (!good)
        diagnostics_fail(d, NULL, "out of memory while pricing what remains");
    good = good && valuation_years(v, &pass, loss, d) &&
           valuation_fill(v, loss, 1, NULL, &r->whole, d);
    if (good)
        saved_fill(v, &sums, r);
    free(loss);
    return good;
}

bool residual_find(const struct portfolio *portfolio, const struct scenario_plans *plans,
                   const struct outcome *outcome, int threads, simulate_progress *tell,
                   void *context, struct residual *residual, struct diagnostics *d)
{
    struct progress progress = {
        .tell = tell, .context = context, .phase = "pricing what remains", .to = 1};
    struct valuation v = {0};
    bool good;

    *residual = (struct residual){0};
    if (!room_make(portfolio, residual)) {
        diagnostics_fail(d, NULL, "out of memory while pricing what remains");
        return false;
    }
    if (residual->treatment_count == 0)
        return true;
    good = valuation_make(portfolio, plans, outcome, threads, NULL, &progress, &v, d) &&
           world_price(&v, residual, d);
    valuation_free(&v);
    return good;
}

void residual_free(struct residual *residual)
{
    arena_free(&residual->arena);
    *residual = (struct residual){0};
}
