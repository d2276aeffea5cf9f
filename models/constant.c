// A bare number: always the same value.
#include "models/families.h"

#include <math.h>

enum { VALUE };

static bool constant_check(const double *p, const struct place *at, struct diagnostics *d)
{
    (void)p, (void)at, (void)d;
    return true;
}

static bool constant_prepare(const double *p, struct quantile_shelf *shelf,
                             struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_CONSTANT, .c = {p[VALUE]}};
    return true;
}

static double constant_survival(const double *p, double x)
{
    return x < p[VALUE];
}

static double constant_mean(const double *p)
{
    return p[VALUE];
}

static double constant_variance(const double *p)
{
    (void)p;
    return 0;
}

static void constant_support(const double *p, double *low, double *high)
{
    *low = *high = p[VALUE];
}

const struct distribution_family constant_family = {
    .name = "constant",
    .summary = "always VALUE; a bare number says the same",
    .parameters = {"VALUE"},
    .check = constant_check,
    .prepare = constant_prepare,
    .survival = constant_survival,
    .mean = constant_mean,
    .variance = constant_variance,
    .support = constant_support,
};
