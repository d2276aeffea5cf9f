#include "simulate/replay.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/asset_sums.h"
#include "simulate/event_stream.h"
#include "simulate/event_sums.h"
#include "simulate/snapshot_state.h"
#include "simulate/worst.h"

// What the portfolio's replay shares among threads.
struct shared {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    const struct tail *tail;
    struct asset_sums *assets;
    struct outcome *outcome;
    uint8_t *worst_rank; // [year]: 1 + place among the worst years, 0 elsewhere
    uint64_t *wanted;    // a bit per year: those of the tail and the worst
};

// One thread's part.
struct replayer {
    struct shared *shared;
    struct event_workspace *w;
    size_t scenario;
    __int128 class_sums[TAIL_CLASSES_MAX];
};

static bool one_asset(const struct scenario_plan *plan)
{
    return plan->scenario->selection->count == 1;
}

// An event as large as the largest of its year, one of the worst.
static void worst_year_note(struct shared *shared, const struct worst_event *event)
{
    struct worst_year *y = &shared->outcome->worst_years[shared->worst_rank[event->year] - 1];

#pragma omp critical(worst_year)
    if (worst_event_larger(event, &y->largest))
        y->largest = *event;
}

static void replay_add(void *context, const struct event_batch *batch)
{
    struct replayer *r = context;
    struct shared *shared = r->shared;
    const bool row = one_asset(batch->plan), single = batch->plan->event == NULL;

    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t year = (uint64_t)batch->block * BLOCK_YEARS + batch->year[i];
        const int64_t loss = batch->loss[i];
        const unsigned class = shared->tail->year_class[year];

        r->class_sums[class] += loss;
        if (!row)
            asset_sums_add_tail(shared->assets, batch->asset[i], class, (uint64_t)loss);
        // the occurrences of shared events are known whole since the first pass
        if (single && shared->worst_rank[year] && loss == shared->outcome->largest_event[year])
            worst_year_note(shared, &(struct worst_event){year, loss, (uint32_t)r->scenario,
                                                          batch->asset[i], NO_ROW, 1});
    }
}

static void scenario_finish(struct replayer *r)
{
    const struct tail *tail = r->shared->tail;
    const struct scenario_plan *plan = &r->shared->plans->plans[r->scenario];
    struct contributor *x = &r->shared->outcome->scenarios[r->scenario];

    for (size_t l = 0; l < tail->levels; l++)
        x->tvar_contribution[l] = tail_contribution(tail, l, r->class_sums);
    for (unsigned class = 1; one_asset(plan) && class < tail->classes; class ++)
        if (r->class_sums[class] > 0)
            asset_sums_add_tail(r->shared->assets, plan->scenario->selection->assets[0], class,
                                (unsigned __int128)r->class_sums[class]);
}

static bool block_run(struct replayer *r, uint32_t block)
{
    const struct settings *settings = &r->shared->portfolio->settings;

    return event_stream_run(r->w, &r->shared->plans->plans[r->scenario], settings->annual_loss,
                            block, settings->years, replay_add, r);
}

static void scenario_start(struct replayer *r, size_t scenario)
{
    r->scenario = scenario;
    memset(r->class_sums, 0, sizeof r->class_sums);
}

// A scenario that one thread replays alone.
static bool scenario_alone(struct replayer *r, size_t scenario)
{
    const uint32_t blocks = block_count(r->shared->portfolio->settings.years);
    bool good = true;

    scenario_start(r, scenario);
    for (uint32_t block = 0; good && block < blocks; block++)
        good = block_run(r, block);
    scenario_finish(r);
    return good;
}

// A scenario with so many events that its blocks are divided among the threads.
static bool scenario_together(struct replayer *all, int threads, size_t scenario)
{
    const uint32_t blocks = block_count(all->shared->portfolio->settings.years);
    bool good = true;

#pragma omp parallel num_threads(threads) reduction(&& : good)
    {
        struct replayer *r = &all[omp_get_thread_num()];

        scenario_start(r, scenario);
#pragma omp for schedule(dynamic)
        for (uint32_t block = 0; block < blocks; block++)
            good = block_run(r, block) && good;
    }
    for (int t = 1; t < threads; t++)
        for (size_t c = 0; c < TAIL_CLASSES_MAX; c++)
            all[0].class_sums[c] += all[t].class_sums[c];
    scenario_finish(&all[0]);
    return good;
}

// Of the portfolio's AAL, by form and by effect; a scenario with two effects counts half for each.
// What shared events themselves cost has no effect.
static void shares_fill(const struct portfolio *portfolio, struct outcome *outcome)
{
    const double units = (double)portfolio->settings.years / portfolio->settings.resolution;
    double total = 0;

    for (size_t s = 0; s < portfolio->scenario_count; s++)
        total += outcome->scenarios[s].aal;
    for (size_t e = 0; e < portfolio->event_count; e++)
        total += outcome->events[e].own_aal;
    for (size_t s = 0; s < portfolio->scenario_count && total > 0; s++) {
        const struct contributor *x = &outcome->scenarios[s];
        const unsigned effect = portfolio->scenarios[s].effect;
        const int effects = __builtin_popcount(effect);

        for (int form = 0; form < LOSS_FORMS; form++)
            outcome->form_share[form] += x->form_share[form] * x->aal / total;
        for (int e = 0; e < EFFECTS - 1; e++)
            if (effect & 1u << e)
                outcome->effect_share[e] += x->aal / total / effects;
        if (effects == 0)
            outcome->effect_share[EFFECTS - 1] += x->aal / total;
    }
    for (size_t e = 0; e < portfolio->event_count && total > 0; e++) {
        for (int form = 0; form < LOSS_FORMS; form++)
            outcome->form_share[form] += (double)outcome->events[e].own_form[form] / units / total;
        outcome->effect_share[EFFECTS - 1] += outcome->events[e].own_aal / total;
    }
}

// Of the scenarios and, behind them, of what the shared events themselves cost (`own`:
// [event][level] in units): together they add up to the portfolio's TVaR.
static bool contributions_finish(const struct portfolio *portfolio, const double *own,
                                 const double *portfolio_tvar_units, struct outcome *outcome)
{
    const size_t n = portfolio->scenario_count, events = portfolio->event_count;
    const size_t levels = portfolio->settings.quantile_count;
    const double resolution = portfolio->settings.resolution;
    double *contribution = malloc((n + events + 1) * sizeof *contribution);
    bool good = contribution != NULL;

    for (size_t l = 0; good && l < levels; l++) {
        for (size_t s = 0; s < n; s++)
            contribution[s] = outcome->scenarios[s].tvar_contribution[l];
        for (size_t e = 0; e < events; e++)
            contribution[n + e] = own[e * levels + l];
        good = contributions_round(contribution, n + events, portfolio_tvar_units[l]);
        for (size_t s = 0; good && s < n; s++)
            outcome->scenarios[s].tvar_contribution[l] =
                money_of_units(contribution[s], resolution);
        for (size_t e = 0; good && e < events; e++) {
            const struct shared_event *event = &portfolio->events[e];
            double sum = contribution[n + e]; // of whole units below 2^53 or so: exact

            outcome->events[e].own_tvar_contribution[l] =
                money_of_units(contribution[n + e], resolution);
            for (size_t i = 0; i < event->scenario_count; i++)
                sum += contribution[event->scenarios[i]];
            outcome->events[e].all.tvar_contribution[l] = money_of_units(sum, resolution);
        }
    }
    free(contribution);
    return good;
}

static double replay_cost(const struct shared *shared, size_t scenario)
{
    return schedule_cost(&shared->plans->plans[scenario]) *
           block_count(shared->portfolio->settings.years);
}

// Scenarios [first, end).
static bool range_replay(struct shared *shared, struct replayer *all, int threads, size_t first,
                         size_t end, struct progress *progress)
{
    double work = 0;
    bool good = true;

    for (size_t s = first; s < end; s++)
        work += replay_cost(shared, s);

    const double large = threads > 1 ? work / (4 * threads) : HUGE_VAL;

    for (size_t s = first; good && s < end && !progress->stopped; s++) {
        const double cost = replay_cost(shared, s);

        if (cost > large) {
            good = scenario_together(all, threads, s);
            progress_add(progress, cost);
        }
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(&& : good)
    for (size_t s = first; s < end; s++) {
        const double cost = replay_cost(shared, s);

        if (cost <= large && good && !progress->stopped) {
            good = scenario_alone(&all[omp_get_thread_num()], s);
            progress_add(progress, cost);
        }
    }
    return good;
}

// Range by range: as many candidates as a thread draws in some tenths of a second, so that a stop
// need not wait, and the threads seldom do.
static bool scenarios_replay(struct shared *shared, struct replayer *all, int threads, size_t first,
                             const struct snapshot_keeper *keeper, struct carried *carried,
                             struct progress *progress)
{
    const double range_work = keeper && keeper->shortest ? 0 : threads * (double)(1 << 26);
    const size_t n = shared->plans->count;
    bool good = true;

    progress->work = 0;
    progress->done = 0;
    for (size_t s = 0; s < n; s++) {
        progress->work += replay_cost(shared, s);
        progress->done = s < first ? (uint64_t)progress->work : progress->done;
    }
    for (size_t end = first; good && first < n && !progress->stopped; first = end) {
        for (double work = 0; end < n && (end == first || work < range_work); end++)
            work += replay_cost(shared, end);
        good = range_replay(shared, all, threads, first, end, progress);
        if (good && !progress->stopped &&
            !snapshot_offer(keeper, SNAPSHOT_REPLAY, end, shared->outcome, carried))
            progress->stopped = true;
    }
    return good;
}

static bool wanted_find(struct shared *shared)
{
    const uint64_t years = shared->portfolio->settings.years;
    struct outcome *outcome = shared->outcome;

    // whole blocks, so that no year of a block lies outside
    shared->wanted = calloc((size_t)block_count(years) * BLOCK_YEARS / 64, sizeof *shared->wanted);
    shared->worst_rank = calloc(years, 1);
    if (!shared->wanted || !shared->worst_rank)
        return false;
    for (size_t i = 0; i < shared->tail->year_count; i++)
        shared->wanted[shared->tail->years[i] / 64] |= UINT64_C(1) << shared->tail->years[i] % 64;
    outcome->worst_year_count = worst_years_find(outcome->annual_loss, years, outcome->worst_years);
    for (size_t i = 0; i < outcome->worst_year_count; i++) {
        struct worst_year *y = &outcome->worst_years[i];
        const struct worst_event none = {
            .loss = -1, .scenario = NO_ROW, .asset = NO_ROW, .event = NO_ROW};

        shared->worst_rank[y->year] = (uint8_t)(i + 1);
        shared->wanted[y->year / 64] |= UINT64_C(1) << y->year % 64;
        y->events = outcome->event_count[y->year];
        y->largest = none;
        if (outcome->largest_shared && outcome->largest_shared[y->year].loss > 0)
            y->largest = outcome->largest_shared[y->year];
    }
    return true;
}

static bool any_infinite(const struct portfolio *portfolio)
{
    bool infinite = false;

    for (size_t s = 0; s < portfolio->scenario_count; s++)
        infinite |= severity_variance_infinite(&portfolio->scenarios[s].severity);
    return infinite;
}

// All figures that both passes' sums hold.
static bool replay_finish(struct shared *shared, const struct carried *carried,
                          const struct asset_exact *exact, double *portfolio_tvar_units,
                          int threads)
{
    const struct portfolio *portfolio = shared->portfolio;
    struct outcome *outcome = shared->outcome;
    const size_t levels = portfolio->settings.quantile_count;
    double *own = calloc(portfolio->event_count * levels + 1, sizeof *own);
    bool good = own && event_sums_finish(shared->plans, shared->tail, threads, outcome, own) &&
                contributions_finish(portfolio, own, portfolio_tvar_units, outcome) &&
                independence_finish(shared->plans, carried->moved, outcome);

    // an event's own cost, as it was rounded, is no asset's; rounded first, since half a unit less
    // an odd number of them would be rounded the other way
    for (size_t l = 0; good && l < levels; l++) {
        portfolio_tvar_units[l] = rint(portfolio_tvar_units[l]);
        for (size_t e = 0; e < portfolio->event_count; e++)
            portfolio_tvar_units[l] -=
                rint(outcome->events[e].own_tvar_contribution[l] / portfolio->settings.resolution);
    }
    good = good && asset_sums_finish(carried->assets, exact, any_infinite(portfolio),
                                     portfolio_tvar_units, outcome->assets);
    if (good)
        shares_fill(portfolio, outcome);
    outcome->worst_event_count = carried->worst.count;
    memcpy(outcome->worst_events, carried->worst.events,
           carried->worst.count * sizeof *carried->worst.events);
    free(own);
    return good;
}

bool replay(const struct portfolio *portfolio, const struct scenario_plans *plans,
            const struct tail *tail, const struct asset_exact *exact, double *portfolio_tvar_units,
            int threads, const struct snapshot_keeper *keeper, struct carried *carried,
            struct progress *progress, struct outcome *outcome, struct diagnostics *d)
{
    struct shared shared = {.portfolio = portfolio,
                            .plans = plans,
                            .tail = tail,
                            .assets = carried->assets,
                            .outcome = outcome};
    struct replayer *all = calloc((size_t)threads, sizeof *all);
    size_t first = 0;
    bool restored = true;
    bool good = all && asset_sums_tail_start(carried->assets, tail) && wanted_find(&shared);

    if (good && keeper && keeper->restore && keeper->start.phase == SNAPSHOT_REPLAY) {
        const struct snapshot_pass pass = {keeper->restore, keeper->context, true};

        first = (size_t)keeper->start.next;
        good = restored = snapshot_replay(&pass, first, outcome, carried);
    }

    for (int t = 0; good && t < threads; t++) {
        all[t].shared = &shared;
        all[t].w = event_workspace_new(plans->filters);
        good = all[t].w != NULL;
        if (good)
            all[t].w->wanted = shared.wanted;
    }
    good = good && scenarios_replay(&shared, all, threads, first, keeper, carried, progress);
    if (good && !progress->stopped)
        good = replay_finish(&shared, carried, exact, portfolio_tvar_units, threads);
    for (int t = 0; all && t < threads; t++)
        event_workspace_free(all[t].w);
    free(all);
    free(shared.worst_rank);
    free(shared.wanted);
    if (!restored)
        diagnostics_add(d, NULL, "the checkpoint cannot be restored");
    else if (!good)
        diagnostics_fail(d, NULL, "out of memory while replaying the scenarios");
    return good && !progress->stopped;
}
