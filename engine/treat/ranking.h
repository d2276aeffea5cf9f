// Ranking treatments by a score, with what sampling leaves open.
#ifndef LOSSMILL_TREAT_RANKING_H
#define LOSSMILL_TREAT_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranked {
    // In: the score in currency, a reduction less what is known exactly, and its standard error;
    // and what it is computed from, year by year.
    double score, error;
    const int64_t *loss; // [years], units
    int64_t var;         // units, and the share of years beyond it, where the score is of TVaR;
    double beyond_share; // 0: of AAL
    // Out: 1 is the best.
    uint32_t rank;
    uint32_t rank_lower, rank_upper; // 1 + how many are surely better; n - how many surely worse
    double settling_years; // that tell it from the next at 95 %; HUGE_VAL: no number; NaN: the last
};

// Pairs are told apart at 95 % each, by their paired errors. False if memory is exhausted.
bool ranking_make(struct ranked *ranked, size_t n, uint64_t years, double resolution, int threads);

#endif
