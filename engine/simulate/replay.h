// The second pass: the same events again, now that the tail is known, and of them only those that
// fall in its years or in the worst.
#ifndef LOSSMILL_SIMULATE_REPLAY_H
#define LOSSMILL_SIMULATE_REPLAY_H

#include "simulate/first_pass.h"
#include "simulate/tail.h"

// Fills the contributions of outcome->scenarios, all of its assets, events and independence but
// what is exact, worst years and events, and the shares. False, with a diagnostic, if memory is
// exhausted or `progress` stopped it.
bool replay(const struct portfolio *portfolio, const struct scenario_plans *plans,
            const struct tail *tail, const struct asset_exact *exact, double *portfolio_tvar_units,
            int threads, struct carried *carried, struct progress *progress,
            struct outcome *outcome, struct diagnostics *d);

#endif
