// Dividing the work into tiles, and running them on threads.
//
// A tile is one block of years times a run of scenarios and shared events of about equal cost;
// tiles stand in the order of blocks, and threads take the next one free. Nothing depends on who
// takes which: all sums are of integers.
#ifndef LOSSMILL_SIMULATE_SCHEDULE_H
#define LOSSMILL_SIMULATE_SCHEDULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/address.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"

struct tile {
    uint32_t block;
    size_t first, end; // scenarios, and behind them shared events
    double work;
};

struct schedule {
    size_t count;
    struct tile *tiles;
};

// Of scenarios, and behind them shared events, [first, end). False if memory is exhausted.
bool schedule_make(const struct scenario_plans *plans, uint64_t years, size_t first, size_t end,
                   struct schedule *schedule);
void schedule_free(struct schedule *schedule);

// What a scenario costs in one block, in candidates; counts its fixed part. And all scenarios and
// shared events in the first pass.
double schedule_cost(const struct scenario_plan *plan);
double schedule_work(const struct scenario_plans *plans, uint64_t years);
// How many blocks of years are simulated.
uint32_t schedule_blocks(const struct scenario_plans *plans, uint64_t years);

// Progress of all threads together, told by one of them.
struct progress {
    simulate_progress *tell;
    void *context;
    const char *phase;
    double from, to, work; // this phase's share of the whole, and its work
    _Atomic uint64_t done; // work, in whole candidates
    atomic_bool stopped;
};

// To be called after each piece of work; tells only from thread 0. False: stop.
bool progress_add(struct progress *progress, double work);

static inline uint32_t block_count(uint64_t years)
{
    return (uint32_t)((years + BLOCK_YEARS - 1) / BLOCK_YEARS);
}

#endif
