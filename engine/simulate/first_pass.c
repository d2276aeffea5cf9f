#include "simulate/first_pass.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/event_sums.h"
#include "simulate/scenario_sums.h"
#include "simulate/shared_event.h"
#include "simulate/snapshot_state.h"
#include "simulate/worst.h"

// What one event touches stands together: a block of years does not fit the first-level cache.
// Of a group:
struct year_sums {
    int64_t total, largest;
};

// Of the portfolio, whose totals come from the scenarios' annual losses:
struct year_events {
    int64_t largest, count;
};

// Sums of one block, private to a thread until it moves to another block.
struct block_sums {
    const struct portfolio *portfolio;
    struct scenario_part *part; // not owned
    int64_t *moved;             // likewise
    int64_t total[BLOCK_YEARS];
    struct year_events year[BLOCK_YEARS];
    struct year_sums **groups; // per grouping [group][BLOCK_YEARS]
    // Shared events only: else NULL.
    struct shared_event_sums *shared;
    struct worst_event *largest_shared; // [BLOCK_YEARS]
    struct worst_events worst;
    struct event_outcome *event; // in work
    size_t event_index;
    uint64_t first_year; // of the block
    uint64_t capped;
    double bound; // no year's total since the last flush is larger
    bool overflow;
};

static void sums_free(struct block_sums *sums)
{
    if (sums && sums->groups)
        for (size_t g = 0; g < sums->portfolio->grouping_count; g++)
            free(sums->groups[g]);
    if (sums) {
        free(sums->groups);
        free(sums->largest_shared);
        shared_event_sums_free(sums->shared);
    }
    free(sums);
}

static struct block_sums *sums_new(const struct portfolio *portfolio)
{
    struct block_sums *sums = calloc(1, sizeof *sums);
    bool good;

    if (!sums)
        return NULL;
    sums->portfolio = portfolio;
    sums->groups = calloc(portfolio->grouping_count + 1, sizeof *sums->groups);
    good = sums->groups != NULL;
    for (size_t g = 0; good && g < portfolio->grouping_count; g++) {
        sums->groups[g] =
            calloc(portfolio->groupings[g].count + 1, BLOCK_YEARS * sizeof **sums->groups);
        good = sums->groups[g] != NULL;
    }
    if (good && portfolio->event_count > 0) {
        sums->shared = shared_event_sums_new(portfolio);
        sums->largest_shared = calloc(BLOCK_YEARS, sizeof *sums->largest_shared);
        good = sums->shared && sums->largest_shared;
    }
    if (!good) {
        sums_free(sums);
        return NULL;
    }
    return sums;
}

double first_pass_memory(const struct portfolio *portfolio)
{
    double groups = 0;

    for (size_t g = 0; g < portfolio->grouping_count; g++)
        groups += (double)portfolio->groupings[g].count + 1;
    return (double)sizeof(struct block_sums) + groups * BLOCK_YEARS * sizeof(struct year_sums) +
           shared_event_memory(portfolio) + scenario_part_memory(&portfolio->settings);
}

// Group totals cannot outgrow the portfolio's, whose additions are checked.
static inline void group_add(struct year_sums *year, int64_t loss)
{
    year->total += loss;
    year->largest = loss > year->largest ? loss : year->largest;
}

static inline void event_add(struct block_sums *sums, uint32_t at, int64_t loss)
{
    struct year_events *year = &sums->year[at];

    year->largest = loss > year->largest ? loss : year->largest;
    year->count++;
}

// The scenario's annual losses of the block, to the portfolio's. While no total can reach 2^62,
// additions need no check.
static void totals_add(struct block_sums *sums, uint64_t first_year,
                       const struct annual_losses *losses)
{
    bool overflow = false;

    if (sums->bound < 0x1p62)
        for (size_t i = 0; i < losses->count; i++)
            sums->total[losses->year[i] - first_year] += losses->loss[i];
    else
        for (size_t i = 0; i < losses->count; i++) {
            int64_t *total = &sums->total[losses->year[i] - first_year];

            overflow |= __builtin_add_overflow(*total, losses->loss[i], total);
        }
    sums->overflow |= overflow;
}

static void worst_add(struct block_sums *sums, const struct event_batch *batch, size_t scenario)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->loss[i] >= sums->worst.threshold) {
            const struct worst_event event = {(uint64_t)batch->block * BLOCK_YEARS + batch->year[i],
                                              batch->loss[i],
                                              (uint32_t)scenario,
                                              batch->asset[i],
                                              NO_ROW,
                                              1};

            worst_events_add(&sums->worst, &event);
        }
}

static void sums_add(void *context, const struct event_batch *batch)
{
    struct block_sums *sums = context;
    const size_t scenario = (size_t)(batch->plan->scenario - sums->portfolio->scenarios);

    sums->bound += batch->loss_bound * (double)batch->count;
    for (size_t i = 0; i < batch->count; i++)
        event_add(sums, batch->year[i], batch->loss[i]);
    scenario_part_add(sums->part, batch);
    if (batch->loss_bound >= (double)sums->worst.threshold)
        worst_add(sums, batch, scenario);
    for (size_t g = 0; g < sums->portfolio->grouping_count && !sums->overflow; g++) {
        const struct grouping *grouping = &sums->portfolio->groupings[g];

        if (!grouping->asset_part) {
            struct year_sums *row =
                sums->groups[g] + (size_t)group_of(grouping, scenario, 0) * BLOCK_YEARS;

            for (size_t i = 0; i < batch->count; i++)
                group_add(&row[batch->year[i]], batch->loss[i]);
        } else {
            for (size_t i = 0; i < batch->count; i++)
                __builtin_prefetch(&grouping->asset_part[batch->asset[i]]);
            for (size_t i = 0; i < batch->count; i++) {
                const size_t group = group_of(grouping, scenario, batch->asset[i]);

                group_add(&sums->groups[g][group * BLOCK_YEARS + batch->year[i]], batch->loss[i]);
            }
        }
    }
    sums->capped += batch->capped;
}

// Of a shared event's scenario: the occurrences are added whole elsewhere. Where dependence is cut,
// its hits move to years of their own, unit by unit.
static void hits_add(void *context, const struct event_batch *batch)
{
    struct block_sums *sums = context;
    const uint64_t years = sums->portfolio->settings.years;

    scenario_part_add(sums->part, batch);
    for (size_t i = 0; i < batch->count; i++)
        cut_add(sums->moved, years, (uint64_t)batch->block * BLOCK_YEARS + batch->year[i],
                cut_of_unit(batch->plan->key, sums->portfolio->assets.id_hash[batch->asset[i]],
                            batch->unit[i], years),
                batch->loss[i]);
}

// The larger event; of equals the one whose shared event comes first.
static inline bool larger_shared(const struct worst_event *x, const struct worst_event *y)
{
    return x->loss > y->loss || (x->loss == y->loss && x->event < y->event);
}

// No two threads have the same event and block in work, so that its years are this one's alone.
static void occurrence_add(void *context, const struct occurrence *o)
{
    struct block_sums *sums = context;
    struct event_outcome *event = sums->event;
    const uint64_t at = sums->first_year + o->year;
    const struct worst_event all = {
        at, o->loss, o->scenario, o->asset, (uint32_t)sums->event_index, o->hits};
    const int64_t *loss = o->groups;

    sums->bound += (double)o->loss;
    sums->overflow |= __builtin_add_overflow(sums->total[o->year], o->loss, &sums->total[o->year]);
    if (sums->overflow)
        return;
    event_add(sums, o->year, o->loss);
    event->annual_loss[at] += o->loss;
    if (event->own_loss)
        event->own_loss[at] += o->own;
    if (larger_shared(&all, &sums->largest_shared[o->year]))
        sums->largest_shared[o->year] = all;
    worst_events_add(&sums->worst, &all);
    for (size_t g = 0; g < sums->portfolio->grouping_count; g++) {
        const size_t count = sums->portfolio->groupings[g].count;

        for (size_t k = 0; k < count; k++)
            if (loss[k] > 0)
                group_add(&sums->groups[g][k * BLOCK_YEARS + o->year], loss[k]);
        loss += count;
    }
}

// Moves a block's sums to the outcome and clears them. To be called by one thread at a time.
static void sums_flush(struct block_sums *sums, uint32_t block, struct outcome *outcome)
{
    const uint64_t years = sums->portfolio->settings.years;
    const uint64_t first = (uint64_t)block * BLOCK_YEARS;
    const size_t n = years - first < BLOCK_YEARS ? (size_t)(years - first) : BLOCK_YEARS;

    for (size_t i = 0; i < n; i++) {
        const struct year_events *year = &sums->year[i];
        const int64_t largest = outcome->largest_event[first + i];

        sums->overflow |= __builtin_add_overflow(outcome->annual_loss[first + i], sums->total[i],
                                                 &outcome->annual_loss[first + i]);
        outcome->largest_event[first + i] = year->largest > largest ? year->largest : largest;
        outcome->event_count[first + i] += (int32_t)year->count;
        if (sums->largest_shared &&
            larger_shared(&sums->largest_shared[i], &outcome->largest_shared[first + i]))
            outcome->largest_shared[first + i] = sums->largest_shared[i];
    }
    for (size_t g = 0; g < sums->portfolio->grouping_count && !sums->overflow; g++) {
        const size_t groups = sums->portfolio->groupings[g].count;

        for (size_t k = 0; k < groups; k++) {
            int64_t *total = outcome->groups[g].annual_loss + k * years + first;
            int64_t *largest = outcome->groups[g].largest_event + k * years + first;
            const struct year_sums *from = sums->groups[g] + k * BLOCK_YEARS;

            for (size_t i = 0; i < n; i++) {
                total[i] += from[i].total;
                largest[i] = from[i].largest > largest[i] ? from[i].largest : largest[i];
            }
        }
        memset(sums->groups[g], 0, groups * BLOCK_YEARS * sizeof(struct year_sums));
    }
    outcome->capped_events += sums->capped;
    sums->capped = 0;
    sums->bound = 0;
    memset(sums->total, 0, sizeof sums->total);
    memset(sums->year, 0, sizeof sums->year);
    if (sums->largest_shared)
        memset(sums->largest_shared, 0, BLOCK_YEARS * sizeof *sums->largest_shared);
}

struct own_forms {
    struct block_sums *sums;
    __int128 form[LOSS_FORMS];
};

static void occurrence_take(void *context, const struct occurrence *o)
{
    struct own_forms *own = context;

    for (int form = 0; form < LOSS_FORMS; form++)
        own->form[form] += o->own_form[form];
    occurrence_add(own->sums, o);
}

static bool event_run(struct block_sums *sums, struct event_workspace *w,
                      const struct scenario_plans *plans, size_t e, uint32_t block,
                      struct outcome *outcome)
{
    struct own_forms own = {.sums = sums};
    bool good;

    sums->event = &outcome->events[e];
    sums->event_index = e;
    sums->first_year = (uint64_t)block * BLOCK_YEARS;
    good = shared_event_run(sums->shared, w, plans, e, block, sums->portfolio->settings.years,
                            occurrence_take, &own, &sums->capped, &sums->overflow);
#pragma omp critical(first_pass_forms)
    for (int form = 0; form < LOSS_FORMS; form++)
        sums->event->own_form[form] += own.form[form];
    return good || sums->overflow;
}

static bool scenario_run(struct block_sums *sums, struct event_workspace *w,
                         const struct scenario_plan *plan, size_t scenario, uint32_t block)
{
    const struct settings *settings = &sums->portfolio->settings;
    const bool good = event_stream_run(w, plan, settings->annual_loss, block, settings->years,
                                       plan->event ? hits_add : sums_add, sums);
    const struct annual_losses losses = scenario_part_finish(sums->part, scenario, block);

    if (!plan->event)
        totals_add(sums, (uint64_t)block * BLOCK_YEARS, &losses);
    return good && !scenario_part_failed(sums->part);
}

// One thread's buffers.
struct worker {
    struct event_workspace *w;
    struct block_sums *sums;
    struct scenario_part *part;
};

// Scenarios and shared events of a tile, until the tiles are all taken.
static bool tiles_run(struct worker *worker, const struct scenario_plans *plans,
                      const struct schedule *schedule, _Atomic size_t *next,
                      struct progress *progress, struct outcome *outcome)
{
    struct block_sums *sums = worker->sums;
    uint32_t block = UINT32_MAX;
    bool good = true;

    for (size_t t = (*next)++; good && t < schedule->count; t = (*next)++) {
        const struct tile *tile = &schedule->tiles[t];

        if (block != UINT32_MAX && tile->block != block) {
#pragma omp critical(first_pass_flush)
            sums_flush(sums, block, outcome);
        }
        block = tile->block;
        for (size_t unit = tile->first; good && unit < tile->end; unit++)
            good = unit < plans->count
                       ? scenario_run(sums, worker->w, &plans->plans[unit], unit, block)
                       : event_run(sums, worker->w, plans, unit - plans->count, block, outcome);
        if (!progress_add(progress, tile->work))
            break;
    }
    if (good && block != UINT32_MAX) {
#pragma omp critical(first_pass_flush)
        sums_flush(sums, block, outcome);
    }
    return good;
}

// Scenarios [first, end), with the shared events in the last round.
static bool round_run(struct scenario_sums *scenarios, struct worker *workers,
                      struct scenario_part **parts, const struct scenario_plans *plans, int threads,
                      size_t first, size_t end, uint64_t years, struct progress *progress,
                      struct outcome *outcome)
{
    const size_t last = end == plans->count ? end + plans->event_count : end;
    struct schedule schedule;
    _Atomic size_t next = 0;
    bool good = schedule_make(plans, years, first, last, &schedule) &&
                scenario_round_start(scenarios, parts, first, end);

    if (good) {
#pragma omp parallel num_threads(threads) reduction(&& : good)
        good =
            tiles_run(&workers[omp_get_thread_num()], plans, &schedule, &next, progress, outcome);
    }
    schedule_free(&schedule);
    if (!good || progress->stopped)
        return good;
    if (!scenario_round_gather(scenarios, parts))
        return false;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (uint32_t block = 0; block < block_count(years); block++)
        scenario_round_pass_on(parts[omp_get_thread_num()], parts, block);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t s = first; s < end; s++)
        scenario_round_finish(parts[omp_get_thread_num()], s);
    return true;
}

static bool workers_make(const struct portfolio *portfolio, const struct scenario_plans *plans,
                         struct scenario_sums *scenarios, int threads,
                         const struct carried *carried, struct worker *workers,
                         struct scenario_part **parts)
{
    bool good = scenarios != NULL;

    for (int t = 0; good && t < threads; t++) {
        workers[t].w = event_workspace_new(plans->filters);
        workers[t].sums = sums_new(portfolio);
        workers[t].part = parts[t] = scenario_part_new(scenarios, t);
        good = workers[t].w && workers[t].sums && workers[t].part;
        if (good) {
            workers[t].sums->part = workers[t].part;
            workers[t].sums->moved = carried->moved;
        }
    }
    return good;
}

// Between rounds: leaves what the second pass needs to `carried`. False if a year's losses outgrew
// 63 bits.
static bool workers_join(struct worker *workers, int threads, struct carried *carried)
{
    bool overflow = false;

    for (int t = 0; t < threads; t++) {
        struct block_sums *sums = workers[t].sums;

        overflow |= scenario_part_overflow(workers[t].part) || sums->overflow;
        for (size_t i = 0; i < sums->worst.count; i++)
            worst_events_add(&carried->worst, &sums->worst.events[i]);
        sums->worst = (struct worst_events){0};
    }
    return !overflow;
}

static void workers_free(struct worker *workers, int threads)
{
    for (int t = 0; workers && t < threads; t++) {
        scenario_part_free(workers[t].part);
        sums_free(workers[t].sums);
        event_workspace_free(workers[t].w);
    }
    free(workers);
}

// Work behind the scenarios that a resumed run need not do again.
static double work_done(const struct scenario_plans *plans, uint64_t years, size_t first)
{
    double work = 0;

    for (size_t s = 0; s < first; s++)
        work += schedule_cost(&plans->plans[s]) * block_count(years);
    return work;
}

bool first_pass(const struct portfolio *portfolio, const struct scenario_plans *plans, int threads,
                size_t first, const struct snapshot_keeper *keeper, struct progress *progress,
                struct outcome *outcome, struct carried *carried, struct diagnostics *d)
{
    const uint64_t years = portfolio->settings.years;
    struct scenario_sums *scenarios =
        scenario_sums_new(portfolio, plans, carried->assets, carried->moved, threads, outcome);
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    struct scenario_part **parts = calloc((size_t)threads, sizeof *parts);
    bool good = workers && parts &&
                workers_make(portfolio, plans, scenarios, threads, carried, workers, parts);
    bool overflow = false;

    progress->work = schedule_work(plans, years);
    progress->done = (uint64_t)work_done(plans, years, first);
    for (size_t end; good && !overflow && !progress->stopped && first < plans->count; first = end) {
        end = keeper && keeper->shortest ? first + 1 : scenario_round_end(scenarios, first);
        good = round_run(scenarios, workers, parts, plans, threads, first, end, years, progress,
                         outcome);
        overflow = good && !workers_join(workers, threads, carried);
        if (good && !overflow && !progress->stopped &&
            !snapshot_offer(keeper, SNAPSHOT_FIRST_PASS, end, outcome, carried))
            progress->stopped = true;
    }
    scenario_sums_free(scenarios);
    workers_free(workers, threads);
    free(parts);
    if (!good && !overflow)
        diagnostics_fail(d, NULL, "out of memory while simulating");
    if (overflow)
        diagnostics_add(d, NULL,
                        "a year's losses add up to more than 2^63 units of money; a larger "
                        "[study] resolution counts in larger units");
    return good && !overflow && !progress->stopped;
}

bool carried_make(const struct portfolio *portfolio, const struct asset_exact *exact, int threads,
                  struct carried *carried)
{
    const bool depends = portfolio->event_count > 0 || portfolio->driver_count > 0;

    *carried = (struct carried){0};
    carried->assets = asset_sums_new(portfolio, exact, threads);
    if (depends)
        carried->moved = calloc(portfolio->settings.years, sizeof *carried->moved);
    return carried->assets && (!depends || carried->moved);
}

void carried_free(struct carried *carried)
{
    free(carried->moved);
    asset_sums_free(carried->assets);
    *carried = (struct carried){0};
}
