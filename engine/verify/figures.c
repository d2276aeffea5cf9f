// Statistics of annual losses, computed anew from the years that the file holds.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/arrays.h"
#include "verify/consistency.h"

static const char section[] = "Consistency";

static bool figures_room(struct findings *f, struct expected *e, struct summary *s,
                         struct exceedance *x)
{
    const struct settings *settings = &e->outcome.portfolio->settings;
    const size_t levels = settings->quantile_count;

    s->var = expected_room(f, e, levels, sizeof *s->var);
    s->tvar = expected_room(f, e, levels, sizeof *s->tvar);
    s->tvar_error = expected_room(f, e, levels, sizeof *s->tvar_error);
    x->aep = expected_room(f, e, settings->return_period_count, sizeof *x->aep);
    return s->var && s->tvar && s->tvar_error && x->aep;
}

static void periods_fill(const struct settings *settings, const struct ordered_losses *x,
                         struct estimate *out)
{
    for (size_t t = 0; t < settings->return_period_count; t++)
        out[t] = losses_var_estimate(
            x, years_beyond_period(settings->years, settings->return_periods[t]),
            settings->resolution);
}

// A summary and an AEP, of which the exact mean and an infinite error stay as they are found.
static bool figures_fill(struct findings *f, struct expected *e, const int64_t *units,
                         int64_t *room, struct summary *s, struct exceedance *x)
{
    const struct settings *settings = &e->outcome.portfolio->settings;
    const struct ordered_losses losses = world_ordered(units, settings->years, room);
    const bool infinite = isinf(s->aal_error);

    if (!figures_room(f, e, s, x))
        return false;
    losses_summary(&losses, settings->quantiles, settings->quantile_count, settings->resolution, s);
    if (infinite)
        s->aal_error = HUGE_VAL;
    periods_fill(settings, &losses, x->aep);
    return true;
}

// ---- groups

struct groups {
    struct run_file *run;
    struct findings *f;
    struct check *check;
    struct expected *e;
    const struct schema_column *column;
    const char *path;
    size_t grouping;
    int64_t *units, *room, *total; // [years], 2 x [years], [years]
};

static bool group_take(void *context, uint64_t row, const double *cells)
{
    struct groups *g = context;
    struct outcome *o = &g->e->outcome;
    const uint64_t years = o->portfolio->settings.years;

    // of groups no exact mean is known
    o->groups[g->grouping].summary[row].aal_exact = NAN;
    units_read(g->f, g->check, g->run, g->path, g->column, g->grouping, row, cells, g->units);
    for (uint64_t y = 0; y < years; y++) // amounts are below 2^62; what does not fit, differs
        if (__builtin_add_overflow(g->total[y], g->units[y], &g->total[y]))
            g->total[y] = INT64_MAX;
    return figures_fill(g->f, g->e, g->units, g->room, &o->groups[g->grouping].summary[row],
                        &o->groups[g->grouping].exceedance[row]);
}

static void totals_compare(struct groups *g)
{
    const struct settings *settings = &g->e->outcome.portfolio->settings;
    struct cells_finding cells = {
        .f = g->f, .check = g->check, .object = g->path, .cells = settings->years};

    for (uint64_t y = 0; y < settings->years; y++)
        if (g->total[y] != g->e->gross[y] && cells_differ(&cells))
            cells_show(
                &cells, findings_text(g->f, "year %llu, all groups", (unsigned long long)y),
                findings_real(g->f, money_of_units((double)g->total[y], settings->resolution)),
                findings_text(g->f, "%s, the portfolio's",
                              findings_real(g->f, money_of_units((double)g->e->gross[y],
                                                                 settings->resolution))));
}

// Copies of what is computed anew.
static bool groups_room(struct findings *f, struct expected *e)
{
    const struct portfolio *p = e->outcome.portfolio;
    struct group_outcome *groups = expected_room(f, e, p->grouping_count, sizeof *groups);

    for (size_t g = 0; groups != NULL && g < p->grouping_count; g++) {
        const struct group_outcome *from = &e->outcome.groups[g];
        const size_t n = p->groupings[g].count;

        groups[g].summary = expected_room(f, e, n, sizeof *groups[g].summary);
        groups[g].exceedance = expected_room(f, e, n, sizeof *groups[g].exceedance);
        if (groups[g].summary == NULL || groups[g].exceedance == NULL)
            return false;
        memcpy(groups[g].summary, from->summary, n * sizeof *from->summary);
        memcpy(groups[g].exceedance, from->exceedance, n * sizeof *from->exceedance);
    }
    e->outcome.groups = groups;
    return groups != NULL;
}

static void groups_check(struct run_file *run, struct findings *f, struct expected *e)
{
    struct check *check = check_start(f, section, "groups add up to the portfolio, every year");
    const struct portfolio *p = e->outcome.portfolio;
    const uint64_t years = p->settings.years;
    int64_t *memory = malloc((4 * years + 1) * sizeof *memory);
    size_t count = 0;

    if (memory == NULL || !groups_room(f, e)) {
        f->out_of_memory = true;
        free(memory);
        return;
    }
    for (size_t k = 0; k < p->grouping_count; k++) {
        struct schema_view view = run->view;
        char path[2 * SCHEMA_PATH_MAX];
        struct groups g = {.run = run,
                           .f = f,
                           .check = check,
                           .e = e,
                           .column = column_named("/group", "annual_loss"),
                           .path = path,
                           .grouping = k,
                           .units = memory,
                           .room = memory + years,
                           .total = memory + 3 * years};

        view.grouping = k;
        memset(g.total, 0, years * sizeof *g.total);
        count += p->groupings[k].count;
        if (run_file_path(g.column, &view, path) &&
            array_rows(run, f, check, path, p->groupings[k].count, years, group_take, &g))
            totals_compare(&g);
    }
    free(memory);
    if (p->grouping_count == 0)
        check_skip(f, check, CHECK_SKIPPED, "there are none");
    else
        check_tell(f, check, "%zu groups of %zu columns", count, p->grouping_count);
}

// ---- the portfolio

static bool portfolio_fill(struct findings *f, struct expected *e, double *gross_tvar)
{
    struct outcome *o = &e->outcome;
    const struct settings *settings = &o->portfolio->settings;
    int64_t *room = malloc((2 * settings->years + 1) * sizeof *room);
    bool good =
        room != NULL && figures_fill(f, e, o->annual_loss, room, &o->summary, &o->exceedance);

    f->out_of_memory = f->out_of_memory || room == NULL;
    if (good) {
        o->exceedance.oep =
            expected_room(f, e, settings->return_period_count, sizeof *o->exceedance.oep);
        good = o->exceedance.oep != NULL;
    }
    if (good) {
        const struct ordered_losses largest =
            world_ordered(o->largest_event, settings->years, room);

        periods_fill(settings, &largest, o->exceedance.oep);
        // with one loss a year there are no events
        for (size_t t = 0;
             settings->annual_loss == ANNUAL_LOSS_PRODUCT && t < settings->return_period_count; t++)
            o->exceedance.oep[t] = (struct estimate){NAN, NAN, NAN};

        const struct ordered_losses gross = world_ordered(e->gross, settings->years, room);

        for (size_t l = 0; l < settings->quantile_count; l++)
            gross_tvar[l] =
                losses_tvar(&gross, years_beyond_quantile(settings->years, settings->quantiles[l]),
                            settings->resolution, NULL);
    }
    free(room);
    return good;
}

// Of shared events in the portfolio's TVaR; and where nothing depends, cutting dependence changes
// nothing.
static void independence_fill(struct findings *f, struct expected *e, const double *gross_tvar)
{
    struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    const size_t levels = p->settings.quantile_count;
    double *share = expected_room(f, e, levels, sizeof *share);

    for (size_t l = 0; share != NULL && l < levels; l++) {
        double shared = 0;

        for (size_t k = 0; k < p->event_count; k++)
            shared += o->events[k].all.tvar_contribution[l];
        share[l] = gross_tvar[l] > 0 ? shared / gross_tvar[l] : 0;
    }
    o->independence.event_share = share;
}

// ---- shared events

struct events {
    struct run_file *run;
    struct findings *f;
    struct check *check;
    struct expected *e;
    int64_t *units, *room;
};

static bool event_take(void *context, uint64_t row, const double *cells)
{
    struct events *x = context;
    struct outcome *o = &x->e->outcome;
    const struct settings *settings = &o->portfolio->settings;
    struct contributor *c = &o->events[row].all;
    struct ordered_losses losses = {.years = settings->years, .sorted = x->room};
    double beyond[QUANTILES_MAX];

    if (!units_read(x->f, x->check, x->run, "/event/annual_loss",
                    column_named("/event", "annual_loss"), 0, row, cells, x->units))
        return true;
    for (uint64_t y = 0; y < settings->years; y++)
        if (x->units[y] > 0)
            x->room[losses.count++] = x->units[y];

    const __int128 sum = losses_sum(&losses);

    c->aal = money_of_units((double)sum / (double)settings->years, settings->resolution);
    c->sd = money_of_units(losses_deviation(&losses, sum), settings->resolution);
    for (size_t l = 0; l < settings->quantile_count; l++)
        beyond[l] = years_beyond_quantile(settings->years, settings->quantiles[l]);
    c->var = expected_room(x->f, x->e, settings->quantile_count, sizeof *c->var);
    c->tvar = expected_room(x->f, x->e, settings->quantile_count, sizeof *c->tvar);
    if (c->var == NULL || c->tvar == NULL)
        return false;
    losses_tails(x->room, x->room + settings->years, losses.count, sum, beyond,
                 settings->quantile_count, settings->resolution, c->var, c->tvar);
    return true;
}

static void events_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"aal", "sd", "var", "tvar", NULL};
    struct check *check = check_start(f, section, "figures of shared events from their years");
    const struct portfolio *p = e->outcome.portfolio;
    const uint64_t years = p->settings.years;

    if (p->event_count == 0) {
        check_skip(f, check, CHECK_SKIPPED, "there are none");
        return;
    }
    struct event_outcome *events = expected_room(f, e, p->event_count, sizeof *events);
    int64_t *memory = malloc((3 * years + 1) * sizeof *memory);

    if (events != NULL && memory != NULL) {
        struct events x = {run, f, check, e, memory, memory + years};

        memcpy(events, e->outcome.events, p->event_count * sizeof *events);
        e->outcome.events = events;
        if (array_rows(run, f, check, "/event/annual_loss", p->event_count, years, event_take, &x))
            columns_hold(run, f, check, e, "/event", names);
        check_tell(f, check, "%zu shared events", p->event_count);
    }
    f->out_of_memory = f->out_of_memory || memory == NULL;
    free(memory);
}

void figures_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const of_years[] = {"var", "tvar", "event_share", NULL};
    double gross_tvar[QUANTILES_MAX] = {0};
    struct check *check;
    size_t count;

    groups_check(run, f, e);
    if (!portfolio_fill(f, e, gross_tvar))
        return;
    independence_fill(f, e, gross_tvar);
    check = check_start(f, section, "AAL, VaR, TVaR, AEP, OEP from the annual losses");
    count = columns_hold(run, f, check, e, "/summary", NULL) +
            columns_hold(run, f, check, e, "/exceedance", NULL) +
            columns_hold(run, f, check, e, "/dependence", of_years);
    check_tell(f, check, "%zu arrays, bit by bit", count);
    events_check(run, f, e);
}
