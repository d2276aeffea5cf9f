// Which years are in the tail of the portfolio, and what each part contributes to its TVaR.
//
// With M years beyond VaR v, TVaR is the sum of the annual losses above v by weight 1, and of those
// equal to v by the weight (M - years above) / (years equal), over M. A contribution replaces each
// year's loss by the part's loss in that year. Sums are kept per class of years, so that they are
// exact.
#ifndef LOSSMILL_SIMULATE_TAIL_H
#define LOSSMILL_SIMULATE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/statistics.h"

enum { TAIL_LEVELS_MAX = QUANTILES_MAX, TAIL_CLASSES_MAX = 2 * TAIL_LEVELS_MAX + 1 };

struct tail {
    size_t levels;
    double beyond[TAIL_LEVELS_MAX];        // M of each level
    double equal_weight[TAIL_LEVELS_MAX];  // of the years equal to its VaR
    unsigned equal_class[TAIL_LEVELS_MAX]; // class of those years; higher classes lie above
    unsigned classes;
    uint8_t *year_class; // [years]; 0: below every VaR
    size_t year_count;   // those of other classes
    uint32_t *years;     // ascending
};

// False if memory is exhausted. `sorted` are the nonzero annual losses, ascending.
bool tail_make(const int64_t *annual_loss, uint64_t years, const int64_t *sorted, uint64_t nonzero,
               const double *quantiles, size_t levels, struct tail *tail);
void tail_free(struct tail *tail);

// Contribution in units, from a part's sums per class.
double tail_contribution(const struct tail *tail, size_t level, const __int128 *class_sums);

// Rounds n contributions (units) of one level to whole units that add up to the rounded `total`:
// the largest remainders go up, the first of equals first; where a part that was rounded elsewhere
// has left too little, the smallest go down. Their exact sum is within n of `total`. False if
// memory is exhausted.
bool contributions_round(double *contribution, size_t n, double total);

#endif
