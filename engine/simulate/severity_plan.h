// What a loss event costs, made ready to draw, and what is known of it exactly.
#ifndef LOSSMILL_SIMULATE_SEVERITY_PLAN_H
#define LOSSMILL_SIMULATE_SEVERITY_PLAN_H

#include "models/driver_mean.h"
#include "simulate/rate.h"

struct severity_plan {
    const struct severity *severity;
    const struct assets *assets;
    uint64_t key; // of the row: what is drawn once a year
    struct yearly secondary_probability, form_probability[LOSS_FORMS];
    double money_scale;                  // units of money counted per currency unit
    const struct driver_years *driver;   // NULL where severities do not follow one
    double hit_correlation;              // loading on the occurrence's factor
    const struct driver_mean *rate_mean; // of the driver, where it moves the rate too

    double mean;          // of a loss of the given law; with loss_basis = value per unit of value
    double weighted_mean; // of a loss event: bad years have more of them
    double capped_share;  // of the mean, removed by the limit on one event
};

// `driver` may be NULL. `rate_mean` is that driver's where it moves the rate too, else NULL.
void severity_plan_make(const struct severity *severity, const struct portfolio *portfolio,
                        const struct selection *selection, uint64_t key,
                        const struct driver_years *driver, const struct driver_mean *rate_mean,
                        double hit_correlation, struct severity_plan *plan);

// What each slot, [stage * LOSS_FORMS + form], is of weighted_mean.
void severity_plan_slot_means(const struct severity_plan *plan, double *mean);

// True if some loss is given; if the law of a loss has no variance.
bool severity_given(const struct severity *severity);
bool severity_variance_infinite(const struct severity *severity);

#endif
