// Log-normal by its 5 % and 95 % quantiles: what an estimator says when asked for a range that
// holds nine times in ten. With z the normal score of 0.95, sigma = log(P95 / P05) / (2 z) and mu
// is the middle of the logarithms.
#include "models/families.h"

#include <math.h>

#include "random/elementary.h"

enum { P05, P95 };
static const double score_95 = 1.6448536269514722; // normal score of 0.95

static double mu_of(const double *p)
{
    return (elementary_log(p[P05]) + elementary_log(p[P95])) / 2;
}

static double sigma_of(const double *p)
{
    return elementary_log(p[P95] / p[P05]) / (2 * score_95);
}

static bool lognormal90_check(const double *p, const struct place *at, struct diagnostics *d)
{
    if (!family_positive("lognormal90", "P05", p[P05], at, d))
        return false;
    if (!(p[P95] > p[P05])) {
        diagnostics_add(d, at, "lognormal90: P95 must be above P05, found %g and %g", p[P05],
                        p[P95]);
        return false;
    }
    if (sigma_of(p) > 12 || fabs(mu_of(p)) > 200) {
        diagnostics_add(d, at, "lognormal90: P05 and P95 are too far apart, found %g and %g",
                        p[P05], p[P95]);
        return false;
    }
    // exp(mu + sigma^2 / 2) > exp(mu + 1.645 sigma)
    if (sigma_of(p) > 2 * score_95)
        diagnostics_warn(d, at,
                         "lognormal90: the range is so wide that the mean, %g, lies above P95, %g",
                         lognormal_law_mean(mu_of(p), sigma_of(p)), p[P95]);
    return true;
}

static bool lognormal90_prepare(const double *p, struct quantile_shelf *shelf,
                                struct quantile_form *form)
{
    (void)shelf;
    *form = (struct quantile_form){.kernel = QUANTILE_LOGNORMAL, .c = {mu_of(p), sigma_of(p)}};
    return true;
}

static double lognormal90_survival(const double *p, double x)
{
    return lognormal_law_survival(mu_of(p), sigma_of(p), x);
}

static double lognormal90_mean(const double *p)
{
    return lognormal_law_mean(mu_of(p), sigma_of(p));
}

static double lognormal90_variance(const double *p)
{
    return lognormal_law_variance(mu_of(p), sigma_of(p));
}

static void lognormal90_support(const double *p, double *low, double *high)
{
    (void)p;
    *low = 0;
    *high = HUGE_VAL;
}

const struct distribution_family lognormal90_family = {
    .name = "lognormal90",
    .summary = "a log-normal with 90 % of its probability between P05 and P95",
    .parameters = {"P05", "P95"},
    .check = lognormal90_check,
    .prepare = lognormal90_prepare,
    .survival = lognormal90_survival,
    .mean = lognormal90_mean,
    .variance = lognormal90_variance,
    .support = lognormal90_support,
};
