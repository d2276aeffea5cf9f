// Weibull: P(X > x) = exp(-(x / SCALE)^SHAPE); E X^k = SCALE^k Gamma(1 + k / SHAPE). A shape below
// 0.05 would put values beyond 10^30 scales in reach.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"
#include "random/special.h"

enum { SHAPE, SCALE };

static double moment(const double *p, double k)
{
    return elementary_exp(special_log_gamma(1 + k / p[SHAPE]));
}

static bool weibull_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool scale = family_positive("weibull", "SCALE", p[SCALE], at, d);

    return family_within("weibull", "SHAPE", p[SHAPE], 0.05, 1000, at, d) && scale;
}

static bool weibull_prepare(const double *p, struct quantile_shelf *shelf,
                            struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_WEIBULL, .c = {p[SHAPE], p[SCALE]}};
    return true;
}

static double weibull_survival(const double *p, double x)
{
    if (x <= 0)
        return 1;
    return elementary_exp(-elementary_pow(x / p[SCALE], p[SHAPE]));
}

static double weibull_mean(const double *p)
{
    return p[SCALE] * moment(p, 1);
}

static double weibull_variance(const double *p)
{
    const double mean = moment(p, 1);

    return p[SCALE] * p[SCALE] * fmax(0, moment(p, 2) - mean * mean);
}

static void weibull_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family weibull_family = {
    .name = "weibull",
    .summary = "SHAPE below 1 has a heavier tail than the exponential",
    .parameters = {"SHAPE", "SCALE"},
    .check = weibull_check,
    .prepare = weibull_prepare,
    .survival = weibull_survival,
    .mean = weibull_mean,
    .variance = weibull_variance,
    .support = weibull_support,
};
