// The second pass: the same events again, now that the tail is known, and of them only those that
// fall in its years or in the worst.
#ifndef LOSSMILL_SIMULATE_REPLAY_H
#define LOSSMILL_SIMULATE_REPLAY_H

#include "simulate/first_pass.h"
#include "simulate/tail.h"

// Fills the contributions of outcome->scenarios, all of its assets, events and independence but
// what is exact, worst years and events, and the shares. A keeper that restores a place in the
// replay is asked for it; `keeper` may be NULL. False, with a diagnostic, if memory is exhausted or
// a snapshot cannot be restored; without, if `progress` or the keeper stopped it.
bool replay(const struct portfolio *portfolio, const struct scenario_plans *plans,
            const struct tail *tail, const struct asset_exact *exact, double *portfolio_tvar_units,
            int threads, const struct snapshot_keeper *keeper, struct carried *carried,
            struct progress *progress, struct outcome *outcome, struct diagnostics *d);

#endif
