#include <math.h>

#include "random/elementary.h"
#include "treat/figures.h"

// The payment at the end of each of n years whose present value is 1: r / (1 - (1 + r)^-n).
static double annuity(double rate, double years)
{
    return rate > 0 ? rate / -elementary_expm1(-years * elementary_log1p(rate)) : 1 / years;
}

double treatment_cost_annualised(const struct treatment *treatment,
                                 const struct treatment_settings *settings, double upfront,
                                 double annual)
{
    return upfront * annuity(settings->discount_rate, treatment->lifetime_years) + annual;
}

struct treatment_cost treatment_cost_of(const struct treatment *treatment,
                                        const struct treatment_settings *settings)
{
    struct treatment_cost cost = {0};

    if (treatment->cost_upfront)
        cost.upfront = distribution_mean(treatment->cost_upfront);
    if (treatment->cost_annual)
        cost.annual = distribution_mean(treatment->cost_annual);
    cost.first_year = cost.upfront + cost.annual;
    cost.annualised = treatment_cost_annualised(treatment, settings, cost.upfront, cost.annual);
    return cost;
}
