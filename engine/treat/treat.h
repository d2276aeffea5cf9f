// Treatments after the run: each alone, their ranking, the plans on the efficient frontier, and the
// appetite before and after.
//
// 1. What each treatment touches (unit.c), and which events survive it at what cost (effects.c,
//    pair.c, added.c); what insurance pays of the rest (insured.c).
// 2. Worlds are priced on the base run's events, drawn again block by block (pricing.c), and valued
//    on its years (valuation.c, figures.c, cost.c).
// 3. Treatments are ranked (ranking.c); the planner (planner.c and its neighbours) chooses among
//    them by a model of the expected loss (problem.c), and what it chose is priced (plans.c).
// 4. Whoever has questions afterwards opens a session (session.c).
// 5. A run can be interrupted behind every range of blocks that is priced (priced.c).
#ifndef LOSSMILL_TREAT_TREAT_H
#define LOSSMILL_TREAT_TREAT_H

#include "treat/session.h"

// Whether the portfolio has anything for treat_run: treatments, insurance or an appetite.
bool treat_wanted(const struct portfolio *portfolio);

// Fills `out`, to be freed in any case, from a finished run: `plans` are those that it was run
// with. Where these are of some blocks of years only, no plans are made. False, with a diagnostic,
// if memory is exhausted, an effect cannot be simulated, or, without, if `tell` or the keeper
// stopped it. `keeper`: as of simulate_resumable.
bool treat_run(const struct portfolio *portfolio, const struct scenario_plans *plans,
               const struct outcome *outcome, int threads, const struct snapshot_keeper *keeper,
               simulate_progress *tell, void *context, struct treatment_outcome *out,
               struct diagnostics *d);
void treatment_outcome_free(struct treatment_outcome *out);

#endif
