// Generalised Pareto: the law of what exceeds a high threshold, nearly whatever the law below it
// (Pickands 1975, Annals of Statistics 3, 119-131). P(X > x) = (1 + k (x - m) / s)^(-1/k) with
// threshold m, scale s and shape k, exp(-(x - m) / s) in the limit k = 0; mean m + s / (1 - k),
// variance s^2 / ((1 - k)^2 (1 - 2k)). |k| <= 10 keeps the quantile finite: 10 x 65 log 2 < 708.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { THRESHOLD, SCALE, SHAPE };

static bool gpd_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool scale = family_positive("gpd", "SCALE", p[SCALE], at, d);

    return family_within("gpd", "SHAPE", p[SHAPE], -10, 10, at, d) && scale;
}

static bool gpd_prepare(const double *p, struct quantile_shelf *shelf, struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_GPD, .c = {p[THRESHOLD], p[SCALE], p[SHAPE]}};
    return true;
}

static double gpd_survival(const double *p, double x)
{
    const double excess = (x - p[THRESHOLD]) / p[SCALE], y = p[SHAPE] * excess;

    if (excess <= 0)
        return 1;
    if (y <= -1)
        return 0;
    // log(1 + k z) / k tends to z: their ratio is taken, so that a shape near 0 loses nothing.
    return elementary_exp(-excess * (y == 0 ? 1 : elementary_log1p(y) / y));
}

static double gpd_mean(const double *p)
{
    return p[SHAPE] < 1 ? p[THRESHOLD] + p[SCALE] / (1 - p[SHAPE]) : HUGE_VAL;
}

static double gpd_variance(const double *p)
{
    const double mean = p[SCALE] / (1 - p[SHAPE]);

    return p[SHAPE] < 0.5 ? mean * mean / (1 - 2 * p[SHAPE]) : HUGE_VAL;
}

static void gpd_support(const double *p, double *low, double *high)
{
    *low = p[THRESHOLD];
    *high = p[SHAPE] < 0 ? p[THRESHOLD] - p[SCALE] / p[SHAPE] : HUGE_VAL;
}

const struct distribution_family gpd_family = {
    .name = "gpd",
    .summary = "exceedances of a threshold; SHAPE 0 is exponential, 0.5 and above has no variance",
    .parameters = {"THRESHOLD", "SCALE", "SHAPE"},
    .check = gpd_check,
    .prepare = gpd_prepare,
    .survival = gpd_survival,
    .mean = gpd_mean,
    .variance = gpd_variance,
    .support = gpd_support,
};
