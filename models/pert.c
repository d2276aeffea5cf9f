// PERT in its standard form: a beta on [MIN, MAX] with shapes 1 + L (MODE - MIN) / (MAX - MIN) and
// 1 + L (MAX - MODE) / (MAX - MIN), whose mode is MODE and whose mean is (MIN + L MODE + MAX) / (L
// + 2) (Vose, "Risk Analysis", 2008). Some tools match moments instead, which moves the mode.
#include "models/families.h"

#include <math.h>

#include "models/quantile_table.h"
#include "random/special.h"

enum { MIN, MODE, MAX, LAMBDA };

static double shape_a(const double *p)
{
    return 1 + p[LAMBDA] * (p[MODE] - p[MIN]) / (p[MAX] - p[MIN]);
}

static double shape_b(const double *p)
{
    return 1 + p[LAMBDA] * (p[MAX] - p[MODE]) / (p[MAX] - p[MIN]);
}

static bool pert_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool ordered = p[MIN] <= p[MODE] && p[MODE] <= p[MAX], wide = p[MIN] < p[MAX];

    if (!ordered)
        diagnostics_add(d, at, "pert: MIN <= MODE <= MAX is needed, found %g, %g and %g", p[MIN],
                        p[MODE], p[MAX]);
    else if (!wide)
        diagnostics_add(d, at, "pert: MAX must be above MIN; for a constant write %g", p[MIN]);
    else if (p[MODE] == p[MIN])
        diagnostics_warn(d, at, "pert: MODE is MIN: is the least value, %g, the likeliest?",
                         p[MIN]);
    return (family_within("pert", "LAMBDA", p[LAMBDA], 0, 1e5, at, d) & ordered) && wide;
}

static bool pert_prepare(const double *p, struct quantile_shelf *shelf, struct quantile_form *form)
{
    *form = (struct quantile_form){.kernel = QUANTILE_TABLE, .c = {p[MIN], p[MAX] - p[MIN]}};
    form->table = quantile_shelf_beta(shelf, shape_a(p), shape_b(p));
    return form->table != NULL;
}

static double pert_survival(const double *p, double x)
{
    const double width = p[MAX] - p[MIN];

    if (x <= p[MIN])
        return 1;
    if (x >= p[MAX])
        return 0;
    return special_beta_survival_xy(shape_a(p), shape_b(p), (x - p[MIN]) / width,
                                    (p[MAX] - x) / width);
}

static double pert_mean(const double *p)
{
    return (p[MIN] + p[LAMBDA] * p[MODE] + p[MAX]) / (p[LAMBDA] + 2);
}

static double pert_variance(const double *p)
{
    const double a = shape_a(p), b = shape_b(p), n = a + b, width = p[MAX] - p[MIN];

    return width * width * a * b / (n * n * (n + 1));
}

static void pert_support(const double *p, double *low, double *high)
{
    *low = p[MIN];
    *high = p[MAX];
}

const struct distribution_family pert_family = {
    .name = "pert",
    .summary = "a smooth peak at MODE, ends at MIN and MAX; LAMBDA says how sure (4)",
    .parameters = {"MIN", "MODE", "MAX", "LAMBDA"},
    .optional = 1,
    .defaults = {[LAMBDA] = 4},
    .check = pert_check,
    .prepare = pert_prepare,
    .survival = pert_survival,
    .mean = pert_mean,
    .variance = pert_variance,
    .support = pert_support,
};
