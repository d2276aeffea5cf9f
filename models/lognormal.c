// Log-normal: exp(MU + SIGMA Z). The limit on the parameters keeps every value of a tail down to
// 2^-65 (Z < 9.2) and the second moment finite.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { MU, SIGMA };

double lognormal_law_survival(double mu, double sigma, double x)
{
    return x <= 0 ? 1 : elementary_normal_survival((elementary_log(x) - mu) / sigma);
}

double lognormal_law_mean(double mu, double sigma)
{
    return elementary_exp(fma(0.5 * sigma, sigma, mu));
}

double lognormal_law_variance(double mu, double sigma)
{
    return elementary_exp(fma(sigma, sigma, 2 * mu)) * elementary_expm1(sigma * sigma);
}

static bool lognormal_check(const double *p, const struct place *at, struct diagnostics *d)
{
    const bool mu = family_within("lognormal", "MU", p[MU], -200, 200, at, d);

    if (!family_positive("lognormal", "SIGMA", p[SIGMA], at, d))
        return false;
    return family_within("lognormal", "SIGMA", p[SIGMA], 0, 12, at, d) && mu;
}

static bool lognormal_prepare(const double *p, struct quantile_shelf *shelf,
                              struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_LOGNORMAL, .c = {p[MU], p[SIGMA]}};
    return true;
}

static double lognormal_survival(const double *p, double x)
{
    return lognormal_law_survival(p[MU], p[SIGMA], x);
}

static double lognormal_mean(const double *p)
{
    return lognormal_law_mean(p[MU], p[SIGMA]);
}

static double lognormal_variance(const double *p)
{
    return lognormal_law_variance(p[MU], p[SIGMA]);
}

static void lognormal_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family lognormal_family = {
    .name = "lognormal",
    .summary = "exp of a normal; MU and SIGMA are of the logarithm",
    .parameters = {"MU", "SIGMA"},
    .check = lognormal_check,
    .prepare = lognormal_prepare,
    .survival = lognormal_survival,
    .mean = lognormal_mean,
    .variance = lognormal_variance,
    .support = lognormal_support,
};
