// The years of a driver: one Z, and so one multiplier, for each.
//
// Made once for all blocks and read by every scenario and shared event that names the driver. Event
// k of a block falls on a year in proportion to the multipliers, whatever the rate.
#ifndef LOSSMILL_SIMULATE_DRIVER_YEARS_H
#define LOSSMILL_SIMULATE_DRIVER_YEARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/portfolio.h"
#include "simulate/address.h"

// Every array: [block][BLOCK_YEARS], whole blocks.
struct driver_years {
    const struct driver *driver;
    double *tail;       // P(a standard normal exceeds the year's Z)
    double *multiplier; // of frequencies
    double *sum;        // of the multipliers of the block's years up to and with this one
    uint16_t *guide; // where the search for the i-th of BLOCK_YEARS equal parts of the sum starts
};

// One per driver of the portfolio, in its order. NULL if memory is exhausted.
struct driver_years *driver_years_make(const struct portfolio *portfolio, int threads);
void driver_years_free(struct driver_years *years, size_t count);

// Sum of a block's multipliers.
static inline double driver_years_total(const struct driver_years *d, uint32_t block)
{
    return d->sum[(size_t)block * BLOCK_YEARS + BLOCK_YEARS - 1];
}

// The year of the block, in proportion to the multipliers, that u in (0, 1] names.
static inline uint32_t driver_years_pick(const struct driver_years *d, uint32_t block, double u)
{
    const double *sum = d->sum + (size_t)block * BLOCK_YEARS;
    const double target = u * sum[BLOCK_YEARS - 1];
    const uint32_t part = (uint32_t)(u * BLOCK_YEARS);
    uint32_t year =
        d->guide[(size_t)block * BLOCK_YEARS + (part < BLOCK_YEARS ? part : BLOCK_YEARS - 1)];

    while (year < BLOCK_YEARS - 1 && sum[year] < target)
        year++;
    return year;
}

#endif
