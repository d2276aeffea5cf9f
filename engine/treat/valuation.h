// Valuing worlds: their annual losses and figures, a bounded number of worlds at a time.
#ifndef LOSSMILL_TREAT_VALUATION_H
#define LOSSMILL_TREAT_VALUATION_H

#include "simulate/outcome.h"
#include "treat/figures.h"
#include "treat/priced.h"

// Bytes of years that worlds valued together may take; one world is always taken.
enum { VALUATION_BYTES = 1 << 28 };

struct valuation {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    const struct outcome *outcome; // of the base run
    struct arena arena;
    struct pricing *pricing;
    size_t scope_count;
    const struct pricing_scope *scopes; // the portfolio's, then those of the appetite's groups
    const uint32_t *scope_of;           // [appetite point]
    const int64_t **gross, **base;      // [scope][years]; base is net of `current`
    struct ordered_losses ordered;      // the portfolio's base
    bool insured;                       // there are layers
    bool infinite;                      // some loss has no variance
    struct priced priced;               // how a run that prices them is interrupted
    int threads;
    struct progress *progress;
};

// `outcome`: the base run's, whose years and groups' years are used as long as the valuation is.
// To be freed in any case. `priced`: NULL where nobody keeps snapshots. False, with a diagnostic,
// if memory is exhausted or an effect cannot be simulated.
bool valuation_make(const struct portfolio *portfolio, const struct scenario_plans *plans,
                    const struct outcome *outcome, int threads, const struct priced *priced,
                    struct progress *progress, struct valuation *valuation, struct diagnostics *d);
void valuation_free(struct valuation *valuation);

// Worlds whose years fit the store of valuation_figures.
size_t valuation_most(const struct valuation *valuation);

// loss[(world * scope_count + scope) * years + year], net, in units, of a pass without its arrays.
bool valuation_years(const struct valuation *valuation, const struct priced_pass *pass,
                     int64_t *loss, struct diagnostics *d);

// The figures of any number of plans; their arrays are allocated.
bool valuation_figures(const struct valuation *valuation, const struct world *worlds, size_t count,
                       struct world_figures *figures, struct diagnostics *d);

// The same of worlds whose years are given. `absent`, or NULL: worlds that lack what the base has,
// against which the base is held instead.
bool valuation_fill(const struct valuation *valuation, const int64_t *loss, size_t count,
                    const bool *absent, struct world_figures *figures, struct diagnostics *d);

#endif
