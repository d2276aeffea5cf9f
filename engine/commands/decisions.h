// Decisions as `check` lists them: those in force that are to be taken again.
#ifndef LOSSMILL_COMMANDS_DECISIONS_H
#define LOSSMILL_COMMANDS_DECISIONS_H

#include "commands/json.h"
#include "models/portfolio.h"

// Under a heading: decisions in force that are past their review date, or whose accepted loss is
// exceeded. Nothing where there are no decisions. scenario_aal[scenario], NaN where not known.
void print_decisions(const struct portfolio *portfolio, const double *scenario_aal);

// All of them.
void json_decisions(struct json *json, const struct portfolio *portfolio,
                    const double *scenario_aal);

#endif
