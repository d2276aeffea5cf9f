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

// A shared event's occurrence is one event: its scenario and asset are those of its largest hit.
struct worst_event {
    uint64_t year;
    int64_t loss;
    uint32_t scenario, asset;
    uint32_t event; // shared event, or NO_ROW
    int32_t hits;
};

struct worst_year {
    uint64_t year;
    int64_t annual_loss;
    int32_t events;
    struct worst_event largest; // of the year
};

// A shared event: its hits and what its occurrences cost by themselves.
struct event_outcome {
    struct contributor all;          // event_rate: of occurrences that hit something, NaN unknown
    int64_t *annual_loss, *own_loss; // [N]; the latter NULL if it costs nothing
    double occurrences_per_year, hits_per_year; // exact
    double own_aal, own_aal_exact;
    double *own_tvar_contribution; // [L]; with all scenarios' it adds up to the portfolio's TVaR
    __int128 own_form[LOSS_FORMS];
};

// The portfolio if nothing happened together: every scenario, and every unit that a shared event
// hits, keeps its own losses, but in years of its own.
struct independence {
    struct summary summary;
    double *event_share; // [L]: of shared events in the portfolio's TVaR as it is
};

struct group_outcome {
    int64_t *annual_loss, *largest_event; // [group][year]; the latter is not in the file
    struct summary *summary;              // [group]
    struct exceedance *exceedance;        // [group]
};

struct outcome {
    struct arena arena;
    const struct portfolio *portfolio;    // not owned
    int64_t *annual_loss, *largest_event; // [N]; net of `current` insurance, and gross
    int64_t *annual_loss_gross;           // [N]; NULL where there is no such insurance
    int32_t *event_count;                 // [N]
    struct summary summary;
    struct exceedance exceedance;
    struct group_outcome *groups;       // [grouping]
    struct contributor *scenarios;      // [scenario]
    struct contributor *assets;         // [asset]
    struct event_outcome *events;       // [shared event]
    struct worst_event *largest_shared; // [N]: loss 0 where none; NULL without shared events
    struct independence independence;
    size_t worst_year_count, worst_event_count; // at most 100 each
    struct worst_year *worst_years;
    struct worst_event *worst_events;
    double form_share[LOSS_FORMS], effect_share[EFFECTS]; // of the portfolio's sampled AAL
    uint64_t capped_events;                               // events that met the limit of 2^53 units
};

#endif
