// What a treatment, or a plan, is worth: the figures that `/treatment`, `/plan` and `/appetite`
// hold, and how the treatments rank.
//
// All are of annual losses net of `current` insurance, on the same years as the base; errors are
// paired: of the difference, year by year. Money is in currency.
#ifndef LOSSMILL_TREAT_FIGURES_H
#define LOSSMILL_TREAT_FIGURES_H

#include "measure/statistics.h"
#include "models/portfolio.h"

// What it costs, in expectation. Annualised: cost_upfront as an annuity over the lifetime at the
// discount rate, and cost_annual.
struct treatment_cost {
    double upfront, annual, first_year, annualised;
};

struct treatment_cost treatment_cost_of(const struct treatment *treatment,
                                        const struct treatment_settings *settings);

// Of given costs, such as those of one year.
double treatment_cost_annualised(const struct treatment *treatment,
                                 const struct treatment_settings *settings, double upfront,
                                 double annual);

// A reduction and its paired standard error; HUGE_VAL where the law has no variance.
struct reduction {
    double value, error;
};

// A world's annual loss beside the base's. L = settings.quantile_count, A = appetite_count.
struct world_figures {
    double aal, sd;             // of what remains
    double *var, *tvar;         // [L] likewise
    double *aep;                // [return_period_count]: the annual loss that one year in T exceeds
    struct reduction aal_saved; // base less world
    struct reduction *var_saved, *tvar_saved; // [L]
    double *exceeds;                          // [A]: P(annual loss > the point's loss)
    struct reduction *exceeds_saved;          // [A]
};

// What figures are computed from: one world's year by year.
struct world_years {
    const int64_t *const *loss;           // [scope][years] in units; scope 0 is the portfolio
    const struct ordered_losses *ordered; // the portfolio's; NULL: it is sorted when it is needed
};

// The portfolio's losses in order; `room` has room for 2 x years.
struct ordered_losses world_ordered(const int64_t *loss, uint64_t years, int64_t *room);

// The arrays of `figures`; false if memory is exhausted.
bool world_figures_alloc(const struct portfolio *portfolio, struct arena *arena,
                         struct world_figures *figures);

// Fills them. Point a of the appetite is of scope scope_of[a]. `infinite`: some loss has no
// variance. False if memory is exhausted.
bool world_figures_fill(const struct portfolio *portfolio, const struct world_years *base,
                        const struct world_years *world, const uint32_t *scope_of, bool infinite,
                        struct world_figures *figures);

// The three verdicts on a point of the appetite, at 95 %.
enum verdict { VERDICT_WITHIN, VERDICT_UNDECIDED, VERDICT_BREACHED, VERDICTS };
extern const char *const verdict_names[VERDICTS];

struct appetite_figures {
    struct estimate exceeds; // P(annual loss > loss), Clopper and Pearson's 95 % interval
    enum verdict verdict;
};

struct appetite_figures appetite_judge(double exceeds, uint64_t years, double tolerated);

// Treatment i of the portfolio, alone against the base.
struct treatment_figures {
    struct treatment_cost cost;
    struct world_figures alone; // an existing one: the base, held against the world without it
    double aal_saved_exact;     // NaN where there is no closed form
    double aal_share; // Shapley's, of what all but forbidden and existing ones save together
    struct reduction net_benefit;             // aal saved less annualised cost
    double rosi, benefit_cost, cost_per_tvar; // the last at settings' level; NaN where cost is 0
    double payback_probability; // P(a year's saving is at least that year's annualised cost)
    // By the objective, 1 the best; interval at 95 %: how many are surely better, or not surely
    // worse. Forbidden, existing and retained ones rank too: they are priced.
    uint32_t rank, rank_lower, rank_upper;
    double settling_years; // that would tell it from the next; HUGE_VAL: no number would
};

struct plan_figures {
    bool *chosen; // [treatment]
    double budget_cost, annualised_cost;
    double value, bound; // of the planner's objective, in expectation
    double gap;          // (value - bound) / value, proven
    bool modelled;       // some effect enters the proof by its sampled worth alone
    struct world_figures figures;
    struct appetite_figures *appetite; // [A]
};

// All that is known of treatments after a run. Arrays live in `arena`.
struct treatment_outcome {
    struct arena arena;
    const struct portfolio *portfolio;
    size_t level;                         // of quantiles: where TVaR ranks
    struct treatment_figures *treatments; // [treatment]
    // [treatment][years]: alone, net; without it where it exists; NULL where that would be too much
    int64_t *annual_loss;
    size_t plan_count;
    struct plan_figures *plans;        // the efficient frontier, by cost
    struct appetite_figures *appetite; // [A]: of the base
    struct world_figures base;
    int64_t *net_loss; // [years] of the base, where it has `current` insurance; else NULL
};

#endif
