// The tree behind a distribution cell. Internal to the distribution files.
//
// A node begins with `struct distribution`; what its kind needs follows. Everything lives in the
// arena of the parse and is immutable afterwards.
#ifndef LOSSMILL_MODELS_DISTRIBUTION_TREE_H
#define LOSSMILL_MODELS_DISTRIBUTION_TREE_H

#include "models/distribution.h"

// Values are computed in pieces of so many, so that a piece's temporaries fit the first-level
// cache.
enum { DISTRIBUTION_PIECE = 256 };

// Where a node takes its uniforms: its sub-draw k is the root's `first + k`. Attempt a of a
// rejection uses `first + a stride + k`, where the stride is the root's number of draws, so that no
// two nodes and no two attempts ever share one.
struct draw_stream {
    tail_source *source;
    void *context;
    unsigned first, stride;
};

struct quadrature;

// f, and the values between which it is smooth.
struct integrand {
    double (*f)(double value, void *context);
    void *context;
    const double *breaks; // ascending
    size_t break_count;
    struct quadrature *quadrature;
};

// What a kind of node computes. `draw` is called where draws > 1 and `quantile` where draws == 1.
struct distribution_kind {
    void (*quantile)(const struct distribution *x, size_t n, const double *restrict tail,
                     double *restrict value);
    void (*draw)(const struct distribution *x, size_t n, const struct draw_stream *stream,
                 double *restrict value);
    double (*survival)(const struct distribution *x, double value); // P(X > value)
    double (*at_least)(const struct distribution *x, double value); // P(X >= value)
    // E f(X) over low <= X <= high, that is, times its probability
    double (*expectation)(const struct distribution *x, const struct integrand *f, double low,
                          double high);
};

struct distribution {
    const struct distribution_kind *kind;
    unsigned draws;
    double mean, variance; // HUGE_VAL if infinite
    double low, high;      // support
    size_t mark_count;     // ascending values at which the law is not smooth: atoms, kinks, finite
    const double *marks;   // ends of the support
    double least_tail;     // quantile takes tails from here on, and at least from 2^-65
    bool rejects;          // a truncated product is in the tree
};

// Constructors: NULL after adding a diagnostic. The parts stay owned by the arena.
struct distribution_builder {
    struct arena *arena;
    const struct place *at;
    struct diagnostics *d;
    struct quantile_shelf *shelf;
};

const struct distribution *distribution_of_family(const struct distribution_builder *b,
                                                  const struct distribution_family *family,
                                                  const double *p);
const struct distribution *distribution_of_values(const struct distribution_builder *b,
                                                  const double *values, size_t count);
// Conditioned on low <= X <= high, either possibly infinite.
const struct distribution *distribution_within(const struct distribution_builder *b,
                                               const struct distribution *x, double low,
                                               double high);
const struct distribution *distribution_capped(const struct distribution_builder *b,
                                               const struct distribution *x, double cap);
const struct distribution *distribution_mixture(const struct distribution_builder *b, size_t count,
                                                const double *weights,
                                                const struct distribution *const *parts);
const struct distribution *distribution_splice(const struct distribution_builder *b,
                                               const struct distribution *body, double at,
                                               const struct distribution *tail);
const struct distribution *distribution_product(const struct distribution_builder *b,
                                                const struct distribution *first,
                                                const struct distribution *second);

// A zeroed node of `size` bytes; NULL after adding a diagnostic if memory is exhausted.
void *distribution_node(const struct distribution_builder *b, size_t size);
void distribution_out_of_memory(const struct distribution_builder *b);

// Sorts marks, drops repetitions and what is not finite, and hands them to the node.
void distribution_set_marks(struct distribution *x, double *marks, size_t count);

// P(X >= value).
double distribution_at_least(const struct distribution *x, double value);

// Draws through a stream, whatever the number of draws.
void distribution_draw_from(const struct distribution *x, size_t n,
                            const struct draw_stream *stream, double *restrict value);

// Draws for those of `all` items whose places are at[0 ... n - 1]: each gets what it would get if
// all were drawn.
void distribution_draw_picked(const struct distribution *x, size_t n, const uint32_t *at,
                              size_t all, const struct draw_stream *stream, double *restrict value);

// ---- expectation.c

// E (X - centre)^power over low <= X <= high, power 1 or 2, times its probability; HUGE_VAL if
// infinite.
double distribution_moment(const struct distribution *x, int power, double centre, double low,
                           double high);

// The integral of f(value at t) dt over tails t from `low` to `high`, split at the integrand's
// breaks and at x's marks. For one family, whose quantile function is smooth between its marks.
double quadrature_over_tails(const struct distribution *x, const struct integrand *f, double low,
                             double high);

// The kind's expectation, where there is something between `low` and `high`.
double distribution_expectation_within(const struct distribution *x, const struct integrand *f,
                                       double low, double high);

// As distribution_expectation, with the nodes of a surrounding integral.
double distribution_expectation_nested(const struct distribution *x,
                                       double (*f)(double value, void *context), void *context,
                                       const double *breaks, size_t break_count,
                                       struct quadrature *quadrature);

#endif
