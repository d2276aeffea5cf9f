// Expectations by tanh-sinh quadrature over the tail q of the quantile function: E f(X) is the
// integral of f(Q(q)) over q from 0 to 1 (Takahasi and Mori 1974, Publ. RIMS 9, 721-741).
//
// With q = high x, x = 1 / (1 + exp(pi sinh u)), the abscissae crowd doubly exponentially towards
// both ends, where quantile functions are singular. Near q = 0 they are exact to the last bit down
// to 1e-300: a pareto of alpha 1.2 still has 1e-4 of its mean below q = 1e-24.
#include <math.h>

#include "models/distribution_tree.h"
#include "random/elementary.h"

enum { LEVELS = 4, LEVEL_NODES_MAX = 320 };

// u runs from -3.25 (1 - x is then exp(-40), beyond what q near 1 can resolve) to 6 (x =
// exp(-633)).
static const double first_u = -3.25, last_u = 6;
static const double coarsest_step = 0.125;

// Where successive levels agree to this, the finer is accurate to its square or to rounding.
static const double agreement = 1e-11;

struct quadrature_level {
    size_t count;
    double x[LEVEL_NODES_MAX], weight[LEVEL_NODES_MAX]; // weight = dx / du
};

struct quadrature {
    int filled;                            // how many levels; few integrals need them all
    struct quadrature_level level[LEVELS]; // each holds the nodes that it adds
};

static const struct quadrature_level *level_of(struct quadrature *q, int k)
{
    const double pi = 0x1.921fb54442d18p+1;
    const double step = k == 0 ? coarsest_step : 2 * ldexp(coarsest_step, -k);
    const double start = k == 0 ? first_u : first_u + step / 2;
    struct quadrature_level *level = &q->level[k];

    if (k < q->filled)
        return level;
    q->filled = k + 1;
    level->count = 0;
    for (size_t i = 0; start + (double)i * step <= last_u; i++) {
        const double u = start + (double)i * step;
        const double grown = elementary_exp(u), shrunk = elementary_exp(-u);
        const double e = elementary_exp(pi * (grown - shrunk) / 2);
        const double x = 1 / (1 + e);

        level->x[i] = x;
        level->weight[i] = pi * (grown + shrunk) / 2 * x * (e / (1 + e));
        level->count++;
    }
    return level;
}

static double sum_level(const struct distribution *x, const struct integrand *f, double low,
                        double width, const struct quadrature_level *level)
{
    double tail[LEVEL_NODES_MAX], value[LEVEL_NODES_MAX];
    double sum = 0;

    for (size_t i = 0; i < level->count; i++)
        tail[i] = fmin(fmax(fma(width, level->x[i], low), x->least_tail), 1);
    distribution_quantile(x, level->count, tail, value);
    for (size_t i = 0; i < level->count; i++)
        sum += level->weight[i] * f->f(value[i], f->context);
    return sum;
}

static double integrate_piece(const struct distribution *x, const struct integrand *f, double low,
                              double high)
{
    const double width = high - low;
    double sum = 0, step = coarsest_step, last = 0;

    if (!(width > 0))
        return 0;
    for (int k = 0; k < LEVELS; k++) {
        sum += sum_level(x, f, low, width, level_of(f->quadrature, k));
        if (k > 0) {
            step /= 2;
            if (fabs(sum * step - last) <= agreement * fabs(sum * step))
                return width * (sum * step);
        }
        last = sum * step;
    }
    return width * last;
}

double quadrature_over_tails(const struct distribution *x, const struct integrand *f, double low,
                             double high)
{
    size_t b = 0, m = 0;
    double sum = 0, upper = high;

    // breaks of f and marks of x, merged in ascending order, are descending tails
    while (upper > low && (b < f->break_count || m < x->mark_count)) {
        const double next_break = b < f->break_count ? f->breaks[b] : HUGE_VAL;
        const double next_mark = m < x->mark_count ? x->marks[m] : HUGE_VAL;
        const double tail = distribution_survival(x, fmin(next_break, next_mark));

        b += next_break <= next_mark;
        m += next_mark <= next_break;
        if (tail < upper && tail > low) {
            sum += integrate_piece(x, f, tail, upper);
            upper = tail;
        }
    }
    return sum + integrate_piece(x, f, low, upper);
}

double distribution_expectation_within(const struct distribution *x, const struct integrand *f,
                                       double low, double high)
{
    if (low > high || x->low > high || x->high < low)
        return 0;
    if (x->low == x->high)
        return f->f(x->low, f->context);
    return x->kind->expectation(x, f, low, high);
}

double distribution_expectation_nested(const struct distribution *x,
                                       double (*f)(double value, void *context), void *context,
                                       const double *breaks, size_t break_count,
                                       struct quadrature *quadrature)
{
    const struct integrand integrand = {f, context, breaks, break_count, quadrature};

    return distribution_expectation_within(x, &integrand, -HUGE_VAL, HUGE_VAL);
}

double distribution_expectation(const struct distribution *x,
                                double (*f)(double value, void *context), void *context,
                                const double *breaks, size_t break_count)
{
    struct quadrature quadrature;

    quadrature.filled = 0;
    return distribution_expectation_nested(x, f, context, breaks, break_count, &quadrature);
}

struct moment {
    double centre;
    int power;
};

static double moment_of(double value, void *context)
{
    const struct moment *m = context;
    const double deviation = value - m->centre;

    return m->power == 1 ? deviation : deviation * deviation;
}

double distribution_moment(const struct distribution *x, int power, double centre, double low,
                           double high)
{
    struct moment moment = {centre, power};
    struct quadrature quadrature;
    const struct integrand f = {moment_of, &moment, NULL, 0, &quadrature};
    const double shift = x->mean - centre;
    double whole, below;

    quadrature.filled = 0;
    if (high < x->high)
        return distribution_expectation_within(x, &f, low, high);

    // Open above: the whole moment is known in closed form and the part above is what quadrature
    // does worst (a pareto of alpha 1.01), so take the part below from the whole, unless the
    // difference would cancel.
    whole = power == 1 || x->mean == HUGE_VAL ? shift : x->variance + shift * shift;
    if (whole == HUGE_VAL || low <= x->low)
        return whole;
    below = distribution_expectation_within(x, &f, x->low, nextafter(low, -HUGE_VAL));
    return fabs(below) <= 0.9 * fabs(whole) ? whole - below
                                            : distribution_expectation_within(x, &f, low, high);
}
