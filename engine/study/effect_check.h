// What an effect may do to what: the cells of a row of effects.csv held against each other and
// against the scenarios and shared events that it acts on.
#ifndef LOSSMILL_STUDY_EFFECT_CHECK_H
#define LOSSMILL_STUDY_EFFECT_CHECK_H

#include "study/treatments.h"

// The columns of effects.csv.
enum {
    EFFECT_TREATMENT,
    EFFECT_SCENARIOS,
    EFFECT_ASSETS,
    EFFECT_EVENTS,
    EFFECT_FACTOR,
    EFFECT_OPERATION,
    EFFECT_AMOUNT,
    EFFECT_COVERAGE,
    EFFECT_RELIABILITY,
    EFFECT_OVERLAP,
    EFFECT_COLUMNS
};

// Fills effect->amount, which the factor and the operation must allow. False after a diagnostic.
bool effect_amount_read(const struct terms *t, struct effect *effect);

// Fills the scenarios and assets of the effect from those chosen (`assets` NULL: all): without
// those where the factor means nothing, and, of an existing treatment, those whose figures know of
// it already.
void effect_scenarios_choose(struct treatment_reading *r, const struct terms *t,
                             const struct treatment *treatment, struct choice *chosen,
                             struct choice *assets, struct effect *effect);

// The same for shared events; `chosen` NULL: the factor only is checked.
void effect_events_choose(struct treatment_reading *r, const struct terms *t,
                          const struct treatment *treatment, struct choice *chosen,
                          struct effect *effect);

// Reports a row that raises a frequency where that cannot be simulated: without a bound, in an
// overlap group, of shared events, of what happens at most once. Its targets are known.
void effect_raise_check(const struct terms *t, const struct effect *effect);

// Warns of a row that leaves everything as it is, whatever it acts on.
void effect_idle_warn(const struct terms *t, const struct effect *effect);

#endif
