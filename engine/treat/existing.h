// Existing treatments at work: what they leave of rows that are stated inherent is the base world,
// which the simulation then sees.
#ifndef LOSSMILL_TREAT_EXISTING_H
#define LOSSMILL_TREAT_EXISTING_H

#include "simulate/scenario_plan.h"

struct existing;

// NULL where no existing treatment changes anything, and, with a diagnostic, where memory is
// exhausted or an effect cannot be simulated: *good tells them apart. `plans` live as long.
struct existing *existing_new(const struct portfolio *portfolio, const struct scenario_plans *plans,
                              bool *good, struct diagnostics *d);
void existing_free(struct existing *existing);

const struct event_filters *existing_filters(const struct existing *existing);

#endif
