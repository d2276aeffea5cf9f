// The endings of a cell: `from LO`, `to HI` (conditioned on the interval) and `cap HI` (values
// above become HI).
#include <math.h>

#include "models/distribution_tree.h"

// Less than this left by `from` and `to` is taken for a mistake.
static const double least_probability = 1e-6;

// A truncated product rejects, at a cost of 1 / probability draws for each value.
static const double least_product_probability = 0.01;

struct interval_node {
    struct distribution base;
    const struct distribution *inner;
    double beyond;      // P(inner > base.high)
    double probability; // of the interval
};

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

// P(X > x | LO <= X <= HI) = t where P(X > x) = P(X > HI) + t P(LO <= X <= HI).
static void within_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                            double *restrict value)
{
    const struct interval_node *node = (const struct interval_node *)x;
    const struct quantile_kernels *kernels = quantile_kernels();

    for (size_t start = 0; start < n; start += DISTRIBUTION_PIECE) {
        const size_t count = n - start < DISTRIBUTION_PIECE ? n - start : DISTRIBUTION_PIECE;
        double inner[DISTRIBUTION_PIECE];

        kernels->tails_map(count, tail + start, node->probability, node->beyond,
                           node->inner->least_tail, 1, inner);
        distribution_quantile(node->inner, count, inner, value + start);
        kernels->clamp(count, x->low, x->high, value + start);
    }
}

// Attempts are counted for each value by itself, so that it does not depend on its neighbours in
// the batch; those left are collected. The limit cannot be met: (1 - 0.01)^4096 < 1e-17; it only
// keeps a broken source from hanging the run.
static void within_draw(const struct distribution *x, size_t n, const struct draw_stream *stream,
                        double *restrict value)
{
    enum { ATTEMPTS_MAX = 4096 };
    const struct interval_node *node = (const struct interval_node *)x;
    double drawn[DISTRIBUTION_BATCH];
    uint32_t left[DISTRIBUTION_BATCH];
    struct draw_stream attempt = *stream;
    size_t left_count = n;

    for (size_t i = 0; i < n; i++)
        left[i] = (uint32_t)i;
    for (int a = 0; a < ATTEMPTS_MAX && left_count > 0; a++) {
        size_t rejected = 0;

        if (a == 0)
            distribution_draw_from(node->inner, n, &attempt, drawn);
        else
            distribution_draw_picked(node->inner, left_count, left, n, &attempt, drawn);
        for (size_t i = 0; i < left_count; i++) {
            const uint32_t place = left[i];

            value[place] = drawn[i];
            left[rejected] = place;
            rejected += (drawn[i] < x->low) | (drawn[i] > x->high);
        }
        left_count = rejected;
        attempt.first += stream->stride;
    }
    quantile_kernels()->clamp(n, x->low, x->high, value);
}

static double within_survival(const struct distribution *x, double value)
{
    const struct interval_node *node = (const struct interval_node *)x;
    const double above = distribution_survival(node->inner, value) - node->beyond;

    return clamp(above / node->probability, 0, 1);
}

static double within_at_least(const struct distribution *x, double value)
{
    const struct interval_node *node = (const struct interval_node *)x;
    const double above = distribution_at_least(node->inner, value) - node->beyond;

    return clamp(above / node->probability, 0, 1);
}

static double within_expectation(const struct distribution *x, const struct integrand *f,
                                 double low, double high)
{
    const struct interval_node *node = (const struct interval_node *)x;

    return distribution_expectation_within(node->inner, f, fmax(low, x->low), fmin(high, x->high)) /
           node->probability;
}

static const struct distribution_kind within_kind = {
    .quantile = within_quantile,
    .draw = within_draw,
    .survival = within_survival,
    .at_least = within_at_least,
    .expectation = within_expectation,
};

// The marks of `inner` strictly inside, and the finite ends.
static bool marks_within(const struct distribution_builder *b, struct distribution *x,
                         const struct distribution *inner)
{
    double *marks = arena_alloc(b->arena, inner->mark_count + 2, sizeof *marks);
    size_t count = 0;

    if (!marks) {
        distribution_out_of_memory(b);
        return false;
    }
    marks[count++] = x->low;
    marks[count++] = x->high;
    for (size_t i = 0; i < inner->mark_count; i++) {
        if (inner->marks[i] > x->low && inner->marks[i] < x->high)
            marks[count++] = inner->marks[i];
    }
    distribution_set_marks(x, marks, count);
    return true;
}

const struct distribution *distribution_within(const struct distribution_builder *b,
                                               const struct distribution *x, double low,
                                               double high)
{
    const double least = x->draws > 1 ? least_product_probability : least_probability;
    struct interval_node *node;
    double beyond, probability;

    if (low <= x->low && high >= x->high)
        return x; // nothing is removed
    if (x->draws > 1 && (x->rejects || x->draws > 3)) {
        diagnostics_add(b->d, b->at,
                        "from and to can be applied once to a product, of at most three factors: "
                        "truncate the factors instead");
        return NULL;
    }
    beyond = distribution_survival(x, fmin(high, x->high));
    probability =
        fmax(low, x->low) > high ? 0 : distribution_at_least(x, fmax(low, x->low)) - beyond;
    if (!(probability >= least)) {
        diagnostics_add(b->d, b->at,
                        "the interval from %g to %g holds %.2g of the probability; at least %g is "
                        "expected",
                        low, high, fmax(probability, 0), least);
        return NULL;
    }
    low = fmax(low, x->low);
    high = fmin(high, x->high);
    node = distribution_node(b, sizeof *node);
    if (!node)
        return NULL;
    node->base.kind = &within_kind;
    node->base.draws = x->draws;
    node->base.rejects = x->draws > 1;
    node->base.low = low;
    node->base.high = high;
    node->inner = x;
    node->beyond = beyond;
    node->probability = probability;
    if (!marks_within(b, &node->base, x))
        return NULL;
    if (low == high) {
        node->base.mean = low;
        return &node->base;
    }
    node->base.mean = distribution_moment(x, 1, 0, low, high) / probability;
    node->base.variance = node->base.mean == HUGE_VAL
                              ? HUGE_VAL
                              : distribution_moment(x, 2, node->base.mean, low, high) / probability;
    return &node->base;
}

// ---- cap

struct cap_node {
    struct distribution base;
    const struct distribution *inner;
};

static void cap_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                         double *restrict value)
{
    distribution_quantile(((const struct cap_node *)x)->inner, n, tail, value);
    quantile_kernels()->clamp(n, -HUGE_VAL, x->high, value);
}

static void cap_draw(const struct distribution *x, size_t n, const struct draw_stream *stream,
                     double *restrict value)
{
    distribution_draw_from(((const struct cap_node *)x)->inner, n, stream, value);
    quantile_kernels()->clamp(n, -HUGE_VAL, x->high, value);
}

static double cap_survival(const struct distribution *x, double value)
{
    return distribution_survival(((const struct cap_node *)x)->inner, value);
}

static double cap_at_least(const struct distribution *x, double value)
{
    return distribution_at_least(((const struct cap_node *)x)->inner, value);
}

static double cap_expectation(const struct distribution *x, const struct integrand *f, double low,
                              double high)
{
    const struct distribution *inner = ((const struct cap_node *)x)->inner;
    double sum;

    sum = distribution_expectation_within(inner, f, low, fmin(high, nextafter(x->high, -HUGE_VAL)));
    if (low <= x->high && high >= x->high)
        sum += distribution_at_least(inner, x->high) * f->f(x->high, f->context);
    return sum;
}

static const struct distribution_kind cap_kind = {
    .quantile = cap_quantile,
    .draw = cap_draw,
    .survival = cap_survival,
    .at_least = cap_at_least,
    .expectation = cap_expectation,
};

const struct distribution *distribution_capped(const struct distribution_builder *b,
                                               const struct distribution *x, double cap)
{
    struct cap_node *node;
    double below, at;

    if (cap >= x->high)
        return x;
    if (cap < x->low) {
        diagnostics_add(b->d, b->at, "cap %g is below the smallest possible value, %g", cap,
                        x->low);
        return NULL;
    }
    if (x->draws > 3) {
        diagnostics_add(b->d, b->at,
                        "cap can be applied to a product of at most three factors: cap the factors "
                        "instead");
        return NULL;
    }
    node = distribution_node(b, sizeof *node);
    if (!node)
        return NULL;
    node->base.kind = &cap_kind;
    node->base.draws = x->draws;
    node->base.rejects = x->rejects;
    node->base.low = x->low;
    node->base.high = cap;
    node->base.least_tail = x->least_tail;
    node->inner = x;
    if (!marks_within(b, &node->base, x))
        return NULL;
    at = distribution_at_least(x, cap);
    below = nextafter(cap, -HUGE_VAL);
    if (x->low == cap) {
        node->base.mean = cap;
        return &node->base;
    }
    node->base.mean = distribution_moment(x, 1, 0, x->low, below) + at * cap;
    node->base.variance = distribution_moment(x, 2, node->base.mean, x->low, below) +
                          at * (cap - node->base.mean) * (cap - node->base.mean);
    return &node->base;
}
