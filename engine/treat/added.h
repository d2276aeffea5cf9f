// Events that treatments add: streams of their own beside a scenario's.
//
// Where treatments multiply a frequency by m_1, m_2, ... > 1, the product is the sum over their
// subsets S of prod_{i in S} (m_i - 1): a world has the streams of all subsets of its treatments,
// each at the base's rate times that. What is added to a frequency is one stream, and what lifts it
// to a value that is set above the base's is another. A stream's addresses are keyed by (scenario,
// the rows that make it), so that it is the same in every world and no treatment changes a base
// event.
#ifndef LOSSMILL_TREAT_ADDED_H
#define LOSSMILL_TREAT_ADDED_H

#include "treat/effects.h"

struct added_stream {
    struct added_events events;
    struct rate rate;
    uint64_t salt;
};

struct added {
    size_t count;
    struct added_stream *streams;
};

// Whether the row adds events in some year.
bool added_raises(const struct unit *unit, const struct unit_row *row);

// False, with a diagnostic, if memory is exhausted or an effect cannot be simulated: one without a
// bound, or that may raise what happens at most once, or the occurrences of a shared event.
bool added_make(const struct unit *unit, struct arena *arena, struct added *added,
                struct diagnostics *d);

#endif
