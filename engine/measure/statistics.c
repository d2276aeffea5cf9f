#include "measure/statistics.h"

#include <math.h>

#include "measure/wide.h"
#include "random/special.h"

// Half of the 5 % outside an interval, on each side, and its normal score.
static const double side = 0.025, side_score = 1.959963984540054;

static double whole_if_nearly(double x, uint64_t years)
{
    const double whole = rint(x);

    return fabs(x - whole) <= 1e-9 * (double)years / 1e6 + 1e-9 ? whole : x;
}

double years_beyond_quantile(uint64_t years, double p)
{
    return whole_if_nearly((double)years * (1 - p), years);
}

double years_beyond_period(uint64_t years, double period)
{
    return whole_if_nearly((double)years / period, years);
}

double money_of_units(double units, double resolution)
{
    const double scale = rint(1 / resolution);

    // 1 / resolution units a currency unit: a division rounds once, a product with 0.01 twice.
    return fabs(scale * resolution - 1) < 1e-9 ? units / scale : units * resolution;
}

void money_of_many(const int64_t *units, size_t count, double resolution, double *money)
{
    const double scale = rint(1 / resolution);

    if (fabs(scale * resolution - 1) < 1e-9)
        for (size_t i = 0; i < count; i++)
            money[i] = (double)units[i] / scale;
    else
        for (size_t i = 0; i < count; i++)
            money[i] = (double)units[i] * resolution;
}

// The k-th smallest of all years, 1 <= k <= years.
static int64_t ranked(const struct ordered_losses *x, uint64_t k)
{
    const uint64_t zeros = x->years - x->count;

    return k <= zeros ? 0 : x->sorted[k - zeros - 1];
}

static uint64_t rank_of(const struct ordered_losses *x, double beyond)
{
    const uint64_t above = (uint64_t)beyond;

    return above < x->years ? x->years - above : 1;
}

int64_t losses_var(const struct ordered_losses *x, double beyond)
{
    return ranked(x, rank_of(x, beyond));
}

// P(at least k of n years lie below the quantile at p) = I_p(k, n - k + 1) (DLMF 8.17.5).
static double at_least(uint64_t n, uint64_t k, double p)
{
    if (k == 0)
        return 1;
    if (k > n)
        return 0;
    return special_beta_cumulative((double)k, (double)(n - k) + 1, p);
}

// The largest l with P(x_(l) > quantile) <= side, and the smallest u with P(x_(u) < quantile) <=
// side, from the normal approximation and a few steps: 0 and n + 1 where there is no such rank.
static void interval_ranks(uint64_t n, double p, uint64_t *lower, uint64_t *upper)
{
    const double mean = (double)n * p, width = side_score * sqrt((double)n * p * (1 - p));
    uint64_t l = mean > width ? (uint64_t)(mean - width) : 0;
    uint64_t u = (uint64_t)fmin(mean + width + 1, (double)n + 1);

    while (l > 0 && 1 - at_least(n, l, p) > side)
        l--;
    while (l < n && 1 - at_least(n, l + 1, p) <= side)
        l++;
    while (u <= n && at_least(n, u, p) > side)
        u++;
    while (u > 1 && at_least(n, u - 1, p) <= side)
        u--;
    *lower = l;
    *upper = u;
}

struct estimate losses_var_estimate(const struct ordered_losses *x, double beyond,
                                    double resolution)
{
    uint64_t lower, upper;
    struct estimate e;

    interval_ranks(x->years, 1 - beyond / (double)x->years, &lower, &upper);
    e.value = money_of_units((double)losses_var(x, beyond), resolution);
    e.lower = lower > 0 ? money_of_units((double)ranked(x, lower), resolution) : NAN;
    e.upper = upper <= x->years ? money_of_units((double)ranked(x, upper), resolution) : NAN;
    return e;
}

// Manistre and Hancock, "Variance of the CTE estimator", NAAJ 9(2), 2005: with v the VaR, the
// variance of TVaR is that of max(0, X - v), divided by N (1 - p)^2.
double losses_tvar(const struct ordered_losses *x, double beyond, double resolution, double *error)
{
    const int64_t v = losses_var(x, beyond);
    const uint64_t zeros = x->years - x->count, k = rank_of(x, beyond);
    const double n = (double)x->years;
    unsigned __int128 excess = 0;
    struct wide squares = {0};

    for (uint64_t i = k > zeros ? k - zeros : 0; i < x->count; i++) {
        excess += (uint64_t)(x->sorted[i] - v);
        if (error)
            wide_add_square(&squares, x->sorted[i] - v);
    }
    if (error) {
        const double mean = (double)excess / n;
        const double variance = fmax(0, wide_value(squares) / n - mean * mean);

        *error = money_of_units(sqrt(variance / n) * n / beyond, resolution);
    }
    // v plus the mean excess of the `beyond` worst years: years equal to v add nothing.
    return money_of_units((double)v + (double)excess / beyond, resolution);
}

void losses_tails(int64_t *values, int64_t *scratch, size_t n, __int128 sum, const double *beyond,
                  size_t levels, double resolution, double *var, double *tvar)
{
    int64_t value[QUANTILES_MAX] = {0};
    unsigned __int128 above[QUANTILES_MAX] = {0};
    uint64_t rank[QUANTILES_MAX];
    size_t first = 0;

    // With no more nonzero years than lie beyond it, VaR is 0 and nothing need be sorted.
    for (; first < levels && (uint64_t)beyond[first] >= n; first++) {
        var[first] = 0;
        tvar[first] = money_of_units((double)sum / beyond[first], resolution);
    }
    for (size_t l = first; l < levels; l++)
        rank[l] = (uint64_t)beyond[l] + 1;
    if (first < levels)
        losses_largest(values, scratch, n, rank + first, levels - first, value + first,
                       above + first);
    for (size_t l = first; l < levels; l++) {
        const unsigned __int128 excess = above[l] - (unsigned __int128)value[l] * rank[l];

        var[l] = money_of_units((double)value[l], resolution);
        tvar[l] = money_of_units((double)value[l] + (double)excess / beyond[l], resolution);
    }
}

__int128 losses_sum(const struct ordered_losses *x)
{
    // halves of 32 bits, of up to 2^32 losses, so that vectors can add them
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t low = 0, high = 0;

    for (uint64_t i = 0; i < x->count; i++) {
        const uint64_t word = (uint64_t)x->sorted[i] ^ sign; // the loss + 2^63

        low += word & UINT32_MAX;
        high += word >> 32;
    }
    return ((__int128)high << 32) + low - (__int128)sign * x->count;
}

// Around the mean's nearest whole number, so that nothing cancels: sum (x - m)^2 - N (mean - m)^2.
double losses_deviation(const struct ordered_losses *x, __int128 sum)
{
    const int64_t m = (int64_t)(sum / (__int128)x->years);
    const double rest = (double)(sum - (__int128)m * (__int128)x->years) / (double)x->years;
    struct wide squares = {0}, zero = {0};

    if (x->years < 2)
        return 0;
    for (uint64_t i = 0; i < x->count; i++)
        wide_add_square(&squares, x->sorted[i] - m);
    wide_add_square(&zero, m);

    const double total = wide_value(squares) + wide_value(zero) * (double)(x->years - x->count) -
                         (double)x->years * rest * rest;

    return sqrt(fmax(0, total) / (double)(x->years - 1));
}

void losses_summary(const struct ordered_losses *x, const double *quantiles, size_t levels,
                    double resolution, struct summary *out)
{
    const double n = (double)x->years, any = (double)x->count / n;
    const __int128 sum = losses_sum(x);

    out->aal = money_of_units((double)sum / n, resolution);
    out->sd = money_of_units(losses_deviation(x, sum), resolution);
    out->aal_error = out->sd / sqrt(n);
    out->probability_of_loss = any;
    out->probability_of_loss_error = sqrt(any * (1 - any) / n);
    for (size_t i = 0; i < levels; i++) {
        const double beyond = years_beyond_quantile(x->years, quantiles[i]);

        out->var[i] = losses_var_estimate(x, beyond, resolution);
        out->tvar[i] = losses_tvar(x, beyond, resolution, &out->tvar_error[i]);
    }
}
