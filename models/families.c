#include "models/families.h"

bool family_positive(const char *family, const char *name, double x, const struct place *at,
                     struct diagnostics *d)
{
    if (!(x > 0))
        diagnostics_add(d, at, "%s: %s must be above 0, found %g", family, name, x);
    return x > 0;
}

bool family_within(const char *family, const char *name, double x, double low, double high,
                   const struct place *at, struct diagnostics *d)
{
    const bool good = x >= low && x <= high;

    if (!good)
        diagnostics_add(d, at, "%s: %s must lie in [%g, %g], found %g", family, name, low, high, x);
    return good;
}
