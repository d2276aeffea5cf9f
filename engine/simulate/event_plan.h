// A shared event made ready to simulate.
#ifndef LOSSMILL_SIMULATE_EVENT_PLAN_H
#define LOSSMILL_SIMULATE_EVENT_PLAN_H

#include "simulate/severity_plan.h"

struct event_plan {
    const struct shared_event *event;
    uint64_t key;
    struct rate rate;              // of occurrences
    struct severity_plan severity; // of what an occurrence itself costs
    bool costs;                    // some loss of its own is given
    bool treated;                  // existing treatments change its occurrences or their cost

    // Known exactly.
    double occurrences_per_year;
    double probability_of_hit; // that an occurrence hits anything; NaN where that is not known
    double hits_per_year;
    double own_aal_exact; // NaN likewise
    double aal_exact;     // with its hits
};

struct scenario_plan;

// Fills what is known of the event's hits from the plans of its scenarios (`plans` are all). False
// if memory is exhausted.
bool event_plan_finish(struct event_plan *plan, const struct scenario_plan *plans);

#endif
