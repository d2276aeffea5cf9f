// Lomax (Pareto type II): P(X > x) = (1 + x / SCALE)^-SHAPE, a generalised Pareto with shape 1 /
// SHAPE and scale SCALE / SHAPE.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { SCALE, SHAPE };

static bool lomax_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool scale = family_positive("lomax", "SCALE", p[SCALE], at, d);

    return family_within("lomax", "SHAPE", p[SHAPE], 0.1, 1000, at, d) && scale;
}

static bool lomax_prepare(const double *p, struct quantile_shelf *shelf, struct quantile_form *form)
{
    (void)shelf;
    *form =
        (struct quantile_form){.kernel = QUANTILE_GPD, .c = {0, p[SCALE] / p[SHAPE], 1 / p[SHAPE]}};
    return true;
}

static double lomax_survival(const double *p, double x)
{
    return x <= 0 ? 1 : elementary_exp(-p[SHAPE] * elementary_log1p(x / p[SCALE]));
}

static double lomax_mean(const double *p)
{
    return p[SHAPE] > 1 ? p[SCALE] / (p[SHAPE] - 1) : HUGE_VAL;
}

static double lomax_variance(const double *p)
{
    const double mean = p[SCALE] / (p[SHAPE] - 1);

    return p[SHAPE] > 2 ? mean * mean * p[SHAPE] / (p[SHAPE] - 2) : HUGE_VAL;
}

static void lomax_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family lomax_family = {
    .name = "lomax",
    .summary = "power law from 0 up; SHAPE <= 1 has no mean, <= 2 no variance",
    .parameters = {"SCALE", "SHAPE"},
    .check = lomax_check,
    .prepare = lomax_prepare,
    .survival = lomax_survival,
    .mean = lomax_mean,
    .variance = lomax_variance,
    .support = lomax_support,
};
