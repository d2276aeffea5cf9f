// Treatments after the run: each alone, their ranking, the plans on the efficient frontier, and the
// appetite before and after.
#ifndef LOSSMILL_TREAT_TREAT_H
#define LOSSMILL_TREAT_TREAT_H

#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "treat/figures.h"

// Whether the portfolio has anything for treat_run: treatments, insurance or an appetite.
bool treat_wanted(const struct portfolio *portfolio);

// Fills `out`, to be freed in any case, from a finished run: `plans` are those that it was run
// with. False, with a diagnostic, if memory is exhausted, an effect cannot be simulated, or,
// without, if `tell` stopped it.
bool treat_run(const struct portfolio *portfolio, const struct scenario_plans *plans,
               const struct outcome *outcome, int threads, simulate_progress *tell, void *context,
               struct treatment_outcome *out, struct diagnostics *d);
void treatment_outcome_free(struct treatment_outcome *out);

#endif
