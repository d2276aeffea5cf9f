// The capability and the resistance of an event that succeeded: a pair drawn given that the one is
// above the other.
//
// A stream knows only that its events succeed: P(capability > resistance) is in its rate. Who asks
// whether a better resistance would have held draws the pair afterwards: the capability from its
// law weighted by P(resistance < capability), by rejection under a staircase whose steps become
// narrow where capabilities are rare, each as high as its upper end; then the resistance below it.
#ifndef LOSSMILL_TREAT_PAIR_H
#define LOSSMILL_TREAT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/distribution.h"

struct pair_tables; // staircases of the pairs met so far; one thread's

struct pair_tables *pair_tables_new(void); // NULL if memory is exhausted
void pair_tables_free(struct pair_tables *tables);

// The pair of the event at (key, block, index). False if memory is exhausted.
bool pair_draw(struct pair_tables *tables, const struct distribution *capability,
               const struct distribution *resistance, uint64_t key, uint32_t block, uint64_t index,
               double *capability_value, double *resistance_value);

#endif
