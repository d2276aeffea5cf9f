#include "simulate/replay.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/asset_sums.h"
#include "simulate/event_stream.h"
#include "simulate/event_sums.h"
#include "simulate/worst.h"

// What the portfolio's replay shares among threads.
struct shared {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    const struct tail *tail;
    struct asset_sums *assets;
    struct outcome *outcome;
    uint8_t *worst_rank; // [year]: 1 + place among the worst years, 0 elsewhere
    int64_t notable;     // no smaller event is among the worst, or the largest of a worst year
    int64_t *moved;      // [year]: what cutting dependence adds; NULL where nothing depends
};

// One thread's part.
struct replayer {
    struct shared *shared;
    struct event_workspace *w;
    struct detail_hits hits;
    struct worst_events worst;
    size_t scenario;
    int64_t *annual; // [years] of the scenario in work; shared where threads divide its blocks
    // Years of its events, some of them more than once; TOUCHED_MANY where they are not listed.
    uint32_t *touched;
    size_t touched_count;
    int64_t *sorted;          // [2 years]: nonzero annual losses, and room to sort them
    unsigned __int128 square; // of the events' losses, where the scenario has one asset
    __int128 form[LOSS_FORMS], class_sums[TAIL_CLASSES_MAX];
};

// A scenario with more events than one in TOUCHED_SHARE years is collected from all years.
enum { TOUCHED_SHARE = 4 };
#define TOUCHED_MANY SIZE_MAX

static void worst_year_note(struct shared *shared, unsigned rank, const struct worst_event *event)
{
#pragma omp critical(worst_year)
    {
        struct worst_year *y = &shared->outcome->worst_years[rank - 1];

        if (worst_event_larger(event, &y->largest))
            y->largest = *event;
    }
}

// Hits of shared events move to years of their own, unit by unit.
static void units_cut(struct shared *shared, const struct event_batch *batch)
{
    const struct portfolio *portfolio = shared->portfolio;
    const uint64_t years = portfolio->settings.years;

    for (size_t i = 0; i < batch->count; i++)
        cut_add(shared->moved, years, (uint64_t)batch->block * BLOCK_YEARS + batch->year[i],
                cut_of_unit(batch->plan->key, portfolio->assets.id_hash[batch->asset[i]],
                            batch->unit[i], years),
                batch->loss[i]);
}

static bool one_asset(const struct scenario_plan *plan)
{
    return plan->scenario->selection->count == 1;
}

static void notable_add(struct replayer *r, const struct event_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t year = (uint64_t)batch->block * BLOCK_YEARS + batch->year[i];
        const int64_t loss = batch->loss[i];
        const struct worst_event event = {year,   loss, (uint32_t)r->scenario, batch->asset[i],
                                          NO_ROW, 1};

        if (loss < r->shared->notable)
            continue;
        worst_events_add(&r->worst, &event);
        if (r->shared->worst_rank[year])
            worst_year_note(r->shared, r->shared->worst_rank[year], &event);
    }
}

static void touched_add(struct replayer *r, const struct event_batch *batch)
{
    const uint32_t first_year = batch->block * BLOCK_YEARS;

    if (r->touched_count == TOUCHED_MANY)
        return;
    if (r->touched_count + batch->count > r->shared->portfolio->settings.years / TOUCHED_SHARE) {
        r->touched_count = TOUCHED_MANY;
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        r->touched[r->touched_count + i] = first_year + batch->year[i];
    r->touched_count += batch->count;
}

static void replay_add(void *context, const struct event_batch *batch)
{
    struct replayer *r = context;
    int64_t *const annual = r->annual + (uint64_t)batch->block * BLOCK_YEARS;
    uint64_t total = 0; // at most EVENT_BATCH x 2^53

    for (size_t i = 0; i < batch->count; i++) {
        annual[batch->year[i]] += batch->loss[i];
        total += (uint64_t)batch->loss[i];
    }
    for (int form = 0; form < LOSS_FORMS; form++)
        if (batch->forms == 1u << form) {
            r->form[form] += total;
        } else if (batch->forms & 1u << form) {
            uint64_t sum = 0; // likewise

            for (size_t i = 0; i < batch->count; i++)
                sum += (uint64_t)batch->form_loss[form][i];
            r->form[form] += sum;
        }
    touched_add(r, batch);
    if (one_asset(batch->plan))
        r->square += squares_sum(batch);
    else
        asset_sums_add(r->shared->assets, &r->hits, batch);
    // The occurrences of shared events are known whole since the first pass.
    if (batch->plan->event)
        units_cut(r->shared, batch);
    else if (batch->loss_bound >= (double)r->shared->notable)
        notable_add(r, batch);
}

// From the scenario's nonzero annual losses in r->sorted.
static void scenario_finish(struct replayer *r, size_t nonzero)
{
    const struct settings *settings = &r->shared->portfolio->settings;
    const struct tail *tail = r->shared->tail;
    struct contributor *x = &r->shared->outcome->scenarios[r->scenario];
    const struct ordered_losses losses = {settings->years, nonzero, r->sorted};
    const __int128 sum = losses_sum(&losses);
    const double years = (double)settings->years;

    x->aal = money_of_units((double)sum / years, settings->resolution);
    x->sd = money_of_units(losses_deviation(&losses, sum), settings->resolution);
    x->aal_error =
        severity_variance_infinite(&r->shared->portfolio->scenarios[r->scenario].severity)
            ? HUGE_VAL
            : x->sd / sqrt(years);
    losses_tails(r->sorted, r->sorted + settings->years, nonzero, settings->years, sum,
                 tail->beyond, tail->levels, settings->resolution, x->var, x->tvar);
    for (size_t l = 0; l < tail->levels; l++)
        x->tvar_contribution[l] = tail_contribution(tail, l, r->class_sums);
    for (int form = 0; form < LOSS_FORMS; form++)
        x->form_share[form] = sum > 0 ? (double)r->form[form] / (double)sum : 0;
    if (one_asset(&r->shared->plans->plans[r->scenario]))
        asset_sums_add_row(r->shared->assets,
                           r->shared->portfolio->scenarios[r->scenario].selection->assets[0],
                           (unsigned __int128)sum, r->square, r->class_sums);
}

// A scenario that follows a driver moves as a whole.
static bool moves_whole(const struct replayer *r, size_t scenario, uint64_t *shift)
{
    const struct scenario_plan *plan = &r->shared->plans->plans[scenario];

    *shift = cut_of_row(plan->key, r->shared->portfolio->settings.years);
    return r->shared->moved && !plan->event && scenario_plan_depends(plan);
}

// The nonzero annual losses, from all years, into r->sorted.
static size_t years_collect(struct replayer *r)
{
    const uint64_t years = r->shared->portfolio->settings.years;
    const int64_t *const annual = r->annual;
    int64_t *const to = r->sorted;
    size_t n = 0;

    for (uint64_t year = 0; year < years; year++) {
        to[n] = annual[year];
        n += annual[year] != 0;
    }
    return n;
}

// The same from the years touched, of which each is listed once then.
static size_t touched_collect(struct replayer *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->touched_count; i++) {
        const uint32_t year = r->touched[i];
        const int64_t loss = r->annual[year];

        r->sorted[n] = loss;
        r->touched[n] = year;
        r->annual[year] = 0;
        n += loss != 0;
    }
    return n;
}

// Adds up the years of the tail by class, and moves all years to where they go if dependence is
// cut.
static void years_classify(struct replayer *r, size_t nonzero, bool moves, uint64_t shift)
{
    const struct tail *tail = r->shared->tail;
    const uint64_t years = r->shared->portfolio->settings.years;
    int64_t *const moved = r->shared->moved;

    if (r->touched_count == TOUCHED_MANY) {
        for (size_t i = 0; i < tail->year_count; i++)
            r->class_sums[tail->year_class[tail->years[i]]] += r->annual[tail->years[i]];
        for (uint64_t year = 0; moves && year < years; year++)
            if (r->annual[year] != 0)
                cut_add(moved, years, year, shift, r->annual[year]);
        return;
    }
    for (size_t i = 0; i < nonzero; i++)
        r->class_sums[tail->year_class[r->touched[i]]] += r->sorted[i];
    for (size_t i = 0; moves && i < nonzero; i++)
        cut_add(moved, years, r->touched[i], shift, r->sorted[i]);
}

// To the one asset that has all of the scenario's losses.
static void years_to_asset(struct replayer *r, size_t nonzero, uint32_t asset)
{
    struct asset_sums *assets = r->shared->assets;

    if (!asset_sums_in_detail(assets, asset))
        return;
    if (r->touched_count == TOUCHED_MANY)
        asset_sums_add_years(assets, &r->hits, asset, r->annual);
    for (size_t i = 0; r->touched_count != TOUCHED_MANY && i < nonzero; i++)
        asset_sums_add_year(assets, &r->hits, asset, r->touched[i], r->sorted[i]);
}

static void scenario_collect(struct replayer *r)
{
    const struct scenario_plan *plan = &r->shared->plans->plans[r->scenario];
    const bool many = r->touched_count == TOUCHED_MANY;
    const size_t nonzero = many ? years_collect(r) : touched_collect(r);
    uint64_t shift;
    const bool moves = moves_whole(r, r->scenario, &shift);

    years_classify(r, nonzero, moves, shift);
    if (one_asset(plan))
        years_to_asset(r, nonzero, plan->scenario->selection->assets[0]);
    if (many)
        memset(r->annual, 0, r->shared->portfolio->settings.years * sizeof *r->annual);
    scenario_finish(r, nonzero);
}

static void scenario_start(struct replayer *r, size_t scenario)
{
    r->scenario = scenario;
    r->touched_count = 0;
    r->square = 0;
    memset(r->form, 0, sizeof r->form);
    memset(r->class_sums, 0, sizeof r->class_sums);
}

// A scenario that one thread replays alone.
static bool scenario_alone(struct replayer *r, size_t scenario)
{
    const struct portfolio *portfolio = r->shared->portfolio;
    bool good = true;

    scenario_start(r, scenario);
    for (uint32_t block = 0; good && block < block_count(portfolio->settings.years); block++)
        good = event_stream_run(r->w, &r->shared->plans->plans[scenario],
                                portfolio->settings.annual_loss, block, portfolio->settings.years,
                                replay_add, r);
    scenario_collect(r);
    return good;
}

// A scenario with so many events that its blocks are divided among the threads.
static bool scenario_together(struct replayer *all, int threads, size_t scenario)
{
    const struct portfolio *portfolio = all->shared->portfolio;
    const uint64_t years = portfolio->settings.years;
    bool good = true;

#pragma omp parallel num_threads(threads) reduction(&& : good)
    {
        struct replayer *r = &all[omp_get_thread_num()];
        int64_t *const annual = r->annual;

        scenario_start(r, scenario);
        r->touched_count = TOUCHED_MANY;
        r->annual = all[0].annual;
#pragma omp for schedule(dynamic)
        for (uint32_t block = 0; block < block_count(years); block++)
            good = event_stream_run(r->w, &r->shared->plans->plans[scenario],
                                    portfolio->settings.annual_loss, block, years, replay_add, r) &&
                   good;
        r->annual = annual;
    }
    for (int t = 1; t < threads; t++) {
        all[0].square += all[t].square;
        for (int form = 0; form < LOSS_FORMS; form++)
            all[0].form[form] += all[t].form[form];
    }
    scenario_collect(&all[0]);
    return good;
}

static bool replayer_init(struct replayer *r, struct shared *shared, int64_t threshold)
{
    const uint64_t years = shared->portfolio->settings.years;

    r->shared = shared;
    r->worst.threshold = threshold;
    r->w = event_workspace_new();
    r->annual = calloc(years, sizeof *r->annual);
    r->touched = malloc((years / TOUCHED_SHARE + 1) * sizeof *r->touched);
    r->sorted = malloc(2 * years * sizeof *r->sorted);
    return r->w && r->annual && r->touched && r->sorted;
}

static void replayer_free(struct replayer *r)
{
    event_workspace_free(r->w);
    free(r->annual);
    free(r->touched);
    free(r->sorted);
    free(r->hits.hits);
}

double replay_memory(const struct portfolio *portfolio)
{
    return (double)portfolio->settings.years *
               (3 * sizeof(int64_t) + (double)sizeof(uint32_t) / TOUCHED_SHARE) +
           4e5;
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

static bool scenarios_replay(struct shared *shared, struct replayer *all, int threads,
                             struct progress *progress)
{
    const size_t n = shared->plans->count;
    const double blocks = block_count(shared->portfolio->settings.years);
    double work = 0;
    bool good = true;

    for (size_t s = 0; s < n; s++)
        work += schedule_cost(&shared->plans->plans[s]) * blocks;
    progress->work = work;
    progress->done = 0;

    const double large = threads > 1 ? work / (4 * threads) : HUGE_VAL;

    for (size_t s = 0; good && s < n && !progress->stopped; s++) {
        const double cost = schedule_cost(&shared->plans->plans[s]) * blocks;

        if (cost > large) {
            good = scenario_together(all, threads, s);
            progress_add(progress, cost);
        }
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(&& : good)
    for (size_t s = 0; s < n; s++) {
        const double cost = schedule_cost(&shared->plans->plans[s]) * blocks;

        if (cost <= large && good && !progress->stopped) {
            good = scenario_alone(&all[omp_get_thread_num()], s);
            progress_add(progress, cost);
        }
    }
    return good;
}

static void worst_years_start(struct shared *shared, int64_t threshold)
{
    struct outcome *outcome = shared->outcome;

    shared->notable = threshold;
    outcome->worst_year_count = worst_years_find(
        outcome->annual_loss, shared->portfolio->settings.years, outcome->worst_years);
    for (size_t i = 0; i < outcome->worst_year_count; i++) {
        struct worst_year *y = &outcome->worst_years[i];
        const struct worst_event none = {
            .loss = -1, .scenario = NO_ROW, .asset = NO_ROW, .event = NO_ROW};

        shared->worst_rank[y->year] = (uint8_t)(i + 1);
        y->events = outcome->event_count[y->year];
        y->largest = none;
        if (outcome->largest_shared && outcome->largest_shared[y->year].loss > 0)
            y->largest = outcome->largest_shared[y->year];
        // in product mode a year's one loss counts as its largest event
        if (outcome->largest_event[y->year] < shared->notable)
            shared->notable = outcome->largest_event[y->year];
    }
}

static bool any_infinite(const struct portfolio *portfolio)
{
    bool infinite = false;

    for (size_t s = 0; s < portfolio->scenario_count; s++)
        infinite |= severity_variance_infinite(&portfolio->scenarios[s].severity);
    return infinite;
}

// All figures that the replay's sums hold.
static bool replay_finish(struct shared *shared, const struct detail_hits *hits,
                          const double *variance, double *portfolio_tvar_units, int threads)
{
    const struct portfolio *portfolio = shared->portfolio;
    struct outcome *outcome = shared->outcome;
    const size_t levels = portfolio->settings.quantile_count;
    double *own = calloc(portfolio->event_count * levels + 1, sizeof *own);
    bool good = own && event_sums_finish(shared->plans, shared->tail, threads, outcome, own) &&
                contributions_finish(portfolio, own, portfolio_tvar_units, outcome) &&
                independence_finish(shared->plans, shared->moved, outcome);

    // an event's own cost, as it was rounded, is no asset's
    for (size_t e = 0; good && e < portfolio->event_count; e++)
        for (size_t l = 0; l < levels; l++)
            portfolio_tvar_units[l] -=
                rint(outcome->events[e].own_tvar_contribution[l] / portfolio->settings.resolution);
    good =
        good && asset_sums_finish(shared->assets, hits, threads, variance, any_infinite(portfolio),
                                  portfolio_tvar_units, outcome->assets);
    if (good)
        shares_fill(portfolio, outcome);
    free(own);
    return good;
}

bool replay(const struct portfolio *portfolio, const struct scenario_plans *plans,
            const struct tail *tail, const double *variance, double *portfolio_tvar_units,
            int threads, struct worst_events *worst, struct progress *progress,
            struct outcome *outcome, struct diagnostics *d)
{
    const uint64_t years = portfolio->settings.years;
    struct shared shared = {
        .portfolio = portfolio, .plans = plans, .tail = tail, .outcome = outcome};
    struct replayer *all = calloc((size_t)threads, sizeof *all);
    struct detail_hits *hits = calloc((size_t)threads, sizeof *hits);
    const int64_t threshold = worst_events_threshold(outcome->largest_event, years);
    const bool depends = portfolio->event_count > 0 || portfolio->driver_count > 0;
    bool good;

    shared.assets = asset_sums_new(portfolio, tail, outcome->assets, threads);
    shared.worst_rank = calloc(years, 1);
    if (depends)
        shared.moved = calloc(years, sizeof *shared.moved);
    good = all && hits && shared.assets && shared.worst_rank && (!depends || shared.moved);
    for (int t = 0; good && t < threads; t++)
        good = replayer_init(&all[t], &shared, threshold);
    if (good) {
        worst_years_start(&shared, threshold);
        good = scenarios_replay(&shared, all, threads, progress);
    }
    for (int t = 0; good && t < threads; t++) {
        hits[t] = all[t].hits;
        good = !hits[t].memory_failed;
        for (size_t i = 0; i < all[t].worst.count; i++)
            worst_events_add(worst, &all[t].worst.events[i]);
    }
    if (good && !progress->stopped) {
        outcome->worst_event_count = worst->count;
        memcpy(outcome->worst_events, worst->events, worst->count * sizeof *worst->events);
        good = replay_finish(&shared, hits, variance, portfolio_tvar_units, threads);
    }
    for (int t = 0; all && t < threads; t++)
        replayer_free(&all[t]);
    asset_sums_free(shared.assets);
    free(shared.worst_rank);
    free(shared.moved);
    free(hits);
    free(all);
    if (!good)
        diagnostics_add(d, NULL, "out of memory while replaying the scenarios");
    return good && !progress->stopped;
}
