// A scenario made ready to simulate: its rate, where its events land, and what is known of it
// exactly.
#ifndef LOSSMILL_SIMULATE_SCENARIO_PLAN_H
#define LOSSMILL_SIMULATE_SCENARIO_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "models/portfolio.h"
#include "simulate/exposure.h"

// A figure common to all units of a row in a year: constant, or drawn once per (row, year).
struct yearly {
    const struct distribution *law; // NULL: `constant` in every year
    double constant;
};

struct scenario_plan {
    const struct scenario *scenario;
    const struct assets *assets;
    uint64_t key;

    // Where candidates land. at_most_once: threat events by quantity, which then become loss events
    // with the probability in `hits` times the year's susceptibility. Otherwise both are the same.
    const struct exposure *seats, *hits;

    // Candidates of a stream in a year: its seating's envelope x frequency_scale x frequency x
    // susceptibility x multiplier; at_most_once: x frequency_scale x -log(1 - frequency).
    double frequency_scale; // 1 / units where the frequency is the whole selection's, else 1
    struct yearly frequency, susceptibility;
    const struct distribution *multiplier; // negbinomial: gamma of mean 1; else NULL
    bool rate_varies;                      // any of the three is drawn per year
    double constant_rate;                  // per unit of envelope, if not

    struct yearly secondary_probability, form_probability[LOSS_FORMS];
    double money_scale; // units of money counted per currency unit

    // Known exactly.
    double threat_events_per_year, loss_events_per_year, candidates_per_year;
    double loss_mean;       // of a hit; with loss_basis = value per unit of value
    double rate_per_weight; // loss events per year of an asset = this x its exposure_weight in hits
    double aal_exact;
    // Var of an asset's annual loss = rate E X^2 + (row - unit / quantity) x (its AAL)^2
    double row_variance, unit_variance;
    double capped_share; // of the mean, removed by the limit on one event
};

struct scenario_plans {
    size_t count;
    struct scenario_plan *plans; // in the portfolio's order
    struct exposures exposures;
    struct arena arena;
};

// False, with a diagnostic, if memory is exhausted. To be freed in either case.
bool scenario_plans_make(const struct portfolio *portfolio, int threads,
                         struct scenario_plans *plans, struct diagnostics *d);
void scenario_plans_free(struct scenario_plans *plans);

// Loss events per year and AAL that the i-th asset of the selection has from this scenario,
// exactly.
double scenario_plan_asset_rate(const struct scenario_plan *plan, size_t i);
double scenario_plan_asset_aal(const struct scenario_plan *plan, size_t i);

// Rate of an at_most_once stream whose first event has probability p.
double at_most_once_rate(double p);

#endif
