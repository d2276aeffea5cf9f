// Loss events on their way from a stream to the sums: flat arrays that the kernels run over.
#ifndef LOSSMILL_SIMULATE_EVENT_BATCH_H
#define LOSSMILL_SIMULATE_EVENT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/event_kernels.h"
#include "simulate/scenario_plan.h"

// At most EVENT_BATCH loss events of one stream; entry i of every array is event i.
struct event_batch {
    const struct scenario_plan *plan; // NULL: what the occurrences of a shared event cost
    const struct event_plan *event;   // then: whose
    const struct severity_plan *severity;
    uint32_t block;
    uint64_t key; // of the stream
    size_t count;
    bool lone_asset;             // all hit asset[0]
    uint64_t index[EVENT_BATCH]; // address in the stream
    uint32_t year[EVENT_BATCH];  // within the block
    uint32_t asset[EVENT_BATCH];
    double tail[EVENT_BATCH]; // first uniform

    // Hits of a shared event: the occurrence, by its place in a run of them; which unit of the
    // asset; and per occurrence of that run the common factor of its hits.
    uint32_t occurrence[EVENT_BATCH];
    uint64_t unit[EVENT_BATCH];
    const double *occurrence_tail;

    int64_t loss[EVENT_BATCH];                 // units; the forms' sum
    unsigned forms;                            // bit f: some loss of form f is possible
    double form_loss[LOSS_FORMS][EVENT_BATCH]; // whole numbers; only where the bit is set
    double form_sum[EVENT_BATCH];              // of several forms
    double loss_bound;                         // no event costs more units
    uint64_t capped;                           // how many met MONEY_LIMIT

    // What treatments and insurance look at: NULL where nobody does.
    struct event_slots *slots;
    struct event_filter *filter; // NULL: none, or the base before existing treatments is meant
};

// The losses of a batch, stage by stage and form by form.
struct event_slots {
    unsigned given;                                // LOSS_SLOT bits: some loss is possible there
    double loss[STAGES * LOSS_FORMS][EVENT_BATCH]; // whole units; before the limit on the event
    double outage_hours[EVENT_BATCH];              // of a scenario that has any
};

// Called with one batch after the other, in an order that depends on the plan and block alone.
typedef void event_consumer(void *context, const struct event_batch *batch);

// Fills loss, form_loss, forms and capped of a batch whose other entries are set. `factor`
// multiplies every amount before it is rounded; NULL: 1.
void severity_fill(struct event_batch *batch, const double *factor);

#endif
