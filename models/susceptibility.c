// P(C > R) = E P(C > R | R), an integral of C's tail over R's law, or the other way round,
// E P(R < C | C). The outer law is the one with more marks (an empirical one is a mere sum), and
// the integral is split at the other's marks.
#include "models/susceptibility.h"

#include "models/distribution_tree.h"

static double capability_above(double resistance, void *context)
{
    return distribution_survival(context, resistance);
}

static double resistance_below(double capability, void *context)
{
    return distribution_at_most_strict(context, capability);
}

double susceptibility_probability(const struct distribution *capability,
                                  const struct distribution *resistance)
{
    double p;

    if (capability->low > resistance->high)
        return 1;
    if (capability->high <= resistance->low)
        return 0;
    if (capability->mark_count > resistance->mark_count)
        p = distribution_expectation(capability, resistance_below, (void *)resistance,
                                     resistance->marks, resistance->mark_count);
    else
        p = distribution_expectation(resistance, capability_above, (void *)capability,
                                     capability->marks, capability->mark_count);
    return p < 0 ? 0 : p > 1 ? 1 : p;
}
