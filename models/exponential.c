// Exponential: P(X > x) = exp(-x / MEAN).
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { MEAN };

static bool exponential_check(const double *p, const struct place *at, struct diagnostics *d)
{
    return family_positive("exponential", "MEAN", p[MEAN], at, d);
}

static bool exponential_prepare(const double *p, struct quantile_shelf *shelf,
                                struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_EXPONENTIAL, .c = {p[MEAN]}};
    return true;
}

static double exponential_survival(const double *p, double x)
{
    return x <= 0 ? 1 : elementary_exp(-x / p[MEAN]);
}

static double exponential_mean(const double *p)
{
    return p[MEAN];
}

static double exponential_variance(const double *p)
{
    return p[MEAN] * p[MEAN];
}

static void exponential_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family exponential_family = {
    .name = "exponential",
    .summary = "memoryless, with the given MEAN",
    .parameters = {"MEAN"},
    .check = exponential_check,
    .prepare = exponential_prepare,
    .survival = exponential_survival,
    .mean = exponential_mean,
    .variance = exponential_variance,
    .support = exponential_support,
};
