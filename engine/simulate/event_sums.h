// The statistics of shared events, from the annual losses that the first pass left; and what the
// portfolio would be without dependence.
#ifndef LOSSMILL_SIMULATE_EVENT_SUMS_H
#define LOSSMILL_SIMULATE_EVENT_SUMS_H

#include "simulate/outcome.h"
#include "simulate/scenario_plan.h"
#include "simulate/tail.h"

// Fills outcome->events but for the contributions to TVaR; `own` gets, per event and level, what
// the occurrences' own cost contributes, in units. False if memory is exhausted.
bool event_sums_finish(const struct scenario_plans *plans, const struct tail *tail, int threads,
                       struct outcome *outcome, double *own);

// How far in years a loss moves where dependence is cut: the same for all losses of a scenario, of
// a shared event's own cost, or of a unit hit by a shared event.
uint64_t cut_of_row(uint64_t key, uint64_t years);
uint64_t cut_of_unit(uint64_t key, uint64_t asset_hash, uint64_t unit, uint64_t years);

// Moves a row's annual losses in `moved`, which is added to the portfolio's. Any thread may call it
// at any time.
void cut_add(int64_t *moved, uint64_t years, uint64_t year, uint64_t shift, int64_t loss);

// Fills outcome->independence. `moved` NULL: nothing depends. False if memory is exhausted.
bool independence_finish(const struct scenario_plans *plans, int64_t *moved,
                         struct outcome *outcome);

#endif
