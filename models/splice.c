// splice BODY at X with TAIL: the body as it is up to X, and beyond X, with the probability that
// the body has there, the tail conditioned above X. This is how a fitted body gets a Pareto tail.
#include <math.h>

#include "models/distribution_tree.h"

// Less of the tail's own probability above X than this is taken for a mistake.
static const double least_tail = 1e-6;

struct splice_node {
    struct distribution base;
    const struct distribution *body, *tail;
    double at;
    double beyond;     // P(X > at), the body's
    double tail_above; // the tail's own P(X > at)
    double share;      // beyond / tail_above
};

struct splice_side {
    const struct distribution *law;
    double factor, least, most; // the law's tail is factor times the splice's, held within
    double low, high;           // of its values
};

static void side_quantile(const struct splice_side *side, size_t n, const double *restrict tail,
                          double *restrict value)
{
    const struct quantile_kernels *kernels = quantile_kernels();
    double inner[DISTRIBUTION_PIECE];

    kernels->tails_map(n, tail, side->factor, 0, side->least, side->most, inner);
    distribution_quantile(side->law, n, inner, value);
    kernels->clamp(n, side->low, side->high, value);
}

// The likelier side is computed for all tails, in place; the other for its own, collected.
static void splice_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                            double *restrict value)
{
    const struct splice_node *node = (const struct splice_node *)x;
    const struct quantile_kernels *kernels = quantile_kernels();
    const struct splice_side body = {node->body, 1, node->beyond, 1, x->low, node->at};
    const struct splice_side beyond = {node->tail,       1 / node->share, node->tail->least_tail,
                                       node->tail_above, node->at,        x->high};
    const bool body_is_likelier = node->beyond < 0.5;
    // the rarer side's tails: body's are from P(X > at) on
    const double before = nextafter(node->beyond, 0);
    const double low = body_is_likelier ? 0 : before, high = body_is_likelier ? before : 1;

    for (size_t start = 0; start < n; start += DISTRIBUTION_PIECE) {
        const size_t count = n - start < DISTRIBUTION_PIECE ? n - start : DISTRIBUTION_PIECE;
        double own[DISTRIBUTION_PIECE], drawn[DISTRIBUTION_PIECE];
        uint32_t at[DISTRIBUTION_PIECE];
        const size_t rare = kernels->places(count, tail + start, low, high, at);

        side_quantile(body_is_likelier ? &body : &beyond, count, tail + start, value + start);
        kernels->gather(rare, at, tail + start, own);
        side_quantile(body_is_likelier ? &beyond : &body, rare, own, drawn);
        kernels->scatter(rare, at, drawn, value + start);
    }
}

static double splice_survival(const struct distribution *x, double value)
{
    const struct splice_node *node = (const struct splice_node *)x;

    return value < node->at ? distribution_survival(node->body, value)
                            : node->share * distribution_survival(node->tail, value);
}

static double splice_at_least(const struct distribution *x, double value)
{
    const struct splice_node *node = (const struct splice_node *)x;

    return value <= node->at ? distribution_at_least(node->body, value)
                             : node->share * distribution_at_least(node->tail, value);
}

static double splice_expectation(const struct distribution *x, const struct integrand *f,
                                 double low, double high)
{
    const struct splice_node *node = (const struct splice_node *)x;
    const double beyond = nextafter(node->at, HUGE_VAL);

    return distribution_expectation_within(node->body, f, low, fmin(high, node->at)) +
           node->share * distribution_expectation_within(node->tail, f, fmax(low, beyond), high);
}

static const struct distribution_kind splice_kind = {
    .quantile = splice_quantile,
    .survival = splice_survival,
    .at_least = splice_at_least,
    .expectation = splice_expectation,
};

static bool splice_check(const struct distribution_builder *b, const struct distribution *body,
                         double at, const struct distribution *tail)
{
    const uint64_t before = diagnostics_errors(b->d);
    double above;

    if (body->draws > 1 || tail->draws > 1) {
        diagnostics_add(b->d, b->at,
                        "splice cannot contain a product: a splice is drawn from one "
                        "uniform");
        return false;
    }
    if (!(distribution_survival(body, at) > 0))
        diagnostics_add(b->d, b->at,
                        "splice: the body never exceeds %g, so that the tail is never reached", at);
    if (!(distribution_survival(body, at) < 1))
        diagnostics_add(b->d, b->at, "splice: the body has nothing up to %g", at);
    above = distribution_survival(tail, at);
    if (!(above >= least_tail))
        diagnostics_add(b->d, b->at,
                        "splice: the tail holds %.2g of its probability above %g; at least %g is "
                        "expected",
                        above, at, least_tail);
    return diagnostics_errors(b->d) == before;
}

const struct distribution *distribution_splice(const struct distribution_builder *b,
                                               const struct distribution *body, double at,
                                               const struct distribution *tail)
{
    struct splice_node *node;
    const double next = nextafter(at, HUGE_VAL);
    double *marks;
    size_t count = 0;

    if (!splice_check(b, body, at, tail))
        return NULL;
    node = distribution_node(b, sizeof *node);
    marks = arena_alloc(b->arena, body->mark_count + tail->mark_count + 1, sizeof *marks);
    if (!node)
        return NULL;
    if (!marks) {
        distribution_out_of_memory(b);
        return NULL;
    }
    marks[count++] = at;
    for (size_t i = 0; i < body->mark_count; i++) {
        if (body->marks[i] < at)
            marks[count++] = body->marks[i];
    }
    for (size_t i = 0; i < tail->mark_count; i++) {
        if (tail->marks[i] > at)
            marks[count++] = tail->marks[i];
    }
    distribution_set_marks(&node->base, marks, count);
    node->base.kind = &splice_kind;
    node->base.draws = 1;
    node->base.low = body->low;
    node->base.high = tail->high;
    node->body = body;
    node->tail = tail;
    node->at = at;
    node->beyond = distribution_survival(body, at);
    node->tail_above = distribution_survival(tail, at);
    node->share = node->beyond / node->tail_above;
    node->base.mean = distribution_moment(body, 1, 0, body->low, at) +
                      node->share * distribution_moment(tail, 1, 0, next, HUGE_VAL);
    node->base.variance =
        node->base.mean == HUGE_VAL
            ? HUGE_VAL
            : distribution_moment(body, 2, node->base.mean, body->low, at) +
                  node->share * distribution_moment(tail, 2, node->base.mean, next, HUGE_VAL);
    return &node->base;
}
