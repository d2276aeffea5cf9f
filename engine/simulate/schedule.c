#include "simulate/schedule.h"

#include <omp.h>
#include <stdlib.h>

// Large enough that taking a tile costs nothing, small enough that the last ones end together.
static const double tile_work = 1 << 15;

double schedule_cost(const struct scenario_plan *plan)
{
    const double fixed = 8 + 8 * (double)plan->seats->seating_count; // count draws, in candidates
    const double rates = plan->rate.method == RATE_YEARLY ? 8.0 * BLOCK_YEARS : 0;

    return fixed + rates + plan->candidates_per_year * BLOCK_YEARS;
}

// Of a scenario, or behind those of a shared event with all its scenarios.
static double unit_cost(const struct scenario_plans *plans, size_t unit)
{
    double cost = 8;

    if (unit < plans->count)
        return schedule_cost(&plans->plans[unit]);

    const struct shared_event *event = plans->events[unit - plans->count].event;

    for (size_t i = 0; i < event->scenario_count; i++)
        cost += schedule_cost(&plans->plans[event->scenarios[i]]);
    return cost;
}

uint32_t schedule_blocks(const struct scenario_plans *plans, uint64_t years)
{
    uint32_t simulated = 0;

    for (uint32_t block = 0; block < block_count(years); block++)
        simulated += scenario_plans_have(plans, block);
    return simulated;
}

double schedule_work(const struct scenario_plans *plans, uint64_t years)
{
    const double blocks = schedule_blocks(plans, years);
    double work = 0;

    for (size_t unit = 0; unit < plans->count + plans->event_count; unit++)
        work += unit_cost(plans, unit) * blocks;
    return work;
}

bool schedule_make(const struct scenario_plans *plans, uint64_t years, size_t first, size_t end,
                   struct schedule *schedule)
{
    const uint32_t blocks = block_count(years);
    size_t per_block = 0;
    double work = 0;

    *schedule = (struct schedule){0};
    for (size_t unit = first; unit < end; unit++) {
        if (work == 0)
            per_block++;
        work += unit_cost(plans, unit);
        if (work >= tile_work)
            work = 0;
    }
    schedule->tiles = calloc(per_block * blocks + 1, sizeof *schedule->tiles);
    if (!schedule->tiles)
        return false;
    for (uint32_t block = 0; block < blocks; block++) {
        struct tile *tile = NULL;

        for (size_t unit = first; unit < end && scenario_plans_have(plans, block); unit++) {
            if (!tile || tile->work >= tile_work) {
                tile = &schedule->tiles[schedule->count++];
                *tile = (struct tile){.block = block, .first = unit};
            }
            tile->end = unit + 1;
            tile->work += unit_cost(plans, unit);
        }
    }
    return true;
}

void schedule_free(struct schedule *schedule)
{
    free(schedule->tiles);
    *schedule = (struct schedule){0};
}

bool progress_add(struct progress *progress, double work)
{
    const uint64_t done =
        atomic_fetch_add_explicit(&progress->done, (uint64_t)work, memory_order_relaxed) +
        (uint64_t)work;

    if (omp_get_thread_num() == 0 && progress->tell) {
        const double share = progress->work > 0 ? (double)done / progress->work : 1;

        if (!progress->tell(progress->context,
                            progress->from + (progress->to - progress->from) * share,
                            progress->phase))
            progress->stopped = true;
    }
    return !progress->stopped;
}
