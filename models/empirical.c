// empirical: values as they were observed, each as likely as any other.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/distribution_tree.h"

struct empirical_node {
    struct distribution base;
    size_t count;
    const double *descending;
};

static int compare_descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x > y ? -1 : x < y;
}

// P(X > descending[k]) <= k / n, so that the smallest value exceeded with at most tail t has k =
// floor(t n); t n is below 2^53, and its rounding moves a boundary by less than 2^-53.
static void empirical_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                               double *restrict value)
{
    const struct empirical_node *node = (const struct empirical_node *)x;

    for (size_t i = 0; i < n; i++) {
        const size_t k = (size_t)(tail[i] * (double)node->count);

        value[i] = node->descending[k < node->count ? k : node->count - 1];
    }
}

// How many values are above `value`, or at it too.
static size_t count_above(const struct empirical_node *node, double value, bool or_equal)
{
    size_t low = 0, high = node->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const double there = node->descending[middle];

        if (there > value || (or_equal && there == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double empirical_survival(const struct distribution *x, double value)
{
    const struct empirical_node *node = (const struct empirical_node *)x;

    return (double)count_above(node, value, false) / (double)node->count;
}

static double empirical_at_least(const struct distribution *x, double value)
{
    const struct empirical_node *node = (const struct empirical_node *)x;

    return (double)count_above(node, value, true) / (double)node->count;
}

static double empirical_expectation(const struct distribution *x, const struct integrand *f,
                                    double low, double high)
{
    const struct empirical_node *node = (const struct empirical_node *)x;
    const size_t end = count_above(node, low, true);
    double sum = 0;

    for (size_t i = count_above(node, high, false); i < end; i++)
        sum += f->f(node->descending[i], f->context);
    return sum / (double)node->count;
}

static const struct distribution_kind empirical_kind = {
    .quantile = empirical_quantile,
    .survival = empirical_survival,
    .at_least = empirical_at_least,
    .expectation = empirical_expectation,
};

const struct distribution *distribution_of_values(const struct distribution_builder *b,
                                                  const double *values, size_t count)
{
    struct empirical_node *node = distribution_node(b, sizeof *node);
    double *descending = arena_alloc(b->arena, count, sizeof *descending);
    double *marks = arena_alloc(b->arena, count, sizeof *marks);
    double sum = 0, squares = 0, mean;

    if (!node)
        return NULL;
    if (!descending || !marks) {
        distribution_out_of_memory(b);
        return NULL;
    }
    memcpy(descending, values, count * sizeof *descending);
    memcpy(marks, values, count * sizeof *marks);
    qsort(descending, count, sizeof *descending, compare_descending);
    for (size_t i = 0; i < count; i++)
        sum += descending[i];
    mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (descending[i] - mean) * (descending[i] - mean);

    node->base.kind = &empirical_kind;
    node->base.draws = 1;
    node->base.mean = mean;
    node->base.variance = squares / (double)count;
    node->base.low = descending[count - 1];
    node->base.high = descending[0];
    distribution_set_marks(&node->base, marks, count);
    node->count = count;
    node->descending = descending;
    return &node->base;
}
