#include "fit/tail.h"

#include <math.h>

#include "random/elementary.h"

enum { SCALE = 1, SHAPE = 2 };

// The best of the laws that may stand below a tail.
static bool body_fit(struct tail *tail, const struct losses *below, struct arena *arena)
{
    static const char *const names[] = {"lognormal", "gamma", "weibull", "exponential"};
    struct fit *best = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fit *fit = arena_alloc(arena, 1, sizeof *fit);

        if (!fit || !fit_law(fit, law_named(names[i]), below, 0, arena))
            return false;
        if (fit->state == FIT_FOUND && (!best || fit->aic < best->aic))
            best = fit;
    }
    tail->body = best;
    return true;
}

bool tail_fit(struct tail *tail, const struct losses *losses, double threshold, struct arena *arena)
{
    struct losses above, below;
    double k, n;

    *tail = (struct tail){.threshold = threshold,
                          .total = losses->count,
                          .log_likelihood = (double)NAN,
                          .aic = (double)NAN,
                          .bic = (double)NAN};
    if (!losses_above(&above, losses, threshold, arena) ||
        !losses_up_to(&below, losses, threshold, arena))
        return false;
    tail->above = above.count;
    tail->share = losses_exceedance(losses, threshold);
    if (!fit_law(&tail->gpd, &law_gpd, &above, threshold, arena))
        return false;
    if (tail->gpd.state != FIT_FOUND || below.count < TAIL_BODY_MIN || below.censored > 0 ||
        !losses->alike)
        return true;
    if (!body_fit(tail, &below, arena))
        return false;
    if (!tail->body)
        return true;
    n = (double)losses->count;
    k = (double)above.count;
    tail->charged = tail->body->charged + tail->gpd.charged + 1;
    tail->log_likelihood = tail->body->log_likelihood + tail->gpd.log_likelihood +
                           k * elementary_log(k / n) + (n - k) * elementary_log((n - k) / n);
    tail->aic = 2 * tail->charged - 2 * tail->log_likelihood;
    tail->bic = tail->charged * elementary_log(n) - 2 * tail->log_likelihood;
    return true;
}

// u + s ((share / p)^k - 1) / k, which is s log(share / p) in the limit k = 0.
double tail_quantile(const struct tail *tail, double p)
{
    const double k = tail->gpd.p[SHAPE], log_ratio = elementary_log(tail->share / p);
    const double y = k * log_ratio;

    return tail->threshold +
           tail->gpd.p[SCALE] * log_ratio * (y == 0 ? 1 : elementary_expm1(y) / y);
}

// Beyond a quantile q the law is generalised Pareto again, with scale s + k (q - u).
double tail_expected_shortfall(const struct tail *tail, double p)
{
    const double k = tail->gpd.p[SHAPE], q = tail_quantile(tail, p);

    if (k >= 1)
        return HUGE_VAL;
    return q + (tail->gpd.p[SCALE] + k * (q - tail->threshold)) / (1 - k);
}

bool tail_shapes(struct tail_point points[TAIL_POINTS_MAX], size_t *count,
                 const struct losses *losses, struct arena *arena)
{
    const double most = (double)losses->count / 2, least = 20;

    *count = 0;
    if (most < 2 * least)
        return true;
    for (int i = 0; i < TAIL_POINTS_MAX; i++) {
        const double step = (double)i / (TAIL_POINTS_MAX - 1);
        const size_t k = (size_t)(most * elementary_exp(step * elementary_log(least / most)) + 0.5);
        struct tail_point *point = &points[*count];
        struct losses above;
        struct fit fit;

        point->threshold = losses->rows[losses->count - k - 1].value;
        if (*count > 0 && point->threshold == point[-1].threshold)
            continue;
        if (!losses_above(&above, losses, point->threshold, arena))
            return false;
        if (above.count < TAIL_ABOVE_MIN)
            continue;
        if (!fit_law(&fit, &law_gpd, &above, point->threshold, arena))
            return false;
        point->above = above.count;
        point->shape = fit.state == FIT_FOUND ? fit.p[SHAPE] : (double)NAN;
        point->standard_error = fit.state == FIT_FOUND ? fit.standard_error[SHAPE] : (double)NAN;
        ++*count;
    }
    return true;
}
