// The hits of a shared event's occurrences on the units of one scenario.
//
// Only hits cost time: given an occurrence, each unit is hit with the same probability p, and the
// gaps from one hit to the next are geometric, floor(log u / log(1 - p)). They run over the places
// of the seats (seats.h): a class of quantities up to 2^c has 2^c places per seat, of which the
// asset on it takes as many as it has units; a gap that lands on a free place hits nothing. So an
// asset added shifts no other's hits. A hit then meets the unit's own resistance, drawn anew,
// against the one capability of the occurrence.
#ifndef LOSSMILL_SIMULATE_SHARED_HITS_H
#define LOSSMILL_SIMULATE_SHARED_HITS_H

#include "simulate/event_batch.h"

// The occurrences of one shared event in one block.
struct occurrences {
    size_t count, room;
    uint32_t *id; // its address in the event's stream
    uint32_t *year;
};

// More per year than OCCURRENCES_MAX would not have addresses of their own; a run with such a rate
// is refused.
#define OCCURRENCES_MAX 1e5

// Units of one scenario: no more hits of one occurrence have addresses of their own.
#define HIT_UNITS_MAX 1e9

// False if memory is exhausted. `index` as a stream gives it.
bool occurrences_add(struct occurrences *o, size_t n, const uint64_t *index, const uint32_t *year);
void occurrences_free(struct occurrences *o);

// All hits of `n` (at most EVENT_BATCH) occurrences from `first` on; `batch` is the buffer.
void shared_hits_run(struct event_batch *batch, const struct scenario_plan *plan, uint32_t block,
                     const struct occurrences *occurrences, size_t first, size_t n,
                     event_consumer *consume, void *context);

// What these occurrences cost by themselves: those of them whose places (0 to n - 1) are in `hit`.
void shared_own_run(struct event_batch *batch, const struct event_plan *event, uint32_t block,
                    const struct occurrences *occurrences, size_t first, size_t count,
                    const uint32_t *hit, event_consumer *consume, void *context);

#endif
