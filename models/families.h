// The families of distribution cells, one file each; distribution.c has the table.
#ifndef LOSSMILL_MODELS_FAMILIES_H
#define LOSSMILL_MODELS_FAMILIES_H

#include "models/distribution.h"

extern const struct distribution_family constant_family, uniform_family, triangular_family,
    pert_family, beta_family, normal_family, lognormal_family, lognormal90_family,
    exponential_family, gamma_family, weibull_family, pareto_family, lomax_family, gpd_family;

// Adds "FAMILY: NAME must be above 0, found X" unless it is.
bool family_positive(const char *family, const char *name, double x, const struct place *at,
                     struct diagnostics *d);

// The same for an interval, ends included.
bool family_within(const char *family, const char *name, double x, double low, double high,
                   const struct place *at, struct diagnostics *d);

// Moments and survival of the log-normal law, which two families write differently.
double lognormal_law_survival(double mu, double sigma, double x);
double lognormal_law_mean(double mu, double sigma);
double lognormal_law_variance(double mu, double sigma);

#endif
