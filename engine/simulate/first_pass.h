// The pass by years: annual losses of the portfolio and of every group, and, a round of scenarios
// at a time, the statistics of every scenario.
#ifndef LOSSMILL_SIMULATE_FIRST_PASS_H
#define LOSSMILL_SIMULATE_FIRST_PASS_H

#include "simulate/asset_sums.h"
#include "simulate/outcome.h"
#include "simulate/schedule.h"
#include "simulate/snapshot.h"
#include "simulate/worst.h"

// What the first pass leaves for the second.
struct carried {
    struct asset_sums *assets;
    int64_t *moved; // [years]: what cutting dependence adds; NULL where nothing depends
    struct worst_events worst;
};

// False if memory is exhausted. To be freed in either case.
bool carried_make(const struct portfolio *portfolio, const struct asset_exact *exact, int threads,
                  struct carried *carried);
void carried_free(struct carried *carried);

// Fills annual_loss, largest_event, event_count, capped_events, largest_shared, the groups' and the
// shared events' annual losses, all zero before, and of the scenarios all but their exact figures,
// which are set before, and their contributions. `first` scenarios have been done before, and what
// they left is in the outcome and `carried`. `keeper` may be NULL. False, with a diagnostic, if
// memory is exhausted or a year's total outgrows 63 bits; without, if `progress` or the keeper
// stopped it.
bool first_pass(const struct portfolio *portfolio, const struct scenario_plans *plans, int threads,
                size_t first, const struct snapshot_keeper *keeper, struct progress *progress,
                struct outcome *outcome, struct carried *carried, struct diagnostics *d);

// Bytes that one thread needs.
double first_pass_memory(const struct portfolio *portfolio);

#endif
