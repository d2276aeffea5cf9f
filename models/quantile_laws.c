// Gamma and beta, solved for one quantile at a time: what their tables are made from.
#include <math.h>

#include "models/quantile_table.h"
#include "random/elementary.h"
#include "random/special.h"

// What is solved for y: log P(y) = -t, P the lower or the upper tail. A beta's upper tail is the
// lower tail of the beta with its shapes exchanged, y with its sign; so that only the gamma has
// one.
struct tail_problem {
    enum quantile_scale scale;
    bool above; // gamma only
    double a, b;
    double log_scale;   // beta only: special_beta_log_scale
    double log_leading; // P ~ exp(a y - log_leading) as y -> -infinity (lower tails)
};

// P and its derivative in y.
static double tail_probability(const struct tail_problem *p, double y, double *slope)
{
    const double e = elementary_exp(y);

    if (p->scale == QUANTILE_SCALE_LOG) {
        const double density = special_gamma_log_density(p->a, e);

        *slope = p->above ? -density : density;
        return p->above ? special_gamma_survival(p->a, e) : special_gamma_cumulative(p->a, e);
    }

    const double rest = 1 / (1 + e), x = 1 / (1 + elementary_exp(-y));

    *slope = special_beta_logit_density(p->a, p->b, p->log_scale, x, rest);
    return special_beta_cumulative_of_density(p->a, p->b, x, rest, *slope);
}

// Newton's method on log P, kept inside a bracket that every step narrows. y is a logarithm, so
// that the bends of log P are no sharper than 1 / sd(y), 10^3 at most: a step of d leaves an error
// of 500 d^2.
static double tail_solve(const struct tail_problem *p, double t, double y)
{
    double low = -700, high = p->scale == QUANTILE_SCALE_LOG ? 30 : 700;

    if (!p->above && (p->log_leading - t) / p->a < -600)
        return (p->log_leading - t) / p->a;
    for (int step = 0; step < 200; step++) {
        double slope;
        const double probability = fmax(tail_probability(p, y, &slope), 0x1p-1000);
        const double gap = elementary_log(probability) + t;
        double next;

        if ((gap > 0) != p->above)
            high = y;
        else
            low = y;
        next = y - gap * probability / slope;
        if (fabs(next - y) <= 1e-9)
            return next;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        y = next;
    }
    return y;
}

struct two_tails {
    struct tail_problem side[2]; // above the median second
    double sign[2];
    double start; // y of the mean
};

static double two_tails_y(const void *context, bool above, double t, double near)
{
    const struct two_tails *x = context;

    const double start = isnan(near) ? x->start : near;

    return x->sign[above] * tail_solve(&x->side[above], t, x->sign[above] * start);
}

static double two_tails_value(const void *context, double tail)
{
    const struct two_tails *x = context;
    const bool above = tail < 0.5;
    const double v = fmax(above ? tail : 1 - tail, 0x1p-65);
    const double y = two_tails_y(context, above, -elementary_log(v), NAN);

    return x->side[0].scale == QUANTILE_SCALE_LOG ? elementary_exp(y)
                                                  : 1 / (1 + elementary_exp(-y));
}

static const struct quantile_table *two_tails_table(const struct two_tails *x, struct arena *arena)
{
    struct two_tails *copy = arena_alloc(arena, 1, sizeof *copy);
    const struct quantile_law law = {.context = copy,
                                     .value = two_tails_value,
                                     .y = two_tails_y,
                                     .scale = x->side[0].scale,
                                     .cut_bits = 4,
                                     .widest = 16,
                                     .deepest = 64};

    if (!copy)
        return NULL;
    *copy = *x;
    return quantile_table_of_law(&law, arena);
}

const struct quantile_table *quantile_table_gamma(double a, struct arena *arena)
{
    const double leading = special_log_gamma(a + 1), mean = elementary_log(a);
    const struct two_tails x = {
        .side = {{QUANTILE_SCALE_LOG, false, a, 0, 0, leading},
                 {QUANTILE_SCALE_LOG, true, a, 0, 0, leading}},
        .sign = {1, 1},
        .start = mean,
    };

    return two_tails_table(&x, arena);
}

const struct quantile_table *quantile_table_beta(double a, double b, struct arena *arena)
{
    const double both = special_log_gamma(a) + special_log_gamma(b) - special_log_gamma(a + b);
    const double mean = elementary_log(a / b);
    const struct two_tails x = {
        .side = {{QUANTILE_SCALE_LOGIT, false, a, b, special_beta_log_scale(a, b),
                  elementary_log(a) + both},
                 {QUANTILE_SCALE_LOGIT, false, b, a, special_beta_log_scale(b, a),
                  elementary_log(b) + both}},
        .sign = {1, -1},
        .start = mean,
    };

    return two_tails_table(&x, arena);
}
