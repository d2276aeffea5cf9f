// The family table, the nodes that are one family, and the public functions on trees.
#include "models/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/distribution_tree.h"
#include "models/families.h"

static const struct distribution_family *const families[] = {
    &constant_family, &uniform_family,   &triangular_family,  &pert_family,        &beta_family,
    &normal_family,   &lognormal_family, &lognormal90_family, &exponential_family, &gamma_family,
    &weibull_family,  &pareto_family,    &lomax_family,       &gpd_family,
};

const struct distribution_family *distribution_family_at(size_t index)
{
    return index < sizeof families / sizeof families[0] ? families[index] : NULL;
}

const struct distribution_family *distribution_family_find(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    }
    return NULL;
}

// ---- Nodes that are one family

struct family_node {
    struct distribution base;
    const struct distribution_family *family;
    struct quantile_form form;
    double p[DISTRIBUTION_PARAMETERS_MAX];
    double marks[3];
};

static void family_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                            double *restrict value)
{
    const struct family_node *node = (const struct family_node *)x;

    quantile_kernels()->of[node->form.kernel](&node->form, n, tail, value);
}

static double family_survival(const struct distribution *x, double value)
{
    const struct family_node *node = (const struct family_node *)x;

    if (value >= x->high)
        return 0;
    return value < x->low ? 1 : node->family->survival(node->p, value);
}

static double family_at_least(const struct distribution *x, double value)
{
    if (x->low == x->high) // the only families with an atom
        return x->low >= value ? 1 : 0;
    return value <= x->low ? 1 : family_survival(x, value);
}

static double family_expectation(const struct distribution *x, const struct integrand *f,
                                 double low, double high)
{
    return quadrature_over_tails(x, f, family_survival(x, high), family_at_least(x, low));
}

static const struct distribution_kind family_kind = {
    .quantile = family_quantile,
    .survival = family_survival,
    .at_least = family_at_least,
    .expectation = family_expectation,
};

// Kernels that are an approximation end where the sampler's tails do; closed forms go on to 1e-300,
// which is what integrals over heavy tails need.
static double least_tail(enum quantile_kernel kernel)
{
    const bool approximated =
        kernel == QUANTILE_TABLE || kernel == QUANTILE_NORMAL || kernel == QUANTILE_LOGNORMAL;

    return approximated ? 0x1p-65 : 0x1p-1000;
}

const struct distribution *distribution_of_family(const struct distribution_builder *b,
                                                  const struct distribution_family *family,
                                                  const double *p)
{
    struct family_node *node;
    size_t marks = 0;

    if (!family->check(p, b->at, b->d))
        return NULL;
    node = distribution_node(b, sizeof *node);
    if (!node)
        return NULL;
    memcpy(node->p, p, sizeof node->p);
    node->family = family;
    if (!family->prepare(node->p, b->shelf, &node->form)) {
        distribution_out_of_memory(b);
        return NULL;
    }
    node->base.kind = &family_kind;
    node->base.least_tail = least_tail(node->form.kernel);
    node->base.draws = 1;
    node->base.mean = family->mean(node->p);
    node->base.variance = family->variance(node->p);
    family->support(node->p, &node->base.low, &node->base.high);
    node->marks[marks++] = node->base.low;
    if (node->form.kernel == QUANTILE_TRIANGULAR)
        node->marks[marks++] = node->p[1];
    node->marks[marks++] = node->base.high;
    distribution_set_marks(&node->base, node->marks, marks);
    return &node->base;
}

// ---- What all nodes share

void distribution_out_of_memory(const struct distribution_builder *b)
{
    diagnostics_fail(b->d, b->at, "memory is exhausted");
}

void *distribution_node(const struct distribution_builder *b, size_t size)
{
    void *node = arena_alloc(b->arena, 1, size);

    if (!node)
        distribution_out_of_memory(b);
    return node;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

void distribution_set_marks(struct distribution *x, double *marks, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(marks[i]))
            marks[kept++] = marks[i];
    }
    count = kept;
    kept = 0;
    qsort(marks, count, sizeof marks[0], compare_numbers);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || marks[i] != marks[kept - 1])
            marks[kept++] = marks[i];
    }
    x->marks = marks;
    x->mark_count = kept;
}

unsigned distribution_draws(const struct distribution *x)
{
    return x->draws;
}

void distribution_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                           double *restrict value)
{
    x->kind->quantile(x, n, tail, value);
}

void distribution_draw_from(const struct distribution *x, size_t n,
                            const struct draw_stream *stream, double *restrict value)
{
    double tail[DISTRIBUTION_BATCH];

    if (x->draws > 1) {
        x->kind->draw(x, n, stream, value);
        return;
    }
    stream->source(stream->context, stream->first, n, tail);
    x->kind->quantile(x, n, tail, value);
}

struct picked {
    const struct draw_stream *stream;
    const uint32_t *at;
    size_t all;
};

static void picked_tails(void *context, unsigned draw, size_t n, double *tail)
{
    const struct picked *picked = context;
    double all[DISTRIBUTION_BATCH];

    picked->stream->source(picked->stream->context, draw, picked->all, all);
    quantile_kernels()->gather(n, picked->at, all, tail);
}

void distribution_draw_picked(const struct distribution *x, size_t n, const uint32_t *at,
                              size_t all, const struct draw_stream *stream, double *restrict value)
{
    struct picked picked = {stream, at, all};
    const struct draw_stream inner = {picked_tails, &picked, stream->first, stream->stride};

    if (n > 0)
        distribution_draw_from(x, n, &inner, value);
}

void distribution_draw(const struct distribution *x, size_t n, tail_source *source, void *context,
                       double *restrict value)
{
    const struct draw_stream stream = {source, context, 0, x->draws};

    distribution_draw_from(x, n, &stream, value);
}

double distribution_survival(const struct distribution *x, double value)
{
    if (value >= x->high)
        return 0;
    return value < x->low ? 1 : x->kind->survival(x, value);
}

double distribution_at_least(const struct distribution *x, double value)
{
    if (value > x->high)
        return 0;
    return value <= x->low ? 1 : x->kind->at_least(x, value);
}

double distribution_at_most_strict(const struct distribution *x, double value)
{
    return 1 - distribution_at_least(x, value);
}

double distribution_mean(const struct distribution *x)
{
    return x->mean;
}

double distribution_variance(const struct distribution *x)
{
    return x->variance;
}

void distribution_support(const struct distribution *x, double *low, double *high)
{
    *low = x->low;
    *high = x->high;
}

bool distribution_is_constant(const struct distribution *x, double *value)
{
    if (x->low != x->high)
        return false;
    *value = x->low;
    return true;
}
