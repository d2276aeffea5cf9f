// The planner's problem of a portfolio: its expected loss as a sum of terms that treatments
// multiply.
//
// A term is the expected annual loss of one loss form of one scenario, on those of its assets that
// the same effects reach. A treatment that multiplies frequencies, probabilities or losses leaves
// of it the mean of what its effects leave together: exact, as treatments act independently. What
// does not multiply (add, set, cap, resistance, overlaps, insurance) enters by what it leaves of
// the scenario alone, as simulated: then `modelled` is set, and sets of such treatments are worth
// more or less than the sum of terms says.
#ifndef LOSSMILL_TREAT_PROBLEM_H
#define LOSSMILL_TREAT_PROBLEM_H

#include "base/arena.h"
#include "simulate/outcome.h"
#include "treat/figures.h"
#include "treat/planner.h"
#include "treat/pricing.h"

struct portfolio_problem {
    struct planner_problem problem;
    double aal;       // of the base (or its TVaR), in currency: the value without any treatment
    bool *modelled;   // [treatment]
    bool *useful;     // [treatment]: changes something, or is needed by what may
    double *aal_kept; // [treatment]: what it alone leaves, by the terms; exact unless modelled
};

// What the worth of treatments that do not multiply is taken from: of unit u (pricing_units) and
// its treatment t alone, the annual mean that it saves in currency, u-th row, unit's own order.
typedef double unit_saving(void *context, size_t unit, size_t local);

// What a problem is made from.
struct problem_source {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    const struct units *units;
    unit_saving *saving;
    void *context;
    const double *base_aal;    // [unit]: sampled; where no exact one is known
    enum objective objective;  // net benefit: costs enter the value
    const double *alone_saved; // [treatment]: what it alone saves in all (of the
                               // TVaR where there is `tail`), for insurance
    // NULL: terms are shares of the AAL; else of the TVaR at `level`, as they contributed to it in
    // the base run: what treatments leave of these is a guide to the TVaR that they leave
    const struct outcome *tail;
    size_t level;
    // 0: with the means of what is uncertain; else with one draw of it, the `draw`-th: frequencies,
    // amounts and costs
    uint32_t draw;
};

// Everything lives in `arena`. False if memory is exhausted.
bool problem_make(const struct problem_source *source, struct arena *arena,
                  struct portfolio_problem *problem);

// Each treatment's share in what all but refused ones save together (Shapley, 1953): for a product
// the integral over t in [0, 1] of weight (1 - k_i) prod_{j != i} (1 - t (1 - k_j)) (Owen,
// "Multilinear extensions of games", Management Science 18, 1972), with k what each leaves. Sums to
// the whole; in currency a year.
void problem_shapley(const struct planner_problem *problem, double *share);

#endif
