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
#include "simulate/event_filter.h"
#include "simulate/event_plan.h"
#include "simulate/exposure.h"

struct scenario_plan {
    const struct scenario *scenario;
    const struct assets *assets;
    uint64_t key;

    // Where candidates land. at_most_once: threat events by quantity, which then become loss events
    // with the probability in `hits` times the year's susceptibility. A shared event's hits: units,
    // each with its own capability against resistance. Otherwise both are the same.
    const struct exposure *seats, *hits;

    // Candidates of a stream in a year: its seating's envelope x the rate, which is per unit. Of a
    // shared event's scenario only the susceptibility is used: the occurrences have the rate.
    struct rate rate;
    const struct event_plan *event; // NULL: a stream of its own
    bool treated; // existing treatments change its events: what is exact is of the stream before
    struct yearly hit_chance; // drawn once per occurrence
    struct severity_plan severity;

    // Known exactly.
    double threat_events_per_year, loss_events_per_year, candidates_per_year;
    double rate_per_weight; // loss events per year of an asset = this x its exposure_weight in hits
    double aal_exact;
    // Var of an asset's annual loss = rate E X^2 + (row - unit / quantity) x (its AAL)^2
    double row_variance, unit_variance;
};

struct scenario_plans {
    size_t count;
    struct scenario_plan *plans; // in the portfolio's order
    size_t event_count, driver_count;
    struct event_plan *events;    // likewise
    struct driver_years *drivers; // likewise
    struct exposures exposures;
    struct quantile_shelf shelf;         // tables of the multipliers of negative binomial counts
    const struct event_filters *filters; // existing treatments; NULL: none. Set by who knows them
    const uint8_t *blocks; // a byte for each block of years that is simulated; NULL: all are
    int arena_count;
    struct arena *arenas; // one per thread
};

// False, with a diagnostic, if memory is exhausted. To be freed in either case.
bool scenario_plans_make(const struct portfolio *portfolio, int threads,
                         struct scenario_plans *plans, struct diagnostics *d);
void scenario_plans_free(struct scenario_plans *plans);

static inline bool scenario_plans_have(const struct scenario_plans *plans, uint32_t block)
{
    return !plans->blocks || plans->blocks[block];
}

// Loss events per year and AAL that the i-th asset of the selection has from this scenario,
// exactly.
static inline double scenario_plan_asset_rate(const struct scenario_plan *plan, size_t i)
{
    return plan->rate_per_weight * exposure_weight(plan->hits, plan->assets, i);
}

static inline double scenario_plan_asset_aal(const struct scenario_plan *plan, size_t i)
{
    const double value = plan->scenario->severity.loss_basis == LOSS_BASIS_VALUE
                             ? plan->assets->value[plan->scenario->selection->assets[i]]
                             : 1;

    return scenario_plan_asset_rate(plan, i) * plan->severity.weighted_mean * value;
}

// True if its losses depend on those of others: by a shared event or a driver.
bool scenario_plan_depends(const struct scenario_plan *plan);

#endif
