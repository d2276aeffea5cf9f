// Normal.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { MEAN, SD };

static bool normal_check(const double *p, const struct place *at, struct diagnostics *d)
{
    (void)p[MEAN];
    return family_positive("normal", "SD", p[SD], at, d);
}

static bool normal_prepare(const double *p, struct quantile_shelf *shelf,
                           struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_NORMAL, .c = {p[MEAN], p[SD]}};
    return true;
}

static double normal_survival(const double *p, double x)
{
    return elementary_normal_survival((x - p[MEAN]) / p[SD]);
}

static double normal_mean(const double *p)
{
    return p[MEAN];
}

static double normal_variance(const double *p)
{
    return p[SD] * p[SD];
}

static void normal_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = -HUGE_VAL;
    *high = HUGE_VAL;
}

const struct distribution_family normal_family = {
    .name = "normal",
    .summary = "the bell curve; a loss needs `from 0`",
    .parameters = {"MEAN", "SD"},
    .check = normal_check,
    .prepare = normal_prepare,
    .survival = normal_survival,
    .mean = normal_mean,
    .variance = normal_variance,
    .support = normal_support,
};
