// Statistics of annual losses: what /summary and /exceedance hold, with their sampling errors.
//
// Input is in whole units of money (cents), output in currency. Every function gives the same bits
// on every machine: sums are exact integers or run in a fixed order; no libm transcendental is
// called.
//
// VaR at p is inf{x: F(x) >= p}; TVaR is (1/(1-p)) times the integral of VaR from p to 1.
#ifndef LOSSMILL_MEASURE_STATISTICS_H
#define LOSSMILL_MEASURE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUANTILES_MAX = 16 };

struct estimate {
    double value;
    double lower,
        upper; // 95 % interval of the sampling error; NaN where the sample has no such rank
};

// One row of /summary. Arrays have one entry per level of settings.quantiles.
struct summary {
    double aal, aal_error; // mean and its standard error; HUGE_VAL where the law has no variance
    double aal_exact;      // NaN where no closed form exists
    double sd;
    double probability_of_loss, probability_of_loss_error;
    struct estimate *var;      // interval from order statistics
    double *tvar, *tvar_error; // standard error after Manistre and Hancock
};

// One row of /exceedance, per return period T: the 1 - 1/T quantile of the year's total and of the
// year's largest event. `oep` may be NULL.
struct exceedance {
    struct estimate *aep, *oep;
};

// The order statistics of `years` losses of which only the nonzero ones are given.
struct ordered_losses {
    uint64_t years;
    uint64_t count;        // nonzero losses
    const int64_t *sorted; // ascending
};

// Sorts n non-negative values; `scratch` has room for n.
void losses_sort(int64_t *values, int64_t *scratch, size_t n);

// Of n positive values, for each of `count` ranks from the top, 1 <= rank[k] <= n and not
// ascending: the rank[k]-th largest, and the sum of all down to it. Takes little more than reading
// them twice. Leaves `values` in disorder; `scratch` has room for n.
void losses_largest(int64_t *values, int64_t *scratch, size_t n, const uint64_t *rank, size_t count,
                    int64_t *value, unsigned __int128 *sum);

// How many years lie beyond the quantile at p: N (1 - p), a whole number where it is one but for
// the rounding of p (0.995 of 1000 years: 5). Likewise beyond return period T: N / T.
double years_beyond_quantile(uint64_t years, double p);
double years_beyond_period(uint64_t years, double period);

// The value with at most `beyond` years above it, in units.
int64_t losses_var(const struct ordered_losses *x, double beyond);

// The same in currency, with the binomial order-statistic interval.
struct estimate losses_var_estimate(const struct ordered_losses *x, double beyond,
                                    double resolution);

// In currency, with its standard error unless `error` is NULL.
double losses_tvar(const struct ordered_losses *x, double beyond, double resolution, double *error);

// VaR and TVaR at up to QUANTILES_MAX levels, `beyond` descending, from the n nonzero ones of all
// years' losses in any order and their sum. Leaves `values` in disorder; `scratch` has room for n.
void losses_tails(int64_t *values, int64_t *scratch, size_t n, __int128 sum, const double *beyond,
                  size_t levels, double resolution, double *var, double *tvar);

// Sum, and sample standard deviation in units, of losses in any order. The sum of 2^32 years of
// 2^63 units fits.
__int128 losses_sum(const struct ordered_losses *x);
double losses_deviation(const struct ordered_losses *x, __int128 sum);

// Fills all of `out` but aal_exact; its arrays hold `levels` entries.
void losses_summary(const struct ordered_losses *x, const double *quantiles, size_t levels,
                    double resolution, struct summary *out);

// `units` of money in currency, rounded once.
double money_of_units(double units, double resolution);
void money_of_many(const int64_t *units, size_t count, double resolution, double *money);

#endif
