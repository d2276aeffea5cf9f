// The limits of a run, known from its plans before anything large is allocated.
#ifndef LOSSMILL_SIMULATE_FORECAST_H
#define LOSSMILL_SIMULATE_FORECAST_H

#include "simulate/asset_exact.h"
#include "simulate/scenario_plan.h"

// What the annual losses of the assets in detail take: bytes, infinite if there is no memory to
// find out (`exact` may be NULL), and one thread's seconds.
struct detail_forecast {
    double bytes, seconds;
};
struct detail_forecast forecast_detail(const struct portfolio *portfolio,
                                       const struct asset_exact *exact);

// False, with the setting that helps, if the run would outgrow a stated limit.
bool forecast_accept(const struct portfolio *portfolio, const struct scenario_plans *plans,
                     double detail_memory, struct diagnostics *d);

#endif
