// What is known of losses: each exactly, or that it was at least so much; and which ones would have
// been recorded at all.
#ifndef LOSSMILL_FIT_LOSSES_H
#define LOSSMILL_FIT_LOSSES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct loss {
    double value;     // above 0
    bool censored;    // the loss was `value` or more
    double low, high; // one outside would not have been recorded: 0 and HUGE_VAL if any would
};

// Ascending by value; of equal ones the censored behind the others.
struct losses {
    size_t count, censored, truncated; // of all: those that `low` or `high` binds
    const struct loss *rows;
    const double *value, *log_value; // of the uncensored ones, ascending
    double smallest, largest;        // value
    double least_low;                // of all rows
    bool alike;                      // all rows have the same low and high
    double mean, sd;                 // of the values as they stand, with divisor n
    double mean_log, sd_log;         // of their logarithms
    size_t distinct, commonest;      // different values; how often the most frequent one stands
};

// Sorts `rows`, which must outlive it. count > 0. False if memory is exhausted.
bool losses_start(struct losses *losses, struct loss *rows, size_t count, struct arena *arena);

// Those above `threshold`, as recorded only above it; or those up to it, as recorded only up to it.
// False if memory is exhausted; `count` may be 0, and then nothing else is filled.
bool losses_above(struct losses *part, const struct losses *all, double threshold,
                  struct arena *arena);
bool losses_up_to(struct losses *part, const struct losses *all, double threshold,
                  struct arena *arena);

// P(X > value), without any law: Kaplan and Meier's product-limit estimate (Journal of the American
// Statistical Association 53, 1958, 457-481) of what was recorded. Without censoring, the share of
// larger losses.
double losses_exceedance(const struct losses *losses, double value);

// The smallest value exceeded with at most that probability; NaN where censoring hides it.
double losses_quantile(const struct losses *losses, double tail);

#endif
