// Incomplete gamma and beta functions and the Poisson quantile, on elementary.h alone: the same
// bits everywhere. Scalar: for building tables, exact means and counts, not for inner loops.
#ifndef LOSSMILL_RANDOM_SPECIAL_H
#define LOSSMILL_RANDOM_SPECIAL_H

#include <stdint.h>

// log Gamma(x) for x > 0; absolute error 3e-15 (1 + |result|).
double special_log_gamma(double x);

// Regularised incomplete gamma: P(X > x) and P(X <= x) of a gamma of shape a > 0 and scale 1.
// Relative error 1e-13 (1e-12 beyond shape 10^4). Time grows as sqrt(a).
double special_gamma_survival(double a, double x);
double special_gamma_cumulative(double a, double x);

// The density times x: what a Newton step in log x needs.
double special_gamma_log_density(double a, double x); // x f(x)

// Regularised incomplete beta: P(X > x) and P(X <= x), with y = 1 - x given beside x because near 1
// the difference has lost it. a, b > 0. Relative error 2e-13 (1e-12 beyond 10^4).
double special_beta_survival_xy(double a, double b, double x, double y);
double special_beta_cumulative_xy(double a, double b, double x, double y);
double special_beta_survival(double a, double b, double x);
double special_beta_cumulative(double a, double b, double x);

// x (1 - x) f(x) = x^a y^b / B(a, b): what a Newton step in log(x / (1 - x)) needs. `log_scale` is
// special_beta_log_scale(a, b), the part that does not depend on x; and the cumulative from it.
double special_beta_log_scale(double a, double b);
double special_beta_logit_density(double a, double b, double log_scale, double x, double y);
double special_beta_cumulative_of_density(double a, double b, double x, double y, double density);

// Inverse CDF on the side of large counts: the smallest k with P(N > k) <= tail, N Poisson of the
// given mean. A smaller tail or a larger mean never gives a smaller k, but for means where P(N > k)
// equals the tail within its relative error. 0 <= mean <= 1e13; tail in [2^-65, 1].
uint64_t special_poisson_quantile(double mean, double tail);

// Below this mean it adds up probabilities from 0, as long as what is left is above this and so is
// the tail.
#define SPECIAL_POISSON_SMALL 16
#define SPECIAL_POISSON_LEAST 0x1p-19

#endif
