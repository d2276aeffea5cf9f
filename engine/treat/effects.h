// What treatments make of the events of one batch: which survive, and what they then cost.
//
// An event of the base survives a variant if one uniform of its own is at most the product of what
// is left of its frequency, susceptibility and hit probability; whole occurrences likewise, by a
// uniform of the occurrence. One uniform for all treatments: each variant has its own law exactly,
// more treatments leave no more events, no treatment changes another's figures, and the differences
// between variants are as sharp as they can be. Factors compose in the order multiply, add, set,
// cap; what raises a frequency adds events of streams of its own (added.h) and never changes the
// base's.
#ifndef LOSSMILL_TREAT_EFFECTS_H
#define LOSSMILL_TREAT_EFFECTS_H

#include "simulate/event_stream.h"
#include "treat/unit.h"

struct effects_workspace; // buffers of one thread

// NULL if memory is exhausted. `rows_most` as in struct units.
struct effects_workspace *effects_workspace_new(size_t rows_most);
void effects_workspace_free(struct effects_workspace *w);

// Events that a treatment adds, or none: `row` of the part in work raises them (multiply: all rows
// whose bit is set in `multiplied`, together; add and set: that one row).
struct added_events {
    const uint64_t *multiplied; // a bit per row of the part, NULL where `added` is given
    uint32_t added;             // else NO_ROW
    double bound; // candidates come at the rate of this: a product of (amount - 1), or an amount
};

// Takes a batch of `part` of `unit` in work, with its slots; `event_key` is that of a shared
// event's stream, `added` NULL for events of the base. To be called before effects_apply.
void effects_start(struct effects_workspace *w, const struct portfolio *portfolio,
                   const struct unit *unit, const struct unit_part *part,
                   const struct event_batch *batch, const struct rate_years *years,
                   const struct added_events *added);

// The batch in a variant: kept[i] tells whether event i is there, loss[i] what it costs (0 where it
// is not).
struct treated {
    int64_t loss[EVENT_BATCH];
    bool kept[EVENT_BATCH];
    bool resized; // else every kept event costs what it does in the base
    double slot[STAGES * LOSS_FORMS][EVENT_BATCH]; // whole units; only where resized
};
void effects_apply(struct effects_workspace *w, const struct variant *variant, size_t part,
                   struct treated *treated);

// The quick way where a variant has but one row on the part, which multiplies alike wherever it is:
// such rows are most of all. True where it blocks events: event i is gone, and else as in the base,
// if uniform[i] > *amount.
bool effects_block(struct effects_workspace *w, const struct variant *variant, size_t part,
                   const double **uniform, double *amount);

// Memory was exhausted since the workspace was made; bytes of one.
bool effects_failed(const struct effects_workspace *w);
double effects_memory(size_t rows_most);

#endif
