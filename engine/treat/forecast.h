// What treatments will take in a run, before it starts, and whether they fit.
#ifndef LOSSMILL_TREAT_FORECAST_H
#define LOSSMILL_TREAT_FORECAST_H

#include "simulate/scenario_plan.h"

struct treat_forecast {
    double pairs;   // (event, treatment) of all treatments alone
    double seconds; // one thread, to a factor of 2 or so: each alone, ranks, the plans' figures
    bool searched;  // there are too many for every plan to be tried: `seconds` lacks the search
    // Bytes beside the study, its plans and the outcome:
    double memory_bytes; // at the peak
    double kept_bytes;   // of these, until the file is written
    // What it takes, beyond pricing each alone, to value each as the last one: `rank` does.
    double last_in_bytes, last_in_seconds;
};

// All zero where there is nothing to price. False, with a diagnostic, if the run would be refused:
// the years of treatments do not fit the stated limit, or an effect cannot be simulated; or if
// memory is exhausted.
bool treat_forecast(const struct portfolio *portfolio, const struct scenario_plans *plans,
                    int threads, struct treat_forecast *forecast, struct diagnostics *d);

#endif
