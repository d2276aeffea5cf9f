// The limits of a run, known from its plans before anything large is allocated.
#ifndef LOSSMILL_SIMULATE_FORECAST_H
#define LOSSMILL_SIMULATE_FORECAST_H

#include "simulate/scenario_plan.h"

// Bytes for the annual losses of the assets in detail; infinite if there is no memory to find out.
double forecast_detail_memory(const struct portfolio *portfolio,
                              const struct scenario_plans *plans);

// False, with the setting that helps, if the run would outgrow a stated limit.
bool forecast_accept(const struct portfolio *portfolio, const struct scenario_plans *plans,
                     double detail_memory, struct diagnostics *d);

#endif
