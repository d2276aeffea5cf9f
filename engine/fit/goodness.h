// How far a fitted law is from what was recorded.
#ifndef LOSSMILL_FIT_GOODNESS_H
#define LOSSMILL_FIT_GOODNESS_H

#include "fit/fit.h"

// Fills ks, cvm and ad for fit->p as parameters of `family`. Each loss is measured on the scale of
// P(X <= x) within what could have been recorded of it, where the law's image is uniform whatever
// the truncation of each row. False if memory is exhausted.
bool goodness_find(struct fit *fit, const struct distribution_family *family,
                   const struct losses *losses, struct arena *scratch);

#endif
