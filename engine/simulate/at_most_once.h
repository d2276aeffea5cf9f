// At most one threat event per unit (or scenario, or shared event) and year: the first in time.
#ifndef LOSSMILL_SIMULATE_AT_MOST_ONCE_H
#define LOSSMILL_SIMULATE_AT_MOST_ONCE_H

#include "simulate/event_batch.h"

// A threat event that waits until it is known to be the first of its unit and year.
struct threat_event {
    uint64_t index, unit;
    double time;
    double tail;
    uint32_t year, asset, stream;
    bool repeated; // not the first of its unit and year
};

struct threat_events {
    struct threat_event *events;
    struct threat_event **by_year; // [room]
    size_t count, room;
};

// Adds the batch's threat events, of the stream with that number and key. `quantity` per asset, or
// NULL: one unit. False if memory is exhausted.
bool threat_events_keep(struct threat_events *threats, const struct event_batch *batch,
                        uint32_t stream, uint64_t key, const uint64_t *quantity);

// Keeps the first of each unit and year, or of each year, in the order in which they came.
void threat_events_thin(struct threat_events *threats, bool per_unit);

void threat_events_free(struct threat_events *threats);

#endif
