// Maximum likelihood: the parameters under which what was recorded is the least surprising.
//
// A loss x recorded between a and b counts f(x) / (S(a) - S(b)), one that was x or more counts
// (S(x) - S(b)) / (S(a) - S(b)): f is the law's density, S(x) = P(X > x). Klugman, Panjer, Willmot:
// Loss Models, chapter on maximum likelihood with incomplete data.
#ifndef LOSSMILL_FIT_FIT_H
#define LOSSMILL_FIT_FIT_H

#include "fit/laws.h"

enum fit_state {
    FIT_FOUND,
    FIT_OUTSIDE,     // the law cannot hold such losses, or they are too few or all alike
    FIT_EXPONENTIAL, // the best member of the family is its limit, the exponential law
    FIT_ENDLESS,     // the likelihood has no maximum: it rises towards an end of the family
    FIT_REFUSED      // the best parameters are beyond what a cell may say
};

struct fit {
    const struct law *law;
    const struct distribution_family *family;
    enum fit_state state; // the rest is filled where it is FIT_FOUND

    int count; // of parameters, of which `searched` were; AIC and BIC count `charged` of them
    int searched, charged;
    double p[DISTRIBUTION_PARAMETERS_MAX];
    double covariance[DISTRIBUTION_PARAMETERS_MAX][DISTRIBUTION_PARAMETERS_MAX];
    // NaN of what was not searched, and where the likelihood is too flat.
    double standard_error[DISTRIBUTION_PARAMETERS_MAX];
    double log_likelihood, aic, bic;

    // The share of all losses that records would show: 1 without truncation, NaN where rows differ
    // in what they would.
    double recorded;

    // Of what was recorded: the largest distance between the law's P(X <= x) and that of the data
    // (Kolmogorov and Smirnov), the integral of their squared difference (Cramer and von Mises),
    // and the same with more weight on both ends (Anderson and Darling). The latter two are NaN
    // with censored losses.
    double ks, cvm, ad;
};

// `threshold` is the first parameter of law_gpd, and not used by others. False if memory is
// exhausted.
bool fit_law(struct fit *fit, const struct law *law, const struct losses *losses, double threshold,
             struct arena *scratch);

// By AIC, those without a fit last, in the order of the laws.
void fits_sort(struct fit *fits, size_t count);

#endif
