// Whether a run is within the appetite, in words.
#ifndef LOSSMILL_COMMANDS_APPETITE_H
#define LOSSMILL_COMMANDS_APPETITE_H

#include "commands/json.h"
#include "treat/figures.h"

// "No", "Not surely" or "Yes", of today's losses; NULL where the run has no appetite. `treated` may
// be NULL.
const char *appetite_answer(const struct treatment_outcome *treated);

// What that answer rests upon: "breached at 6 of 7 points".
const char *appetite_reason(const struct treatment_outcome *treated);

// The points of the appetite with what `figures`, one for each, say of them.
void json_appetite(struct json *json, const struct treatments *t,
                   const struct appetite_figures *figures);

#endif
