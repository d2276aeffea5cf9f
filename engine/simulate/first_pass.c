#include "simulate/first_pass.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/shared_event.h"
#include "simulate/worst.h"

// What one event touches stands together: a block of years does not fit the first-level cache.
struct year_sums {
    int64_t total, largest;
};

// Sums of one block, private to a thread until it moves to another block.
struct block_sums {
    const struct portfolio *portfolio;
    struct year_sums year[BLOCK_YEARS];
    int32_t events[BLOCK_YEARS];
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
           shared_event_memory(portfolio);
}

// Group totals cannot outgrow the portfolio's, whose additions are checked.
static inline void group_add(struct year_sums *year, int64_t loss)
{
    year->total += loss;
    year->largest = loss > year->largest ? loss : year->largest;
}

static inline bool event_add(struct block_sums *sums, uint32_t at, int64_t loss, bool checked)
{
    struct year_sums *year = &sums->year[at];
    bool overflow = false;

    if (checked)
        overflow = __builtin_add_overflow(year->total, loss, &year->total);
    else
        year->total += loss;
    if (loss > year->largest) // the k-th event of a year is its largest with probability 1/k
        year->largest = loss;
    sums->events[at]++;
    return overflow;
}

// False if a year's total outgrows 63 bits: while none can reach 2^62, additions need no check.
static bool years_add(struct block_sums *sums, const struct event_batch *batch)
{
    bool overflow = false;

    sums->bound += batch->loss_bound * (double)batch->count;
    if (sums->bound < 0x1p62)
        for (size_t i = 0; i < batch->count; i++)
            event_add(sums, batch->year[i], batch->loss[i], false);
    else
        for (size_t i = 0; i < batch->count; i++)
            overflow |= event_add(sums, batch->year[i], batch->loss[i], true);
    return !overflow;
}

static void sums_add(void *context, const struct event_batch *batch)
{
    struct block_sums *sums = context;
    const size_t scenario = (size_t)(batch->plan->scenario - sums->portfolio->scenarios);
    const bool overflow = !years_add(sums, batch);

    for (size_t g = 0; g < sums->portfolio->grouping_count && !overflow; g++) {
        const struct grouping *grouping = &sums->portfolio->groupings[g];

        if (!grouping->asset_part) {
            struct year_sums *row =
                sums->groups[g] + (size_t)group_of(grouping, scenario, 0) * BLOCK_YEARS;

            for (size_t i = 0; i < batch->count; i++)
                group_add(&row[batch->year[i]], batch->loss[i]);
        } else {
            for (size_t i = 0; i < batch->count; i++) {
                const size_t group = group_of(grouping, scenario, batch->asset[i]);

                group_add(&sums->groups[g][group * BLOCK_YEARS + batch->year[i]], batch->loss[i]);
            }
        }
    }
    sums->overflow |= overflow;
    sums->capped += batch->capped;
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
    struct year_sums *year = &sums->year[o->year];
    struct event_outcome *event = sums->event;
    const uint64_t at = sums->first_year + o->year;
    const struct worst_event all = {
        at, o->loss, o->scenario, o->asset, (uint32_t)sums->event_index, o->hits};
    const int64_t *loss = o->groups;

    sums->bound += (double)o->loss;
    sums->overflow |= __builtin_add_overflow(year->total, o->loss, &year->total);
    if (sums->overflow)
        return;
    year->largest = o->loss > year->largest ? o->loss : year->largest;
    sums->events[o->year]++;
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
        const struct year_sums *year = &sums->year[i];
        const int64_t largest = outcome->largest_event[first + i];

        sums->overflow |= __builtin_add_overflow(outcome->annual_loss[first + i], year->total,
                                                 &outcome->annual_loss[first + i]);
        outcome->largest_event[first + i] = year->largest > largest ? year->largest : largest;
        outcome->event_count[first + i] += sums->events[i];
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
    memset(sums->year, 0, sizeof sums->year);
    memset(sums->events, 0, sizeof sums->events);
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

// Scenario or, behind those, shared event `unit`.
static bool unit_run(struct block_sums *sums, struct event_workspace *w,
                     const struct scenario_plans *plans, size_t unit, uint32_t block,
                     struct outcome *outcome)
{
    const struct settings *settings = &sums->portfolio->settings;

    if (unit >= plans->count)
        return event_run(sums, w, plans, unit - plans->count, block, outcome);
    if (plans->plans[unit].event)
        return true;
    return event_stream_run(w, &plans->plans[unit], settings->annual_loss, block, settings->years,
                            sums_add, sums);
}

bool first_pass(const struct portfolio *portfolio, const struct scenario_plans *plans, int threads,
                struct progress *progress, struct outcome *outcome, struct worst_events *worst,
                struct diagnostics *d)
{
    struct schedule schedule;
    _Atomic size_t next = 0;
    atomic_bool memory_failed = false, overflow = false;

    if (!schedule_make(plans, portfolio->settings.years, &schedule)) {
        diagnostics_add(d, NULL, "out of memory while dividing the work");
        return false;
    }
    progress->work = schedule.work;
    progress->done = 0;
#pragma omp parallel num_threads(threads)
    {
        struct event_workspace *w = event_workspace_new();
        struct block_sums *sums = sums_new(portfolio);
        uint32_t block = UINT32_MAX;
        bool good = w && sums;

        while (good) {
            const size_t t = next++;
            const struct tile *tile = &schedule.tiles[t];

            if (t >= schedule.count)
                break;
            if (block != UINT32_MAX && tile->block != block) {
#pragma omp critical(first_pass_flush)
                sums_flush(sums, block, outcome);
            }
            block = tile->block;
            for (size_t unit = tile->first; good && unit < tile->end; unit++)
                good = unit_run(sums, w, plans, unit, block, outcome);
            if (!progress_add(progress, tile->work))
                break;
        }
        if (good && block != UINT32_MAX) {
#pragma omp critical(first_pass_flush)
            sums_flush(sums, block, outcome);
        }
        if (!good)
            memory_failed = true;
        else if (sums->overflow)
            overflow = true;
#pragma omp critical(first_pass_flush)
        for (size_t i = 0; good && i < sums->worst.count; i++)
            worst_events_add(worst, &sums->worst.events[i]);
        sums_free(sums);
        event_workspace_free(w);
    }
    schedule_free(&schedule);
    if (memory_failed)
        diagnostics_add(d, NULL, "out of memory while simulating");
    if (overflow)
        diagnostics_add(d, NULL,
                        "a year's losses add up to more than 2^63 units of money; a larger "
                        "[study] resolution counts in larger units");
    return !memory_failed && !overflow && !progress->stopped;
}
