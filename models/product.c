// product (A) (B): the product of independent factors, such as records lost x cost per record.
//
// It has no quantile function of its own: one value takes a uniform per factor. What is known of
// its law is an integral over the first factor: P(AB > x) = E P(B > x / A | A).
#include <math.h>

#include "models/distribution_tree.h"

enum { FACTORS_MAX = 4, SPLITS_MAX = 64 };

struct product_node {
    struct distribution base;
    const struct distribution *first, *second;
};

static void product_draw(const struct distribution *x, size_t n, const struct draw_stream *stream,
                         double *restrict value)
{
    const struct product_node *node = (const struct product_node *)x;
    struct draw_stream rest = *stream;
    double factor[DISTRIBUTION_BATCH];

    distribution_draw_from(node->first, n, &rest, factor);
    rest.first += node->first->draws;
    distribution_draw_from(node->second, n, &rest, value);
    quantile_kernels()->multiply(n, factor, value);
}

// The values of the first factor at which an integral over the second has a kink: where x / a meets
// a mark of the second, for each x in `at`; and 0. Beyond SPLITS_MAX the quadrature does without.
static size_t splits_of_first(const struct product_node *node, const double *at, size_t count,
                              double splits[SPLITS_MAX])
{
    struct distribution sorted = {0};
    size_t n = 0;

    splits[n++] = 0;
    for (size_t i = 0; i < count && isfinite(at[i]); i++) {
        for (size_t k = 0; k < node->second->mark_count && n < SPLITS_MAX; k++) {
            if (node->second->marks[k] != 0)
                splits[n++] = at[i] / node->second->marks[k];
        }
    }
    distribution_set_marks(&sorted, splits, n);
    return sorted.mark_count;
}

struct tail_of_second {
    const struct distribution *second;
    double value;
    bool or_equal;
};

static double tail_given_first(double a, void *context)
{
    const struct tail_of_second *t = context;
    double bound;

    if (a == 0)
        return t->or_equal ? t->value <= 0 : t->value < 0;
    bound = t->value / a;
    if (a > 0)
        return t->or_equal ? distribution_at_least(t->second, bound)
                           : distribution_survival(t->second, bound);
    return t->or_equal ? 1 - distribution_survival(t->second, bound)
                       : 1 - distribution_at_least(t->second, bound);
}

static double product_tail(const struct distribution *x, double value, bool or_equal)
{
    const struct product_node *node = (const struct product_node *)x;
    struct tail_of_second tail = {node->second, value, or_equal};
    double splits[SPLITS_MAX];
    const size_t count = splits_of_first(node, &value, 1, splits);
    const double p = distribution_expectation(node->first, tail_given_first, &tail, splits, count);

    return p < 0 ? 0 : p > 1 ? 1 : p;
}

static double product_survival(const struct distribution *x, double value)
{
    return product_tail(x, value, false);
}

static double product_at_least(const struct distribution *x, double value)
{
    return product_tail(x, value, true);
}

struct inner_integral {
    const struct product_node *node;
    const struct integrand *f;
    double low, high; // of the product
    double a;         // the first factor
};

static double f_of_product(double b, void *context)
{
    const struct inner_integral *inner = context;

    return inner->f->f(inner->a * b, inner->f->context);
}

static double integral_given_first(double a, void *context)
{
    struct inner_integral inner = *(struct inner_integral *)context;
    double breaks[SPLITS_MAX];
    const size_t count = inner.f->break_count < SPLITS_MAX ? inner.f->break_count : SPLITS_MAX;
    const struct integrand g = {f_of_product, &inner, breaks, count, inner.f->quadrature};
    double low = inner.low / a, high = inner.high / a;

    if (a == 0)
        return inner.low <= 0 && inner.high >= 0 ? inner.f->f(0, inner.f->context) : 0;
    if (a < 0) {
        const double swap = low;

        low = high;
        high = swap;
    }
    inner.a = a;
    for (size_t i = 0; i < count; i++)
        breaks[a > 0 ? i : count - 1 - i] = inner.f->breaks[i] / a;
    return distribution_expectation_within(inner.node->second, &g, low, high);
}

static double product_expectation(const struct distribution *x, const struct integrand *f,
                                  double low, double high)
{
    const struct product_node *node = (const struct product_node *)x;
    struct inner_integral inner = {node, f, low, high, 0};
    double at[SPLITS_MAX], splits[SPLITS_MAX];
    size_t count = 0;

    // finite ones first: splits_of_first stops at the first that is not
    if (isfinite(low))
        at[count++] = low;
    if (isfinite(high))
        at[count++] = high;
    for (size_t i = 0; i < f->break_count && count < SPLITS_MAX; i++)
        at[count++] = f->breaks[i];
    count = splits_of_first(node, at, count, splits);
    return distribution_expectation_nested(node->first, integral_given_first, &inner, splits, count,
                                           f->quadrature);
}

static const struct distribution_kind product_kind = {
    .draw = product_draw,
    .survival = product_survival,
    .at_least = product_at_least,
    .expectation = product_expectation,
};

// 0 times infinity is 0: an end of the support, or a moment of a factor that is 0.
static double times(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

const struct distribution *distribution_product(const struct distribution_builder *b,
                                                const struct distribution *first,
                                                const struct distribution *second)
{
    struct product_node *node;
    const double ends[] = {times(first->low, second->low), times(first->low, second->high),
                           times(first->high, second->low), times(first->high, second->high)};
    double *marks;

    if (first->draws + second->draws > FACTORS_MAX) {
        diagnostics_add(b->d, b->at, "a product can have at most %d factors, found %u", FACTORS_MAX,
                        first->draws + second->draws);
        return NULL;
    }
    node = distribution_node(b, sizeof *node);
    marks = arena_alloc(b->arena, 4, sizeof *marks);
    if (!node)
        return NULL;
    if (!marks) {
        distribution_out_of_memory(b);
        return NULL;
    }
    node->base.kind = &product_kind;
    node->base.draws = first->draws + second->draws;
    node->base.rejects = first->rejects || second->rejects;
    node->base.low = fmin(fmin(ends[0], ends[1]), fmin(ends[2], ends[3]));
    node->base.high = fmax(fmax(ends[0], ends[1]), fmax(ends[2], ends[3]));
    node->first = first;
    node->second = second;
    for (size_t i = 0; i < 4; i++)
        marks[i] = ends[i];
    distribution_set_marks(&node->base, marks, 4);
    node->base.mean = times(first->mean, second->mean);
    if ((first->mean == HUGE_VAL || second->mean == HUGE_VAL) && node->base.low < node->base.high)
        node->base.mean = HUGE_VAL; // whatever the sign and the mean of the other
    node->base.variance = node->base.mean == HUGE_VAL
                              ? HUGE_VAL
                              : times(first->variance, second->variance) +
                                    times(first->variance, second->mean * second->mean) +
                                    times(second->variance, first->mean * first->mean);
    return &node->base;
}

size_t distribution_factors(const struct distribution *x, const struct distribution **factors,
                            size_t most)
{
    const struct product_node *node = (const struct product_node *)x;
    size_t first, second;

    if (x->draws == 1 && most > 0) {
        factors[0] = x;
        return 1;
    }
    if (x->kind != &product_kind)
        return 0;
    first = distribution_factors(node->first, factors, most);
    second = first == 0 ? 0 : distribution_factors(node->second, factors + first, most - first);
    return second == 0 ? 0 : first + second;
}
