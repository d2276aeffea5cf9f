// mixture: one of several distributions, chosen by weight.
//
// A univariate mixture is sampled by its own quantile function, from one uniform, so that it stays
// monotone in the tail. P(X > x) = sum of w_i P(X_i > x) is inverted between knots prepared once:
// the parts' quantiles at two tails a binade, and all their marks. Neighbouring knots differ by at
// most a factor 1.5 in the tail, and atoms are knots, so that what is left to solve is short and
// smooth. That takes microseconds; values come from a table (quantile_table.h) of such solutions.
#include <math.h>

#include "models/distribution_tree.h"
#include "models/quantile_table.h"
#include "random/elementary.h"

enum { TAIL_KNOTS = 65 * 2, LOW_KNOTS = 52 };

struct knot {
    double value, at_least, above; // P(X >= value), P(X > value)
};

struct mixture_node {
    struct distribution base;
    size_t count;
    const double *weights;
    const struct distribution *const *parts;
    size_t knot_count;
    const struct knot *knots; // values ascending, tails descending
    struct quantile_form form;
    enum quantile_scale scale; // of the table
};

static double mixture_survival(const struct distribution *x, double value)
{
    const struct mixture_node *node = (const struct mixture_node *)x;
    double sum = 0;

    for (size_t i = 0; i < node->count; i++)
        sum += node->weights[i] * distribution_survival(node->parts[i], value);
    return fmin(sum, 1);
}

static double mixture_at_least(const struct distribution *x, double value)
{
    const struct mixture_node *node = (const struct mixture_node *)x;
    double sum = 0;

    for (size_t i = 0; i < node->count; i++)
        sum += node->weights[i] * distribution_at_least(node->parts[i], value);
    return fmin(sum, 1);
}

// The first point of a grid of 2^44 steps between two knots whose survival is at most the tail: a
// definition that does not depend on the way to it, so that smaller tails give larger values
// wherever the survival function does. The way is Chandrupatla's (1997, Adv. Eng. Software 28,
// 145-149): inverse quadratic interpolation where that is safe, bisection elsewhere; about 7
// evaluations.
static double invert_between(const struct distribution *x, const struct knot *left,
                             const struct knot *right, double tail)
{
    const double steps = 0x1p44, step = (right->value - left->value) / steps;
    double a = steps, b = 0; // b is the newest point; a root lies between a and b
    double fa = right->at_least - tail, fb = left->above - tail;
    double fraction = fb / (fb - fa);

    for (int evaluations = 1; fabs(a - b) > 1; evaluations++) {
        double point = rint(b + fraction * (a - b)), c, f, fc, xi, phi;

        if (point == a || point == b)
            point = b + (a > b ? 1 : -1);
        f = mixture_survival(x, fma(point, step, left->value)) - tail;
        if ((f > 0) == (fb > 0)) {
            c = b;
            fc = fb;
        } else {
            c = a;
            fc = fa;
            a = b;
            fa = fb;
        }
        b = point;
        fb = f;
        xi = (b - a) / (c - a);
        phi = (fb - fa) / (fc - fa);
        fraction = fb / (fb - fa) * (fc / (fc - fa)) -
                   (c - b) / (a - b) * (fb / (fc - fb)) * (fa / (fa - fc));
        if (!(phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi && fraction >= 0 && fraction <= 1) ||
            evaluations > 20)
            fraction = 0.5;
    }
    return fma(fmax(a, b), step, left->value);
}

static double mixture_value(const struct mixture_node *node, double tail)
{
    size_t low = 0, high = node->knot_count - 1;

    // the first knot with above <= tail
    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (node->knots[middle].above <= tail)
            high = middle;
        else
            low = middle + 1;
    }
    if (low == 0 || tail < node->knots[low].at_least || node->knots[low].above > tail)
        return node->knots[low].value;
    return invert_between(&node->base, &node->knots[low - 1], &node->knots[low], tail);
}

static void mixture_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                             double *restrict value)
{
    const struct mixture_node *node = (const struct mixture_node *)x;
    const struct quantile_kernels *kernels = quantile_kernels();

    kernels->of[QUANTILE_TABLE](&node->form, n, tail, value);
    kernels->clamp(n, x->low, x->high, value);
}

static void mixture_draw(const struct distribution *x, size_t n, const struct draw_stream *stream,
                         double *restrict value)
{
    const struct mixture_node *node = (const struct mixture_node *)x;
    const struct quantile_kernels *kernels = quantile_kernels();
    struct draw_stream rest = *stream;
    double choice[DISTRIBUTION_BATCH], drawn[DISTRIBUTION_BATCH];
    uint32_t at[DISTRIBUTION_BATCH];
    double reached = 0;

    stream->source(stream->context, stream->first, n, choice);
    rest.first++;
    for (size_t i = 0; i < node->count; i++) {
        const double from = reached;
        size_t chosen;

        reached = i + 1 == node->count ? 1 : reached + node->weights[i];
        chosen = kernels->places(n, choice, from, reached, at);
        distribution_draw_picked(node->parts[i], chosen, at, n, &rest, drawn);
        kernels->scatter(chosen, at, drawn, value);
    }
}

static double mixture_expectation(const struct distribution *x, const struct integrand *f,
                                  double low, double high)
{
    const struct mixture_node *node = (const struct mixture_node *)x;
    double sum = 0;

    for (size_t i = 0; i < node->count; i++)
        sum += node->weights[i] * distribution_expectation_within(node->parts[i], f, low, high);
    return sum;
}

static const struct distribution_kind mixture_kind = {
    .quantile = mixture_quantile,
    .draw = mixture_draw,
    .survival = mixture_survival,
    .at_least = mixture_at_least,
    .expectation = mixture_expectation,
};

// Knots for one part, as values; `marks` are added by the caller.
static size_t knots_of_part(const struct distribution *part, double *values)
{
    double tail[TAIL_KNOTS + LOW_KNOTS];
    size_t n = 0;

    for (int k = 0; k < TAIL_KNOTS; k++)
        tail[n++] = ldexp(k % 2 == 0 ? 1 : 0.75, -(k / 2));
    for (int k = 0; k < LOW_KNOTS; k++)
        tail[n++] = 1 - ldexp(1, -k - 2);
    distribution_quantile(part, n, tail, values);
    return n;
}

static bool prepare_knots(const struct distribution_builder *b, struct mixture_node *node)
{
    const size_t room = node->count * (TAIL_KNOTS + LOW_KNOTS) + node->base.mark_count;
    double *values = arena_alloc(b->arena, room, sizeof *values);
    struct knot *knots = arena_alloc(b->arena, room, sizeof *knots);
    struct distribution sorted = {0};
    size_t n = 0;

    if (!values || !knots) {
        distribution_out_of_memory(b);
        return false;
    }
    for (size_t i = 0; i < node->count; i++)
        n += knots_of_part(node->parts[i], values + n);
    for (size_t i = 0; i < node->base.mark_count; i++)
        values[n++] = node->base.marks[i];
    distribution_set_marks(&sorted, values, n);
    for (size_t i = 0; i < sorted.mark_count; i++) {
        knots[i].value = values[i];
        knots[i].at_least = mixture_at_least(&node->base, values[i]);
        knots[i].above = mixture_survival(&node->base, values[i]);
    }
    node->knots = knots;
    node->knot_count = sorted.mark_count;
    return true;
}

// ---- The table

// Tails of 4e-6 on either side are solved for one by one, which costs nothing at that rate.
static const double deepest = 12.5;

static double law_value(const void *context, double tail)
{
    return mixture_value(context, tail);
}

static double law_y(const void *context, bool above, double t, double near)
{
    const struct mixture_node *node = context;
    const double v = elementary_exp(-t), x = mixture_value(node, above ? v : 1 - v);

    (void)near;
    return node->scale == QUANTILE_SCALE_LOG ? elementary_log(x) : x;
}

// An atom or a negative value has no place on a logarithmic scale.
static bool has_logarithm(const struct mixture_node *node)
{
    bool atom = false;

    for (size_t i = 0; i < node->knot_count; i++)
        atom = atom || node->knots[i].at_least > node->knots[i].above;
    return node->base.low >= 0 && !atom;
}

// Knots' tails ascending; what lies between those of the marks is smooth.
static bool prepare_table(const struct distribution_builder *b, struct mixture_node *node)
{
    const size_t knots = node->knot_count, marks = node->base.mark_count;
    double *breaks = arena_alloc(b->arena, 2 * marks + 1, sizeof *breaks);
    double *tails = arena_alloc(b->arena, knots, sizeof *tails);
    double *values = arena_alloc(b->arena, knots, sizeof *values);
    struct distribution sorted = {0};
    struct quantile_law law = {.context = node, .value = law_value, .y = law_y, .deepest = deepest};

    if (!breaks || !tails || !values) {
        distribution_out_of_memory(b);
        return false;
    }
    for (size_t i = 0; i < marks; i++) {
        breaks[2 * i] = mixture_survival(&node->base, node->base.marks[i]);
        breaks[2 * i + 1] = mixture_at_least(&node->base, node->base.marks[i]);
    }
    distribution_set_marks(&sorted, breaks, 2 * marks);
    for (size_t i = 0; i < knots; i++) {
        tails[i] = node->knots[knots - 1 - i].above;
        values[i] = node->knots[knots - 1 - i].value;
    }
    node->scale = has_logarithm(node) ? QUANTILE_SCALE_LOG : QUANTILE_SCALE_PLAIN;
    law.scale = node->scale;
    law.cut_bits = 5;
    law.widest = 8;
    law.floor =
        node->base.low >= 0 ? 0 : 1e-3 * (mixture_value(node, 0.25) - mixture_value(node, 0.75));
    law.break_count = sorted.mark_count;
    law.breaks = breaks;
    law.point_count = knots;
    law.point_tails = tails;
    law.point_values = values;
    node->form = (struct quantile_form){.kernel = QUANTILE_TABLE, .c = {0, 1}};
    node->form.table = quantile_table_of_law(&law, b->arena);
    if (!node->form.table)
        distribution_out_of_memory(b);
    return node->form.table != NULL;
}

static void mixture_moments(struct mixture_node *node)
{
    double mean = 0, variance = 0;

    for (size_t i = 0; i < node->count; i++)
        mean += node->weights[i] * node->parts[i]->mean;
    for (size_t i = 0; i < node->count; i++) {
        const double shift = node->parts[i]->mean - mean;

        variance += node->weights[i] * (node->parts[i]->variance + shift * shift);
    }
    node->base.mean = mean;
    node->base.variance = mean == HUGE_VAL ? HUGE_VAL : variance;
}

const struct distribution *distribution_mixture(const struct distribution_builder *b, size_t count,
                                                const double *weights,
                                                const struct distribution *const *parts)
{
    struct mixture_node *node = distribution_node(b, sizeof *node);
    double *shares = arena_alloc(b->arena, count, sizeof *shares);
    const struct distribution **copies = arena_alloc(b->arena, count, sizeof *copies);
    double *marks, sum = 0;
    size_t mark_count = 0;

    if (!node)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    if (!(fabs(sum - 1) <= 1e-9)) {
        diagnostics_add(b->d, b->at, "the weights of a mixture must sum to 1, found %.10g", sum);
        return NULL;
    }
    if (!shares || !copies) {
        distribution_out_of_memory(b);
        return NULL;
    }
    node->base.kind = &mixture_kind;
    node->base.low = HUGE_VAL;
    node->base.high = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] == 0)
            continue;
        shares[node->count] = weights[i] / sum;
        copies[node->count++] = parts[i];
        node->base.low = fmin(node->base.low, parts[i]->low);
        node->base.high = fmax(node->base.high, parts[i]->high);
        node->base.rejects = node->base.rejects || parts[i]->rejects;
        if (parts[i]->draws > node->base.draws)
            node->base.draws = parts[i]->draws;
        mark_count += parts[i]->mark_count;
    }
    if (node->count == 1)
        return copies[0];
    node->base.draws += node->base.draws > 1; // the first chooses the part
    node->weights = shares;
    node->parts = copies;
    marks = arena_alloc(b->arena, mark_count, sizeof *marks);
    if (!marks) {
        distribution_out_of_memory(b);
        return NULL;
    }
    mark_count = 0;
    for (size_t i = 0; i < node->count; i++) {
        for (size_t k = 0; k < copies[i]->mark_count; k++)
            marks[mark_count++] = copies[i]->marks[k];
    }
    distribution_set_marks(&node->base, marks, mark_count);
    mixture_moments(node);
    if (node->base.draws == 1 && !(prepare_knots(b, node) && prepare_table(b, node)))
        return NULL;
    return &node->base;
}
