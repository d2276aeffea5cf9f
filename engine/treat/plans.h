// Plans: the efficient frontier of a portfolio's treatments, valued on its years.
#ifndef LOSSMILL_TREAT_PLANS_H
#define LOSSMILL_TREAT_PLANS_H

#include "treat/problem.h"
#include "treat/valuation.h"

// The planner's problem, with what simulating each treatment alone has found: `out` has its
// figures, `sums` its savings by unit. In `arena`. False, with a diagnostic, if memory is
// exhausted.
bool plans_problem(const struct valuation *valuation, const struct pricing_sums *sums,
                   const struct treatment_outcome *out, struct arena *arena,
                   struct portfolio_problem *problem, struct diagnostics *d);

// Fills the plans of `out`, and what is known exactly of its treatments. False likewise.
bool plans_make(const struct valuation *valuation, const struct pricing_sums *sums,
                struct treatment_outcome *out, struct diagnostics *d);

#endif
