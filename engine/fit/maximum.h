// Where a smooth function of one or two variables is largest, and how it bends there.
#ifndef LOSSMILL_FIT_MAXIMUM_H
#define LOSSMILL_FIT_MAXIMUM_H

#include <stdbool.h>

enum { MAXIMUM_VARIABLES = 2 };

// -HUGE_VAL where it is not defined. Changes by the order of 1 in a variable are to be large ones:
// derivatives are taken over steps of 1/1000.
typedef double objective(const double *at, void *context);

struct maximum {
    double at[MAXIMUM_VARIABLES]; // in: where the search begins; out: the maximum
    double value;
    // The inverse of the negative second derivatives: of a log-likelihood, the estimates'
    // covariance. NaN where the function does not bend downwards in all directions.
    double covariance[MAXIMUM_VARIABLES][MAXIMUM_VARIABLES];
};

// Newton's method with Levenberg's damping. False if it comes to no maximum in 200 steps: the
// function rises for ever, or ends where it is highest. Where the function's relative error is
// 1e-15 and its values are about those of n log-densities, `at` is good to some 1e-8 of a
// standard error, and the covariance to some 1e-6 of itself.
bool maximum_find(objective *f, void *context, int variables, struct maximum *maximum);

#endif
