// Plans: the efficient frontier of a portfolio's treatments, valued on its years.
#ifndef LOSSMILL_TREAT_PLANS_H
#define LOSSMILL_TREAT_PLANS_H

#include "treat/problem.h"
#include "treat/session.h"
#include "treat/valuation.h"

// Points of the efficient frontier in a run's file: fewer where each takes long to prove.
enum { FRONTIER_MOST = 40, FRONTIER_LARGE = 10 };
size_t plans_shown_most(size_t treatments);

// The planner's problem, with what simulating each treatment alone has found: `out` has its
// figures, `sums` its savings by unit; `draw` as in struct problem_source. In `arena`. False, with
// a diagnostic, if memory is exhausted.
bool plans_problem(const struct valuation *valuation, const struct pricing_sums *sums,
                   const struct treatment_outcome *out, enum objective objective, uint32_t draw,
                   struct arena *arena, struct portfolio_problem *problem, struct diagnostics *d);

// Prices what the planner has found; arrays of `plans` go to `arena`. False likewise, and where it
// was stopped.
bool plans_value(const struct valuation *valuation, const struct portfolio_problem *problem,
                 const struct planner_plan *found, size_t count, struct arena *arena,
                 struct plan_figures *plans, struct diagnostics *d);

// Fills what the problem, which is made in `arena`, tells of each treatment: its share, and what is
// exact. False likewise.
bool shares_fill(const struct valuation *valuation, const struct pricing_sums *sums,
                 struct treatment_outcome *out, struct arena *arena,
                 struct portfolio_problem *problem, struct diagnostics *d);

// Fills the plans of `out`, and what is known exactly of its treatments. False likewise.
bool plans_make(const struct valuation *valuation, const struct pricing_sums *sums,
                struct treatment_outcome *out, struct diagnostics *d);

// As treat_session_plan.
bool plan_find(const struct valuation *valuation, const struct pricing_sums *sums,
               struct treatment_outcome *out, const struct plan_request *request,
               struct plan_answer *answer, struct diagnostics *d);

#endif
