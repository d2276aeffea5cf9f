// Losses above a high threshold: peaks over threshold (McNeil, Frey, Embrechts: Quantitative Risk
// Management, section 5.2), and the law of all losses that is one law below and a generalised
// Pareto law above.
#ifndef LOSSMILL_FIT_TAIL_H
#define LOSSMILL_FIT_TAIL_H

#include "fit/fit.h"

struct tail {
    double threshold;
    size_t above, total; // losses above it, and all
    double share;        // P(X > threshold), see losses_exceedance
    struct fit gpd;      // of those above

    // What lies below by the law that fits it best, as recorded up to the threshold only. NULL
    // where there are too few or no law fits, or where some are censored: they may lie above.
    const struct fit *body;
    // Of body and tail together, with the share as one more parameter: to be compared with laws of
    // all losses. NaN without a body.
    double log_likelihood, aic, bic;
    int charged;
};

enum { TAIL_BODY_MIN = 10, TAIL_ABOVE_MIN = 10 }; // losses

// True if memory sufficed; tail->gpd.state says whether there is a fit. There must be
// TAIL_ABOVE_MIN losses above the threshold.
bool tail_fit(struct tail *tail, const struct losses *losses, double threshold,
              struct arena *arena);

// The loss exceeded with probability `p` <= tail->share, and the mean of those beyond it.
double tail_quantile(const struct tail *tail, double p);
double tail_expected_shortfall(const struct tail *tail, double p); // HUGE_VAL for a shape >= 1

// The shape for other thresholds: a threshold is high enough where it no longer drifts.
struct tail_point {
    double threshold;
    size_t above;
    double shape, standard_error; // NaN where there is no fit
};
enum { TAIL_POINTS_MAX = 24 };

// From half of the losses to 20 of them, evenly on the scale of logarithms. True if memory
// sufficed.
bool tail_shapes(struct tail_point points[TAIL_POINTS_MAX], size_t *count,
                 const struct losses *losses, struct arena *arena);

#endif
