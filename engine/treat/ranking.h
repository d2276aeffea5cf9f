// Ranking treatments by a score, with what sampling leaves open.
#ifndef LOSSMILL_TREAT_RANKING_H
#define LOSSMILL_TREAT_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The years that scores are of.
struct ranking_years {
    uint64_t years;
    double resolution;
    const int64_t *base;
    // Scores of TVaR: the base's VaR in units, and the share of years beyond it. 0: of AAL.
    int64_t base_var;
    double beyond_share;
};

struct ranked {
    // In: the score, weight x (what the treatment saves) less what is known exactly, and its
    // standard error; and what it is computed from.
    double score, error, weight;
    const int64_t *loss; // [years], units
    int64_t var;         // units; scores of TVaR
    // Out: 1 is the best.
    uint32_t rank;
    uint32_t rank_lower, rank_upper; // 1 + how many are surely better; n - how many surely worse
    double settling_years; // that tell it from the next at 95 %; HUGE_VAL: no number; NaN: the last
};

// Pairs are told apart at 95 % each, by their paired errors. False if memory is exhausted.
bool ranking_make(const struct ranking_years *years, struct ranked *ranked, size_t n, int threads);

#endif
