// A run's years: in order, what one year in so many loses, and the curve.
#ifndef LOSSMILL_COMMANDS_YEARS_H
#define LOSSMILL_COMMANDS_YEARS_H

#include "measure/statistics.h"
#include "simulate/outcome.h"

// The annual losses other than zero, ascending. `sorted` is malloc'd.
struct ordered_losses years_sorted(const int64_t *annual_loss, uint64_t years);

// The portfolio's: as they stand, and before insurance, which is the same where there is none.
struct portfolio_years {
    struct ordered_losses net, gross;
};
struct portfolio_years portfolio_years(const struct outcome *outcome);
void portfolio_years_free(struct portfolio_years *years);

// The standard error that its 95 % interval amounts to; the value and the interval to the digits
// that this supports.
double estimate_error(const struct estimate *x);
const char *estimate_text(const struct estimate *x);
const char *estimate_range_text(const struct estimate *x);

// The annual loss that one year in `period` exceeds, of the portfolio's ordered years; NaN where
// these are too few to say.
struct estimate year_in(const struct ordered_losses *losses, double period, double resolution);

// P(annual loss > x) against x, both on logarithmic scales. Nothing if there are too few years with
// a loss for a curve.
void print_curve(const struct ordered_losses *losses, double resolution, const char *currency);

#endif
