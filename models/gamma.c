// Gamma: density proportional to x^(SHAPE-1) exp(-x / SCALE).
#include "models/families.h"

#include <math.h>

#include "models/quantile_table.h"
#include "random/special.h"

enum { SHAPE, SCALE };

static bool gamma_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool scale = family_positive("gamma", "SCALE", p[SCALE], at, d);

    return family_within("gamma", "SHAPE", p[SHAPE], QUANTILE_TABLE_SHAPE_MIN,
                         QUANTILE_TABLE_SHAPE_MAX, at, d) &&
           scale;
}

static bool gamma_prepare(const double *p, struct quantile_shelf *shelf, struct quantile_form *form)
{
    *form = (struct quantile_form){.kernel = QUANTILE_TABLE, .c = {0, p[SCALE]}};
    form->table = quantile_shelf_gamma(shelf, p[SHAPE]);
    return form->table != NULL;
}

static double gamma_survival(const double *p, double x)
{
    return special_gamma_survival(p[SHAPE], x / p[SCALE]);
}

static double gamma_mean(const double *p)
{
    return p[SHAPE] * p[SCALE];
}

static double gamma_variance(const double *p)
{
    return p[SHAPE] * p[SCALE] * p[SCALE];
}

static void gamma_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family gamma_family = {
    .name = "gamma",
    .summary = "mean SHAPE x SCALE",
    .parameters = {"SHAPE", "SCALE"},
    .check = gamma_check,
    .prepare = gamma_prepare,
    .survival = gamma_survival,
    .mean = gamma_mean,
    .variance = gamma_variance,
    .support = gamma_support,
};
