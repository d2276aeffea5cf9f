// What is known of every asset without simulating: sums over the scenarios that select it.
#ifndef LOSSMILL_SIMULATE_ASSET_EXACT_H
#define LOSSMILL_SIMULATE_ASSET_EXACT_H

#include "simulate/scenario_plan.h"

struct asset_exact {
    double rate; // expected loss events per year
    double aal;
    // What the variance of its annual loss has beyond that of a Poisson stream of its mean rate, in
    // currency squared; NaN where shared events or drivers reach it, for then it is not known.
    double variance;
};

// [asset], each sum in the order of the scenarios, so that it is the same for any number of threads
// (as many as the plans were made with). NULL if memory is exhausted; to be freed.
struct asset_exact *asset_exact_new(const struct portfolio *portfolio,
                                    const struct scenario_plans *plans);

// The assets in detail: those with the largest AAL, largest first, as many as the study asks for
// and as have any. NULL if memory is exhausted; to be freed.
uint32_t *asset_exact_largest(const struct portfolio *portfolio, const struct asset_exact *exact,
                              size_t *count);

#endif
