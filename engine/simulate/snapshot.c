#include "simulate/snapshot_state.h"

struct snapshot_place snapshot_place(const struct snapshot *snapshot)
{
    return snapshot->place;
}

bool snapshot_bytes_pass(const struct snapshot_pass *pass, void *bytes, size_t count, size_t size)
{
    return count == 0 || pass->bytes(pass->context, bytes, count * size);
}

// A damaged snapshot is refused by its keeper; this is for one made on purpose: rows and years that
// are looked up by number exist, and no loss is negative.
static bool losses_valid(const int64_t *loss, size_t count)
{
    int64_t all = 0;

    for (size_t i = 0; i < count; i++)
        all |= loss[i];
    return all >= 0;
}

static bool event_valid(const struct portfolio *p, const struct worst_event *event)
{
    return event->loss >= -1 && // of a worst year of which no event has been seen yet
           event->year < p->settings.years &&
           (event->scenario < p->scenario_count || event->scenario == NO_ROW) &&
           (event->asset < p->assets.count || event->asset == NO_ROW) &&
           (event->event < p->event_count || event->event == NO_ROW);
}

static bool events_valid(const struct portfolio *p, const struct worst_event *events, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < count; i++)
        good = good && event_valid(p, &events[i]);
    return good;
}

static bool worst_years_valid(const struct outcome *o)
{
    bool good = true;

    for (size_t i = 0; i < o->worst_year_count; i++)
        good = good && o->worst_years[i].year < o->portfolio->settings.years &&
               event_valid(o->portfolio, &o->worst_years[i].largest);
    return good;
}

static bool years_valid(const struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    const size_t years = p->settings.years;
    bool good = losses_valid(o->annual_loss, years) && losses_valid(o->largest_event, years);

    for (size_t g = 0; good && g < p->grouping_count; g++)
        good = losses_valid(o->groups[g].annual_loss, p->groupings[g].count * years) &&
               losses_valid(o->groups[g].largest_event, p->groupings[g].count * years);
    for (size_t e = 0; good && e < p->event_count; e++)
        good = losses_valid(o->events[e].annual_loss, years) &&
               (!o->events[e].own_loss || losses_valid(o->events[e].own_loss, years));
    return good && (!o->largest_shared || events_valid(p, o->largest_shared, p->settings.years));
}

static bool worst_valid(const struct portfolio *p, const struct worst_events *worst)
{
    return worst->count <= WORST_MAX && events_valid(p, worst->events, worst->count);
}

static bool groups_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    bool good = true;

    for (size_t g = 0; good && g < p->grouping_count; g++) {
        const size_t cells = p->groupings[g].count * p->settings.years;

        good = snapshot_bytes_pass(pass, o->groups[g].annual_loss, cells, sizeof(int64_t)) &&
               snapshot_bytes_pass(pass, o->groups[g].largest_event, cells, sizeof(int64_t));
    }
    return good;
}

static bool events_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const uint64_t years = o->portfolio->settings.years;
    bool good = true;

    for (size_t e = 0; good && e < o->portfolio->event_count; e++) {
        struct event_outcome *event = &o->events[e];

        good = snapshot_bytes_pass(pass, event->annual_loss, years, sizeof(int64_t)) &&
               snapshot_bytes_pass(pass, event->own_loss, event->own_loss ? years : 0,
                                   sizeof(int64_t)) &&
               snapshot_bytes_pass(pass, event->own_form, 1, sizeof event->own_form);
    }
    return good && snapshot_bytes_pass(pass, o->largest_shared, o->largest_shared ? years : 0,
                                       sizeof *o->largest_shared);
}

// What is known year by year.
static bool years_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const uint64_t years = o->portfolio->settings.years;

    return snapshot_bytes_pass(pass, o->annual_loss, years, sizeof *o->annual_loss) &&
           snapshot_bytes_pass(pass, o->largest_event, years, sizeof *o->largest_event) &&
           snapshot_bytes_pass(pass, o->event_count, years, sizeof *o->event_count) &&
           snapshot_bytes_pass(pass, &o->capped_events, 1, sizeof o->capped_events) &&
           groups_pass(pass, o) && events_pass(pass, o) && (!pass->restoring || years_valid(o));
}

// What the first pass knows of a scenario.
static bool scenario_pass(const struct snapshot_pass *pass, size_t levels, struct contributor *x)
{
    return snapshot_bytes_pass(pass, &x->aal, 1, sizeof x->aal) &&
           snapshot_bytes_pass(pass, &x->aal_error, 1, sizeof x->aal_error) &&
           snapshot_bytes_pass(pass, &x->sd, 1, sizeof x->sd) &&
           snapshot_bytes_pass(pass, x->var, levels, sizeof *x->var) &&
           snapshot_bytes_pass(pass, x->tvar, levels, sizeof *x->tvar) &&
           snapshot_bytes_pass(pass, x->form_share, 1, sizeof x->form_share);
}

bool snapshot_first_pass(const struct snapshot_pass *pass, size_t next, struct outcome *o,
                         struct carried *carried)
{
    const struct settings *settings = &o->portfolio->settings;
    bool good = years_pass(pass, o) &&
                snapshot_bytes_pass(pass, carried->moved, carried->moved ? settings->years : 0,
                                    sizeof *carried->moved) &&
                snapshot_bytes_pass(pass, &carried->worst, 1, sizeof carried->worst) &&
                (!pass->restoring || worst_valid(o->portfolio, &carried->worst)) &&
                asset_sums_pass(carried->assets, pass);

    for (size_t s = 0; good && s < next; s++)
        good = scenario_pass(pass, settings->quantile_count, &o->scenarios[s]);
    return good;
}

// Whole units, of which a year's total holds less than 2^63.
static bool contributions_valid(const double *contribution, size_t levels)
{
    bool good = true;

    for (size_t l = 0; l < levels; l++)
        good = good && contribution[l] >= 0 && contribution[l] < 0x1p63;
    return good;
}

bool snapshot_replay(const struct snapshot_pass *pass, size_t next, struct outcome *o,
                     struct carried *carried)
{
    const size_t levels = o->portfolio->settings.quantile_count;
    bool good =
        snapshot_bytes_pass(pass, o->worst_years, o->worst_year_count, sizeof *o->worst_years) &&
        asset_sums_tail_pass(carried->assets, pass);

    if (good && pass->restoring)
        good = worst_years_valid(o);
    for (size_t s = 0; good && s < next; s++) {
        double *contribution = o->scenarios[s].tvar_contribution;

        good = snapshot_bytes_pass(pass, contribution, levels, sizeof *contribution) &&
               (!pass->restoring || contributions_valid(contribution, levels));
    }
    return good;
}

static bool summary_pass(const struct snapshot_pass *pass, size_t levels, struct summary *x)
{
    return snapshot_bytes_pass(pass, &x->aal, 1, sizeof x->aal) &&
           snapshot_bytes_pass(pass, &x->aal_error, 1, sizeof x->aal_error) &&
           snapshot_bytes_pass(pass, &x->aal_exact, 1, sizeof x->aal_exact) &&
           snapshot_bytes_pass(pass, &x->sd, 1, sizeof x->sd) &&
           snapshot_bytes_pass(pass, &x->probability_of_loss, 1, sizeof x->probability_of_loss) &&
           snapshot_bytes_pass(pass, &x->probability_of_loss_error, 1,
                               sizeof x->probability_of_loss_error) &&
           snapshot_bytes_pass(pass, x->var, levels, sizeof *x->var) &&
           snapshot_bytes_pass(pass, x->tvar, levels, sizeof *x->tvar) &&
           snapshot_bytes_pass(pass, x->tvar_error, levels, sizeof *x->tvar_error);
}

static bool exceedance_pass(const struct snapshot_pass *pass, size_t periods, struct exceedance *x)
{
    return snapshot_bytes_pass(pass, x->aep, periods, sizeof *x->aep) &&
           snapshot_bytes_pass(pass, x->oep, periods, sizeof *x->oep);
}

// All that is known of a scenario, asset or shared event.
static bool contributor_pass(const struct snapshot_pass *pass, size_t levels, struct contributor *x)
{
    return scenario_pass(pass, levels, x) &&
           snapshot_bytes_pass(pass, &x->event_rate, 1, sizeof x->event_rate) &&
           snapshot_bytes_pass(pass, &x->aal_exact, 1, sizeof x->aal_exact) &&
           snapshot_bytes_pass(pass, x->tvar_contribution, levels, sizeof *x->tvar_contribution);
}

static bool event_pass(const struct snapshot_pass *pass, size_t levels, struct event_outcome *x)
{
    return contributor_pass(pass, levels, &x->all) &&
           snapshot_bytes_pass(pass, &x->occurrences_per_year, 1, sizeof x->occurrences_per_year) &&
           snapshot_bytes_pass(pass, &x->hits_per_year, 1, sizeof x->hits_per_year) &&
           snapshot_bytes_pass(pass, &x->own_aal, 1, sizeof x->own_aal) &&
           snapshot_bytes_pass(pass, &x->own_aal_exact, 1, sizeof x->own_aal_exact) &&
           snapshot_bytes_pass(pass, x->own_tvar_contribution, levels,
                               sizeof *x->own_tvar_contribution);
}

static bool rows_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    const size_t levels = p->settings.quantile_count, periods = p->settings.return_period_count;
    bool good = true;

    for (size_t g = 0; g < p->grouping_count; g++)
        for (size_t k = 0; good && k < p->groupings[g].count; k++)
            good = summary_pass(pass, levels, &o->groups[g].summary[k]) &&
                   exceedance_pass(pass, periods, &o->groups[g].exceedance[k]);
    for (size_t s = 0; good && s < p->scenario_count; s++)
        good = contributor_pass(pass, levels, &o->scenarios[s]);
    for (size_t a = 0; good && a < p->assets.count; a++)
        good = contributor_pass(pass, levels, &o->assets[a]);
    for (size_t e = 0; good && e < p->event_count; e++)
        good = event_pass(pass, levels, &o->events[e]);
    return good;
}

static bool worst_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    bool good =
        snapshot_bytes_pass(pass, &o->worst_year_count, 1, sizeof o->worst_year_count) &&
        snapshot_bytes_pass(pass, &o->worst_event_count, 1, sizeof o->worst_event_count) &&
        o->worst_year_count <= WORST_MAX && o->worst_event_count <= WORST_MAX &&
        snapshot_bytes_pass(pass, o->worst_years, o->worst_year_count, sizeof *o->worst_years) &&
        snapshot_bytes_pass(pass, o->worst_events, o->worst_event_count, sizeof *o->worst_events);

    return good && (!pass->restoring || (worst_years_valid(o) &&
                                         events_valid(p, o->worst_events, o->worst_event_count)));
}

bool snapshot_outcome(const struct snapshot_pass *pass, struct outcome *o)
{
    const struct settings *settings = &o->portfolio->settings;
    const size_t levels = settings->quantile_count;

    return years_pass(pass, o) && summary_pass(pass, levels, &o->summary) &&
           exceedance_pass(pass, settings->return_period_count, &o->exceedance) &&
           rows_pass(pass, o) && summary_pass(pass, levels, &o->independence.summary) &&
           snapshot_bytes_pass(pass, o->independence.event_share, levels,
                               sizeof *o->independence.event_share) &&
           snapshot_bytes_pass(pass, o->form_share, 1, sizeof o->form_share) &&
           snapshot_bytes_pass(pass, o->effect_share, 1, sizeof o->effect_share) &&
           worst_pass(pass, o);
}

bool snapshot_save(struct snapshot *snapshot, snapshot_bytes *bytes, void *context)
{
    const struct snapshot_pass pass = {bytes, context, false};
    const bool replay = snapshot->place.phase == SNAPSHOT_REPLAY;
    const size_t next = (size_t)snapshot->place.next,
                 all = snapshot->outcome->portfolio->scenario_count;

    if (snapshot->rest)
        return snapshot_outcome(&pass, snapshot->outcome) && snapshot->rest(&pass, snapshot->state);
    return snapshot_first_pass(&pass, replay ? all : next, snapshot->outcome, snapshot->carried) &&
           (!replay || snapshot_replay(&pass, next, snapshot->outcome, snapshot->carried));
}

bool snapshot_offer(const struct snapshot_keeper *keeper, enum snapshot_phase phase, size_t next,
                    struct outcome *outcome, struct carried *carried)
{
    struct snapshot snapshot = {.place = {phase, next, outcome->portfolio->scenario_count},
                                .outcome = outcome,
                                .carried = carried};

    return !keeper || keeper->range_over(keeper->keeper, &snapshot);
}
