// What people decided about risk, and the zones of an industrial network: what the registers of a
// management system must show beside the figures. Nothing here changes a simulated figure.
//
// Order: decisions stand in the order of (scenarios first, then treatments; what they speak of;
// date), zones in that of their ids, conduits behind them in that of their ends.
#ifndef LOSSMILL_MODELS_GOVERNANCE_H
#define LOSSMILL_MODELS_GOVERNANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/treatment.h"

// A row of decisions.csv: about some scenarios, or about one treatment.
struct decision {
    uint32_t treatment; // index; UINT32_MAX: about scenarios
    size_t scenario_count;
    const uint32_t *scenarios; // ascending
    const char *subject;       // as written: the selector, or the treatment's id
    enum treatment_option option;
    const char *decided_by, *decided_on, *review_by, *reason; // dates as 2026-01-31; "" if missing
    double maximum_aal; // accepted of all its scenarios together, in currency; NaN where missing
    uint64_t line;      // of decisions.csv
};

// IEC 62443's seven foundational requirements.
enum { FOUNDATIONAL_REQUIREMENTS = 7 };
extern const char *const foundational_codes[FOUNDATIONAL_REQUIREMENTS]; // "IAC", ...

enum { SECURITY_LEVEL_NOT_STATED = -1, SECURITY_LEVEL_MOST = 4 };

// A zone, or a conduit between two: what it needs (SL-T) and has (SL-A) of each requirement.
struct zone {
    const char *id;        // "" for a conduit
    const char *from, *to; // of a conduit, ids of zones; "" for a zone
    int8_t target[FOUNDATIONAL_REQUIREMENTS], achieved[FOUNDATIONAL_REQUIREMENTS];
    size_t asset_count;
    const uint32_t *assets; // in the zone, ascending
};

// How many levels are missing; SECURITY_LEVEL_NOT_STATED where one of the two is not stated.
int zone_gap(const struct zone *zone, size_t requirement);

struct governance {
    size_t decision_count, zone_count;
    const struct decision *decisions;
    const struct zone *zones;
    // The decision in force, UINT32_MAX where there is none: the last one; of several on one day
    // the one about fewest scenarios.
    const uint32_t *of_scenario, *of_treatment;
};

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

struct decision_standing {
    bool in_force;       // for its treatment, or for some of its scenarios
    double aal;          // of the scenarios for which it is in force; NaN where one is not known
    enum answer overdue; // its review date lies before `as_of`
    enum answer exceeded;
};

// scenario_aal[scenario], NaN where not known. `as_of` may be "" or NULL: nothing is overdue that
// anyone could tell.
struct decision_standing decision_standing_of(const struct governance *governance, size_t decision,
                                              const char *as_of, const double *scenario_aal);

#endif
