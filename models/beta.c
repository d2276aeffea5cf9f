// Beta on [0, 1]: density proportional to x^(A-1) (1-x)^(B-1).
#include "models/families.h"

#include <math.h>

#include "models/quantile_table.h"
#include "random/special.h"

enum { A, B };

static bool beta_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const double low = QUANTILE_TABLE_SHAPE_MIN, high = QUANTILE_TABLE_SHAPE_MAX;
    const bool a = family_within("beta", "A", p[A], low, high, at, d);

    return family_within("beta", "B", p[B], low, high, at, d) && a;
}

static bool beta_prepare(const double *p, struct quantile_shelf *shelf, struct quantile_form *form)
{
    *form = (struct quantile_form){.kernel = QUANTILE_TABLE, .c = {0, 1}};
    form->table = quantile_shelf_beta(shelf, p[A], p[B]);
    return form->table != NULL;
}

static double beta_survival(const double *p, double x)
{
    return x <= 0 ? 1 : x >= 1 ? 0 : special_beta_survival(p[A], p[B], x);
}

static double beta_mean(const double *p)
{
    return p[A] / (p[A] + p[B]);
}

static double beta_variance(const double *p)
{
    const double n = p[A] + p[B];

    return p[A] * p[B] / (n * n * (n + 1));
}

static void beta_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = 1;
}

const struct distribution_family beta_family = {
    .name = "beta",
    .summary = "a probability with the weight of A successes and B failures",
    .parameters = {"A", "B"},
    .check = beta_check,
    .prepare = beta_prepare,
    .survival = beta_survival,
    .mean = beta_mean,
    .variance = beta_variance,
    .support = beta_support,
};
