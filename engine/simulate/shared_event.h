// A shared event in a block of years: every occurrence with all that it hits, as one event.
#ifndef LOSSMILL_SIMULATE_SHARED_EVENT_H
#define LOSSMILL_SIMULATE_SHARED_EVENT_H

#include "simulate/event_stream.h"

// One occurrence that hit something.
struct occurrence {
    uint32_t year; // within the block
    int32_t hits;
    int64_t loss, own;            // all of it; what the occurrence itself costs
    int64_t largest;              // loss of the largest hit
    uint32_t scenario, asset;     // of the largest hit, the first of equals
    const int64_t *groups;        // loss per group, all groupings one behind the other
    int64_t own_form[LOSS_FORMS]; // what `own` consists of
};

typedef void occurrence_consumer(void *context, const struct occurrence *occurrence);

struct shared_event_sums; // buffers of one thread

// NULL if memory is exhausted.
struct shared_event_sums *shared_event_sums_new(const struct portfolio *portfolio);
void shared_event_sums_free(struct shared_event_sums *sums);

// Bytes of such buffers.
double shared_event_memory(const struct portfolio *portfolio);

// All occurrences of event `e` in the block, years [block * BLOCK_YEARS, years). `capped` grows by
// the hits that met MONEY_LIMIT. False if memory is exhausted, or an occurrence outgrows 63 bits
// (`overflow` then becomes true).
bool shared_event_run(struct shared_event_sums *sums, struct event_workspace *w,
                      const struct scenario_plans *plans, size_t e, uint32_t block, uint64_t years,
                      occurrence_consumer *consume, void *context, uint64_t *capped,
                      bool *overflow);

// The group of a hit, in one grouping.
static inline uint32_t group_of(const struct grouping *g, size_t scenario, uint32_t asset)
{
    const uint32_t s = g->scenario_part ? g->scenario_part[scenario] : 0;
    const uint32_t a = g->asset_part ? g->asset_part[asset] : 0;

    return g->code[(size_t)s * g->asset_parts + a];
}

#endif
