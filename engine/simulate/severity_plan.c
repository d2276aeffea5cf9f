#include "simulate/severity_plan.h"

#include <math.h>

#include "simulate/event_kernels.h"

static double excess(double x, void *limit)
{
    return fmax(0, x - *(const double *)limit);
}

// What the limit on one event removes of a form's mean, by quadrature; 0 where it cannot reach, or
// where E[X; X > limit]^2 <= E X^2 P(X > limit) (Cauchy and Schwarz) shows that it is far below the
// 10^-6 that is told.
static double mean_beyond(const struct distribution *law, double limit)
{
    const double mean = distribution_mean(law), second = distribution_variance(law) + mean * mean;
    double low, high;

    distribution_support(law, &low, &high);
    if (high <= limit || second * distribution_survival(law, limit) <= 1e-18 * mean * mean)
        return 0;
    return distribution_expectation(law, excess, &limit, &limit, 1);
}

// Mean loss of an event. Of a product it is the first factor that follows the driver.
static double event_mean(const struct distribution *law, const struct driver_mean *rate_mean)
{
    const struct distribution *factor[RATE_FACTORS_MAX];
    const size_t n = distribution_factors(law, factor, RATE_FACTORS_MAX);
    double mean;

    if (!rate_mean || n == 0)
        return distribution_mean(law);
    mean = driver_mean_loss(rate_mean, factor[0]) / driver_mean_weight(rate_mean);
    for (size_t i = 1; i < n; i++)
        mean *= distribution_mean(factor[i]);
    return mean;
}

static double largest_value(const struct severity *s, const struct selection *selection,
                            const struct assets *assets)
{
    double largest = 1e-300;

    if (s->loss_basis == LOSS_BASIS_MONEY)
        return 1;
    for (size_t i = 0; i < selection->count; i++)
        largest = fmax(largest, assets->value[selection->assets[i]]);
    return largest;
}

static double coin_mean(const struct severity_plan *plan, int stage, int form)
{
    if (stage != STAGE_SECONDARY)
        return 1;
    return yearly_mean(plan->severity->secondary_form_probability[form]
                           ? &plan->form_probability[form]
                           : &plan->secondary_probability);
}

// Forms are independent of their coins; outage hours, which a driver moves, of what an hour costs.
void severity_plan_slot_means(const struct severity_plan *plan, double *mean)
{
    const struct severity *s = plan->severity;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct distribution *law = s->loss[stage][form];
            const bool hourly = form == FORM_PRODUCTIVITY && s->outage_hours;

            mean[stage * LOSS_FORMS + form] =
                !law ? 0
                     : coin_mean(plan, stage, form) *
                           (hourly ? event_mean(s->outage_hours, plan->rate_mean) *
                                         distribution_mean(law)
                                   : event_mean(law, plan->rate_mean));
        }
}

// E of a loss. Correlation does not move the mean of a sum.
static void means_fill(struct severity_plan *plan, double largest)
{
    const struct severity *s = plan->severity;
    const double limit = MONEY_LIMIT / plan->money_scale;
    double slot[STAGES * LOSS_FORMS], removed = 0;

    severity_plan_slot_means(plan, slot);
    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct distribution *law = s->loss[stage][form];
            const bool hourly = form == FORM_PRODUCTIVITY && s->outage_hours;
            const double hours = hourly ? distribution_mean(s->outage_hours) : 1;
            const double probability = coin_mean(plan, stage, form);

            if (!law)
                continue;
            plan->mean += probability * hours * distribution_mean(law);
            plan->weighted_mean += slot[stage * LOSS_FORMS + form];
            removed +=
                probability * hours * mean_beyond(law, limit / (hours > 0 ? hours : 1) / largest);
        }
    plan->capped_share = plan->mean > 0 ? removed / plan->mean : 0;
}

void severity_plan_make(const struct severity *severity, const struct portfolio *portfolio,
                        const struct selection *selection, uint64_t key,
                        const struct driver_years *driver, const struct driver_mean *rate_mean,
                        double hit_correlation, struct severity_plan *plan)
{
    const struct settings *settings = &portfolio->settings;

    *plan = (struct severity_plan){.severity = severity,
                                   .assets = &portfolio->assets,
                                   .key = key,
                                   .hit_correlation = hit_correlation};
    if (driver && driver->driver->severity_correlation != 0)
        plan->driver = driver;
    plan->money_scale = 1 / settings->resolution;
    if (fabs(plan->money_scale - rint(plan->money_scale)) < 1e-9 * plan->money_scale)
        plan->money_scale = rint(plan->money_scale); // 1 / 0.01 is to be 100 exactly
    plan->secondary_probability =
        yearly_of(severity->secondary_probability, 0, settings->rate_uncertainty);
    for (int form = 0; form < LOSS_FORMS; form++)
        plan->form_probability[form] =
            yearly_of(severity->secondary_form_probability[form], 0, settings->rate_uncertainty);
    plan->rate_mean = plan->driver ? rate_mean : NULL;
    means_fill(plan, largest_value(severity, selection, &portfolio->assets));
}

bool severity_given(const struct severity *severity)
{
    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++)
            if (severity->loss[stage][form])
                return true;
    return false;
}

bool severity_variance_infinite(const struct severity *severity)
{
    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++)
            if (severity->loss[stage][form] &&
                isinf(distribution_variance(severity->loss[stage][form])))
                return true;
    return severity->outage_hours && isinf(distribution_variance(severity->outage_hours));
}
