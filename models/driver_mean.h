// What a driver does to mean losses.
//
// With Z the driver's year, M(Z) its multiplier and X a loss whose normal score has loading rho on
// Z, a stream of rate r M(Z) loses r E[M X] a year on average, not r E X: bad years have more
// events and dearer ones. With Y the score of X, E[M X] = E[X(Y) g(Y)], g(y) = E[M | Y = y] = E
// M(rho y + sqrt(1 - rho^2) e), by quadrature over e and then over X.
#ifndef LOSSMILL_MODELS_DRIVER_MEAN_H
#define LOSSMILL_MODELS_DRIVER_MEAN_H

#include "base/arena.h"
#include "models/distribution.h"

struct driver_mean;

// `weight` is what a year of multiplier m counts for: increasing; NULL: m itself. A table of g,
// allocated in `arena`: relative error about 1e-10. NULL if memory is exhausted.
const struct driver_mean *driver_mean_make(const struct distribution *multiplier, double loading,
                                           double (*weight)(double m, void *context), void *context,
                                           struct arena *arena);

// E weight(M).
double driver_mean_weight(const struct driver_mean *m);

// E[weight(M) X]; `x` takes one uniform.
double driver_mean_loss(const struct driver_mean *m, const struct distribution *x);

#endif
