// Each treatment alone against the base: its figures, and its rank.
#ifndef LOSSMILL_TREAT_ALONE_H
#define LOSSMILL_TREAT_ALONE_H

#include "treat/ranking.h"
#include "treat/session.h"
#include "treat/valuation.h"

// Above it the years of each treatment are not kept: 200 MB in the file.
enum { TREATMENT_CELLS_MOST = 25000000 };

// Fills the treatments of `out`, and their years where these are few enough to be kept, and `sums`;
// a run that was interrupted behind it takes them from its snapshot. False, with a diagnostic, if
// memory is exhausted; without, if it was stopped.
bool treatments_price(const struct valuation *valuation, struct pricing_sums *sums,
                      struct treatment_outcome *out, struct diagnostics *d);

// The treatments ranked by `by`: loss[i x stride] is the first year of treatment i. False if memory
// is exhausted.
bool treatments_rank(const struct valuation *valuation, const struct treatment_outcome *out,
                     enum ranking_by by, const int64_t *loss, size_t stride, struct ranked *ranked);

#endif
