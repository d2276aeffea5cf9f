#include "simulate/snapshot_state.h"

struct snapshot_place snapshot_place(const struct snapshot *snapshot)
{
    return snapshot->place;
}

static bool pass_on(const struct snapshot_pass *pass, void *bytes, size_t count, size_t size)
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
    return event->loss >= 0 && event->year < p->settings.years &&
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

static bool first_pass_valid(const struct outcome *o, const struct carried *carried)
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
    return good && carried->worst.count <= WORST_MAX &&
           events_valid(p, carried->worst.events, carried->worst.count) &&
           (!o->largest_shared || events_valid(p, o->largest_shared, p->settings.years));
}

static bool groups_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    bool good = true;

    for (size_t g = 0; good && g < p->grouping_count; g++) {
        const size_t cells = p->groupings[g].count * p->settings.years;

        good = pass_on(pass, o->groups[g].annual_loss, cells, sizeof(int64_t)) &&
               pass_on(pass, o->groups[g].largest_event, cells, sizeof(int64_t));
    }
    return good;
}

static bool events_pass(const struct snapshot_pass *pass, struct outcome *o)
{
    const uint64_t years = o->portfolio->settings.years;
    bool good = true;

    for (size_t e = 0; good && e < o->portfolio->event_count; e++) {
        struct event_outcome *event = &o->events[e];

        good = pass_on(pass, event->annual_loss, years, sizeof(int64_t)) &&
               pass_on(pass, event->own_loss, event->own_loss ? years : 0, sizeof(int64_t)) &&
               pass_on(pass, event->own_form, 1, sizeof event->own_form);
    }
    return good && pass_on(pass, o->largest_shared, o->largest_shared ? years : 0,
                           sizeof *o->largest_shared);
}

// What the first pass knows of a scenario.
static bool scenario_pass(const struct snapshot_pass *pass, size_t levels, struct contributor *x)
{
    return pass_on(pass, &x->aal, 1, sizeof x->aal) &&
           pass_on(pass, &x->aal_error, 1, sizeof x->aal_error) &&
           pass_on(pass, &x->sd, 1, sizeof x->sd) &&
           pass_on(pass, x->var, levels, sizeof *x->var) &&
           pass_on(pass, x->tvar, levels, sizeof *x->tvar) &&
           pass_on(pass, x->form_share, 1, sizeof x->form_share);
}

bool snapshot_first_pass(const struct snapshot_pass *pass, size_t next, struct outcome *o,
                         struct carried *carried)
{
    const struct settings *settings = &o->portfolio->settings;
    bool good = pass_on(pass, o->annual_loss, settings->years, sizeof *o->annual_loss) &&
                pass_on(pass, o->largest_event, settings->years, sizeof *o->largest_event) &&
                pass_on(pass, o->event_count, settings->years, sizeof *o->event_count) &&
                pass_on(pass, &o->capped_events, 1, sizeof o->capped_events) &&
                groups_pass(pass, o) && events_pass(pass, o) &&
                pass_on(pass, carried->moved, carried->moved ? settings->years : 0,
                        sizeof *carried->moved) &&
                pass_on(pass, &carried->worst, 1, sizeof carried->worst) &&
                asset_sums_pass(carried->assets, pass);

    if (good && pass->restoring)
        good = first_pass_valid(o, carried);
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
    bool good = pass_on(pass, o->worst_years, o->worst_year_count, sizeof *o->worst_years) &&
                asset_sums_tail_pass(carried->assets, pass);

    for (size_t i = 0; good && pass->restoring && i < o->worst_year_count; i++)
        good = o->worst_years[i].year < o->portfolio->settings.years &&
               event_valid(o->portfolio, &o->worst_years[i].largest);

    for (size_t s = 0; good && s < next; s++) {
        double *contribution = o->scenarios[s].tvar_contribution;

        good = pass_on(pass, contribution, levels, sizeof *contribution) &&
               (!pass->restoring || contributions_valid(contribution, levels));
    }
    return good;
}

bool snapshot_save(struct snapshot *snapshot, snapshot_bytes *bytes, void *context)
{
    const struct snapshot_pass pass = {bytes, context, false};
    const bool replay = snapshot->place.phase == SNAPSHOT_REPLAY;
    const size_t next = (size_t)snapshot->place.next,
                 all = snapshot->outcome->portfolio->scenario_count;

    return snapshot_first_pass(&pass, replay ? all : next, snapshot->outcome, snapshot->carried) &&
           (!replay || snapshot_replay(&pass, next, snapshot->outcome, snapshot->carried));
}

bool snapshot_offer(const struct snapshot_keeper *keeper, enum snapshot_phase phase, size_t next,
                    struct outcome *outcome, struct carried *carried)
{
    struct snapshot snapshot = {{phase, next}, outcome, carried};

    return !keeper || keeper->range_over(keeper->keeper, &snapshot);
}
