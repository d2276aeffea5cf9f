// How often: numbers of incidents in periods, as the cells `frequency` and `counts` say them.
#ifndef LOSSMILL_FIT_COUNTS_H
#define LOSSMILL_FIT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct count {
    double number;   // whole, at least 0
    double exposure; // above 0: units at risk, or the length of the period
};

enum count_law { COUNT_POISSON, COUNT_NEGBINOMIAL, COUNT_AT_MOST_ONCE, COUNT_LAWS };

struct count_fit {
    bool possible;           // else the rest is not filled
    double rate, rate_error; // per unit of exposure; of COUNT_AT_MOST_ONCE: the probability
    double k, k_error; // of COUNT_NEGBINOMIAL; the period's rate varies by a gamma law of shape k
    double log_likelihood, aic, bic;
    int parameters;
};

struct counts {
    size_t periods;
    double total, exposure; // sums
    double mean, variance;  // of the numbers; with divisor n - 1
    double most;            // the largest number
    // Pearson's sum of (number - expected)^2 / expected, for one rate: about periods - 1 if the
    // counts are Poisson, and P(a larger one) if they are.
    double pearson, pearson_p;
    struct count_fit fit[COUNT_LAWS];
};

// `rows` with at least two periods and a total above 0. COUNT_NEGBINOMIAL is not possible where the
// counts vary no more than Poisson ones: its best K is infinite. COUNT_AT_MOST_ONCE takes periods
// of exposure 1 with at most one incident.
void counts_fit(struct counts *counts, const struct count *rows, size_t periods);

extern const char *const count_law_names[COUNT_LAWS]; // as cells of `counts` have them

#endif
