// The loss events of one scenario in one block of years.
//
// The work is the events, never the (exposure x year) grid: candidates come from streams (stream.h)
// or from the occurrences of a shared event (shared_hits.h). What is kept is a loss event: its hit
// gets its losses, form by form, each rounded once to whole units of money.
#ifndef LOSSMILL_SIMULATE_EVENT_STREAM_H
#define LOSSMILL_SIMULATE_EVENT_STREAM_H

#include "simulate/at_most_once.h"
#include "simulate/shared_hits.h"
#include "simulate/stream.h"

// Buffers of one thread.
struct event_workspace {
    const uint64_t *wanted; // a bit per year of whole blocks: other years' events are left out;
                            // NULL: none is (product mode has all in any case)
    struct event_batch batch;
    struct stream_workspace stream;
    struct threat_events threats;   // at_most_once only
    struct occurrences occurrences; // of the shared event and block in work
    struct event_filter filter;     // with slots of its own; only where there are filters
    struct event_slots *slots;
};

// `filters` may be NULL. NULL if memory is exhausted.
struct event_workspace *event_workspace_new(const struct event_filters *filters);
void event_workspace_free(struct event_workspace *w);

// All loss events of `plan` in years [block * BLOCK_YEARS, years). False if memory is exhausted
// (at_most_once keeps a block's threat events, a shared event its occurrences).
bool event_stream_run(struct event_workspace *w, const struct scenario_plan *plan,
                      enum annual_loss mode, uint32_t block, uint64_t years,
                      event_consumer *consume, void *context);

// Events of the plan's units that come at `rate` beside its own, at addresses of their own, which
// `salt` tells apart; not where at most one event counts. False likewise.
bool event_stream_added(struct event_workspace *w, const struct scenario_plan *plan,
                        const struct rate *rate, uint64_t salt, uint32_t block, uint64_t years,
                        event_consumer *consume, void *context);

// The occurrences of a shared event in the block, into w->occurrences. False likewise.
bool event_occurrences_find(struct event_workspace *w, const struct event_plan *event,
                            uint32_t block, uint64_t years);

static inline uint32_t years_in_block(uint32_t block, uint64_t years)
{
    const uint64_t left = years - (uint64_t)block * BLOCK_YEARS;

    return left < BLOCK_YEARS ? (uint32_t)left : BLOCK_YEARS;
}

#endif
