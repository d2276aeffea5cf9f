// The headline of a run, which `run` and `show` share.
#ifndef LOSSMILL_COMMANDS_HEADLINE_H
#define LOSSMILL_COMMANDS_HEADLINE_H

#include "commands/json.h"
#include "commands/shares.h"
#include "commands/years.h"
#include "simulate/outcome.h"
#include "treat/figures.h"

// Whether it is within the appetite (`treated` may be NULL); AAL, 1-in-20 and 1-in-200 year, chance
// of any loss, each with its simulation error; and what makes up more of the worst years than any
// other.
void print_headline(const struct outcome *outcome, const struct treatment_outcome *treated,
                    const struct portfolio_years *years, const struct totals *totals);
void json_headline(struct json *json, const struct outcome *outcome);

// What it means that the exact AAL lies outside the sampled one's 95 % range; NULL where it does
// not.
const char *exact_note(const struct summary *summary);

#endif
