// What groups are called.
#ifndef LOSSMILL_COMMANDS_GROUPS_H
#define LOSSMILL_COMMANDS_GROUPS_H

#include <stddef.h>

#include "simulate/outcome.h"

// The name of a group; where it, or a part of a crossed one, is empty: in words and in parentheses,
// what is in it.
const char *group_shown(const struct outcome *outcome, size_t grouping, size_t group);

// That a group without a name holds more than its words say: "(no class) includes ..."; NULL where
// none does.
const char *group_note(const struct outcome *outcome, size_t grouping);

// What all shared events themselves cost in the average year, sampled.
double events_own_aal(const struct outcome *outcome);

// The sum that stands in "(shared events' own costs)", explained; NULL where no group holds it.
const char *events_own_note(const struct outcome *outcome);

#endif
