// What is simulated: assets, scenarios and the rows they select. The study reader fills it; the
// engine only reads it. Everything lives in the study's arena and is immutable once read.
//
// Order: assets and scenarios stand in the order of their ids (byte-wise), never of their rows, so
// that no figure and no byte of the output depends on the order of rows.
#ifndef LOSSMILL_MODELS_PORTFOLIO_H
#define LOSSMILL_MODELS_PORTFOLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/distribution.h"
#include "models/governance.h"
#include "models/treatment.h"

enum stage { STAGE_PRIMARY, STAGE_SECONDARY, STAGES };

// FAIR's six forms of loss, and `total` where the study does not split a loss.
enum loss_form {
    FORM_PRODUCTIVITY,
    FORM_RESPONSE,
    FORM_REPLACEMENT,
    FORM_FINES,
    FORM_COMPETITIVE_ADVANTAGE,
    FORM_REPUTATION,
    FORM_TOTAL,
    LOSS_FORMS
};
extern const char *const loss_form_names[LOSS_FORMS]; // "productivity", ...
extern const char *const stage_names[STAGES];         // "primary", "secondary"

enum {
    EFFECT_C = 1,
    EFFECT_I = 2,
    EFFECT_A = 4
}; // a scenario's effect is a set of these; 0: not given

enum counts { COUNTS_POISSON, COUNTS_NEGBINOMIAL, COUNTS_AT_MOST_ONCE };
enum frequency_per { FREQUENCY_PER_SCENARIO, FREQUENCY_PER_UNIT };
enum loss_basis { LOSS_BASIS_MONEY, LOSS_BASIS_VALUE };
enum stated { STATED_CURRENT, STATED_INHERENT };

// Rows that a selector matches; shared by all scenarios with an equal selector.
struct selection {
    size_t count;
    const uint32_t *assets; // ascending asset indices
    double units;           // sum of their quantities, exact below 2^53
};

struct assets {
    size_t count;
    const char *const *id;
    const char *const *name;                      // "" where missing
    const uint64_t *id_hash;                      // XXH3 of the id; no two are equal
    const double *value;                          // of one unit, in currency; NaN where missing
    const uint64_t *quantity;                     // >= 1
    const struct distribution *const *resistance; // NULL where missing
};

// What one loss event costs.
struct severity {
    const struct distribution *loss[STAGES][LOSS_FORMS]; // NULL where absent
    const struct distribution *secondary_probability;    // NULL unless a secondary form needs it
    const struct distribution *secondary_form_probability[LOSS_FORMS]; // that form's own coin
    double form_correlation; // loading in [-1, 1] of every form's normal score on one common factor
    enum loss_basis loss_basis;              // VALUE: losses are fractions of the asset's value
    const struct distribution *outage_hours; // productivity is then per hour
};

// What of a loss follows a common factor, such as a driver's: the loss itself or, where
// productivity is per hour, the hours. NULL where there is no such loss.
const struct distribution *severity_follower(const struct severity *severity, enum stage stage,
                                             enum loss_form form);

// Whether any of that is not always the same, so that a common factor moves it.
bool severity_varies(const struct severity *severity);

enum { NO_ROW = UINT32_MAX }; // where a row names none of another table

struct scenario {
    const char *id, *name, *owner, *threat_id, *threat_name;
    uint64_t id_hash;
    uint8_t effect;
    enum stated stated;
    const struct selection *selection; // count may be 0 under empty_selection = warn

    // A stream of its own, or (event != NO_ROW) hits of a shared event's occurrences.
    uint32_t event;
    const struct distribution *hit_probability; // of each unit in an occurrence; drawn once for it
    enum frequency_per frequency_per;
    enum counts counts;
    double negbinomial_k;
    const struct distribution *frequency; // threat events per year; at_most_once: a probability
    // Exactly one way: given; or capability (against each asset's resistance); or neither: 1.
    const struct distribution *susceptibility;
    const struct distribution *capability;
    uint64_t threat_hash;     // XXH3 of threat_id
    struct severity severity; // some loss is given
    uint32_t driver;          // NO_ROW: none
};

// Strikes once and hits many assets, through every scenario that names it.
struct shared_event {
    const char *id, *name, *owner;
    uint64_t id_hash;
    enum stated stated;
    const struct distribution *frequency; // occurrences per year; at_most_once: a probability
    enum counts counts;
    double negbinomial_k;
    struct severity severity; // of the occurrence itself, once, if it hits anything; may be none
    double hit_correlation;   // loading of its hits' severities on one common factor
    uint32_t driver;
    size_t scenario_count;
    const uint32_t *scenarios; // ascending indices of those that name it
};

// What makes a whole year better or worse: a standard normal Z per year.
struct driver {
    const char *id;
    uint64_t id_hash;
    const struct distribution *frequency; // multiplier of mean 1, its quantile at P(Z)
    double severity_correlation;          // loading of severities' normal scores on Z
};

// A way to divide the portfolio: the values of one column, or of two or more crossed.
struct grouping {
    const char *name;         // as in [groups] by, such as "threat_id*business_unit"
    size_t count;             // groups; those without any exposure are left out
    const char *const *names; // ascending; crossed values are joined by " * "; "" is missing
    // group of (scenario s, asset a) = code[scenario_part[s] * asset_parts + asset_part[a]]
    const uint32_t *scenario_part; // per scenario; NULL: 0 for all
    const uint32_t *asset_part;    // per asset; NULL: 0 for all
    uint32_t asset_parts;
    const uint32_t *code; // UINT32_MAX where no exposure has the pair
    // Per shared event: the group that takes what its occurrences themselves cost. Its own where
    // groups are events, else the one without a name. NULL where no event costs anything itself.
    const uint32_t *events_own;
};

// Whether the groups of that name are the shared events: then each takes what it costs itself.
bool grouping_is_events(const char *name);

enum rate_uncertainty { RATE_UNCERTAINTY_YEAR, RATE_UNCERTAINTY_NONE };
enum annual_loss { ANNUAL_LOSS_EVENTS, ANNUAL_LOSS_PRODUCT };

struct settings {
    const char *title, *currency, *as_of;
    double resolution; // currency units in one unit of money counted, such as 0.01
    uint64_t years, seed;
    enum rate_uncertainty rate_uncertainty;
    enum annual_loss annual_loss;
    size_t return_period_count, quantile_count;
    const double *return_periods; // ascending
    const double *quantiles;      // ascending, in (0, 1)
    uint64_t detail;              // assets with VaR and TVaR
};

struct portfolio {
    struct settings settings;
    struct assets assets;
    size_t scenario_count;
    const struct scenario *scenarios;
    size_t event_count, driver_count; // in the order of their ids
    const struct shared_event *events;
    const struct driver *drivers;
    size_t grouping_count;
    const struct grouping *groupings;
    struct treatments treatments;
    struct governance governance;
};

#endif
