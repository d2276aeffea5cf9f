// Whose losses are summed: the portfolio's, or those of one group.
#ifndef LOSSMILL_TREAT_SCOPE_H
#define LOSSMILL_TREAT_SCOPE_H

#include "simulate/event_batch.h"
#include "simulate/shared_event.h"

struct pricing_scope {
    uint32_t grouping, group; // grouping NO_ROW: the portfolio
};

// The portfolio's and those of groups, one bit each in a set.
enum { SCOPES_MAX = 64 };

// Whether event i of the batch counts; `event` is the shared one where the batch is what its
// occurrences cost.
static inline bool scope_has(const struct pricing_scope *scope, const struct portfolio *portfolio,
                             const struct event_batch *batch, const struct shared_event *event,
                             size_t i)
{
    const struct grouping *grouping;

    if (scope->grouping == NO_ROW)
        return true;
    grouping = &portfolio->groupings[scope->grouping];
    if (!batch->plan)
        return grouping->events_own[event - portfolio->events] == scope->group;
    return group_of(grouping, (size_t)(batch->plan->scenario - portfolio->scenarios),
                    batch->asset[i]) == scope->group;
}

#endif
