// What insurance pays in worlds, event by event in the order of the year.
//
// A layer sees single events, and what earlier events of the year have left of its aggregates. So
// all insured events of a block of years are noted, with their losses in every variant of their
// unit, then put in order, and every world's policies are applied to them, year by year.
#ifndef LOSSMILL_TREAT_INSURED_H
#define LOSSMILL_TREAT_INSURED_H

#include "models/insurance.h"
#include "treat/effects.h"
#include "treat/scope.h"

// The policies of one pass: which layers each world has.
struct insured_worlds;

// `variants` (of all units, made with by_world) and `worlds` live as long. World `count` is the
// base itself: `current` policies alone. NULL if memory is exhausted.
struct insured_worlds *insured_worlds_new(const struct portfolio *portfolio,
                                          const struct units *units,
                                          const struct unit_variants *variants,
                                          const struct world *worlds, size_t count,
                                          const struct pricing_scope *scopes, size_t scope_count);
void insured_worlds_free(struct insured_worlds *worlds);

// Whether any of them has a layer; whether the unit may be seen by one that they have.
bool insured_any(const struct insured_worlds *worlds);
bool insured_sees(const struct insured_worlds *worlds, const struct unit *unit);

// Whether some world with a layer has the variant.
bool insured_wants(const struct insured_worlds *worlds, const struct variant *variant);

// The insured events of a block; one thread's.
struct insured_events;

struct insured_events *insured_events_new(const struct insured_worlds *worlds);
void insured_events_free(struct insured_events *events);

// Units come one after the other, each with all its batches between start and end.
void insured_unit_start(struct insured_events *events, size_t unit);
// Notes n events of a shared event's run, occurrences at `index` of its stream, or of a batch.
// Returns the place of the first.
size_t insured_note(struct insured_events *events, uint64_t key, uint32_t block, size_t n,
                    const uint64_t *index, const uint32_t *year);
// What the batch's events cost in a variant, or in the base (variant NULL: NO_ROW) with `treated`
// NULL: event i is at place[i].
void insured_add(struct insured_events *events, uint32_t variant, const struct unit *unit,
                 const struct event_batch *batch, const struct treated *treated,
                 const size_t *place);
bool insured_unit_end(struct insured_events *events);

// Applies the policies of every world to the block and adds what they pay to ceded[(world *
// scope_count + scope) * years + year], one world more than there are; then forgets the events. A
// group has of a recovery what it has of the loss that it is paid for. False if memory is
// exhausted.
bool insured_block_finish(struct insured_events *events, uint32_t block, int64_t *ceded);

#endif
