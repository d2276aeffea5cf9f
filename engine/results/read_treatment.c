// Of a run that someone else may have written: its treatments, plans and appetite.
#include "results/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool extent_find(struct results *r, const char *path, size_t *extent)
{
    struct hdf5_shape shape;
    int64_t dataset;

    if (!hdf5_dataset_open(&r->h, path, &shape, r->budget, &dataset) ||
        !hdf5_dataset_close(&r->h, dataset))
        return false;
    if (shape.extents[0] > UINT32_MAX)
        return reader_refuse(&r->h, "%s has too many cells", path);
    *extent = shape.extents[0];
    return true;
}

static bool real_read(struct results *r, const char *name, double *value)
{
    double *values = NULL;
    size_t count;

    if (!hdf5_get_reals(&r->h, "/treatment", name, 1, &values, &count))
        return false;
    *value = count == 1 ? *values : NAN;
    free(values);
    return true;
}

// The index of the attribute in `words`, `count` where it is none of them or fails.
static size_t word_read(struct results *r, const char *name, const char *const *words, size_t count)
{
    char *text = NULL;
    size_t which = 0;

    if (!hdf5_get_text(&r->h, "/treatment", name, &text))
        return count;
    while (which < count && strcmp(text, words[which]) != 0)
        which++;
    if (which == count)
        reader_refuse(&r->h, "attribute %s of /treatment is '%.40s'", name, text);
    free(text);
    return which;
}

// The level is told by its value, which must be one of the quantiles.
static bool level_read(struct results *r)
{
    const struct settings *s = &r->portfolio.settings;
    double level;

    if (!hdf5_has_attribute(&r->h, "/treatment", "tvar_level"))
        return s->quantile_count == 0 ||
               reader_refuse(&r->h, "attribute tvar_level of /treatment is missing");
    if (!real_read(r, "tvar_level", &level))
        return false;
    for (r->treated.level = 0; r->treated.level < s->quantile_count; r->treated.level++) {
        if (s->quantiles[r->treated.level] == level)
            return true;
    }
    return reader_refuse(&r->h, "attribute tvar_level of /treatment is none of the quantiles");
}

static bool settings_read(struct results *r)
{
    static const char *const bases[] = {
        [BUDGET_FIRST_YEAR] = "first_year", [BUDGET_ANNUALISED] = "annualised"};
    struct treatment_settings *s = &r->portfolio.treatments.settings;
    const size_t objective = word_read(r, "objective", objective_names, OBJECTIVES);
    const size_t basis = word_read(r, "budget_basis", bases, 2);

    if (r->h.failed)
        return false;
    s->objective = (enum objective)objective;
    s->budget_basis = (enum budget_basis)basis;
    return real_read(r, "horizon_years", &s->horizon_years) &&
           real_read(r, "discount_rate", &s->discount_rate) && level_read(r);
}

bool reader_treatments_find(struct results *r)
{
    const bool treatments = hdf5_has_link(&r->h, "/treatment");
    const bool appetite = hdf5_has_link(&r->h, "/appetite");
    struct treatments *t = &r->portfolio.treatments;

    if (!treatments && !appetite)
        return !r->h.failed;
    r->treated.portfolio = &r->portfolio;
    r->view.treated = &r->treated;
    r->view.treatment_years = hdf5_has_link(&r->h, "/treatment/annual_loss");
    return (!treatments ||
            (extent_find(r, "/treatment/treatment_id", &t->count) &&
             extent_find(r, "/plan/plan", &r->treated.plan_count) && settings_read(r))) &&
           (!appetite || extent_find(r, "/appetite/point", &t->appetite_count));
}

static void world_room(struct results *r, struct world_figures *world)
{
    const size_t levels = r->portfolio.settings.quantile_count;
    const size_t points = r->portfolio.treatments.appetite_count;

    world->var = reader_room(r, levels, sizeof *world->var);
    world->tvar = reader_room(r, levels, sizeof *world->tvar);
    world->aep = reader_room(r, r->portfolio.settings.return_period_count, sizeof *world->aep);
    world->var_saved = reader_room(r, levels, sizeof *world->var_saved);
    world->tvar_saved = reader_room(r, levels, sizeof *world->tvar_saved);
    world->exceeds = reader_room(r, points, sizeof *world->exceeds);
    world->exceeds_saved = reader_room(r, points, sizeof *world->exceeds_saved);
}

void reader_treatments_room(struct results *r)
{
    struct treatments *t = &r->portfolio.treatments;
    struct treatment_outcome *treated = r->view.treated;
    struct appetite_point *points;

    if (treated == NULL)
        return;
    t->rows = reader_room(r, t->count, sizeof *t->rows);
    t->appetite = points = reader_room(r, t->appetite_count, sizeof *points);
    for (size_t p = 0; points != NULL && p < t->appetite_count; p++)
        points[p].grouping = NO_ROW;
    treated->treatments = reader_room(r, t->count, sizeof *treated->treatments);
    treated->plans = reader_room(r, treated->plan_count, sizeof *treated->plans);
    treated->appetite = reader_room(r, t->appetite_count, sizeof *treated->appetite);
    world_room(r, &treated->base);
    for (size_t i = 0; i < t->count && !r->h.failed; i++)
        world_room(r, &treated->treatments[i].alone);
    for (size_t i = 0; i < treated->plan_count && !r->h.failed; i++) {
        struct plan_figures *plan = &treated->plans[i];

        plan->chosen = reader_room(r, t->count, sizeof *plan->chosen);
        plan->appetite = reader_room(r, t->appetite_count, sizeof *plan->appetite);
        world_room(r, &plan->figures);
    }
}

void reader_treatments_finish(struct results *r)
{
    const struct treatments *t = &r->portfolio.treatments;
    struct treatment_outcome *treated = r->view.treated;
    const struct summary *summary = &r->outcome.summary;

    if (treated == NULL)
        return;
    treated->base.aal = summary->aal;
    treated->base.sd = summary->sd;
    for (size_t l = 0; l < r->portfolio.settings.quantile_count; l++) {
        treated->base.var[l] = summary->var[l].value;
        treated->base.tvar[l] = summary->tvar[l];
    }
    for (size_t p = 0; p < t->appetite_count; p++) {
        treated->base.exceeds[p] = treated->appetite[p].exceeds.value;
        for (size_t i = 0; i < treated->plan_count; i++)
            treated->plans[i].figures.exceeds[p] = treated->plans[i].appetite[p].exceeds.value;
    }
}
