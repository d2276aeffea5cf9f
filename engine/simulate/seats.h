// Choosing an asset so that a change to one asset hardly changes another's events.
//
// An alias table over the selection moves a third to most of all choices when one row changes. Here
// assets of nearly equal weight, those with weight in (2^(c-1), 2^c], form a class c; a class
// larger than SEATS_MAX / 2 is cut into parts by the top bits of the ids' hashes. Each part is a
// stream of its own: its assets sit at the seat that their id's hash names, or the next free one,
// in a table of a power of two of seats, at most half of them taken. A candidate chooses a seat
// uniformly and stays if the seat is taken and a uniform is at most weight / 2^c. So an asset
// added, removed or re-weighted changes its own events and those of the few that it shoves aside; a
// part is redrawn only when its number of seats doubles or halves.
#ifndef LOSSMILL_SIMULATE_SEATS_H
#define LOSSMILL_SIMULATE_SEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { SEAT_BITS_MAX = 16, SEATS_MAX = 1 << SEAT_BITS_MAX };
enum { SEAT_EMPTY = UINT32_MAX };

struct seat {
    uint32_t asset;      // index, or SEAT_EMPTY
    uint32_t accept_max; // stays if a uniform word is at most this
};

struct seating {
    int exponent;        // class: weights in (2^(exponent-1), 2^exponent]
    uint32_t part;       // which part of the class, and of how many: 2^16 parts + part
    uint32_t seat_count; // power of two; 1 for a lone asset, which needs no choice
    const struct seat *seats;
    double envelope; // candidates per unit of rate: 2^exponent * seat_count; a lone asset's weight
};

// Seats `count` assets with positive weights (zero weights are left out). Fills `seatings`, in the
// order of (exponent, part); false if memory is exhausted.
bool seats_assign(size_t count, const uint32_t *asset, const double *weight, const uint64_t *hash,
                  struct arena *arena, const struct seating **seatings, size_t *seating_count);

#endif
