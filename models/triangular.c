// Triangular on [MIN, MAX] with its peak at MODE. With w = MAX - MIN, P(X > x) is
// (MAX - x)^2 / (w (MAX - MODE)) above the mode and 1 - (x - MIN)^2 / (w (MODE - MIN)) below.
#include "models/families.h"

#include <math.h>

enum { MIN, MODE, MAX };

static bool triangular_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool ordered = p[MIN] <= p[MODE] && p[MODE] <= p[MAX], wide = p[MIN] < p[MAX];

    if (!ordered)
        diagnostics_add(d, at, "triangular: MIN <= MODE <= MAX is needed, found %g, %g and %g",
                        p[MIN], p[MODE], p[MAX]);
    else if (!wide)
        diagnostics_add(d, at, "triangular: MAX must be above MIN; for a constant write %g",
                        p[MIN]);
    return ordered && wide;
}

static bool triangular_prepare(const double *p, struct quantile_shelf *shelf,
                               struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_TRIANGULAR, .c = {p[MIN], p[MODE], p[MAX]}};
    return true;
}

static double triangular_survival(const double *p, double x)
{
    const double width = p[MAX] - p[MIN];

    if (x <= p[MIN])
        return 1;
    if (x >= p[MAX])
        return 0;
    if (x < p[MODE])
        return 1 - (x - p[MIN]) * (x - p[MIN]) / (width * (p[MODE] - p[MIN]));
    return (p[MAX] - x) * (p[MAX] - x) / (width * (p[MAX] - p[MODE]));
}

static double triangular_mean(const double *p)
{
    return (p[MIN] + p[MODE] + p[MAX]) / 3;
}

static double triangular_variance(const double *p)
{
    const double a = p[MODE] - p[MIN], b = p[MAX] - p[MODE];

    return (a * a + a * b + b * b) / 18;
}

static void triangular_support(const double *p, double *low, double *high)
{
    *low = p[MIN];
    *high = p[MAX];
}

const struct distribution_family triangular_family = {
    .name = "triangular",
    .summary = "straight lines up to MODE and down to MAX",
    .parameters = {"MIN", "MODE", "MAX"},
    .check = triangular_check,
    .prepare = triangular_prepare,
    .survival = triangular_survival,
    .mean = triangular_mean,
    .variance = triangular_variance,
    .support = triangular_support,
};
