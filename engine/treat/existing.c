#include "treat/existing.h"

#include <stdlib.h>
#include <string.h>

#include "treat/added.h"
#include "treat/effects.h"

// Where a scenario, or what a shared event costs itself, is found among the units.
struct whereabouts {
    const struct unit *unit; // NULL: no existing treatment acts there
    size_t part;
};

struct existing {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    struct arena arena;
    struct units units;
    struct whereabouts *of_scenario, *of_event;
    struct event_filters filters;
};

struct filtering {
    const struct existing *existing;
    struct effects_workspace *effects;
    struct treated treated;
};

static void filtering_end(void *workspace)
{
    struct filtering *f = workspace;

    if (f)
        effects_workspace_free(f->effects);
    free(f);
}

static void *filtering_start(const void *context)
{
    const struct existing *existing = context;
    struct filtering *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->existing = existing;
    f->effects = effects_workspace_new(existing->units.rows_most);
    if (!f->effects) {
        filtering_end(f);
        return NULL;
    }
    return f;
}

static bool filtering_failed(const void *workspace)
{
    return effects_failed(((const struct filtering *)workspace)->effects);
}

// What the batch costs by forms, from its slots.
static void forms_sum(struct event_batch *batch, const struct treated *treated)
{
    const unsigned given = batch->slots->given;

    for (int form = 0; form < LOSS_FORMS; form++) {
        double *sum = batch->form_loss[form];

        if (!(batch->forms & 1u << form))
            continue;
        for (size_t i = 0; i < batch->count; i++)
            sum[i] = 0;
        for (int stage = 0; stage < STAGES; stage++)
            for (size_t i = 0; (given & LOSS_SLOT(stage, form)) && i < batch->count; i++)
                sum[i] += treated->slot[stage * LOSS_FORMS + form][i];
    }
}

// Leaves out the events that did not survive. Written without a branch.
static void dropped_leave(struct event_batch *batch, const struct treated *treated)
{
    const bool hits = batch->event != NULL || (batch->plan && batch->plan->event);
    size_t kept = 0;

    for (size_t i = 0; i < batch->count; i++) {
        batch->index[kept] = batch->index[i];
        batch->year[kept] = batch->year[i];
        batch->asset[kept] = batch->asset[i];
        batch->tail[kept] = batch->tail[i];
        batch->loss[kept] = treated->loss[i];
        for (int form = 0; form < LOSS_FORMS; form++)
            if (batch->forms & 1u << form)
                batch->form_loss[form][kept] = batch->form_loss[form][i];
        if (hits) {
            batch->occurrence[kept] = batch->occurrence[i];
            batch->unit[kept] = batch->unit[i];
        }
        kept += treated->kept[i];
    }
    batch->count = kept;
}

static void filtering_apply(void *workspace, struct event_batch *batch,
                            const struct rate_years *years)
{
    struct filtering *f = workspace;
    const struct existing *e = f->existing;
    const struct whereabouts *where =
        batch->plan ? &e->of_scenario[batch->plan->scenario - e->portfolio->scenarios]
                    : &e->of_event[batch->event->event - e->portfolio->events];

    if (!where->unit)
        return;
    effects_start(f->effects, e->portfolio, where->unit, &where->unit->parts[where->part], batch,
                  years, NULL);
    effects_apply(f->effects, where->unit->existing, where->part, &f->treated);
    if (f->treated.resized)
        forms_sum(batch, &f->treated);
    dropped_leave(batch, &f->treated);
}

// None of them may add events: the base has its streams alone.
static bool raising_check(const struct existing *e, const struct unit *unit, struct diagnostics *d)
{
    for (size_t p = 0; p < unit->part_count; p++)
        for (size_t r = 0; r < unit->parts[p].row_count; r++) {
            const struct unit_row *row = &unit->parts[p].rows[r];
            const struct place at = {"effects.csv", row->effect->line, "amount", NULL};

            if (e->portfolio->treatments.rows[row->effect->treatment].state == TREATMENT_EXISTING &&
                added_raises(unit, row)) {
                diagnostics_add(d, &at,
                                "an existing treatment cannot raise a frequency: the "
                                "inherent figures are without it");
                return false;
            }
        }
    return true;
}

static bool whereabouts_fill(struct existing *e, bool *any, struct diagnostics *d)
{
    for (size_t u = 0; u < e->units.count; u++) {
        const struct unit *unit = &e->units.units[u];

        if (!unit->existing)
            continue;
        if (!raising_check(e, unit, d))
            return false;
        *any = true;
        for (size_t p = 0; p < unit->part_count; p++) {
            const struct scenario_plan *plan = unit->parts[p].plan;

            if (plan)
                e->of_scenario[plan->scenario - e->portfolio->scenarios] =
                    (struct whereabouts){unit, p};
            else
                e->of_event[unit->event->event - e->portfolio->events] =
                    (struct whereabouts){unit, p};
        }
    }
    return true;
}

struct existing *existing_new(const struct portfolio *portfolio, const struct scenario_plans *plans,
                              bool *good, struct diagnostics *d)
{
    struct existing *e = calloc(1, sizeof *e);
    bool any = false;

    *good = false;
    if (e) {
        e->portfolio = portfolio;
        e->plans = plans;
        e->of_scenario =
            arena_alloc(&e->arena, portfolio->scenario_count + 1, sizeof *e->of_scenario);
        e->of_event = arena_alloc(&e->arena, portfolio->event_count + 1, sizeof *e->of_event);
    }
    if (!e || !e->of_scenario || !e->of_event ||
        !units_make(portfolio, plans, &e->arena, &e->units))
        diagnostics_fail(d, NULL, "out of memory while preparing the existing treatments");
    else
        *good = whereabouts_fill(e, &any, d);
    if (!*good || !any) {
        existing_free(e);
        return NULL;
    }
    e->filters = (struct event_filters){e, filtering_start, filtering_end, filtering_apply,
                                        filtering_failed};
    return e;
}

void existing_free(struct existing *existing)
{
    if (existing)
        arena_free(&existing->arena);
    free(existing);
}

const struct event_filters *existing_filters(const struct existing *existing)
{
    return existing ? &existing->filters : NULL;
}
