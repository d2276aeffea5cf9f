// What changes events before anyone sees them: existing treatments, which a floor above knows.
#ifndef LOSSMILL_SIMULATE_EVENT_FILTER_H
#define LOSSMILL_SIMULATE_EVENT_FILTER_H

#include <stdbool.h>

struct event_batch;
struct rate_years;

// Shared by all threads.
struct event_filters {
    void *context;
    void *(*start)(const void *context); // one thread's workspace; NULL if memory is exhausted
    void (*end)(void *workspace);
    // Drops events of the batch and makes others smaller, with all that the batch says of them.
    void (*apply)(void *workspace, struct event_batch *batch, const struct rate_years *years);
    bool (*failed)(const void *workspace); // memory was exhausted since it was started
};

// One thread's.
struct event_filter {
    const struct event_filters *filters;
    void *workspace;
    const struct rate_years *years; // of the stream in work
};

#endif
