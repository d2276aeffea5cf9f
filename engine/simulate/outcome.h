// Everything a run computed, in memory: what the HDF5 file holds and `show` prints.
//
// Sampled money per year is counted in whole units of resolution (cents); statistics are in
// currency. All arrays are owned by the outcome's arena. L = settings.quantile_count, T =
// return_period_count, N = settings.years.
#ifndef LOSSMILL_SIMULATE_OUTCOME_H
#define LOSSMILL_SIMULATE_OUTCOME_H

#include "base/arena.h"
#include "measure/statistics.h"
#include "models/portfolio.h"

enum { EFFECTS = 4 }; // C, I, A, not given: the columns of a share by effect

// A row of /scenario or /asset.
struct contributor {
    double event_rate;     // expected loss events per year, exact
    double aal_exact;      // NaN where no closed form exists
    double aal, aal_error; // sampled
    double sd;
    double *var, *tvar; // [L]; NaN for assets beyond `detail`
    double
        *tvar_contribution; // [L]: to the portfolio's TVaR; all scenarios (all assets) add up to it
    double form_share[LOSS_FORMS]; // of the sampled AAL, primary and secondary together; scenarios
                                   // only
};

struct worst_year {
    uint64_t year;
    int64_t annual_loss;
    int32_t events;
    int64_t largest_event;
    uint32_t largest_scenario, largest_asset; // of the largest event
};

struct worst_event {
    uint64_t year;
    int64_t loss;
    uint32_t scenario, asset;
};

struct group_outcome {
    int64_t *annual_loss, *largest_event; // [group][year]; the latter is not in the file
    struct summary *summary;              // [group]
    struct exceedance *exceedance;        // [group]
};

struct outcome {
    struct arena arena;
    const struct portfolio *portfolio;    // not owned
    int64_t *annual_loss, *largest_event; // [N]
    int32_t *event_count;                 // [N]
    struct summary summary;
    struct exceedance exceedance;
    struct group_outcome *groups;               // [grouping]
    struct contributor *scenarios;              // [scenario]
    struct contributor *assets;                 // [asset]
    size_t worst_year_count, worst_event_count; // at most 100 each
    struct worst_year *worst_years;
    struct worst_event *worst_events;
    double form_share[LOSS_FORMS], effect_share[EFFECTS]; // of the portfolio's sampled AAL
    uint64_t capped_events;                               // events that met the limit of 2^53 units
};

#endif
