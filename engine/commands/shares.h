// What a scenario, a shared event or an asset makes up of the loss: in the average year, and in bad
// years.
#ifndef LOSSMILL_COMMANDS_SHARES_H
#define LOSSMILL_COMMANDS_SHARES_H

#include <stdbool.h>
#include <stddef.h>

#include "measure/statistics.h"
#include "simulate/outcome.h"

// The portfolio before insurance: contributors are before it, too.
struct totals {
    double aal, aal_exact; // the latter NaN where it is not known
    bool has_level;
    size_t level; // of quantiles: from where on years are bad
    double tvar;  // there; NaN without a level
};

// `gross` are the years before insurance, ordered.
struct totals totals_of(const struct outcome *outcome, const struct ordered_losses *gross,
                        size_t level);

// NaN where it is not known.
double share_average(const struct totals *totals, const struct contributor *x);
double share_worst(const struct totals *totals, const struct contributor *x);

// The larger of the two, by which contributors rank; 0 where neither is known.
double share_larger(const struct totals *totals, const struct contributor *x);

#endif
