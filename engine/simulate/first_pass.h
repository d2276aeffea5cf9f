// The pass by years: annual losses of the portfolio and of every group.
#ifndef LOSSMILL_SIMULATE_FIRST_PASS_H
#define LOSSMILL_SIMULATE_FIRST_PASS_H

#include "simulate/outcome.h"
#include "simulate/schedule.h"
#include "simulate/worst.h"

// Fills annual_loss, largest_event, event_count, capped_events, largest_shared, the groups' and the
// shared events' annual losses, all zero before, and adds the worst of the shared events'
// occurrences to `worst`. False, with a diagnostic, if memory is exhausted, a year's total outgrows
// 63 bits or `progress` stopped it.
bool first_pass(const struct portfolio *portfolio, const struct scenario_plans *plans, int threads,
                struct progress *progress, struct outcome *outcome, struct worst_events *worst,
                struct diagnostics *d);

// Bytes that one thread needs.
double first_pass_memory(const struct portfolio *portfolio);

#endif
