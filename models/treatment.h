// What can be done about risk, and what it costs: treatments with their effects, insurance, and the
// appetite that the outcome is held against. The study reader fills it; the engine only reads it.
//
// Order: treatments and controls stand in the order of their ids, effects in the order of
// (treatment, row_hash), layers in that of (treatment, the policy's first layer, policy, layer), so that the order of rows
// changes no figure.
#ifndef LOSSMILL_MODELS_TREATMENT_H
#define LOSSMILL_MODELS_TREATMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/distribution.h"

// ISO/IEC 27005's four options.
enum treatment_option { OPTION_MODIFY, OPTION_SHARE, OPTION_AVOID, OPTION_RETAIN, OPTIONS };
extern const char *const treatment_option_names[OPTIONS]; // "modify", ...

enum treatment_state {
    TREATMENT_CANDIDATE,   // a plan may choose it
    TREATMENT_APPROVED,    // in every plan, not in the base world
    TREATMENT_IN_PROGRESS, // likewise
    TREATMENT_EXISTING,    // at work: part of the base world of `inherent` rows
    TREATMENT_MANDATORY,   // in every plan, not in the base world
    TREATMENT_FORBIDDEN,   // in none; priced all the same
    TREATMENT_STATES
};
extern const char *const treatment_state_names[TREATMENT_STATES];

struct control {
    const char *id, *name, *framework, *reference, *status, *justification, *owner;
};

struct treatment {
    const char *id, *name, *owner, *due;
    uint64_t id_hash; // XXH3 of the id; no two are equal
    enum treatment_option option;
    enum treatment_state state;
    const struct distribution *cost_upfront, *cost_annual; // currency; NULL: 0
    double lifetime_years;                                 // after which cost_upfront comes again
    size_t control_count, requires_count, excludes_count;
    const uint32_t *controls; // ascending
    // Indices of treatments, ascending. `excludes` is symmetric: each names the other.
    const uint32_t *requires, *excludes;
};

// What an effect changes.
enum effect_factor {
    FACTOR_FREQUENCY, // of threat events; of a shared event's occurrences
    FACTOR_SUSCEPTIBILITY,
    FACTOR_RESISTANCE,
    FACTOR_HIT_PROBABILITY,
    FACTOR_SECONDARY_PROBABILITY,
    FACTOR_LOSS, // the loss slots in `slots`
    FACTORS
};

enum effect_operation {
    OPERATION_MULTIPLY,
    OPERATION_ADD,
    OPERATION_SET,
    OPERATION_CAP,
    OPERATIONS
};
extern const char *const effect_operation_names[OPERATIONS];

// Bit of one loss form of one stage in a set of loss slots.
#define LOSS_SLOT(stage, form) (1u << ((stage)*LOSS_FORMS + (form)))

// A row of effects.csv. It acts either on scenarios (and there on some assets), or on shared
// events: then only frequency and what an occurrence itself costs.
struct effect {
    uint32_t treatment;
    uint64_t row_hash; // XXH3 of the row's cells: the address of what it draws
    enum effect_factor factor;
    unsigned slots; // FACTOR_LOSS
    enum effect_operation operation;
    const struct distribution *amount;  // drawn once a year; in the factor's unit
    double coverage, reliability;       // in [0, 1]; 1 where missing
    uint32_t overlap;                   // index of its group, NO_ROW: none
    size_t scenario_count, event_count; // one of them is 0
    const uint32_t *scenarios, *events; // ascending
    const uint64_t *assets;             // a bit per asset; NULL: all
    uint64_t line;                      // of effects.csv, for messages
};

// Effects whose successes go together: with probability `correlation` per event the strongest alone
// counts, else they act independently.
struct overlap {
    const char *name;
    uint64_t name_hash;
    double correlation;
};

enum insurance_basis { BASIS_EVENT, BASIS_YEAR };

// A row of insurance.csv. Money is in currency; HUGE_VAL where there is no limit.
struct insurance_layer {
    uint32_t treatment; // NO_ROW: current
    const char *policy;
    double layer;   // order
    unsigned forms; // bit per loss form
    enum insurance_basis basis;
    double retention, limit, share, aggregate_retention, aggregate_limit, waiting_hours;
    const uint64_t *scenarios, *assets; // a bit per scenario, per asset; NULL: all
};

// A point of the tolerated exceedance curve: P(annual loss > loss) should be at most `probability`.
struct appetite_point {
    uint32_t grouping, group; // NO_ROW, 0: the portfolio
    const char *scope;        // as written: "portfolio", "business_unit=Retail"
    double loss, probability;
};

enum objective { OBJECTIVE_AAL, OBJECTIVE_TVAR, OBJECTIVE_NET_BENEFIT, OBJECTIVES };
extern const char *const objective_names[OBJECTIVES]; // "aal", "tvar", "net_benefit"

enum budget_basis { BUDGET_FIRST_YEAR, BUDGET_ANNUALISED };

// [treatment] of study.ini.
struct treatment_settings {
    double horizon_years; // 5: the lifetime of treatments that state none
    double discount_rate; // 0
    enum objective objective;
    enum budget_basis budget_basis;
};

struct treatments {
    struct treatment_settings settings;
    size_t count, control_count, effect_count, overlap_count, layer_count, appetite_count;
    const struct treatment *rows;
    const struct control *controls;
    const struct effect *effects; // those that act on anything
    const struct overlap *overlaps;
    const struct insurance_layer *layers;
    const struct appetite_point *appetite; // by (portfolio first, grouping, group, loss)
};

#endif
