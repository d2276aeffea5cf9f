// What pricing has so far, for snapshots of the run (simulate/snapshot.h).
//
// Every pass goes through ranges of blocks of years. Behind each, the keeper may save what is
// needed to go on: the finished outcome, what earlier passes left, and of the pass in work the
// years of the blocks that are done. A run that was restored takes the same pieces in the same
// order, each where it would have been computed.
#ifndef LOSSMILL_TREAT_PRICED_H
#define LOSSMILL_TREAT_PRICED_H

#include "simulate/outcome.h"
#include "simulate/snapshot.h"
#include "treat/figures.h"
#include "treat/pricing.h"

struct valuation;

struct priced {
    const struct snapshot_keeper *keeper; // NULL: nobody keeps anything
    struct pricing_sums *sums;            // by treatment
    struct treatment_outcome *out;
};

// A pass: worlds that are priced together.
struct priced_pass {
    enum snapshot_phase phase;
    size_t index, passes; // which of how many that the phase has
    const struct world *worlds;
    size_t count;
    int64_t *saved, *ceded; // as in pricing_run
    struct pricing_sums *sums;
    // of plans: those of the passes before it
    struct world_figures *figures;
    size_t figures_count;
};

// pricing_run, with the valuation's keeper, from where a restored run stands in the pass.
bool priced_run(const struct valuation *valuation, const struct priced_pass *pass,
                struct diagnostics *d);

// Whether a restored run is beyond the phase. What that left is to be taken then: the base's years
// net of insurance, net[scope][years]; sums and figures of treatments, whose arrays are there.
// False, with a diagnostic, where that is not to be had.
bool priced_beyond(const struct valuation *valuation, enum snapshot_phase phase);
bool priced_take_cover(const struct valuation *valuation, int64_t *net, struct diagnostics *d);
bool priced_take_treatments(const struct valuation *valuation, struct diagnostics *d);

// Likewise the figures of plans, `room` of them a pass: how many there are, in *taken.
bool priced_take_plans(const struct valuation *valuation, size_t room,
                       struct world_figures *figures, size_t count, size_t *taken,
                       struct diagnostics *d);

#endif
