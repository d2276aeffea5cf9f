// Pareto (type I): P(X > x) = (XM / x)^ALPHA from XM up.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { XM, ALPHA };

static bool pareto_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool xm = family_positive("pareto", "XM", p[XM], at, d);

    return family_within("pareto", "ALPHA", p[ALPHA], 0.1, 1000, at, d) && xm;
}

static bool pareto_prepare(const double *p, struct quantile_shelf *shelf,
                           struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_PARETO, .c = {p[XM], p[ALPHA]}};
    return true;
}

static double pareto_survival(const double *p, double x)
{
    return x <= p[XM] ? 1 : elementary_pow(p[XM] / x, p[ALPHA]);
}

static double pareto_mean(const double *p)
{
    return p[ALPHA] > 1 ? p[XM] * p[ALPHA] / (p[ALPHA] - 1) : HUGE_VAL;
}

static double pareto_variance(const double *p)
{
    const double mean = p[XM] / (p[ALPHA] - 1);

    return p[ALPHA] > 2 ? mean * mean * p[ALPHA] / (p[ALPHA] - 2) : HUGE_VAL;
}

static void pareto_support(const double *p, double *low, double *high)
{
    *low = p[XM];
    *high = HUGE_VAL;
}

const struct distribution_family pareto_family = {
    .name = "pareto",
    .summary = "power law from XM up; ALPHA <= 1 has no mean, <= 2 no variance",
    .parameters = {"XM", "ALPHA"},
    .check = pareto_check,
    .prepare = pareto_prepare,
    .survival = pareto_survival,
    .mean = pareto_mean,
    .variance = pareto_variance,
    .support = pareto_support,
};
