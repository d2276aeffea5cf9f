#include "commands/shares.h"

#include <math.h>

struct totals totals_of(const struct outcome *outcome, const struct ordered_losses *gross,
                        size_t level)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const struct summary *net = &outcome->summary;
    struct totals t = {.aal = net->aal,
                       .aal_exact = net->aal_exact,
                       .has_level = level < settings->quantile_count,
                       .level = level};
    t.tvar = t.has_level ? net->tvar[level] : NAN;
    if (outcome->annual_loss_gross == NULL)
        return t;
    t.aal = money_of_units((double)losses_sum(gross), settings->resolution) / (double)gross->years;
    if (t.has_level)
        t.tvar = losses_tvar(gross, years_beyond_quantile(gross->years, settings->quantiles[level]),
                             settings->resolution, NULL);
    return t;
}

double share_average(const struct totals *totals, const struct contributor *x)
{
    bool exact = !isnan(x->aal_exact) && !isnan(totals->aal_exact);
    double share = exact ? x->aal_exact / totals->aal_exact : x->aal / totals->aal;
    return isfinite(share) ? share : NAN;
}

double share_worst(const struct totals *totals, const struct contributor *x)
{
    if (x->tvar_contribution == NULL || !(totals->tvar > 0))
        return NAN;
    return x->tvar_contribution[totals->level] / totals->tvar;
}

double share_larger(const struct totals *totals, const struct contributor *x)
{
    double share = fmax(share_average(totals, x), share_worst(totals, x));
    return isnan(share) ? 0 : share;
}
