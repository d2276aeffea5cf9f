// A night's run.
//
// 1. Plans: every scenario's rate, and its assets' seats (scenario_plan.c, exposure.c, seats.c).
// 2. First pass, by years: tiles of (block of years x scenarios) make events and add their losses
//    to the year, the portfolio and the groups (schedule.c, first_pass.c, event_stream.c,
//    severity.c). The occurrences of a shared event are one event each, with all their hits
//    (shared_event.c, shared_hits.c). Scenarios take turns in rounds, so that the annual losses of
//    one round fit a bounded store, and have their statistics when their round is over
//    (scenario_sums.c, asset_sums.c, worst.c).
// 3. The annual losses are sorted; VaR and TVaR are known, and with them which years are the tail
//    (statistics.c, tail.c).
// 4. Second pass, by scenarios: the very same events again, because a draw is a function of its
//    address and nothing else, but only those in years of the tail get their losses; they make each
//    scenario's and asset's part of it (replay.c, event_sums.c).
//
// Threads share nothing but integer sums, so that no figure depends on how many there are. Both
// passes go through ranges of scenarios, behind each of which the run can be interrupted
// (snapshot.h); so does what prices treatments afterwards.
#include "simulate/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/asset_exact.h"
#include "simulate/first_pass.h"
#include "simulate/forecast.h"
#include "simulate/replay.h"
#include "simulate/snapshot_state.h"
#include "simulate/worst.h"

static bool summary_alloc(struct arena *arena, size_t levels, struct summary *s)
{
    s->aal_exact = NAN;
    s->var = arena_alloc(arena, levels + 1, sizeof *s->var);
    s->tvar = arena_alloc(arena, levels + 1, sizeof *s->tvar);
    s->tvar_error = arena_alloc(arena, levels + 1, sizeof *s->tvar_error);
    return s->var && s->tvar && s->tvar_error;
}

static bool contributors_alloc(struct arena *arena, size_t n, size_t levels,
                               struct contributor **out)
{
    double *figures = arena_alloc(arena, n * levels * 3 + 1, sizeof *figures);
    struct contributor *x = arena_alloc(arena, n + 1, sizeof *x);

    *out = x;
    if (!figures || !x)
        return false;
    for (size_t i = 0; i < n; i++) {
        x[i].var = figures + i * levels * 3;
        x[i].tvar = x[i].var + levels;
        x[i].tvar_contribution = x[i].tvar + levels;
    }
    return true;
}

static bool groups_alloc(struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    const struct settings *settings = &p->settings;

    o->groups = arena_alloc(&o->arena, p->grouping_count + 1, sizeof *o->groups);
    if (!o->groups)
        return false;
    for (size_t g = 0; g < p->grouping_count; g++) {
        struct group_outcome *out = &o->groups[g];
        const size_t n = p->groupings[g].count;

        out->annual_loss =
            arena_alloc(&o->arena, n * settings->years + 1, sizeof *out->annual_loss);
        out->largest_event =
            arena_alloc(&o->arena, n * settings->years + 1, sizeof *out->largest_event);
        out->summary = arena_alloc(&o->arena, n + 1, sizeof *out->summary);
        out->exceedance = arena_alloc(&o->arena, n + 1, sizeof *out->exceedance);
        if (!out->annual_loss || !out->largest_event || !out->summary || !out->exceedance)
            return false;
        for (size_t k = 0; k < n; k++) {
            out->exceedance[k].aep = arena_alloc(&o->arena, settings->return_period_count + 1,
                                                 sizeof *out->exceedance[k].aep);
            out->exceedance[k].oep = arena_alloc(&o->arena, settings->return_period_count + 1,
                                                 sizeof *out->exceedance[k].oep);
            if (!out->exceedance[k].aep || !out->exceedance[k].oep ||
                !summary_alloc(&o->arena, settings->quantile_count, &out->summary[k]))
                return false;
        }
    }
    return true;
}

static bool events_alloc(struct outcome *o)
{
    const struct portfolio *p = o->portfolio;
    const size_t levels = p->settings.quantile_count;
    struct contributor *all;

    o->events = arena_alloc(&o->arena, p->event_count + 1, sizeof *o->events);
    if (!o->events || !contributors_alloc(&o->arena, p->event_count, levels, &all))
        return false;
    for (size_t e = 0; e < p->event_count; e++) {
        struct event_outcome *out = &o->events[e];
        const bool costs = severity_given(&p->events[e].severity);

        out->all = all[e];
        out->annual_loss = arena_alloc(&o->arena, p->settings.years, sizeof *out->annual_loss);
        if (costs)
            out->own_loss = arena_alloc(&o->arena, p->settings.years, sizeof *out->own_loss);
        out->own_tvar_contribution =
            arena_alloc(&o->arena, levels + 1, sizeof *out->own_tvar_contribution);
        if (!out->annual_loss || (costs && !out->own_loss) || !out->own_tvar_contribution)
            return false;
    }
    if (p->event_count > 0)
        o->largest_shared = arena_alloc(&o->arena, p->settings.years, sizeof *o->largest_shared);
    return p->event_count == 0 || o->largest_shared;
}

static bool independence_alloc(struct outcome *o)
{
    const size_t levels = o->portfolio->settings.quantile_count;

    o->independence.event_share =
        arena_alloc(&o->arena, levels + 1, sizeof *o->independence.event_share);
    return o->independence.event_share &&
           summary_alloc(&o->arena, levels, &o->independence.summary);
}

static bool outcome_alloc(const struct portfolio *portfolio, struct outcome *o)
{
    const struct settings *settings = &portfolio->settings;
    const uint64_t years = settings->years;
    const size_t periods = settings->return_period_count, levels = settings->quantile_count;

    *o = (struct outcome){.portfolio = portfolio};
    o->annual_loss = arena_alloc(&o->arena, years, sizeof *o->annual_loss);
    o->largest_event = arena_alloc(&o->arena, years, sizeof *o->largest_event);
    o->event_count = arena_alloc(&o->arena, years, sizeof *o->event_count);
    o->worst_years = arena_alloc(&o->arena, WORST_MAX, sizeof *o->worst_years);
    o->worst_events = arena_alloc(&o->arena, WORST_MAX, sizeof *o->worst_events);
    o->exceedance.aep = arena_alloc(&o->arena, periods + 1, sizeof *o->exceedance.aep);
    o->exceedance.oep = arena_alloc(&o->arena, periods + 1, sizeof *o->exceedance.oep);
    return o->annual_loss && o->largest_event && o->event_count && o->worst_years &&
           o->worst_events && o->exceedance.aep && o->exceedance.oep &&
           summary_alloc(&o->arena, levels, &o->summary) && groups_alloc(o) &&
           contributors_alloc(&o->arena, portfolio->scenario_count, levels, &o->scenarios) &&
           contributors_alloc(&o->arena, portfolio->assets.count, levels, &o->assets) &&
           events_alloc(o) && independence_alloc(o);
}

void outcome_free(struct outcome *outcome)
{
    arena_free(&outcome->arena);
    *outcome = (struct outcome){0};
}

// What is known without simulating; scenario by scenario, in a fixed order.
static void exact_fill(const struct scenario_plans *plans, const struct asset_exact *exact,
                       struct outcome *o)
{
    o->summary.aal_exact = 0;
    for (size_t s = 0; s < plans->count; s++) {
        const struct scenario_plan *plan = &plans->plans[s];

        o->scenarios[s].event_rate = plan->loss_events_per_year;
        o->scenarios[s].aal_exact = plan->aal_exact;
        o->summary.aal_exact += plan->aal_exact;
    }
    for (size_t a = 0; a < o->portfolio->assets.count; a++) {
        o->assets[a].event_rate = exact[a].rate;
        o->assets[a].aal_exact = exact[a].aal;
    }
    for (size_t e = 0; e < plans->event_count; e++) {
        const struct event_plan *plan = &plans->events[e];
        struct event_outcome *out = &o->events[e];

        out->occurrences_per_year = plan->occurrences_per_year;
        out->hits_per_year = plan->hits_per_year;
        out->all.event_rate = plan->occurrences_per_year * plan->probability_of_hit;
        out->all.aal_exact = plan->aal_exact;
        out->own_aal_exact = plan->own_aal_exact;
        o->summary.aal_exact += plan->own_aal_exact;
    }
}

// What existing treatments change is not known exactly.
static void exact_forget(const struct scenario_plans *plans, struct outcome *o)
{
    for (size_t s = 0; s < plans->count; s++) {
        const struct selection *selection = plans->plans[s].scenario->selection;

        if (!plans->plans[s].treated)
            continue;
        o->scenarios[s].event_rate = o->scenarios[s].aal_exact = o->summary.aal_exact = NAN;
        for (size_t i = 0; i < selection->count; i++)
            o->assets[selection->assets[i]].event_rate = o->assets[selection->assets[i]].aal_exact =
                NAN;
    }
    for (size_t e = 0; e < plans->event_count; e++)
        if (plans->events[e].treated) {
            struct event_outcome *out = &o->events[e];

            out->occurrences_per_year = out->hits_per_year = out->all.event_rate = NAN;
            out->all.aal_exact = out->own_aal_exact = o->summary.aal_exact = NAN;
        }
}

// Nonzero values of `from`, sorted; `to` has room for twice `years`.
static size_t sorted_nonzero(const int64_t *from, uint64_t years, int64_t *to)
{
    size_t n = 0;

    for (uint64_t y = 0; y < years; y++)
        if (from[y] > 0)
            to[n++] = from[y];
    losses_sort(to, to + years, n);
    return n;
}

static void periods_fill(const struct ordered_losses *x, const struct settings *settings,
                         struct estimate *out)
{
    for (size_t t = 0; t < settings->return_period_count; t++)
        out[t] = losses_var_estimate(
            x, years_beyond_period(settings->years, settings->return_periods[t]),
            settings->resolution);
}

// A year of annual_loss = product has no events: its OEP is missing.
static void oep_fill(const int64_t *largest_event, const struct settings *settings, int64_t *room,
                     struct estimate *oep)
{
    const struct ordered_losses x = {settings->years,
                                     sorted_nonzero(largest_event, settings->years, room), room};

    periods_fill(&x, settings, oep);
    for (size_t t = 0;
         settings->annual_loss == ANNUAL_LOSS_PRODUCT && t < settings->return_period_count; t++)
        oep[t] = (struct estimate){NAN, NAN, NAN};
}

static bool groups_finish(struct outcome *o, int threads)
{
    const struct settings *settings = &o->portfolio->settings;
    bool good = true;

    for (size_t g = 0; g < o->portfolio->grouping_count; g++) {
        struct group_outcome *out = &o->groups[g];

#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(&& : good)
        for (size_t k = 0; k < o->portfolio->groupings[g].count; k++) {
            int64_t *sorted = malloc(2 * settings->years * sizeof *sorted);

            good = good && sorted;
            if (sorted) {
                const struct ordered_losses x = {
                    settings->years,
                    sorted_nonzero(out->annual_loss + k * settings->years, settings->years, sorted),
                    sorted};

                losses_summary(&x, settings->quantiles, settings->quantile_count,
                               settings->resolution, &out->summary[k]);
                periods_fill(&x, settings, out->exceedance[k].aep);
                oep_fill(out->largest_event + k * settings->years, settings, sorted,
                         out->exceedance[k].oep);
            }
            free(sorted);
        }
    }
    return good;
}

// The order of (3) above: portfolio's figures, groups', and the tail.
static bool tail_find(struct outcome *o, int threads, struct tail *tail, double *tvar_units)
{
    const struct settings *settings = &o->portfolio->settings;
    int64_t *sorted = malloc(2 * settings->years * sizeof *sorted);
    struct ordered_losses x = {.years = settings->years, .sorted = sorted};
    bool good = sorted != NULL;

    if (good) {
        oep_fill(o->largest_event, settings, sorted, o->exceedance.oep);
        x.count = sorted_nonzero(o->annual_loss, settings->years, sorted);
        periods_fill(&x, settings, o->exceedance.aep);
        losses_summary(&x, settings->quantiles, settings->quantile_count, settings->resolution,
                       &o->summary);
        for (size_t l = 0; l < settings->quantile_count; l++) {
            double error;

            tvar_units[l] = losses_tvar(
                &x, years_beyond_quantile(settings->years, settings->quantiles[l]), 1, &error);
        }
        for (size_t e = 0; e < o->portfolio->event_count; e++)
            if (severity_variance_infinite(&o->portfolio->events[e].severity))
                o->summary.aal_error = HUGE_VAL;
        for (size_t s = 0; s < o->portfolio->scenario_count; s++)
            if (severity_variance_infinite(&o->portfolio->scenarios[s].severity))
                o->summary.aal_error = HUGE_VAL;
        good = tail_make(o->annual_loss, settings->years, sorted, x.count, settings->quantiles,
                         settings->quantile_count, tail) &&
               groups_finish(o, threads);
    }
    free(sorted);
    return good;
}

bool outcome_insure(struct outcome *o, const int64_t *net)
{
    const struct settings *settings = &o->portfolio->settings;
    int64_t *own = arena_alloc(&o->arena, settings->years, sizeof *own);
    int64_t *sorted = malloc(2 * settings->years * sizeof *sorted);
    const bool infinite = isinf(o->summary.aal_error);
    struct ordered_losses x = {.years = settings->years, .sorted = sorted};

    if (own && sorted) {
        memcpy(own, net, settings->years * sizeof *own);
        o->annual_loss_gross = o->annual_loss;
        o->annual_loss = own;
        x.count = sorted_nonzero(own, settings->years, sorted);
        periods_fill(&x, settings, o->exceedance.aep);
        losses_summary(&x, settings->quantiles, settings->quantile_count, settings->resolution,
                       &o->summary);
        o->summary.aal_exact = NAN; // no exact mean goes through insurance
        if (infinite)
            o->summary.aal_error = HUGE_VAL;
    }
    free(sorted);
    return own && sorted;
}

// Sets how many scenarios have been through the first pass before.
static bool start_restore(const struct snapshot_keeper *keeper, const struct scenario_plans *plans,
                          struct outcome *o, struct carried *carried, size_t *first)
{
    *first = 0;
    if (!keeper || !keeper->restore)
        return true;

    const struct snapshot_pass pass = {keeper->restore, keeper->context, true};

    *first = keeper->start.phase == SNAPSHOT_FIRST_PASS ? (size_t)keeper->start.next : plans->count;
    return keeper->start.next <= plans->count && snapshot_first_pass(&pass, *first, o, carried);
}

static bool run_phases(const struct portfolio *portfolio, const struct scenario_plans *plans,
                       const struct asset_exact *exact, int threads,
                       const struct snapshot_keeper *keeper, struct progress *progress,
                       struct carried *carried, struct outcome *o, struct diagnostics *d)
{
    struct tail tail = {0};
    double tvar_units[TAIL_LEVELS_MAX];
    size_t first;
    bool good;

    exact_fill(plans, exact, o);
    *progress = (struct progress){
        .tell = progress->tell, .context = progress->context, .phase = "simulating", .to = 0.8};
    if (!carried_make(portfolio, exact, threads, carried)) {
        diagnostics_fail(d, NULL, "out of memory: the sums of the assets do not fit");
        return false;
    }
    if (!start_restore(keeper, plans, o, carried, &first)) {
        diagnostics_add(d, NULL, "the checkpoint cannot be restored");
        return false;
    }
    if (!first_pass(portfolio, plans, threads, first, keeper, progress, o, carried, d))
        return false;
    good = tail_find(o, threads, &tail, tvar_units);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while sorting the annual losses");
    progress->phase = "attributing";
    progress->from = 0.8;
    progress->to = 1;
    good = good && replay(portfolio, plans, &tail, exact, tvar_units, threads, keeper, carried,
                          progress, o, d);
    tail_free(&tail);
    exact_forget(plans, o);
    return good;
}

// Of a run that was interrupted behind its simulation.
static bool finished_restore(const struct snapshot_keeper *keeper, struct outcome *o,
                             struct diagnostics *d)
{
    const struct snapshot_pass pass = {keeper->restore, keeper->context, true};
    const bool good = snapshot_outcome(&pass, o);

    if (!good)
        diagnostics_add(d, NULL, "the checkpoint cannot be restored");
    return good;
}

enum simulated simulate_planned(const struct portfolio *portfolio,
                                const struct scenario_plans *plans, int threads,
                                simulate_progress *tell, void *context, struct outcome *outcome,
                                struct diagnostics *d)
{
    return simulate_resumable(portfolio, plans, threads, NULL, tell, context, outcome, d);
}

enum simulated simulate_resumable(const struct portfolio *portfolio,
                                  const struct scenario_plans *plans, int threads,
                                  const struct snapshot_keeper *keeper, simulate_progress *tell,
                                  void *context, struct outcome *outcome, struct diagnostics *d)
{
    struct progress progress = {.tell = tell, .context = context};
    struct carried carried = {0};
    struct asset_exact *exact = asset_exact_new(portfolio, plans);
    bool good;

    *outcome = (struct outcome){.portfolio = portfolio};
    if (!forecast_accept(portfolio, plans, forecast_detail(portfolio, exact).bytes, d)) {
        free(exact);
        return SIMULATION_REFUSED;
    }
    good = exact && outcome_alloc(portfolio, outcome);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory: the results of %llu years do not fit",
                         (unsigned long long)portfolio->settings.years);
    if (good && keeper && keeper->restore && keeper->start.phase > SNAPSHOT_REPLAY)
        good = finished_restore(keeper, outcome, d);
    else
        good = good && run_phases(portfolio, plans, exact, threads, keeper, &progress, &carried,
                                  outcome, d);
    carried_free(&carried);
    free(exact);
    return good ? SIMULATION_DONE : SIMULATION_FAILED;
}

enum simulated simulate_blocks(const struct portfolio *portfolio,
                               const struct scenario_plans *plans, int threads,
                               simulate_progress *tell, void *context, struct outcome *outcome,
                               struct diagnostics *d)
{
    struct progress progress = {.tell = tell, .context = context, .phase = "simulating", .to = 1};
    struct carried carried = {0};
    struct asset_exact *exact = asset_exact_new(portfolio, plans);
    bool good;

    *outcome = (struct outcome){.portfolio = portfolio};
    good = exact && outcome_alloc(portfolio, outcome) &&
           carried_make(portfolio, exact, threads, &carried);
    if (!good) {
        diagnostics_add(d, NULL, "out of memory: the results of %llu years do not fit",
                        (unsigned long long)portfolio->settings.years);
    } else {
        exact_fill(plans, exact, outcome);
        good = first_pass(portfolio, plans, threads, 0, NULL, &progress, outcome, &carried, d);
    }
    carried_free(&carried);
    free(exact);
    return good ? SIMULATION_DONE : SIMULATION_FAILED;
}

enum simulated simulate_run(const struct portfolio *portfolio, int threads, simulate_progress *tell,
                            void *context, struct outcome *outcome, struct diagnostics *d)
{
    enum simulated done = SIMULATION_FAILED;
    struct scenario_plans plans = {0};

    *outcome = (struct outcome){.portfolio = portfolio};
    if ((!tell || tell(context, 0, "planning")) &&
        scenario_plans_make(portfolio, threads, &plans, d))
        done = simulate_planned(portfolio, &plans, threads, tell, context, outcome, d);
    scenario_plans_free(&plans);
    return done;
}
