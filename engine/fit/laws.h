// The families that losses are fitted with: log-densities, where a search for their parameters
// begins, and which of them it may move.
#ifndef LOSSMILL_FIT_LAWS_H
#define LOSSMILL_FIT_LAWS_H

#include "fit/losses.h"
#include "models/distribution.h"

enum parameter_kind {
    PARAMETER_FIXED,    // by the data's range or by the caller
    PARAMETER_POSITIVE, // searched on the scale of its logarithm
    PARAMETER_REAL,     // searched in steps of `unit`
};

struct law {
    const char *name;     // of the family that the cell names
    const char *searched; // of the family whose parameters the search moves
    enum parameter_kind kind[DISTRIBUTION_PARAMETERS_MAX];

    // out[i]: log of the density at x[i]; -HUGE_VAL outside the support. No other restriction on
    // `p` than its kinds.
    void (*log_density)(const double *p, size_t n, const double *x, const double *log_x,
                        double *out);

    // Fills p with the first, second, ... place for a search to begin at, and `unit` for those
    // that are real. False behind the last, and at once where the law cannot hold the data.
    bool (*start)(const struct losses *losses, int attempt, double *p, double *unit);

    // Turns what was searched into the parameters of the cell, and their covariance. False where
    // there is no such cell: the law's limit, exponential, is the best. NULL: they are the same.
    bool (*finish)(double *p, double covariance[][DISTRIBUTION_PARAMETERS_MAX]);

    bool end_read_off; // p[0] is the smallest loss, unless records begin somewhere
};

// NULL behind the last. In the order in which people are told of them.
const struct law *law_at(size_t index);
const struct law *law_named(const char *name);

// The generalised Pareto law of what lies above `p[0]`, which its `start` leaves as it is. Not
// among those above: it is for a part of the data.
extern const struct law law_gpd;

#endif
