// Uniform on [MIN, MAX]: value = MAX - tail (MAX - MIN).
#include "models/families.h"

#include <math.h>

enum { MIN, MAX };

static bool uniform_check(const double *p, const struct place *at, struct diagnostics *d)
{
    if (p[MIN] < p[MAX])
        return true;
    diagnostics_add(d, at, "uniform: MAX must be above MIN, found %g and %g", p[MIN], p[MAX]);
    return false;
}

static bool uniform_prepare(const double *p, struct quantile_shelf *shelf,
                            struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_UNIFORM, .c = {p[MIN], p[MAX]}};
    return true;
}

static double uniform_survival(const double *p, double x)
{
    return x <= p[MIN] ? 1 : x >= p[MAX] ? 0 : (p[MAX] - x) / (p[MAX] - p[MIN]);
}

static double uniform_mean(const double *p)
{
    return p[MIN] + (p[MAX] - p[MIN]) / 2;
}

static double uniform_variance(const double *p)
{
    return (p[MAX] - p[MIN]) * (p[MAX] - p[MIN]) / 12;
}

static void uniform_support(const double *p, double *low, double *high)
{
    *low = p[MIN];
    *high = p[MAX];
}

const struct distribution_family uniform_family = {
    .name = "uniform",
    .summary = "every value from MIN to MAX equally likely",
    .parameters = {"MIN", "MAX"},
    .check = uniform_check,
    .prepare = uniform_prepare,
    .survival = uniform_survival,
    .mean = uniform_mean,
    .variance = uniform_variance,
    .support = uniform_support,
};
