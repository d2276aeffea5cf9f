// FAIR's susceptibility: how likely it is that a threat event becomes a loss event.
#ifndef LOSSMILL_MODELS_SUSCEPTIBILITY_H
#define LOSSMILL_MODELS_SUSCEPTIBILITY_H

#include "models/distribution.h"

// P(capability > resistance) of independent draws; equal ones resist. By quadrature, to a relative
// error of about 1e-12 for smooth laws; exact sums where one of them is discrete.
double susceptibility_probability(const struct distribution *capability,
                                  const struct distribution *resistance);

#endif
