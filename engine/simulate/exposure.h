// A selection seen by a threat: how likely each asset is hit. Made once per distinct (selection,
// capability) and shared by all scenarios that have both; never one per scenario.
#ifndef LOSSMILL_SIMULATE_EXPOSURE_H
#define LOSSMILL_SIMULATE_EXPOSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "models/portfolio.h"
#include "simulate/seats.h"

struct exposure {
    const struct selection *selection;
    const struct distribution *capability; // NULL: every unit is equally susceptible
    // P(capability > resistance) of the i-th selected asset; NULL where capability is
    const double *susceptibility;
    double weight_total; // sum of quantity x susceptibility
    double
        value_weight_total; // sum of quantity x susceptibility x value; 0 where a value is missing
    const struct seating *seatings;
    size_t seating_count;
};

struct exposures {
    size_t count;
    struct exposure *exposures; // in the order of the first scenario that has each
    uint32_t *hits, *seats;     // per scenario: who is hit; where its candidates land
};

// Those that the portfolio's scenarios need. Seated are only those where candidates land. There is
// an arena per thread. False if memory is exhausted.
bool exposures_make(const struct portfolio *portfolio, int threads, struct arena *arenas,
                    struct exposures *exposures);
void exposures_free(struct exposures *exposures);

// P(capability > resistance) of a selected asset; 1 where there is no capability.
double exposure_susceptibility(const struct exposure *x, uint32_t asset);

// Quantity x susceptibility of the i-th selected asset.
static inline double exposure_weight(const struct exposure *x, const struct assets *assets,
                                     size_t i)
{
    const double quantity = (double)assets->quantity[x->selection->assets[i]];

    return x->susceptibility ? quantity * x->susceptibility[i] : quantity;
}

#endif
