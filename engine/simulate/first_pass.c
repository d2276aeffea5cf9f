#include "simulate/first_pass.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/event_stream.h"

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
    uint64_t capped;
    bool overflow;
};

static void sums_free(struct block_sums *sums)
{
    if (sums && sums->groups)
        for (size_t g = 0; g < sums->portfolio->grouping_count; g++)
            free(sums->groups[g]);
    if (sums)
        free(sums->groups);
    free(sums);
}

static struct block_sums *sums_new(const struct portfolio *portfolio)
{
    struct block_sums *sums = calloc(1, sizeof *sums);

    if (!sums)
        return NULL;
    sums->portfolio = portfolio;
    sums->groups = calloc(portfolio->grouping_count + 1, sizeof *sums->groups);
    for (size_t g = 0; sums->groups && g < portfolio->grouping_count; g++) {
        sums->groups[g] =
            calloc(portfolio->groupings[g].count + 1, BLOCK_YEARS * sizeof **sums->groups);
        if (!sums->groups[g]) {
            sums_free(sums);
            return NULL;
        }
    }
    if (!sums->groups) {
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
    return (double)sizeof(struct block_sums) + groups * BLOCK_YEARS * sizeof(struct year_sums);
}

static uint32_t group_of(const struct grouping *g, size_t scenario, uint32_t asset)
{
    const uint32_t s = g->scenario_part ? g->scenario_part[scenario] : 0;
    const uint32_t a = g->asset_part ? g->asset_part[asset] : 0;

    return g->code[(size_t)s * g->asset_parts + a];
}

// Group totals cannot outgrow the portfolio's, whose additions are checked.
static inline void group_add(struct year_sums *year, int64_t loss)
{
    year->total += loss;
    year->largest = loss > year->largest ? loss : year->largest;
}

static void sums_add(void *context, const struct event_batch *batch)
{
    struct block_sums *sums = context;
    const size_t scenario = (size_t)(batch->plan->scenario - sums->portfolio->scenarios);
    bool overflow = false;

    for (size_t i = 0; i < batch->count; i++) {
        struct year_sums *year = &sums->year[batch->year[i]];
        const int64_t loss = (int64_t)batch->loss[i];

        overflow |= __builtin_add_overflow(year->total, loss, &year->total);
        year->largest = loss > year->largest ? loss : year->largest;
        sums->events[batch->year[i]]++;
    }
    for (size_t g = 0; g < sums->portfolio->grouping_count && !overflow; g++) {
        const struct grouping *grouping = &sums->portfolio->groupings[g];

        if (!grouping->asset_part) {
            struct year_sums *row =
                sums->groups[g] + (size_t)group_of(grouping, scenario, 0) * BLOCK_YEARS;

            for (size_t i = 0; i < batch->count; i++)
                group_add(&row[batch->year[i]], (int64_t)batch->loss[i]);
        } else {
            for (size_t i = 0; i < batch->count; i++) {
                const size_t group = group_of(grouping, scenario, batch->asset[i]);

                group_add(&sums->groups[g][group * BLOCK_YEARS + batch->year[i]],
                          (int64_t)batch->loss[i]);
            }
        }
    }
    sums->overflow |= overflow;
    sums->capped += batch->capped;
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
    memset(sums->year, 0, sizeof sums->year);
    memset(sums->events, 0, sizeof sums->events);
}

bool first_pass(const struct portfolio *portfolio, const struct scenario_plans *plans, int threads,
                struct progress *progress, struct outcome *outcome, struct diagnostics *d)
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
            for (size_t s = tile->first; good && s < tile->end; s++)
                good = event_stream_run(w, &plans->plans[s], portfolio->settings.annual_loss, block,
                                        portfolio->settings.years, sums_add, sums);
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
