// The pass by scenarios: the same events again, now that the tail is known.
#ifndef LOSSMILL_SIMULATE_REPLAY_H
#define LOSSMILL_SIMULATE_REPLAY_H

#include "simulate/outcome.h"
#include "simulate/schedule.h"
#include "simulate/tail.h"
#include "simulate/worst.h"

// Fills outcome->scenarios, assets, worst years and events, and the shares; the exact figures of
// both are set before; `worst` holds the worst of the shared events. `variance` as in
// asset_sums_finish. False, with a diagnostic, if memory is exhausted or `progress` stopped it.
bool replay(const struct portfolio *portfolio, const struct scenario_plans *plans,
            const struct tail *tail, const double *variance, double *portfolio_tvar_units,
            int threads, struct worst_events *worst, struct progress *progress,
            struct outcome *outcome, struct diagnostics *d);

// Bytes that one thread needs.
double replay_memory(const struct portfolio *portfolio);

#endif
